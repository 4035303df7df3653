"""What is in a file is listed before anything of it is used, and a file that would run code never is."""

import io
import pickle
import tarfile
import zipfile
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from core.errors import RunError
from core.runs.contents import list_contents, size_text

from .made_files import Attack, save

STATE = {"fc.weight": torch.arange(6.0).reshape(2, 3), "fc.bias": torch.tensor([1, 2], dtype=torch.int32)}


@pytest.mark.parametrize(("kind", "new"), [("torch, zip format", True), ("torch, old pickle format", False)])
def test_tensors_and_plain_values_of_a_torch_file_are_listed(tmp_path: Path, kind: str, new: bool) -> None:
    path = save(tmp_path / "a.pth", {"epoch": 7, "state_dict": STATE}, _use_new_zipfile_serialization=new)
    contents = list_contents(path)
    assert contents.kind == kind
    assert contents.refused == ""
    assert contents.values == {"epoch": "7"}
    assert contents.tensor_table().to_dict("records") == [
        {"name": "state_dict.fc.weight", "type": "float32", "shape": "2 × 3", "numbers": 6, "bytes": 24},
        {"name": "state_dict.fc.bias", "type": "int32", "shape": "2", "numbers": 2, "bytes": 8},
    ]
    assert {name for name, _ in contents.globals} >= {"torch._utils._rebuild_tensor_v2", "collections.OrderedDict"}
    assert all(harmless for _, harmless in contents.globals)


def test_the_header_of_a_safetensors_file_is_listed_without_reading_a_tensor(tmp_path: Path) -> None:
    save_file(STATE, tmp_path / "a.safetensors", {"made": "elsewhere"})
    contents = list_contents(tmp_path / "a.safetensors")
    assert contents.kind == "safetensors"
    assert contents.values == {"made": "elsewhere"}
    assert {(t.name, t.dtype, t.shape, t.bytes) for t in contents.tensors} == {
        ("fc.weight", "F32", (2, 3), 24),
        ("fc.bias", "I32", (2,), 8),
    }
    assert contents.globals == ()


def test_the_digest_and_the_size_are_those_of_the_file(tmp_path: Path) -> None:
    import hashlib

    path = save(tmp_path / "a.pt", STATE)
    contents = list_contents(path)
    assert (contents.size, contents.sha256) == (path.stat().st_size, hashlib.sha256(path.read_bytes()).hexdigest())


@pytest.mark.parametrize("protocol", [2, 4])
@pytest.mark.parametrize("kind", ["zip", "legacy", "pickle"])
def test_a_file_that_would_run_code_is_refused_with_its_globals_and_not_run(tmp_path: Path, kind: str, protocol: int) -> None:
    trace, path = tmp_path / "trace", tmp_path / "bad.pth"
    attack = {"fc.weight": torch.zeros(2), "x": Attack(trace)}
    if kind == "pickle":
        path.write_bytes(pickle.dumps(Attack(trace), protocol=protocol))
    else:
        save(path, attack, pickle_protocol=protocol, _use_new_zipfile_serialization=kind == "zip")
    contents = list_contents(path)
    assert contents.refused == (
        "bad.pth is refused, because it would run code when loaded: it asks for posix.mkdir. "
        "Only plain weights are loaded; in a place you trust, save model.state_dict() as .safetensors."
    )
    assert contents.global_table().iloc[0].to_dict() == {"name": "posix.mkdir", "what it is": "refused"}
    assert contents.tensors == ()
    assert not trace.exists()


def test_a_global_cannot_hide_behind_the_memo_of_a_pickle(tmp_path: Path) -> None:
    texts = b"\x8c\x05posix\x94\x8c\x05mkdir\x94"  # memo 0 and 1
    harmless = b"\x8c\x0bcollections\x8c\x0bOrderedDict"  # the last texts, which are not those that are fetched
    (tmp_path / "bad.pt").write_bytes(b"\x80\x04" + texts + harmless + b"h\x00h\x01\x93.")
    contents = list_contents(tmp_path / "bad.pt")
    assert "posix.mkdir" in contents.refused


def test_the_old_tar_format_is_refused_with_its_globals(tmp_path: Path) -> None:
    trace, path = tmp_path / "trace", tmp_path / "old.pth"
    data = pickle.dumps(Attack(trace), protocol=2)
    with tarfile.open(path, "w") as archive:
        info = tarfile.TarInfo("pickle")
        info.size = len(data)
        archive.addfile(info, io.BytesIO(data))
    contents = list_contents(path)
    assert contents.refused.startswith("old.pth is refused: it is in torch's old tar format, which cannot be loaded safely.")
    assert ("posix.mkdir", False) in contents.globals
    assert not trace.exists()


def test_a_torchscript_program_is_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "script.pt", "w") as archive:
        archive.writestr("script/constants.pkl", b"")
        archive.writestr("script/data.pkl", b"")
    assert "it is a TorchScript program, which runs code" in list_contents(tmp_path / "script.pt").refused


def test_a_file_above_the_limit_is_not_opened_and_the_limit_is_named(tmp_path: Path) -> None:
    path = save(tmp_path / "big.pt", {"w": torch.zeros(1000)})
    with pytest.raises(RunError, match=r"^big\.pt has .* kB; files above the size limit of 2 kB are not opened\.$"):
        list_contents(path, limit=2000)


def test_a_small_zip_file_that_unpacks_to_more_than_the_limit_is_not_opened(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "bomb.pt", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("archive/data.pkl", b"\x80\x02}q\x00.")
        archive.writestr("archive/data/0", b"\0" * 5_000_000)
    assert (tmp_path / "bomb.pt").stat().st_size < 100_000
    with pytest.raises(RunError, match=r"^bomb\.pt, unpacked, has 5 MB; files above the size limit of 1 MB are not opened\.$"):
        list_contents(tmp_path / "bomb.pt", limit=1_000_000)


def test_a_tensor_that_claims_more_than_the_file_holds_is_refused(tmp_path: Path) -> None:
    path = save(tmp_path / "wide.pt", {"w": torch.zeros(1).expand(10_000_000)})
    with pytest.raises(RunError, match=r"^wide\.pt is damaged: w claims 40 MB, more than the file holds\.$"):
        list_contents(path)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "x.pt is empty."),
        (b"\x89PNG\r\n\x1a\n0000", "x.pt is no checkpoint but a PNG image; checkpoints are "),
        (b"\x89HDF\r\n\x1a\n0000", "x.pt is no checkpoint but an HDF5 file (Keras); "),
        (b"not weights at all, only text", "x.pt is no checkpoint; checkpoints are .safetensors, "),
        (b"PK\x03\x04broken", "x.pt is torn: it begins as a zip file and its end is missing; copy or download it again."),
        (b"\x80", "x.pt is torn, damaged or no checkpoint: it cannot be read as weights: "),
        (b"\x80\x02}q\x00.", "x.pt is torn, damaged or no checkpoint: it "),
    ],
)
def test_what_is_no_checkpoint_is_said_in_one_sentence(tmp_path: Path, content: bytes, sentence: str) -> None:
    (tmp_path / "x.pt").write_bytes(content)
    with pytest.raises(RunError) as caught:
        list_contents(tmp_path / "x.pt")
    assert str(caught.value).startswith(sentence)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("kind", ["zip", "legacy", "safetensors"])
def test_half_a_file_is_said_to_be_torn(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "half.pt"
    if kind == "safetensors":
        save_file(STATE, path)
    else:
        save(path, STATE, _use_new_zipfile_serialization=kind == "zip")
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 3 // 4])
    with pytest.raises(RunError, match=r"^half\.pt is torn"):
        list_contents(path)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(RunError) as caught:
        list_contents(tmp_path / "no.pt")
    assert str(caught.value) == f"There is no file {tmp_path / 'no.pt'}."


def test_sizes_are_written_in_words() -> None:
    assert [size_text(n) for n in (12, 1500, 3_140_000, 2_000_000_000)] == ["12 bytes", "1.5 kB", "3.14 MB", "2 GB"]
