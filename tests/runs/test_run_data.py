"""The images of a run whose config names no data set: those that its writer was told of, if they are the same."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.data import ImageDataset, load_dataset
from core.errors import RunError
from core.models import make_model
from core.runs import Run, RunStore, RunWriter
from core.runs.run_data import data_key, load_run_data
from core.streams import stream


def own_run(folder: Path, told: dict[str, Any] | None, **config: Any) -> Run:
    network = make_model("resnet8", activation="relu", num_classes=10, in_channels=1, generator=stream(0, "init")).eval()
    RunWriter(folder, {"model": "resnet8", "activation": "relu", **config}, network, dataset=told, run_id="own").finish()
    return RunStore(folder)["own"]


@pytest.mark.parametrize("config", [{}, {"dataset": None}])
def test_a_loop_of_ones_own_has_the_images_that_its_writer_was_told_of(tmp_path: Path, config: dict[str, Any]) -> None:
    data = load_dataset("fashion-sample")
    run = own_run(tmp_path, data.describe(), **config)
    assert load_run_data(run).fingerprint == data.fingerprint
    assert data_key(run) == ("fashion-sample", None, data.train.images.shape[-1])


def test_other_images_of_the_same_name_are_refused(tmp_path: Path) -> None:
    run = own_run(tmp_path, {**load_dataset("fashion-sample").describe(), "fingerprint": "0" * 64})
    with pytest.raises(RunError, match="trained on other images than those that 'fashion-sample' stands for here"):
        load_run_data(run)
    assert load_run_data(run, "fashion-sample").name == "fashion-sample"


def test_arrays_of_ones_own_cannot_be_found_by_name(tmp_path: Path) -> None:
    arrays = ImageDataset.from_arrays("mine", np.zeros((20, 1, 32, 32), np.uint8), np.arange(20) % 2)
    with pytest.raises(RunError, match="Run own was trained on 'mine', which is no data set known here"):
        load_run_data(own_run(tmp_path, arrays.describe()))


def test_a_run_that_was_told_of_no_data_set_says_so(tmp_path: Path) -> None:
    run = own_run(tmp_path, None)
    with pytest.raises(RunError, match="names no data set"):
        load_run_data(run)
    with pytest.raises(RunError, match="names no data set"):
        data_key(run)
