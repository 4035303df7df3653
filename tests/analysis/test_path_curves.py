"""The functions between start and learned, and the computed points that numbers are read at."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from torch import nn

from core.analysis.curves import snapshot_curves
from core.analysis.path_curves import path_curves
from core.analysis.path_points import nearest_point, point_words
from core.analysis.whatif import PATH
from core.errors import ExplorerError, UnknownNameError
from core.models import make_model
from core.runs import Run, RunWriter

from .networks import one_site, set_parameters


def coslu(x: np.ndarray, a: float, b: float) -> np.ndarray:
    return (x + a * np.cos(b * x)) / (1 + np.exp(-x))


def written(folder: Path, network: nn.Module, **config: object) -> Run:
    """Write a run with one snapshot of `network`, after epoch 1."""
    with RunWriter(folder, {"model": "own", **config}, network) as writer:
        writer.snapshot(epoch=1, step=1)
        writer.epoch(epoch=1, train_loss=1.0)
    return writer.run


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Return a run of one CosLU that learned a = 3, b = 0.5; it began with 1 and 1."""
    network = one_site("coslu")
    set_parameters(network[1], a=3.0, b=0.5)
    return written(tmp_path_factory.mktemp("runs"), network.eval(), activation="coslu")


@pytest.mark.parametrize(
    ("t", "a", "b"), [(-0.5, 0.0, 1.25), (0.0, 1.0, 1.0), (0.35, 1.7, 0.825), (1.0, 3.0, 0.5), (1.5, 4.0, 0.25)]
)
def test_at_t_the_function_has_the_parameters_between_start_and_learned(run: Run, t: float, a: float, b: float) -> None:
    table = path_curves(run, 1, t)
    x = table["x"].to_numpy()
    np.testing.assert_allclose(table["y"], coslu(x, a, b), rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(table["start"], coslu(x, 1, 1), rtol=1e-6)
    np.testing.assert_allclose(table["learned"], coslu(x, 3, 0.5), rtol=1e-6)
    assert (table["t"] == t).all() and (table["channels"] == 1).all()


def test_at_0_it_is_the_start_and_at_1_what_the_page_curves_draws(run: Run) -> None:
    at_0, at_1, drawn = path_curves(run, 1, 0.0), path_curves(run, 1, 1.0), snapshot_curves(run, [1])
    assert (at_0["y"] == at_0["start"]).all() and (at_1["y"] == at_1["learned"]).all()
    for mine, theirs in (("x", "x"), ("learned", "y"), ("start", "start"), ("reached", "reached")):
        pd.testing.assert_series_equal(at_1[mine], drawn[theirs], check_names=False)


def test_drawing_moves_nothing_that_is_stored(run: Run) -> None:
    path_curves(run, 1, -0.5)
    pd.testing.assert_frame_equal(path_curves(run, 1, 1.0), path_curves(run, 1, 1.0))
    assert float(run.snapshots().at(1).parameters["1"]["a"]) == 3.0


def test_where_every_channel_has_parameters_the_values_are_medians(tmp_path: Path) -> None:
    network = make_model("resnet8", "prelu", sharing="channel", in_channels=1)
    with torch.no_grad():
        network.act.a.copy_(torch.linspace(-0.3, 1.2, 16))  # starts at 0.25
    run = written(tmp_path, network.eval(), model="resnet8", activation="prelu", sharing="channel")
    table = path_curves(run, 1, 0.5, sites="act")
    left = table["x"] < 0
    assert (table["channels"] == 16).all()
    np.testing.assert_allclose(table["learned"][left], 0.45 * table["x"][left], rtol=1e-5)
    np.testing.assert_allclose(table["y"][left], 0.35 * table["x"][left], rtol=1e-5)


def test_what_cannot_move_is_said(run: Run, tmp_path: Path) -> None:
    with pytest.raises(UnknownNameError, match="Unknown site '2'"):
        path_curves(run, 1, 0.5, sites="2")
    with pytest.raises(ExplorerError, match="t must be a finite number; received nan"):
        path_curves(run, 1, float("nan"))
    plain = written(tmp_path, one_site("relu").eval(), activation="relu")
    with pytest.raises(ExplorerError, match="There is nothing to move in this network"):
        path_curves(plain, 1, 0.5)
    with pytest.raises(ExplorerError, match="There is nothing to move at 1: no activation there has parameters"):
        path_curves(plain, 1, 0.5, sites=["1"])


TABLE = pd.DataFrame({"t": PATH})


@pytest.mark.parametrize(
    ("t", "near"), [(0.3, 0.25), (0.4, 0.5), (1.0, 1.0), (1.05, 1.0), (0.125, 0.25), (1.375, 1.25), (-0.5, -0.5), (-9.0, -0.5)]
)
def test_numbers_are_read_at_the_nearest_computed_point_of_two_the_one_nearer_to_the_learned(t: float, near: float) -> None:
    assert nearest_point(TABLE, t)["t"] == near


def test_the_computed_point_is_called_so() -> None:
    assert point_words(nearest_point(TABLE, -0.45), -0.45) == "At t = −0.5, the computed point nearest to t = −0.45"
    assert point_words(nearest_point(TABLE, 0.5), 0.5) == "At t = 0.5, a computed point"
