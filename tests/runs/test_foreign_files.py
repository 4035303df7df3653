import io
import os
import pickle
import tarfile
import zipfile
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from core.errors import RunError, UnsafeFileError
from core.runs import load_checkpoint_file


class _Attack:
    """Touches a file when it is unpickled."""

    def __init__(self, trace: Path) -> None:
        self.trace = trace

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.mkdir, (str(self.trace),)


def _state() -> dict[str, torch.Tensor]:
    return {"fc.weight": torch.arange(6.0).reshape(2, 3), "fc.bias": torch.tensor([1, 2], dtype=torch.int32)}


@pytest.mark.parametrize("kind", ["zip", "legacy", "safetensors", "safetensors named pt"])
def test_plain_weights_load_whatever_the_format(tmp_path: Path, kind: str) -> None:
    path = tmp_path / ("weights.safetensors" if kind == "safetensors" else "weights.pt")
    if kind.startswith("safetensors"):
        save_file(_state(), path)
    else:
        torch.save(_state(), path, _use_new_zipfile_serialization=kind == "zip")
    loaded = load_checkpoint_file(path)
    assert {name: tensor.tolist() for name, tensor in loaded.items()} == {
        "fc.weight": [[0, 1, 2], [3, 4, 5]],
        "fc.bias": [1, 2],
    }


@pytest.mark.parametrize("protocol", [2, 4])
@pytest.mark.parametrize("kind", ["zip", "legacy", "pickle", "tar", "pickle before zip"])
def test_a_file_that_wants_to_run_code_is_refused_and_nothing_runs(tmp_path: Path, kind: str, protocol: int) -> None:
    trace, path = tmp_path / "trace", tmp_path / "weights.pth"
    attack = {"fc.weight": torch.zeros(2), "x": _Attack(trace)}
    if kind in ("zip", "legacy"):
        torch.save(attack, path, pickle_protocol=protocol, _use_new_zipfile_serialization=kind == "zip")
    elif kind == "tar":
        data = pickle.dumps(_Attack(trace), protocol=protocol)
        with tarfile.open(path, "w") as archive:
            info = tarfile.TarInfo("pickle")
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    else:
        path.write_bytes(pickle.dumps(_Attack(trace), protocol=protocol))
        if kind == "pickle before zip":
            with zipfile.ZipFile(path, "a") as archive_behind:
                archive_behind.writestr("archive/data.pkl", b"harmless")
    with pytest.raises(UnsafeFileError) as caught:
        load_checkpoint_file(path)
    begin = "is in torch's old tar format, which cannot be loaded safely" if kind == "tar" else "would run code when loaded"
    assert str(caught.value) == (
        f"{path} {begin}: it asks for posix.mkdir. "
        "Only plain weights are loaded; in a place you trust, save model.state_dict() as .safetensors."
    )
    assert not trace.exists()


def test_a_whole_network_is_refused_with_its_classes(tmp_path: Path) -> None:
    torch.save(torch.nn.Linear(2, 2), tmp_path / "model.pt")
    with pytest.raises(UnsafeFileError, match=r"asks for .*torch\.nn\.modules\.linear\.Linear\."):
        load_checkpoint_file(tmp_path / "model.pt")


def test_a_torchscript_program_is_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "script.pt", "w") as archive:
        archive.writestr("script/constants.pkl", b"")
        archive.writestr("script/data.pkl", b"")
    with pytest.raises(UnsafeFileError, match="is a TorchScript program, which runs code"):
        load_checkpoint_file(tmp_path / "script.pt")


@pytest.mark.parametrize("content", [b"", b"not weights at all", b"\x80", b"PK\x03\x04broken", b"\x80\x02}q\x00."])
def test_rubbish_is_a_readable_error(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "weights.pt"
    path.write_bytes(content)
    with pytest.raises(RunError) as caught:
        load_checkpoint_file(path)
    assert str(caught.value).startswith(str(path))
    assert not isinstance(caught.value, UnsafeFileError)


def test_half_a_file_is_a_readable_error(tmp_path: Path) -> None:
    path = tmp_path / "weights.pt"
    for new in (True, False):
        torch.save(_state(), path, _use_new_zipfile_serialization=new)
        path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
        with pytest.raises(RunError):
            load_checkpoint_file(path)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(RunError) as caught:
        load_checkpoint_file(tmp_path / "no.pt")
    assert str(caught.value) == f"There is no file {tmp_path / 'no.pt'}."
