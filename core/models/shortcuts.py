"""The two shortcuts of the CIFAR ResNets where a stage begins: more channels, half the side."""

import torch.nn.functional as F
from torch import Tensor, nn

from ..errors import ExplorerError
from .layers import bare_conv

SHORTCUTS = ("pad", "projection")


class PadShortcut(nn.Module):
    """Parameter-free shortcut: every second row and column, with zero channels added before and after.

    `(N, C, H, W) -> (N, C + 2 * padding, ceil(H / 2), ceil(W / 2))`, as option A in He et al. 2015 and in Pishchik's
    networks. Pooling over single elements instead of `x[:, :, ::2, ::2]`: the same values, but the gradient keeps the
    memory format of `x`, where that of a slice is always contiguous and slows the whole residual path (channels_last).
    """

    def __init__(self, padding: int) -> None:
        super().__init__()
        self.padding = padding

    def forward(self, x: Tensor) -> Tensor:
        """Return the shortcut of `x`, in the memory format of `x`."""
        return F.pad(F.avg_pool2d(x, 1, 2), (0, 0, 0, 0, self.padding, self.padding))

    def extra_repr(self) -> str:
        return f"padding={self.padding}"


def make_shortcut(kind: str, in_channels: int, out_channels: int, stride: int) -> nn.Module:
    """Return the shortcut of one block: the identity, zero padding ("pad") or a 1×1 convolution with BN ("projection")."""
    if kind not in SHORTCUTS:
        raise ExplorerError(f"shortcut must be one of {', '.join(SHORTCUTS)}; received {kind!r}.")
    if stride == 1 and in_channels == out_channels:
        return nn.Identity()
    if kind == "pad":
        return PadShortcut((out_channels - in_channels) // 2)
    return nn.Sequential(bare_conv(in_channels, out_channels, kernel=1, stride=stride), nn.BatchNorm2d(out_channels))
