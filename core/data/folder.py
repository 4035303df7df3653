"""One's own images: `DIR/<class>/*.png`, or the same below `DIR/train`, `DIR/validation` (or `val`) and `DIR/test`.

A split that is missing is cut from train: a stratified tenth, chosen by a hash of the files' names, so that it stays nearly
the same when images are added. Ids number the files: first those of train, then validation, then test, each sorted by name.
"""

import logging
from pathlib import Path

import numpy as np

from ..errors import DataError
from ..streams import stream_seed
from .arrays import SourceFile
from .assemble import make_dataset, take, three_parts
from .dataset import ImageDataset
from .pictures import conversions, read_pictures

logger = logging.getLogger("activation_explorer")

SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".webp")
SPLIT_FOLDERS = {"train": ("train",), "validation": ("validation", "val"), "test": ("test",)}
LAYOUTS = "<class>/*.png, or train/<class>/*.png with validation/ and test/ beside it (png, jpg, jpeg, bmp or webp)"


def load_folder(folder: Path | None, *, image_size: int, progress: bool = False) -> ImageDataset:
    """Return the images in `folder` as a data set, cut to squares and scaled to `image_size` pixels.

    They stay grey (one channel) if all of them are, else they are RGB. Raises DataError for a folder in another shape, an
    image that cannot be read, a class with too few images.
    """
    if folder is None:
        raise DataError(f"The data set 'folder' needs --data-dir, a folder with images as {LAYOUTS}.")
    if not folder.is_dir():
        raise DataError(f"{folder} is no folder; the data set 'folder' needs one with images as {LAYOUTS}.")
    homes = _homes(folder)
    classes = tuple(sorted({path.relative_to(homes["train"]).parts[0] for path in _visible(homes["train"]) if _is_image(path)}))
    if len(classes) < 2:
        found = f"found {len(classes)} class{'es' if len(classes) != 1 else ''} in {homes['train']}"
        raise DataError(f"At least two classes are needed; {found}. Looked for {LAYOUTS}.")
    files = {split: _files(home, split, classes) for split, home in homes.items()}
    paths = [path for part in files.values() for path in part]
    labels = np.array([classes.index(path.relative_to(homes[s]).parts[0]) for s, part in files.items() for path in part])
    images = read_pictures(paths, image_size, progress=progress)
    file = SourceFile(images=images, labels=labels.astype(np.int64))
    rows = _rows(folder, files, file.labels, classes)
    splits = {split: take(file, rows[split]) for split in SPLIT_FOLDERS}
    return make_dataset(name="folder", title=folder.resolve().name, classes=classes, layout="folder", splits=splits)


def folder_conversions(folder: Path) -> str:
    """Return which images of a folder `load_folder` converts to another mode, as a sentence; "" where it converts none."""
    return conversions([path for home in _homes(folder).values() for path in _visible(home) if _is_image(path)])


def _homes(folder: Path) -> dict[str, Path]:
    """Return the folder of each split that has one; a folder of classes is all train."""
    if not any(path.is_dir() for path in folder.glob("train/*")):
        return {"train": folder}
    places = {split: [folder / name for name in names] for split, names in SPLIT_FOLDERS.items()}
    return {split: next(p for p in paths if p.is_dir()) for split, paths in places.items() if any(p.is_dir() for p in paths)}


def _files(home: Path, split: str, classes: tuple[str, ...]) -> list[Path]:
    """Return the image files of a split, sorted; files that are no images are counted in a warning."""
    files = _visible(home)
    images = [path for path in files if _is_image(path)]
    others = sorted(set(files) - set(images))
    if others:
        logger.warning("Left out %d of %d files in %s, which are no images: %s …", len(others), len(files), home, others[0])
    strange = sorted({path.relative_to(home).parts[0] for path in images} - set(classes))
    if strange:
        raise DataError(f"{home} has the class '{strange[0]}', which train does not have; it has {', '.join(classes)}.")
    if not images:
        raise DataError(f"{home} holds no images for {split}; remove it, or fill it as {split}/<class>/*.png.")
    return sorted(images, key=lambda path: path.relative_to(home).as_posix())


def _visible(home: Path) -> list[Path]:
    """Return all files in the sub-folders of `home`; names that start with a dot are passed over."""
    files = (path for path in home.glob("*/**/*") if path.is_file())
    return [path for path in files if not any(part.startswith(".") for part in path.relative_to(home).parts)]


def _is_image(path: Path) -> bool:
    return path.suffix.lower() in SUFFIXES


def _rows(folder: Path, files: dict[str, list[Path]], labels: np.ndarray, classes: tuple[str, ...]) -> dict[str, np.ndarray]:
    """Return the rows of the three splits: those that have a folder as they are, the others cut from train."""
    rows, start = {}, 0
    for split, part in files.items():
        rows[split] = np.arange(start, start + len(part))
        start += len(part)
    missing = tuple(split for split in ("test", "validation") if split not in files)
    names = (path.relative_to(folder).as_posix() for path in files["train"])
    keys = np.array([stream_seed(0, "folder", name) for name in names], np.int64)
    return rows | three_parts(labels[rows["train"]], "folder", classes, keys=keys, missing=missing)
