"""Images as small pictures."""

import base64
import io

import numpy as np
from PIL import Image

from explorer.pictures import WRONG, data_uri, montage

PIXELS = np.random.default_rng(0).integers(0, 256, (3, 1, 28, 28), dtype=np.uint8)


def test_a_picture_in_a_text_is_the_image() -> None:
    head, _, body = data_uri(PIXELS[0], side=28).partition(",")
    image = Image.open(io.BytesIO(base64.b64decode(body)))
    assert head == "data:image/png;base64"
    assert np.array_equal(np.asarray(image)[..., 1], PIXELS[0, 0])


def test_a_montage_frames_what_is_wrong() -> None:
    sheet = np.asarray(Image.open(io.BytesIO(montage(PIXELS, ["1", "2", "3"], [False, True, False], columns=2, side=28))))
    cell = 28 + 10
    assert sheet.shape == (2 * (cell + 14), 2 * cell, 3)
    assert tuple(sheet[3, cell + 3]) == WRONG
    assert tuple(sheet[3, 3]) != WRONG
    assert np.array_equal(sheet[5:33, 5:33, 0], PIXELS[0, 0])


def test_colour_images_keep_their_channels() -> None:
    pixels = np.zeros((1, 3, 8, 8), dtype=np.uint8)
    pixels[0, 2] = 200
    sheet = np.asarray(Image.open(io.BytesIO(montage(pixels, ["1"], [False], side=8))))
    assert tuple(sheet[6, 6]) == (0, 0, 200)
