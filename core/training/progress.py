"""The progress bar: images done, rate, remaining time, last epoch's numbers."""

import sys
from types import TracebackType

from tqdm import tqdm

from ..config import TrainConfig


class Progress:
    """A bar on stderr over all images of all epochs; shows nothing if the config or `show` says so."""

    def __init__(self, config: TrainConfig, num_images: int, *, done: int = 0, show: bool = True) -> None:
        self.epochs = config.epochs
        self.bar = tqdm(
            total=config.epochs * num_images,
            initial=done * num_images,
            desc=f"{config.model} {config.activation_label} seed {config.seed}",
            unit=" images",
            unit_scale=True,
            dynamic_ncols=True,
            mininterval=0.5,
            file=sys.stderr,
            disable=not (config.progress and show),
        )

    def __enter__(self) -> "Progress":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.bar.close()

    def advance(self, images: int) -> None:
        """Count `images` more images."""
        self.bar.update(images)

    def epoch(self, row: dict[str, float]) -> None:
        """Show the numbers of a finished epoch."""
        self.bar.set_postfix_str(
            f"epoch {row['epoch']}/{self.epochs}, train loss {row['train_loss']:.3f}, "
            f"validation accuracy {100 * row['val_accuracy']:.1f} %"
        )
