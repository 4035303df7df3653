"""Two gloo processes: our loop, and a loop written out under DistributedDataParallel. Run by test_two_processes.py.

    python -m tests.training.two_processes RUNS_DIR

Fabric starts the second process by the same command. Rank 0 prints what it saw as one line of JSON.
"""

import json
import sys

import torch
import torch.distributed as dist
from torch import nn
from torch.nn.parallel import DistributedDataParallel

from core.activations import NoiseStream, alternation
from core.config import TrainConfig
from core.models import activation_parameters, make_model
from core.training import train
from core.training.alternation import drop_held_gradients
from core.training.optimizer import make_optimizer

from .conftest import make_stripes

STEPS, ROWS = 5, 8


def main() -> None:
    torch.set_num_threads(1)
    config = TrainConfig(
        model="resnet8", activation="eelu", epochs=1, batch_size=32, accumulate=2, weight_decay=0.1, device="cpu", devices=2,
        compile=False, progress=False, runs_dir=sys.argv[1],
    )  # fmt: skip
    run = train(config, dataset=make_stripes())
    seen = {name: written_out(config.replace(optimizer=name)) for name in ("sgd", "adamw")}
    if dist.get_rank() == 0:
        print(json.dumps({"run": run.id, "status": run.status, "world": dist.get_world_size(), **seen}))


def written_out(config: TrainConfig) -> list[dict[str, bool]]:
    """Train some steps; say of each whether held values and their state stood still, and whether the ranks agree."""
    rank, world = dist.get_rank(), dist.get_world_size()
    plain = make_model("resnet8", "eelu", num_classes=3, in_channels=1, generator=torch.Generator().manual_seed(1)).train()
    model = DistributedDataParallel(plain)
    optimizer = make_optimizer(plain, config)
    seen = []
    for step in range(STEPS):
        before = values_and_state(plain, optimizer)
        optimizer.zero_grad(set_to_none=True)
        images = torch.randn(ROWS * world, 1, 8, 8, generator=torch.Generator().manual_seed(step))
        with alternation(plain, step, NoiseStream(0, "noise", step, rows=(rank * ROWS, ROWS * world))) as noisy:
            model(images[rank * ROWS : (rank + 1) * ROWS]).square().mean().backward()
        if noisy:
            drop_held_gradients(plain)
        optimizer.step()
        after = values_and_state(plain, optimizer)
        still = len(before) == len(after) and all(torch.equal(a, b) for a, b in zip(before, after, strict=True))
        seen.append({"noisy": noisy, "still": still, "ranks_agree": ranks_agree(plain)})
    return seen


def values_and_state(model: nn.Module, optimizer: torch.optim.Optimizer) -> list[torch.Tensor]:
    found = []
    for _, parameter in activation_parameters(model):
        found.append(parameter.detach().clone())
        found += [v.clone() for v in optimizer.state.get(parameter, {}).values() if torch.is_tensor(v)]
    return found


def ranks_agree(model: nn.Module) -> bool:
    mine = torch.cat([p.detach().flatten() for p in model.parameters()])
    first = mine.clone()
    dist.broadcast(first, src=0)
    differs = torch.tensor(float(not torch.equal(mine, first)))
    dist.all_reduce(differs)
    return differs.item() == 0


if __name__ == "__main__":
    main()
