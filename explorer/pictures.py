"""Images of a data set as small pictures for the browser."""

import base64
import io
from collections.abc import Sequence
from typing import Any

import numpy as np

#: Frame of an image that the network gets wrong.
WRONG = (213, 94, 0)
_CAPTION = 14  # px below each picture of a montage


def picture(pixels: np.ndarray, side: int = 56) -> Any:
    """Return a PIL image, `side` px high and wide, of uint8 pixels (C, H, W) with one or three channels."""
    from PIL import Image

    first = pixels[0] if pixels.shape[0] == 1 else pixels[:3].transpose(1, 2, 0)
    return Image.fromarray(np.ascontiguousarray(first)).convert("RGB").resize((side, side), Image.Resampling.NEAREST)


def data_uri(pixels: np.ndarray, side: int = 56) -> str:
    """Return uint8 pixels (C, H, W) as a PNG inside a text."""
    file = io.BytesIO()
    picture(pixels, side).save(file, format="PNG", optimize=True)
    return f"data:image/png;base64,{base64.b64encode(file.getvalue()).decode()}"


def montage(images: np.ndarray, names: Sequence[str], wrong: Sequence[bool], columns: int = 12, side: int = 64) -> bytes:
    """Return a PNG of uint8 images (N, C, H, W), each with its name below; the wrong ones stand in a frame."""
    from PIL import Image, ImageDraw

    rows = -(-len(images) // columns)
    cell = side + 10
    sheet = Image.new("RGB", (columns * cell, rows * (cell + _CAPTION)), (246, 247, 249))
    pen = ImageDraw.Draw(sheet)
    for i, (pixels, name, bad) in enumerate(zip(images, names, wrong, strict=True)):
        x, y = (i % columns) * cell, (i // columns) * (cell + _CAPTION)
        if bad:
            pen.rectangle((x + 1, y + 1, x + cell - 2, y + cell - 2), fill=WRONG)
        sheet.paste(picture(pixels, side), (x + 5, y + 5))
        pen.text((x + cell / 2, y + cell), name, fill=(40, 46, 56), anchor="ma")
    file = io.BytesIO()
    sheet.save(file, format="PNG", optimize=True)
    return file.getvalue()
