"""Make the bundled sample of Fashion-MNIST: `python -m core.data.make_fashion_sample --data-dir DIR [--output FILE]`.

DIR holds `fashion_mnist/` with the four IDX files. The same images always give the same file.
"""

import argparse
import io
import zipfile
from pathlib import Path

import numpy as np

from .arrays import Source, SourceFile
from .assemble import tenth
from .catalogue import KNOWN_SETS
from .files import find_source
from .sample import SAMPLE_FILE
from .splits import stratified_rows

#: Images per split; the classes are equally frequent.
SIZES = {"train": 7000, "validation": 1000, "test": 1000}


def make_sample(source: Source) -> dict[str, np.ndarray]:
    """Return the sample of the whole Fashion-MNIST: for each split its images, labels and ids.

    Train and validation images are drawn from the train and validation split of `fashion-mnist`.
    """
    validation = tenth(source.train.labels, "fashion-mnist")
    train = np.setdiff1d(np.arange(len(source.train)), validation)
    test = np.arange(len(source.test))
    arrays: dict[str, np.ndarray] = {}
    for split, rows, file, offset in (
        ("train", train, source.train, 0),
        ("validation", validation, source.train, 0),
        ("test", test, source.test, len(source.train)),
    ):
        arrays |= _part(file, rows, offset, split)
    return arrays


def _part(file: SourceFile, rows: np.ndarray, offset: int, split: str) -> dict[str, np.ndarray]:
    """Return a stratified part of `rows`, sorted by class (similar images side by side pack better), then by id."""
    part = rows[stratified_rows(file.labels[rows], SIZES[split], f"fashion-sample/{split}", keys=rows)]
    part = part[np.argsort(file.labels[part], kind="stable")]
    return {
        f"{split}_images": file.images[part],
        f"{split}_labels": file.labels[part].astype(np.uint8),
        f"{split}_ids": (part + offset).astype(np.int32),
    }


def write_sample(arrays: dict[str, np.ndarray], path: Path) -> None:
    """Write `arrays` as an `.npz` packed with LZMA, which `np.savez_compressed` (deflate) cannot, with fixed times."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_LZMA) as archive:
        for name, array in arrays.items():
            content = io.BytesIO()
            np.lib.format.write_array(content, np.ascontiguousarray(array), allow_pickle=False)
            entry = zipfile.ZipInfo(f"{name}.npy", date_time=(1980, 1, 1, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_LZMA
            archive.writestr(entry, content.getvalue())


def main() -> None:
    """Read DIR, write the file, say how large it became."""
    parser = argparse.ArgumentParser(description="Make the bundled sample of Fashion-MNIST.")
    parser.add_argument("--data-dir", type=Path, required=True, help="folder that holds fashion_mnist/")
    parser.add_argument("--output", type=Path, default=SAMPLE_FILE)
    arguments = parser.parse_args()
    write_sample(make_sample(find_source(KNOWN_SETS["fashion-mnist"], arguments.data_dir)), arguments.output)
    print(f"{arguments.output}: {arguments.output.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
