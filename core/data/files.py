"""Find a known data set in a folder and read it, in whichever layout it lies there."""

from pathlib import Path

from ..errors import DataError
from .arrays import Source, SourceFile, check_source
from .catalogue import KnownSet
from .cifar import BATCHES_FOLDER, read_cifar_batches
from .idx import read_idx
from .parquet import class_names, read_parquet

IDX_FILES = ("train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte")


def find_source(known: KnownSet, folder: Path, *, progress: bool = False) -> Source:
    """Return the data set `known` as it lies in the data folder `folder`.

    Raises DataError, naming the files looked for and the places, if it is not there or cannot be read.
    """
    source = look_for_source(known, folder, progress=progress)
    if source is None:
        missing = "" if folder.is_dir() else ", which is no folder"
        raise DataError(
            f"{known.title} was not found in {folder}{missing}: looked for {looked_for(known)}. Give the folder that holds "
            f"{known.folder}/ as --data-dir, or leave --data-dir out to download the data set."
        )
    return source


def look_for_source(known: KnownSet, folder: Path, *, progress: bool = False) -> Source | None:
    """Return the data set `known` from `folder`, or None if the files looked for are not all there."""
    homes = [folder / known.folder, *([folder] if folder.name == known.folder else [])]
    for home in homes:
        source = _read_parquet(known, home, progress)
        if source is not None:
            return source
    for home in (*homes, folder):
        source = _read_idx(known, home) if known.idx else _read_batches(known, home)
        if source is not None:
            return source
    return None


def looked_for(known: KnownSet) -> str:
    """Return the files that are looked for, relative to the data folder, as a phrase."""
    parquet = f"train.parquet and test.parquet in {known.folder}/"
    if not known.idx:
        return f"{parquet}; {BATCHES_FOLDER}/ here and in {known.folder}/"
    raw = f"{known.torchvision_class}/raw/"
    return f"{parquet}; {', '.join(IDX_FILES)}, each with or without .gz, in {known.folder}/, {known.folder}/{raw} and {raw}"


def _read_parquet(known: KnownSet, home: Path, progress: bool) -> Source | None:
    train, test = (sorted(home.glob(f"{p}.parquet")) or sorted(home.glob(f"{p}-*.parquet")) for p in ("train", "test"))
    if not train or not test:
        return None
    channels = known.shape[0]
    source = Source(
        train=read_parquet(train, f"{known.name}-train", channels, progress=progress),
        test=read_parquet(test, f"{known.name}-test", channels, progress=progress),
        classes=class_names(train[0]) or known.classes,
        layout="parquet",
    )
    return check_source(source, known.title, known.shape, str(home))


def _read_idx(known: KnownSet, home: Path) -> Source | None:
    """Read the four files in `home`, where they are named for the set, or in torchvision's folder below it."""
    own = [home] if home.name == known.folder else []
    for place in (*own, home / known.torchvision_class / "raw"):
        paths = [next((p for p in (place / f"{n}.gz", place / n) if p.is_file()), place) for n in IDX_FILES]
        if place in paths:
            continue
        train_images, train_labels, test_images, test_labels = map(read_idx, paths)
        source = Source(
            train=SourceFile(images=train_images[:, None], labels=train_labels.astype("int64")),
            test=SourceFile(images=test_images[:, None], labels=test_labels.astype("int64")),
            classes=known.classes,
            layout="idx",
        )
        return check_source(source, known.title, known.shape, str(place))
    return None


def _read_batches(known: KnownSet, home: Path) -> Source | None:
    if not (home / BATCHES_FOLDER).is_dir():
        return None
    train, test = (read_cifar_batches(home, part) for part in ("train", "test"))
    source = Source(train=train, test=test, classes=known.classes, layout="torchvision")
    return check_source(source, known.title, known.shape, str(home / BATCHES_FOLDER))
