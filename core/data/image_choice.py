"""`ImageChoice`: on which images a network from elsewhere is looked at."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class ImageChoice:
    """On which images a network from elsewhere is looked at.

    `dataset` is a registered name, "folder" with `data_dir` the folder, or "" for none; `image_size` is the side in pixels that
    images of a folder are scaled to; `input_size` that of any data set, None: as it is. `mean` and `sd`, one number per
    channel of pixels from 0 to 1: None means those of the data set.
    """

    dataset: str = ""
    data_dir: str | None = None
    image_size: int = 32
    input_size: int | None = None
    mean: tuple[float, ...] | None = None
    sd: tuple[float, ...] | None = None
