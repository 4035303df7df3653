"""What the page *Open a file* draws, from the file itself: what its notebook cells call."""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import pandas as pd

from core.data.image_choice import ImageChoice
from core.runs.contents import list_contents

if TYPE_CHECKING:
    from core.progress import ProgressCallback


def file_curves(
    path: str | Path,
    images: ImageChoice | None = None,
    *,
    model: str | None = None,
    activation: str | None = None,
    progress: "ProgressCallback | None" = None,
) -> pd.DataFrame:
    """Return the curve table (`core.analysis.curves.snapshot_curves`) of the network in a checkpoint file.

    Args:
        path: the file; nothing in it is run.
        images: on which its activations are measured; None: no images, no densities.
        model, activation: which network it is, as chosen on the page; None: recognised.

    Raises:
        RunError: the file is no checkpoint, is refused, or its weights do not fit.
        DataError: the images cannot be read or converted.
    """
    from core.analysis.curves import snapshot_curves
    from core.runs.opening import open_network
    from core.training.import_file import fit_images, import_network

    opened = open_network(list_contents(Path(path)), model=model, activation=activation)
    fitted = fit_images(opened, images) if images is not None and images.dataset else None
    with TemporaryDirectory() as folder:
        run = import_network(opened, folder, fitted, progress=progress)
        return snapshot_curves(run, [run.find_checkpoint()])
