"""The states of Open a file that need a file of somebody else."""

from pathlib import Path

import numpy as np
import torch
from PIL import Image

from core.models import make_model
from tests.runs.made_files import Attack, prefixed, save, theirs

from .states import State, states
from .steps import choose, press, send

FILE, FOLDER = "A checkpoint file", "A folder of images, one sub-folder per class"
LISTED, RECOGNISED = "1. What is inside", "3. On which images"


def file_states(folder: Path) -> list[State]:
    """Write the files into `folder`; return the states that open them."""
    folder.mkdir()
    known = save(folder / "theirs.pth", {"state_dict": prefixed(theirs(3).state_dict(), "module."), "epoch": 200})
    attack = save(folder / "surprise.pt", {"w": torch.zeros(1), "x": Attack(folder / "trace")})
    unclear = save(folder / "own.pt", make_model("resnet8", "coslu").state_dict())
    two = save(folder / "cats-and-dogs.pth", theirs(classes=2).state_dict())
    picture = folder / "picture.pt"
    picture.write_bytes(b"\x89PNG\r\n\x1a\n0000")
    torn = folder / "torn.pth"
    torn.write_bytes(known.read_bytes()[: known.stat().st_size // 2])
    images = send(FOLDER, _make_images(folder / "animals"), ".png")
    return states("demo", {
        "open-recognised": ("open", {}, send(FILE, known, RECOGNISED)),
        "open-refused": ("open", {}, send(FILE, attack, "would run code")),
        "open-no-checkpoint": ("open", {}, send(FILE, picture, "is no checkpoint")),
        "open-torn": ("open", {}, send(FILE, torn, "torn.pth is")),
        "open-other-architecture": ("open", {}, send(FILE, known, RECOGNISED), choose("Architecture", "resnet56")),
        "open-unclear-activation": ("open", {}, send(FILE, unclear, "Choose the activation")),
        "open-other-images": ("open", {"on": "fashion-sample"}, send(FILE, two, RECOGNISED)),
        "open-folder": ("open", {"on": "folder"}, send(FILE, two, RECOGNISED), images, press("Look at it")),
    })  # fmt: skip


def _make_images(folder: Path) -> Path:
    """Write three images of each of two classes, of other sizes and modes than a network takes; return the folder."""
    draw = np.random.default_rng(0)
    for name in ("cats", "dogs"):
        (folder / name).mkdir(parents=True)
        for number, (mode, side) in enumerate((("RGB", 48), ("L", 32), ("RGBA", 40))):
            pixels = draw.integers(0, 256, (side, side + 8, 4), dtype=np.uint8)
            Image.fromarray(pixels, "RGBA").convert(mode).save(folder / name / f"{number}.png")
    return folder
