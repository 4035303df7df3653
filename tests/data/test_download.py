"""Without a data folder the cache folder is read, then torchvision downloads; here the network is played by the tests."""

import socket
from pathlib import Path
from urllib.error import URLError

import numpy as np
import pytest
import torchvision.datasets

from core.data import load_dataset
from core.data.download import TIMEOUT_S
from core.errors import DataError

from .tiny import write_idx_set


def no_network(*_: object, **__: object) -> None:
    raise URLError(OSError(-2, "Name or service not known"))


def test_without_network_the_error_says_what_was_looked_for_where_why_and_what_to_do(
    cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("torchvision.datasets.utils.urllib.request.urlopen", no_network)
    with pytest.raises(DataError) as caught:
        load_dataset("cifar10")
    assert str(caught.value) == (
        f"CIFAR-10 is not in {cache / 'data'} (looked for train.parquet and test.parquet in cifar10/; cifar-10-batches-py/ "
        f"here and in cifar10/), and its download failed ([Errno -2] Name or service not known): check the network connection, "
        f"or give the folder that holds cifar10/ as --data-dir."
    )


@pytest.mark.parametrize("name", ["mnist", "fashion-mnist"])
def test_without_network_the_idx_sets_give_one_sentence_too(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("torchvision.datasets.utils.urllib.request.urlopen", no_network)
    with pytest.raises(DataError) as caught:
        load_dataset(name)
    assert "its download failed ([Errno -2] Name or service not known): check" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_download_is_read_from_the_cache_folder_and_not_fetched_twice(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls, files = [], {}

    def download(root: str, train: bool, download: bool) -> None:
        calls.append((Path(root), train, download, socket.getdefaulttimeout()))
        files.update(write_idx_set(Path(root) / "MNIST" / "raw", packed=True))

    monkeypatch.setattr(torchvision.datasets, "MNIST", download)
    for _ in range(2):
        data = load_dataset("mnist")
        np.testing.assert_array_equal(data.test.images.numpy()[:, 0], files["t10k-images-idx3-ubyte"])
    assert calls == [(cache / "data" / "mnist", True, True, TIMEOUT_S)]
    assert socket.getdefaulttimeout() is None, "the time limit is the download's alone"


def test_a_given_data_folder_without_the_set_is_an_error_and_nothing_is_downloaded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def download(*_: object, **__: object) -> None:
        raise AssertionError("nothing may be downloaded")

    monkeypatch.setattr(torchvision.datasets, "MNIST", download)
    with pytest.raises(DataError, match="MNIST was not found"):
        load_dataset("mnist", tmp_path)
