"""Files that a browser sent: names of ours, a few at a time, no path from outside."""

from pathlib import Path

import pytest

from core.errors import DataError
from explorer.uploads import KEPT, Uploads, safe_name


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("net.pt", "net.pt"),
        ("../../etc/passwd", "passwd"),
        ("..\\windows\\net.pth", "net.pth"),
        ("my network (1).pt", "my_network_1_.pt"),
        ("<script>.pt", "_script_.pt"),
        ("..", "file"),
        ("", "file"),
    ],
)
def test_a_name_keeps_only_its_last_part_and_harmless_signs(name: str, safe: str) -> None:
    assert safe_name(name) == safe


def test_a_file_is_found_by_the_digest_of_its_content(tmp_path: Path) -> None:
    uploads = Uploads(tmp_path)
    first = uploads.add("../a.pt", b"one")
    assert first.path.read_bytes() == b"one"
    assert first.path.is_relative_to(tmp_path)
    assert uploads.add("../a.pt", b"one") == first
    assert uploads.add("a.pt", b"two").key != first.key
    assert uploads.find(first.key) == first
    assert uploads.find("../../etc") is None


def test_the_oldest_files_are_forgotten(tmp_path: Path) -> None:
    uploads = Uploads(tmp_path)
    files = [uploads.add("a.pt", bytes([number])) for number in range(KEPT + 2)]
    assert uploads.find(files[0].key) is None
    assert not files[0].path.exists()
    assert len(list(tmp_path.iterdir())) == KEPT


def test_images_lie_in_one_folder_per_class(tmp_path: Path) -> None:
    found = Uploads(tmp_path).add_images([("pictures/cats/1.png", b"a"), ("pictures/dogs/../x/2.JPG", b"b")])
    assert sorted(p.relative_to(found.path).as_posix() for p in found.path.glob("*/*")) == ["cats/1.png", "x/2.JPG"]
    assert found.path.is_relative_to(tmp_path)


@pytest.mark.parametrize(
    ("files", "sentence"),
    [
        ([], "The folder holds no images."),
        ([("1.png", b"")], "1.png lies in no class: the folder must hold one sub-folder of images per class."),
        ([("cats/readme.txt", b"")], "readme.txt is no image; images are .png, .jpg, .jpeg, .bmp, .webp."),
    ],
)
def test_a_folder_without_classes_or_images_is_explained(tmp_path: Path, files: list[tuple[str, bytes]], sentence: str) -> None:
    with pytest.raises(DataError) as caught:
        Uploads(tmp_path).add_images(files)
    assert str(caught.value) == sentence
