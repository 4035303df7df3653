"""What is wrong with a file, or was converted, is said in a whole sentence: what was received, what is allowed."""

import dataclasses
from pathlib import Path

import pytest
import torch
from PIL import Image
from torch import nn

from core.analysis.noise_kind import NoiseKind
from core.analysis.noise_sites import chosen_noisy, site_noise
from core.data.image_choice import ImageChoice
from core.errors import ExplorerError
from core.models import make_model
from core.runs.contents import list_contents
from core.runs.opening import OpenedNetwork, open_network
from core.training.import_file import check_labelled, fit_images
from tests.runs.made_files import Attack, save, theirs

from .conftest import make_stripes


def opened(path: Path, **options: object) -> OpenedNetwork:
    return open_network(list_contents(path), **options)  # type: ignore[arg-type]


def sentence_of(function, *arguments: object, **options: object) -> str:
    """Return the sentence of the error that the call raises."""
    with pytest.raises(ExplorerError) as caught:
        function(*arguments, **options)
    return str(caught.value)


@pytest.fixture
def with_stripes(monkeypatch):
    """Let every data set be the stripes: grey, 12×12, three classes."""
    monkeypatch.setattr("core.data.load_dataset", lambda *args, **options: make_stripes())


def test_a_checkpoint_of_another_architecture(tmp_path):
    path = save(tmp_path / "a.pt", nn.Sequential(nn.Linear(4, 3), nn.Linear(3, 2)).state_dict())
    assert sentence_of(opened, path) == (
        "The network in a.pt is not recognised. Say which architecture it is (--model on the command line), or build it "
        "yourself and write a run with RunWriter."
    )
    assert sentence_of(opened, path, model="resnet20") == (
        "a.pt does not fit resnet20 with zero-padding shortcuts, 2 classes, 3 input channels: another architecture: only 0 of "
        "its 4 names are names of the network's 116 weights."
    )


def test_a_checkpoint_of_another_number_of_classes_than_the_images_have(tmp_path, with_stripes):
    found = opened(save(tmp_path / "a.pt", theirs(classes=7, channels=1).state_dict()))
    images = fit_images(found, ImageChoice(dataset="mnist"))
    assert sentence_of(check_labelled, found, images) == (
        "a.pt tells 7 classes apart and stripes has 3; an accuracy needs a data set with 7 classes."
    )


def test_a_checkpoint_of_another_input_size_than_the_images_have(tmp_path, with_stripes):
    found = opened(save(tmp_path / "a.pt", theirs(channels=1).state_dict()))
    for_16 = dataclasses.replace(found, network=nn.Sequential(nn.Flatten(), nn.Linear(16 * 16, 10)))
    assert sentence_of(fit_images, for_16, ImageChoice(dataset="mnist")) == (
        "The network does not take images of 12×12 pixels (mat1 and mat2 shapes cannot be multiplied (1x144 and 256x10)); give "
        "the size that it was trained on, as --input-size."
    )


def test_a_checkpoint_of_another_number_of_input_channels_than_images_can_have(tmp_path, with_stripes):
    found = opened(save(tmp_path / "a.pt", theirs(channels=4).state_dict()))
    assert sentence_of(fit_images, found, ImageChoice(dataset="mnist")) == (
        "The images of stripes have 1 channel and the network takes 4; grey (1) and RGB (3) images can be converted into each "
        "other, nothing else."
    )


def test_a_file_that_is_no_checkpoint(tmp_path):
    (tmp_path / "x.pt").write_bytes(b"\x89PNG\r\n\x1a\n0000")
    assert sentence_of(list_contents, tmp_path / "x.pt") == (
        "x.pt is no checkpoint but a PNG image; checkpoints are .safetensors, .pt, .pth, .th, .ckpt."
    )
    path = save(tmp_path / "y.pt", {"epoch": 3})
    assert sentence_of(opened, path) == ("y.pt holds no weights: no tensors under names, as model.state_dict() gives them.")


def test_a_pickle_that_would_run_code_is_refused_and_its_globals_are_listed(tmp_path):
    path = save(tmp_path / "bad.pt", {"w": torch.zeros(1), "x": Attack(tmp_path / "trace")})
    assert sentence_of(opened, path) == (
        "bad.pt is refused, because it would run code when loaded: it asks for posix.mkdir. Only plain weights are loaded; in "
        "a place you trust, save model.state_dict() as .safetensors."
    )
    assert list_contents(path).global_table()["name"].iloc[0] == "posix.mkdir"
    assert not (tmp_path / "trace").exists()


def test_a_file_above_the_size_limit(tmp_path):
    (tmp_path / "big.pt").write_bytes(bytes(3_000))
    assert sentence_of(list_contents, tmp_path / "big.pt", limit=2_000) == (
        "big.pt has 3 kB; files above the size limit of 2 kB are not opened."
    )


def test_images_of_another_mode_or_size_are_converted_and_it_is_said(tmp_path):
    for name in ("cat", "dog"):
        (tmp_path / "pictures" / name).mkdir(parents=True)
        for number in range(10):
            Image.new("RGB", (20, 30), (number, 2, 3)).save(tmp_path / "pictures" / name / f"{number}.png")
    Image.new("RGBA", (8, 8), (1, 2, 3, 0)).save(tmp_path / "pictures" / "cat" / "0.png")
    Image.new("L", (8, 8), 7).save(tmp_path / "pictures" / "cat" / "1.png")
    Image.new("CMYK", (8, 8)).save(tmp_path / "pictures" / "dog" / "0.jpg")
    found = opened(save(tmp_path / "a.pt", theirs(classes=2, channels=1).state_dict()))
    images = fit_images(found, ImageChoice(dataset="folder", data_dir=str(tmp_path / "pictures"), image_size=16))
    assert images.said == (
        "The images of the folder were cut to squares and scaled to 16×16 pixels.",
        "Of 21 images these were converted to RGB: 1 of mode CMYK, 1 of mode L, 1 of mode RGBA; what was transparent became "
        "white.",
        "The images of pictures were converted from RGB to grey (luma).",
    )
    assert images.data.train.images.shape[1:] == (1, 16, 16)


def test_images_of_a_data_set_of_another_mode_and_size_are_converted_and_it_is_said(tmp_path, with_stripes):
    found = opened(save(tmp_path / "a.pt", theirs(classes=3).state_dict()))
    assert fit_images(found, ImageChoice(dataset="mnist", input_size=16)).said == (
        "The images of stripes were converted from grey to RGB (their channel three times).",
        "The images of stripes were scaled from 12×12 to 16×16 pixels.",
    )


def test_a_site_without_noise_is_explained_with_the_sites_that_have_it():
    mixed = make_model("resnet8", {"layer2.*": "eelu", "*": "relu"}, generator=torch.Generator())
    assert site_noise(mixed, "layer1.0.act1").sentence() == (
        "ReLU at layer1.0.act1 makes no noise, and no site before it does: an image has one place here. The first site with "
        "noise is layer2.0.act1."
    )
    assert sentence_of(chosen_noisy, mixed, NoiseKind(), ["act"]) == (
        "Site 'act' makes no noise; sites with noise: layer2.0.act1, layer2.0.act2."
    )
