"""Sums of loss and hits over an epoch, kept on the device, and the check that the loss is finite."""

import torch
from lightning_fabric import Fabric
from torch import Tensor

from ..errors import TrainingError

CHECK_EVERY = 20  # steps between two looks at the device, where a look waits for it


class LossWatch:
    """Adds up loss and hits of one epoch; names the first step whose loss is not finite."""

    def __init__(self, device: torch.device) -> None:
        self.sums = torch.zeros(3, dtype=torch.float64, device=device)  # loss, hits, images
        self.every = 1 if device.type == "cpu" else CHECK_EVERY
        self.waiting: list[tuple[int, Tensor]] = []
        self.window = torch.zeros((), dtype=torch.float64, device=device)

    def add(self, loss_sum: Tensor, hits: Tensor, images: int) -> None:
        """Add one batch: its summed loss (), its number of hits (), its number of images."""
        self.sums += torch.stack([loss_sum.double(), hits.double(), torch.full_like(self.sums[0], images)])
        self.window = self.window + loss_sum.double()

    def check(self, step: int, epoch: int, force: bool = False) -> None:
        """Close optimizer step `step` (from 1); raise TrainingError if its loss, or one since the last look, is not finite."""
        if not force:
            self.waiting.append((step, self.window))
            self.window = torch.zeros_like(self.window)
        if self.waiting and (force or len(self.waiting) >= self.every):
            values = torch.stack([value for _, value in self.waiting]).tolist()
            for (bad, _), value in zip(self.waiting, values, strict=True):
                if not abs(value) < float("inf"):
                    raise TrainingError(
                        f"The loss is not finite ({value}) at step {bad}, in epoch {epoch}. "
                        "Everything up to here is kept; try a lower --lr or a --warmup-epochs of 5."
                    )
            self.waiting = []

    def means(self, fabric: Fabric) -> tuple[float, float]:
        """Return mean loss (nats) and accuracy (0 to 1) over the images of all ranks."""
        sums = fabric.all_reduce(self.sums, reduce_op="sum")
        assert isinstance(sums, Tensor)
        loss, hits, images = sums.tolist()
        return loss / images, hits / images
