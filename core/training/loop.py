"""The training loop, from config to run folder, readable from top to bottom.

Same config, seed and machine: the same numbers, also after a kill and resume, because every random number comes from a
named stream of (seed, epoch or step) and the learning rate is a function of the step.
"""

import dataclasses
import itertools
import time
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from lightning_fabric import Fabric
from torch import nn

from ..activations import NoiseStream, alternation, compiled
from ..config import TrainConfig
from ..data import ImageDataset, Split, find_dataset_name, load_dataset
from ..errors import ExplorerError
from ..models import make_model
from ..runs import RunStore, RunWriter
from ..runs.record import portable_config
from ..streams import stream
from ..tasks import Classification
from .alternation import drop_held_gradients
from .batches import Batch, epoch_batches, num_batches
from .evaluate import evaluate, predict
from .interrupt import StopFlag, stop_on_signals
from .optimizer import make_optimizer, set_learning_rate
from .progress import Progress
from .schedule import learning_rate
from .watch import LossWatch

if TYPE_CHECKING:
    from ..runs import Run


def train(config: TrainConfig | None = None, *, resume: str | Path | None = None, dataset: ImageDataset | None = None) -> "Run":
    """Train one network and return its run.

    Args:
        config: what to train; may be left out with `resume`.
        resume: a run folder, or an id in `config.runs_dir`; goes on after its last finished epoch.
        dataset: images of one's own, in place of `load_dataset(config.dataset)`.

    Raises:
        ExplorerError: unknown names, missing data, a run that another process writes, a loss that is not finite.
    """
    folder = None
    if resume is not None:
        store, run_id = _find(resume, config)
        folder = store[run_id].path
        config = store[run_id].train_config().replace(**_place(config, folder))
    if config is None:
        raise ExplorerError("train needs a TrainConfig, or resume= with a run folder.")
    config = portable_config(config)
    fabric = make_fabric(config)
    check_names(config, own_data=dataset is not None)
    if dataset is None:
        dataset = load_dataset(config.dataset, config.data_dir, image_size=config.image_size, progress=config.progress)
    session = _start(config, fabric, dataset)
    if fabric.is_global_zero:
        probe = dataset.normalise(dataset.probe().images)
        writer = RunWriter(
            config.runs_dir, config, session.network, probe,
            dataset=dataset.describe(), run_id=folder.name if folder else None, resume=folder is not None,
        )  # fmt: skip
    else:
        writer = None
    with stop_on_signals() as stop, writer or nullcontext(), compiled(config.compile):
        _fit(session, writer, stop)
        if writer is not None:
            _conclude(session, writer)
    fabric.barrier()
    if writer is not None:
        return writer.run
    return max(RunStore(config.runs_dir).runs(), key=lambda run: run.id)


def check_names(config: TrainConfig, own_data: bool = False) -> None:
    """Raise ExplorerError for an unknown model, activation, option or data set, before any data are read."""
    _make_network(config, num_classes=10, in_channels=3)
    if not own_data:
        find_dataset_name(config.dataset)


def make_fabric(config: TrainConfig) -> Fabric:
    """Return Fabric for the config's devices: CUDA if there, else the CPU; launched when there are several processes."""
    accelerator = config.device
    if accelerator == "auto":
        accelerator = "cuda" if torch.cuda.is_available() else "cpu"
    elif accelerator == "cuda" and not torch.cuda.is_available():
        raise ExplorerError("device is cuda, but torch finds no CUDA device here; choose cpu or auto.")
    precision = config.precision or ("bf16-mixed" if accelerator == "cuda" else "32-true")
    fabric = Fabric(
        accelerator=accelerator, devices=config.devices, num_nodes=config.num_nodes, precision=precision,
        strategy="ddp" if config.devices * config.num_nodes > 1 else "auto",
    )  # fmt: skip
    fabric.launch()
    return fabric


@dataclass
class _Session:
    """Everything that training moves."""

    config: TrainConfig
    fabric: Fabric
    data: ImageDataset
    network: nn.Module  # the plain network: what is stored and evaluated
    model: Any  # the same, wrapped by Fabric: what is trained
    optimizer: Any
    task: Classification
    step: int = 0  # finished optimizer steps
    images_seen: int = 0
    wall_time: float = 0.0  # seconds of training in earlier sittings
    started: float = field(default_factory=time.monotonic)

    @property
    def steps_per_epoch(self) -> int:
        return -(-num_batches(self.config, len(self.data.train.labels)) // self.config.accumulate)


def _make_network(config: TrainConfig, num_classes: int, in_channels: int) -> nn.Module:
    return make_model(
        config.model,
        activation=config.activation,
        num_classes=num_classes,
        in_channels=in_channels,
        sharing=config.sharing,
        activation_options=config.activation_options,
        shortcut=config.shortcut,
        init=config.init,
        generator=stream(config.seed, "init"),
    )


def _start(config: TrainConfig, fabric: Fabric, data: ImageDataset) -> _Session:
    network = _make_network(config, data.num_classes, data.in_channels)
    network = network.to(fabric.device).to(memory_format=torch.channels_last)
    model, optimizer = fabric.setup(network, make_optimizer(network, config))
    return _Session(
        config=config, fabric=fabric, data=_on_device(data, fabric.device), network=network, model=model,
        optimizer=optimizer, task=Classification(num_classes=data.num_classes),
    )  # fmt: skip


def _on_device(data: ImageDataset, device: torch.device) -> ImageDataset:
    """Return `data` with its training images on `device`: they are augmented there, in batches."""
    train = data.train
    moved = Split(images=train.images.to(device), labels=train.labels.to(device), ids=train.ids)
    return dataclasses.replace(data, train=moved)


def _fit(session: _Session, writer: RunWriter | None, stop: StopFlag) -> None:
    config = session.config
    first = _restore(session, writer)
    if first == 1 and writer is not None:
        writer.snapshot(epoch=0, step=0)
    with Progress(config, len(session.data.train.labels), done=first - 1, show=writer is not None) as progress:
        for epoch in range(first, config.epochs + 1):
            row = _train_epoch(session, writer, stop, progress, epoch)
            if writer is not None:
                held_out = evaluate(session.network, session.data, "validation")
                row |= {"val_loss": float(held_out["loss"]), "val_accuracy": float(held_out["accuracy"])}
                progress.epoch(row)
                writer.checkpoint(epoch)
                writer.snapshot(epoch=epoch, step=session.step)
                writer.epoch(**row)
                writer.save_resume({"epoch": epoch, "step": session.step, "optimizer": session.optimizer.state_dict()})
            session.fabric.barrier()


def _train_epoch(
    session: _Session, writer: RunWriter | None, stop: StopFlag, progress: Progress, epoch: int
) -> dict[str, float]:
    """Train one epoch and return its row of metrics.csv, but for the validation columns."""
    config, fabric, network = session.config, session.fabric, session.network
    session.model.train()
    batches = epoch_batches(config, session.data, epoch, fabric.device, rank=fabric.global_rank, world=fabric.world_size)
    watch = LossWatch(fabric.device)
    for window in _windows(batches, config.accumulate):
        stop.check()
        lr = learning_rate(config, session.step, session.steps_per_epoch)
        set_learning_rate(session.optimizer, lr)
        session.optimizer.zero_grad(set_to_none=True)
        size = sum(batch.total for batch in window)
        for part, batch in enumerate(window):
            noise = NoiseStream(config.seed, "noise", session.step, part, rows=(batch.first, batch.total))
            last = part == len(window) - 1
            with (
                alternation(network, session.step, noise) as noisy,
                fabric.no_backward_sync(session.model, enabled=not last),
            ):
                logits = session.model(batch.images)
                loss = session.task.loss_sum(logits, batch.labels)
                # DDP averages over ranks: the sum over this rank's images, over the size of the whole window
                fabric.backward(loss * (fabric.world_size / size))
            watch.add(loss.detach(), session.task.correct(logits.detach(), batch.labels), len(batch.labels))
        if noisy:
            drop_held_gradients(network)
        watch.check(session.step + 1, epoch)
        session.optimizer.step()
        session.step += 1
        session.images_seen += size
        progress.advance(size)
        if epoch == 1 and writer is not None and _is_early_snapshot(session):
            writer.snapshot(epoch=0, step=session.step)
    watch.check(session.step, epoch, force=True)
    train_loss, train_accuracy = watch.means(fabric)
    return {
        "epoch": epoch,
        "step": session.step,
        "images_seen": session.images_seen,
        "wall_time_s": session.wall_time + time.monotonic() - session.started,
        "lr": lr,
        "train_loss": train_loss,
        "train_accuracy": train_accuracy,
    }


def _windows(batches: Iterator[Batch], size: int) -> Iterator[list[Batch]]:
    """Yield lists of `size` batches, one per optimizer step; the last list may be shorter."""
    while window := list(itertools.islice(batches, size)):
        yield window


def _is_early_snapshot(session: _Session) -> bool:
    """Steps 1, 2, 4, 8 … of the first epoch; its end is stored as epoch 1."""
    step = session.step
    return step & (step - 1) == 0 and step < session.steps_per_epoch


def _restore(session: _Session, writer: RunWriter | None) -> int:
    """Load what the last finished epoch left, if anything; return the epoch to start with."""
    session.started = time.monotonic()
    state = session.fabric.broadcast(writer.resume_state() if writer is not None else None)
    if state is None:
        return 1
    session.network.load_state_dict(state["model"])
    session.optimizer.load_state_dict(state["optimizer"])
    session.step = state["step"]
    session.images_seen = state["epoch"] * len(session.data.train.labels)
    session.wall_time = state["wall_time_s"]
    return state["epoch"] + 1


def _conclude(session: _Session, writer: RunWriter) -> None:
    """Choose the checkpoint by validation data alone, then store its outputs; this looks at the test data once."""
    epoch = writer.choose(session.config.selection)
    chosen = writer.run.load_model(epoch).to(session.fabric.device)
    results: dict[str, Any] = {}
    for name in ("validation", "test"):
        split = getattr(session.data, name)
        logits = predict(chosen, session.data, split)
        labels = split.labels.cpu()
        writer.predictions(name, split.ids, labels, logits)
        results[name] = {"n": len(labels), **session.task.metrics(logits, labels)}
    writer.results(results)
    writer.count_test_use("training")


def _find(resume: str | Path, config: TrainConfig | None) -> tuple[RunStore, str]:
    """Return the store and the id of the run to resume: a folder, or an id in the config's runs_dir."""
    path = Path(resume)
    if path.is_dir():
        return RunStore(path.resolve().parent), path.resolve().name
    return RunStore(config.runs_dir if config else "runs"), str(resume)


def _place(config: TrainConfig | None, folder: Path) -> dict[str, Any]:
    """Where and on what a resumed run goes on: its own folder, and the caller's devices and data folder, if given."""
    place: dict[str, Any] = {"runs_dir": str(folder.parent)}
    if config is not None:
        place |= {"device": config.device, "progress": config.progress}
        if config.data_dir is not None:
            place["data_dir"] = config.data_dir
    return place
