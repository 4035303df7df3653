"""On what a run was made."""

import importlib.metadata
import os
import platform
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from torch import nn


def environment(model: "nn.Module | None" = None) -> dict[str, Any]:
    """Return the releases, the platform, the number of CPU cores and the name of the device that holds `model`."""
    import torch

    return {
        "activation_explorer": release(),
        "python": platform.python_version(),
        "torch": torch.__version__,
        "platform": f"{platform.system()} {platform.machine()}",
        "cpu_count": os.cpu_count(),
        "threads": torch.get_num_threads(),
        "device": device_name(model),
    }


def device_name(model: "nn.Module | None") -> str:
    """Return what the device of `model` calls itself: a GPU's name, or the processor's."""
    import torch

    first = next(model.parameters(), None) if model is not None else None
    if first is not None and first.device.type == "cuda":
        return torch.cuda.get_device_name(first.device)
    return _processor()


def made_with() -> dict[str, str]:
    """Return the command that made the run, without the folder of the program."""
    spec = getattr(sys.modules["__main__"], "__spec__", None)
    program = f"python -m {spec.name.removesuffix('.__main__')}" if spec else Path(sys.argv[0]).name
    return {"command": " ".join([program, *sys.argv[1:]]), "release": release()}


def release() -> str:
    """Return the installed release of this project, `unknown` outside an installation."""
    try:
        return importlib.metadata.version("activation-explorer")
    except importlib.metadata.PackageNotFoundError:
        return "unknown"


def _processor() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        for line in cpuinfo.read_text(errors="replace").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()
