"""Images as Fourier coefficients: gradient ascent on these changes coarse and fine structure alike."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch
    from torch import Tensor


def start_coefficients(
    size: tuple[int, ...], generators: "Sequence[torch.Generator]", device: "torch.device | str" = "cpu"
) -> "Tensor":
    """Return small random Fourier coefficients (S, C, H, W // 2 + 1, 2) on `device`, one start per generator of the CPU."""
    import torch

    channels, height, width = size
    shape = (channels, height, width // 2 + 1, 2)
    return (0.01 * torch.stack([torch.randn(shape, generator=g) for g in generators])).to(device).requires_grad_()


def image_of(spectrum: "Tensor", size: tuple[int, ...]) -> "Tensor":
    """Return the images (S, C, H, W), from 0 to 1, of Fourier coefficients that count by the inverse of their frequency."""
    import torch

    _, height, width = size
    down = torch.fft.fftfreq(height, device=spectrum.device)[:, None]
    across = torch.fft.rfftfreq(width, device=spectrum.device)[None]
    frequency = torch.sqrt(down**2 + across**2).clamp_min(1 / max(height, width))
    weight = (height * width) ** 0.5 / frequency / max(height, width)
    image = torch.fft.irfft2(torch.view_as_complex(spectrum) * weight, s=(height, width), norm="ortho")
    return torch.sigmoid(image)


def total_variation(pixels: "Tensor") -> "Tensor":
    """Return the mean absolute difference of neighbouring pixels of each image: (S,)."""
    total = pixels.new_zeros(len(pixels))
    for axis in (2, 3):
        if pixels.shape[axis] > 1:
            total = total + pixels.diff(dim=axis).abs().mean((1, 2, 3))
    return total
