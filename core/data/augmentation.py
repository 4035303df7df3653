"""Random crops and flips: drawn once per epoch, one row per image, and applied to batches on any device."""

from typing import TYPE_CHECKING

from ..errors import unknown_name

if TYPE_CHECKING:
    import torch

#: Pixels of padding on each side before a crop.
PADDING = 4

AUGMENTATIONS = ("standard", "flip-or-crop", "none")


def augmentation_draws(kind: str, n: int, generator: "torch.Generator") -> "torch.Tensor":
    """Return what is drawn for `n` images: int64 (n, 3), columns flip (0 or 1), top and left (0 to 8; 4 is no shift).

    - `standard`: pad by 4 and crop, flip with probability 1/2.
    - `flip-or-crop`: one of the two with equal chance (Pishchik 2023): a quarter of the images is flipped, half cropped, a
      quarter left as it is.
    - `none`: shape (n, 0); nothing is drawn.

    The draws are made on the generator's device. A batch takes its images' rows of the table, so what happens to an image
    does not depend on how the epoch is cut into batches.
    """
    import torch

    if kind not in AUGMENTATIONS:
        raise unknown_name("augmentation", kind, AUGMENTATIONS)
    if kind == "none":
        return torch.empty((n, 0), dtype=torch.int64, device=generator.device)

    def draw(values: int, columns: int) -> "torch.Tensor":
        return torch.randint(values, (n, columns), generator=generator, device=generator.device)

    flip, corner = draw(2, 1), draw(2 * PADDING + 1, 2)
    if kind == "flip-or-crop":
        crop = draw(2, 1)
        flip = flip * (1 - crop)
        corner = torch.where(crop.bool(), corner, PADDING)
    return torch.cat([flip, corner], dim=1)


def augment(images: "torch.Tensor", draws: "torch.Tensor", *, channels_last: bool = False) -> "torch.Tensor":
    """Return `images` (B, C, H, W), normalised floats, cropped and flipped as `draws` (B, 3) says.

    Pixels from beyond the border are 0, which is the mean colour of a normalised image. The result is a new tensor, contiguous
    or in channels_last format; with draws of shape (B, 0) the images come back as they are, in that format.
    """
    import torch

    layout = torch.channels_last if channels_last else torch.contiguous_format
    if draws.shape[1] == 0:
        return images.contiguous(memory_format=layout)
    draws = draws.to(images.device, non_blocking=True)
    height, width = images.shape[2:]
    columns = torch.arange(width, device=images.device)
    columns = torch.where(draws[:, :1] == 1, width - 1 - columns, columns) + draws[:, 2:]
    rows = torch.arange(height, device=images.device) + draws[:, 1:2]
    places = rows[:, :, None] * (width + 2 * PADDING) + columns[:, None, :]
    padded = torch.nn.functional.pad(images, (PADDING,) * 4).flatten(2)
    # One gather from the flattened images is four times as fast on a CPU as indexing with rows and columns.
    cut = padded.gather(2, places.flatten(1)[:, None].expand(-1, images.shape[1], -1))
    return cut.view(images.shape).contiguous(memory_format=layout)
