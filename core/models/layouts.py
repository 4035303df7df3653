"""Layouts: on which axis of a tensor the channels lie, and how many they are."""

from collections.abc import Iterable
from dataclasses import dataclass

from torch import nn


@dataclass(frozen=True)
class Layout:
    """`channels` on axis `axis` (1, -1, or another whole number); where that is not known, None and the `problem`."""

    channels: int | None = None
    axis: int = 1
    problem: str = "no layer before it says where the channels are"

    @property
    def known(self) -> bool:
        """Whether the axis and its length are known."""
        return self.channels is not None

    def clashes(self, other: "Layout", rank: int | None = None) -> bool:
        """Return whether two known layouts differ; with the tensors' `rank`, axis 1 and axis -1 of a matrix are one."""
        ours, theirs = (axis if rank is None else axis % rank for axis in (self.axis, other.axis))
        return (ours, self.channels) != (theirs, other.channels)


UNKNOWN = Layout()


def joined(layouts: Iterable[Layout], rank: int | None = None) -> Layout:
    """Return the layout of tensors that are joined elementwise: what the known ones agree on; else a `problem`."""
    found = list(layouts)
    known = [layout for layout in found if layout.known]
    wide = [layout for layout in known if layout.channels != 1] or known  # one channel is spread over all
    clash = next((layout for layout in wide if layout.clashes(wide[0], rank)), None)
    if clash is not None:
        first = wide[0]
        return Layout(problem=f"{_words(first)} meet {_words(clash)}")
    return (wide or found or [UNKNOWN])[0]


def concatenated(layouts: Iterable[Layout], dim: int, rank: int | None = None) -> Layout:
    """Return the layout of tensors that are concatenated along `dim`: along the channels their numbers add up."""
    found = list(layouts)
    if not found or not all(layout.known for layout in found):
        return next((layout for layout in found if not layout.known), UNKNOWN)
    axes = [layout.axis if rank is None else layout.axis % rank for layout in found]
    same = len(set(axes)) == 1
    along = axes[0] == (dim if rank is None else dim % rank)
    if same and along:
        return Layout(sum(layout.channels or 0 for layout in found), found[0].axis)
    if rank is None and (dim < 0) != (axes[0] < 0):
        return Layout(problem=f"tensors are concatenated along axis {dim}, their channels lie on axis {axes[0]}")
    return joined(found, rank)


def layer_layout(module: nn.Module) -> Layout | None:
    """Return the layout of what a layer puts out, None for a module that is no such layer."""
    if isinstance(module, nn.modules.conv._ConvNd):
        return Layout(module.out_channels, 1)
    if isinstance(module, nn.modules.batchnorm._NormBase):
        return Layout(module.num_features, 1)
    if isinstance(module, nn.GroupNorm) and type(module).forward is nn.GroupNorm.forward:
        return Layout(module.num_channels, 1)
    if isinstance(module, nn.Linear | nn.Bilinear):
        return Layout(module.out_features, -1)
    if isinstance(module, nn.Embedding):
        return Layout(module.embedding_dim, -1)
    if isinstance(module, nn.LayerNorm | nn.RMSNorm) and type(module).forward in (nn.LayerNorm.forward, nn.RMSNorm.forward):
        return Layout(module.normalized_shape[0], -1) if len(module.normalized_shape) == 1 else None
    return None


def _words(layout: Layout) -> str:
    plural = "" if layout.channels == 1 else "s"
    return f"{layout.channels} channel{plural} on axis {layout.axis}"
