"""The known data sets: what they are called, what they look like, where their files lie."""

from dataclasses import dataclass

from .sample import FASHION_CLASSES


@dataclass(frozen=True, kw_only=True)
class KnownSet:
    """A public data set with a train and a test file."""

    name: str
    title: str
    folder: str
    """Its folder in a data folder."""
    torchvision_class: str
    """Class in torchvision.datasets, which downloads it."""
    classes: tuple[str, ...]
    shape: tuple[int, int, int]
    """Channels, height, width."""
    idx: bool = False
    """Published as IDX files."""
    statistics: tuple[tuple[float, ...], tuple[float, ...]] | None = None
    """Published mean and sd per channel; None: those of the train images."""


KNOWN_SETS = {
    known.name: known
    for known in (
        KnownSet(
            name="fashion-mnist",
            title="Fashion-MNIST",
            folder="fashion_mnist",
            torchvision_class="FashionMNIST",
            classes=FASHION_CLASSES,
            shape=(1, 28, 28),
            idx=True,
        ),
        KnownSet(
            name="mnist",
            title="MNIST",
            folder="mnist",
            torchvision_class="MNIST",
            classes=tuple("0123456789"),
            shape=(1, 28, 28),
            idx=True,
        ),
        KnownSet(
            name="cifar10",
            title="CIFAR-10",
            folder="cifar10",
            torchvision_class="CIFAR10",
            classes=(
                "airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck",
            ),
            shape=(3, 32, 32),
            statistics=((0.4914, 0.4822, 0.4465), (0.2470, 0.2435, 0.2616)),
        ),
    )
}  # fmt: skip
