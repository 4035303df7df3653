"""The command line `activation-explorer`: app, train, sweep, evaluate, import.

Exit codes: 0 done, 1 failed, 2 wrong arguments (unknown names included). Errors are one sentence on stderr.
"""

import contextlib
import dataclasses
import importlib.util
import io
import json
import logging
import math
import os
import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Literal

import tyro

from .config import TrainConfig, split_activation
from .errors import ExplorerError, FormulaError, OptionError, UnknownNameError

PROGRAM = "activation-explorer"


@dataclass(frozen=True, kw_only=True)
class App:
    """Open the app in the browser: the runs in --runs-dir first, the bundled demo runs below."""

    runs_dir: str | None = None
    """Folder with runs; None: ./runs if it exists."""
    port: int = 8501
    share: bool = False
    """Let other computers in the network open the app (there is no password)."""

    def run(self) -> int:
        """Replace this process by the app's server."""
        script = importlib.util.find_spec("explorer.app")
        if script is None or script.origin is None or importlib.util.find_spec("streamlit") is None:
            raise ExplorerError('The app is not installed; type: pip install -e ".[app]"')
        folder = self.runs_dir or ("runs" if Path("runs").is_dir() else None)
        command = [sys.executable, "-m", "streamlit", "run", script.origin, "--server.port", str(self.port)]
        if self.share:
            print("Anybody in your network can open this app while it runs; there is no password.", file=sys.stderr)
            command += ["--server.address", "0.0.0.0"]
        os.execv(command[0], [*command, "--", *(["--runs-dir", folder] if folder else [])])


@dataclass(frozen=True, kw_only=True)
class Train(TrainConfig):
    """Train one network; its run folder appears in --runs-dir at once, and the app shows it while it grows."""

    activation_options: tyro.conf.Suppress[dict[str, Any]] = field(default_factory=dict)
    resume: str | None = None
    """Go on with an interrupted run: its folder, or its id in --runs-dir. Its own settings count."""

    def run(self) -> int:
        """Train, then say what came out."""
        from .training import train

        run = train(_config(self), resume=self.resume)
        _report(run)
        return 0


@dataclass(frozen=True, kw_only=True)
class Sweep(TrainConfig):
    """Train every combination of models, activations, settings and seeds; runs that are already there are not repeated."""

    model: tyro.conf.Suppress[str] = "resnet8"
    activation: tyro.conf.Suppress[str] = "relu"
    activation_options: tyro.conf.Suppress[dict[str, Any]] = field(default_factory=dict)
    seed: tyro.conf.Suppress[int] = 0
    models: tuple[str, ...] = ("resnet8",)
    activations: tuple[str, ...] = ("relu", "coslu")
    """Activations by name, with options behind a colon."""
    seeds: tuple[int, ...] = (0, 1, 2)
    set: tuple[str, ...] = ()
    """More settings to vary: any training option with its values, e.g. lr=0.03,0.1."""
    engine: Literal["local"] = "local"
    """Where the runs are trained: here, one after another."""

    def run(self) -> int:
        """Train all, then say how many of them succeeded."""
        from .training import run_sweep, sweep_configs

        configs = sweep_configs(
            _config(self), models=self.models, activations=self.activations, seeds=self.seeds, settings=_settings(self.set)
        )
        runs = run_sweep(configs)
        for run in runs:
            _report(run)
        print(f"{len(runs)} of {len(configs)} runs are complete.")
        return 0 if len(runs) == len(configs) else 1


@dataclass(frozen=True, kw_only=True)
class FromFile:
    """What a file from elsewhere does not tell."""

    model: str | None = None
    """Architecture of a file from elsewhere: ours, of torchvision's, or timm/NAME; None: recognised."""
    activation: str | None = None
    """Activation of a file from elsewhere whose parameters fit several; None: told from its parameters, else relu."""
    part: str | None = None
    """Key in the file under which the weights lie; None: the most usual one."""
    mean: str | None = None
    """Normalisation of a file from elsewhere, per channel: 0.485,0.456,0.406; None: that of the data set."""
    std: str | None = None
    """Standard deviation per channel: 0.229,0.224,0.225."""
    image_size: int | None = None
    """Side in pixels to which images of the data set `folder` are scaled."""
    input_size: int | None = None
    """Side in pixels to which images of any data set are scaled; None: as they are."""
    size_limit: int = 2000
    """Largest file that is opened, in MB."""


@dataclass(frozen=True, kw_only=True)
class Evaluate(FromFile):
    """Loss and accuracy of a trained network; the last line is JSON. A look at test data is noted in the run."""

    target: Annotated[tyro.conf.Positional[str], tyro.conf.arg(metavar="RUN_OR_FILE")]
    """A run folder, an id in --runs-dir, or a checkpoint file (.safetensors, .pt, .pth, .th, .ckpt)."""
    dataset: str | None = None
    """Data set; None: the one the network was trained on."""
    data_dir: str | None = None
    """Folder that holds the data sets; None: the run's own."""
    split: Literal["train", "validation", "test"] = "validation"
    epoch: int | None = None
    """Epoch of the checkpoint; None: the chosen one."""
    runs_dir: str = "runs"

    def run(self) -> int:
        """Evaluate and print one line of JSON."""
        from .training.evaluate_target import evaluate_target

        result = evaluate_target(
            self.target,
            dataset=self.dataset,
            data_dir=self.data_dir,
            split=self.split,
            epoch=self.epoch,
            runs_dir=self.runs_dir,
            options=_file_options(self),
        )
        print(json.dumps(result))
        return 0


@dataclass(frozen=True, kw_only=True)
class Import(FromFile):
    """Make a run folder from a checkpoint file of another program; nothing in the file is run."""

    target: Annotated[tyro.conf.Positional[str], tyro.conf.arg(metavar="FILE")]
    """A checkpoint file: .safetensors, .pt, .pth, .th or .ckpt."""
    runs_dir: str = "runs"
    """Folder in which the run folder is made."""
    dataset: str | None = None
    """Data set on which activations and accuracy are measured; None: the one that the file names, if any."""
    data_dir: str | None = None
    """Folder that holds the data sets; for the data set `folder`, one's own images."""

    def run(self) -> int:
        """Import, then say what was found and what was assumed."""
        from .training.evaluate_target import file_images, open_file
        from .training.import_file import import_network

        options = _file_options(self)
        opened = open_file(Path(self.target), options)
        run = import_network(opened, self.runs_dir, file_images(opened, self.dataset, self.data_dir, options))
        print(f"{opened.contents.name}: {opened.title}, {opened.contents.kind}")
        for sentence in (*run.info["made_with"]["said"], *run.info["made_with"]["assumed"]):
            print(sentence)
        _report(run)
        return 0


Command = (
    Annotated[App, tyro.conf.subcommand("app")]
    | Annotated[Train, tyro.conf.subcommand("train")]
    | Annotated[Sweep, tyro.conf.subcommand("sweep")]
    | Annotated[Evaluate, tyro.conf.subcommand("evaluate")]
    | Annotated[Import, tyro.conf.subcommand("import")]
)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and exit."""
    logging.basicConfig(format="%(message)s", level=logging.WARNING)
    sys.exit(run(sys.argv[1:] if arguments is None else arguments))


def run(arguments: Sequence[str]) -> int:
    """Parse `arguments`, run the command, return the exit code."""
    try:
        return _parse(arguments).run()
    except (UnknownNameError, FormulaError, OptionError) as error:
        print(error, file=sys.stderr)
        return 2
    except (ExplorerError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("Stopped. The run is kept; go on with: activation-explorer train --resume RUN", file=sys.stderr)
        return 1


def _parse(arguments: Sequence[str]) -> Any:
    """Return the command; wrong arguments leave with exit code 2 and one sentence."""
    errors = io.StringIO()
    try:
        with contextlib.redirect_stderr(errors):
            return tyro.cli(
                Command,
                args=list(arguments) or ["--help"],
                prog=PROGRAM,
                description="Train networks whose activation functions learn or make noise, and see what became of them.",
                config=(tyro.conf.OmitSubcommandPrefixes,),
            )
    except SystemExit as leave:
        if leave.code:
            print(_sentence(errors.getvalue()), file=sys.stderr)
        raise


def _sentence(box: str) -> str:
    """Return the message inside tyro's box as one line; the box is drawn with lines, with ASCII signs or with blanks."""
    lines = [re.sub(r"\x1b\[[0-9;]*m", "", line).strip(" │|") for line in box.splitlines()]
    text = "\n".join("" if not line or line[0] in "╭╰+" or set(line) <= set("─-") else line for line in lines)
    sections = [section.splitlines() for section in re.split(r"\n{2,}", text.strip("\n"))]
    if len(sections) > 1 and sections[0][0] in ("Value error", "Unrecognized options", "Required options"):
        sections = sections[1:]
    message = re.sub(r"^Error parsing (\w+): ", "", " ".join(sections[0]))
    guess = next((section[1] for section in sections if section[0].startswith("Perhaps you meant")), None)
    hint = f" Did you mean {guess.split()[0]}?" if guess else ""
    return f"{message.rstrip('.')}.{hint} See {PROGRAM} --help."


def _config(values: TrainConfig) -> TrainConfig:
    return TrainConfig(**{f.name: getattr(values, f.name) for f in dataclasses.fields(TrainConfig)})


def _settings(texts: Sequence[str]) -> dict[str, Sequence[Any]]:
    """Turn ("lr=0.03,0.1",) into {"lr": [0.03, 0.1]}."""
    known = {f.name for f in dataclasses.fields(TrainConfig)} - {"model", "activation", "activation_options", "seed"}
    settings: dict[str, Sequence[Any]] = {}
    for text in texts:
        key, _, values = text.partition("=")
        name = key.replace("-", "_")
        if name not in known or not values:
            raise UnknownNameError(f"--set {text} names no training option; write e.g. --set lr=0.03,0.1.")
        settings[name] = [next(iter(split_activation(f"x:{name}={value}")[1].values())) for value in values.split(",")]
    return settings


def _file_options(values: FromFile) -> Any:
    """Return the options of a file from elsewhere; numbers with commas between them become tuples."""
    from .training.evaluate_target import FileOptions

    mean, std = _numbers("mean", values.mean), _numbers("std", values.std)
    if (mean is None) != (std is None):
        raise OptionError("A normalisation needs both --mean and --std; received only one of them.")
    for name, side in (("image-size", values.image_size), ("input-size", values.input_size)):
        if side is not None and side < 1:
            raise OptionError(f"--{name} must be at least 1; received {side}.")
    return FileOptions(
        model=values.model,
        activation=values.activation,
        part=values.part,
        mean=mean,
        std=std,
        image_size=values.image_size,
        input_size=values.input_size,
        limit=values.size_limit * 1_000_000,
    )


def _numbers(name: str, text: str | None) -> tuple[float, ...] | None:
    """Turn "0.485,0.456,0.406" into numbers."""
    if text is None:
        return None
    try:
        numbers = tuple(float(part) for part in text.split(","))
    except ValueError:
        raise OptionError(f"--{name} must be numbers with commas between them; received '{text}'.") from None
    if not all(math.isfinite(number) for number in numbers):
        raise OptionError(f"--{name} must be finite numbers; received '{text}'.")
    return numbers


def _report(run: Any) -> None:
    """Print one line about a finished run."""
    results = run.info["results"]
    parts = [
        f"{split} accuracy {100 * results[split]['accuracy']:.1f} %" for split in ("validation", "test") if split in results
    ]
    chosen = run.info.get("chosen") or {}
    print(", ".join([f"{run.path}  {run.status}", f"chosen epoch {chosen.get('epoch', '–')}", *parts]))


if __name__ == "__main__":
    main()
