"""How many input-sized tensors an activation keeps for backward, counted in two ways."""

import subprocess
import sys

import torch

from core.activations import compiled, make_activation, noise

#: Elements of the input: far above what a process allocates besides.
SIZE = 1 << 24  # 64 MiB in float32
FEW, MANY = 2, 8


def kept_by_hooks(name: str, noisy: bool) -> float:
    """Return the elements that autograd's saved-tensor hooks see, over those of the input."""
    module, x = make_activation(name), torch.randn(64, 64, requires_grad=True)
    kept: list[int] = []
    hooks = torch.autograd.graph.saved_tensors_hooks(lambda t: kept.append(t.numel()) or t, lambda t: t)
    with noise(module, on=noisy), hooks:
        module(x)
    return sum(n for n in kept if n > 1) / x.numel()


def kept_by_peak(name: str, noisy: bool) -> float:
    """Return by how many tensors a further activation of a chain raises the peak memory of a fresh process."""
    few, many = (_peak(name, noisy, length) for length in (FEW, MANY))
    return (many - few) / (MANY - FEW) / (4 * SIZE)


def _peak(name: str, noisy: bool, length: int) -> float:
    command = [sys.executable, "-m", "benchmarks.kept_memory", name, str(int(noisy)), str(length)]
    return float(subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()[-1])


def main() -> None:
    """Run a chain of activations forward and backward; print the peak of resident memory in bytes."""
    import resource

    name, noisy, length = sys.argv[1], bool(int(sys.argv[2])), int(sys.argv[3])
    chain = torch.nn.Sequential(*(make_activation(name) for _ in range(length)))
    x = torch.full((SIZE >> 10, 1 << 10), 0.5, requires_grad=True)
    with compiled(False), noise(chain, on=noisy):
        chain(x).sum().backward()
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024)


if __name__ == "__main__":
    main()
