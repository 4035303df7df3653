"""Image files of any size as one array of small squares."""

from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ..errors import DataError
from .cache import decoded

if TYPE_CHECKING:
    from PIL.Image import Image

_GREY_MODES = {"1", "L", "LA"}


def read_pictures(paths: list[Path], size: int, *, progress: bool = False) -> np.ndarray:
    """Return the images uint8 (N, C, size, size): turned as their EXIF says, cut to a central square, scaled (bicubic).

    C is 1 if all are grey, else 3; transparent parts become white. Raises DataError naming the file that cannot be read or
    that has more than 8 bits per channel.
    """
    channels = 1 if _common_mode(map(_mode, paths)) == "L" else 3
    return decoded(paths, f"folder-{size}-{channels}", len(paths), lambda: _read_all(paths, size, channels, progress))


def conversions(paths: list[Path]) -> str:
    """Return which images `read_pictures` converts to another mode, as a sentence; "" where it converts none."""
    modes = Counter(map(_mode, paths))
    common = _common_mode(modes)
    others = {mode: count for mode, count in sorted(modes.items()) if mode != common}
    if not others:
        return ""
    listed = ", ".join(f"{count:,} of mode {mode}" for mode, count in others.items())
    white = "; what was transparent became white" if any(mode.endswith("A") for mode in others) else ""
    return f"Of {len(paths):,} images these were converted to {'grey' if common == 'L' else 'RGB'}: {listed}{white}."


def _common_mode(modes: Iterable[str]) -> str:
    """Return PIL's mode that images of these modes are read in: L if all are grey, else RGB."""
    return "L" if set(modes) <= _GREY_MODES else "RGB"


def _read_all(paths: list[Path], size: int, channels: int, progress: bool) -> np.ndarray:
    from tqdm import tqdm

    images = np.empty((len(paths), channels, size, size), np.uint8)
    for row, path in enumerate(tqdm(paths, desc="Reading images", unit=" images", disable=not progress, leave=False)):
        pixels = _square(path, size, "L" if channels == 1 else "RGB")
        images[row] = pixels if channels == 1 else pixels.transpose(2, 0, 1)
    return images


def _mode(path: Path) -> str:
    """Return PIL's mode of an image from its header."""
    with _opened(path) as image:
        if image.mode[0] in "IF":
            raise DataError(f"{path} has more than 8 bits per channel (mode {image.mode}); save it with 8.")
        return image.mode


def _square(path: Path, size: int, mode: str) -> np.ndarray:
    """Return one image, uint8 (size, size) or (size, size, 3)."""
    from PIL import Image, ImageOps

    with _opened(path) as image:
        try:
            turned = ImageOps.exif_transpose(image)
        except (OSError, ValueError, SyntaxError) as error:
            raise DataError(f"{path} cannot be read as an image ({error}).") from error
        if turned.has_transparency_data:
            above = turned.convert("RGBA")
            turned = Image.alpha_composite(Image.new("RGBA", above.size, "white"), above)
        return np.asarray(ImageOps.fit(turned.convert(mode), (size, size), Image.Resampling.BICUBIC))


def _opened(path: Path) -> "Image":
    from PIL import Image, UnidentifiedImageError

    try:
        return Image.open(path)
    except (UnidentifiedImageError, Image.DecompressionBombError, OSError, ValueError, SyntaxError) as error:
        raise DataError(f"{path} cannot be read as an image ({error}).") from error
