import json
from pathlib import Path

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file

from core.errors import RunError
from core.models import make_model
from core.runs.checkpoints import (
    build_arguments,
    build_network,
    checkpoint_config,
    checkpoint_epochs,
    epochs_to_keep,
    prune_checkpoints,
    ties,
    write_checkpoint,
)
from tests.runs.helpers import config, images, network


def _written(folder: Path, model: torch.nn.Module, **changes: object) -> Path:
    values = config(**changes).to_dict()
    path = folder / "epoch_0010.safetensors"
    write_checkpoint(path, model, values, 10, build_arguments(model, values))
    return path


def _metadata(path: Path) -> dict[str, str]:
    with safe_open(path, framework="pt") as file:
        return file.metadata()


@pytest.mark.parametrize("sharing", ["network", "layer", "channel"])
@pytest.mark.parametrize("activation", ["relu", "coslu", "eelu"])
def test_a_network_comes_back_with_every_value_and_the_same_outputs(tmp_path: Path, activation: str, sharing: str) -> None:
    model = network(activation, sharing)
    loaded = build_network(_written(tmp_path, model, activation=activation, sharing=sharing))
    assert not loaded.training
    assert {n: t.tolist() for n, t in loaded.state_dict().items()} == {n: t.tolist() for n, t in model.state_dict().items()}
    assert torch.equal(loaded(images()), model.eval()(images()))
    assert ties(loaded) == ties(model)


def test_shared_parameters_stand_under_every_name_and_are_one_again_after_loading(tmp_path: Path) -> None:
    model = network("coslu", "network")
    path = _written(tmp_path, model, sharing="network")
    names = [f"{site}.a" for site in ("act", *(f"layer{i}.0.act{j}" for i in (1, 2, 3) for j in (1, 2)))]
    assert set(names) <= set(load_file(path))
    assert sorted(json.loads(_metadata(path)["ties"])[0]) == sorted(names)
    loaded = build_network(path)
    assert loaded.get_submodule("act").a is loaded.get_submodule("layer3.0.act2").a


def test_a_file_whose_shared_parameters_differ_is_refused_with_their_names(tmp_path: Path) -> None:
    path = _written(tmp_path, network("coslu", "network"), sharing="network")
    state, metadata = load_file(path), _metadata(path)
    state["layer2.0.act1.a"] = state["layer2.0.act1.a"] + 1
    for kept in (metadata, {**metadata, "ties": "[]"}):  # the network's own ties are checked as well
        save_file(state, path, kept)
        with pytest.raises(RunError) as caught:
            build_network(path)
        assert str(caught.value) == (
            f"{path} is damaged: act.a and layer2.0.act1.a are one shared parameter, but their values differ."
        )


def test_the_metadata_hold_the_config_and_how_to_build_the_network(tmp_path: Path) -> None:
    metadata = _metadata(_written(tmp_path, network()))
    assert json.loads(metadata["config"]) == config().to_dict()
    assert json.loads(metadata["build"]) == {
        "model": "resnet8",
        "activation": "coslu",
        "activation_options": {},
        "shortcut": "pad",
        "in_channels": 1,
        "num_classes": 3,
    }


def test_the_config_of_a_checkpoint_is_that_of_its_run(tmp_path: Path) -> None:
    path = _written(tmp_path, network(), lr=0.03)
    assert checkpoint_config(path) == config(lr=0.03)
    save_file(load_file(path), path)
    with pytest.raises(RunError, match="does not say with which config it was trained; it comes from another program"):
        checkpoint_config(path)


def test_a_network_that_the_config_does_not_describe_is_not_claimed_to_be_ours(tmp_path: Path) -> None:
    wider = make_model("resnet14", "coslu", num_classes=3, in_channels=1)
    path = _written(tmp_path, wider)
    assert json.loads(_metadata(path)["build"]) is None
    with pytest.raises(RunError, match="holds a network that is not one of ours, so it cannot be built"):
        build_network(path)


def test_names_or_shapes_that_do_not_fit_are_told(tmp_path: Path) -> None:
    path = _written(tmp_path, network())
    state, metadata = load_file(path), _metadata(path)
    save_file({**{n: t for n, t in state.items() if n != "fc.bias"}, "fc.offset": state["fc.bias"]}, path, metadata)
    with pytest.raises(RunError) as caught:
        build_network(path)
    assert str(caught.value) == f"{path} does not fit the network (missing: fc.bias; not in the network: fc.offset)."
    save_file({**state, "fc.bias": torch.zeros(7)}, path, metadata)
    with pytest.raises(RunError, match=r"does not fit the network: fc\.bias have another shape"):
        build_network(path)


def test_a_torn_file_is_a_readable_error(tmp_path: Path) -> None:
    path = _written(tmp_path, network())
    path.write_bytes(path.read_bytes()[:-1000])
    with pytest.raises(RunError, match=r"cannot be read as safetensors: "):
        build_network(path)


@pytest.mark.parametrize("build", [{"depth": 3}, {"model": 8}, {"num_classes": "x"}])
def test_arguments_from_a_file_that_do_not_fit_are_a_readable_error(tmp_path: Path, build: dict[str, object]) -> None:
    path = _written(tmp_path, network())
    save_file(load_file(path), path, {**_metadata(path), "build": json.dumps({"model": "resnet8", **build})})
    with pytest.raises(RunError, match="was made with arguments that make_model does not know"):
        build_network(path)


def test_loading_and_writing_leave_the_global_generator_alone(tmp_path: Path) -> None:
    before = torch.get_rng_state()
    build_network(_written(tmp_path, network()))
    assert torch.equal(torch.get_rng_state(), before)


@pytest.mark.parametrize(
    ("epochs", "best", "every", "kept"),
    [
        ([1, 2, 3, 4, 5], 2, 0, {2, 5}),
        ([1, 2, 3, 4, 5], None, 2, {2, 4, 5}),
        ([1, 2, 3], 9, 0, {3}),
        ([0, 1], 1, 3, {0, 1}),
        ([], 1, 1, set()),
    ],
)
def test_the_policy_keeps_best_last_and_each_kth(epochs: list[int], best: int | None, every: int, kept: set[int]) -> None:
    assert epochs_to_keep(epochs, best=best, every=every) == kept


def test_pruning_removes_the_others_only(tmp_path: Path) -> None:
    (tmp_path / "checkpoints").mkdir()
    for name in ("epoch_0001.safetensors", "epoch_0002.safetensors", "epoch_0010.safetensors", "mine.safetensors"):
        (tmp_path / "checkpoints" / name).touch()
    prune_checkpoints(tmp_path, {2, 10})
    assert checkpoint_epochs(tmp_path) == [2, 10]
    assert (tmp_path / "checkpoints" / "mine.safetensors").exists()
