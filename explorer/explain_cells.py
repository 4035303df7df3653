"""The first half of the notebook cells of the page Explanations: the lines that make the tables."""

from collections.abc import Sequence
from dataclasses import asdict

from core.runs import Run
from explorer import cells
from explorer.explanations import Request


def by_method(run: Run, epoch: int, image: int, methods: Sequence[str], request: Request) -> str:
    """Return the lines that explain one image by several methods."""
    return (
        f"{cells.one_run(run)}\n\nfrom explorer.explanations import explained_by_method\n\n"
        f"found = explained_by_method(run, {epoch}, {image}, {list(methods)!r}, {_options(request)})\n{_UNPACK}"
    )


def by_run(runs: Sequence[tuple[Run, int, str]], ids: Sequence[int], method: str, request: Request) -> str:
    """Return the lines that explain some images in several networks."""
    pairs = ", ".join(f"({epoch}, {name!r})" for _, epoch, name in runs)
    return (
        f"{cells.several_runs([run for run, _, _ in runs])}\n\nfrom explorer.explanations import explained_by_run\n\n"
        f"named = [(run, epoch, name) for run, (epoch, name) in zip(runs, [{pairs}])]\n"
        f"found = explained_by_run(named, {list(ids)!r}, {method!r}, {_options(request)})\n{_UNPACK}"
    )


def randomised(run: Run, epoch: int, ids: Sequence[int], method: str, baseline: str) -> str:
    """Return the lines that draw the weights anew from the top down."""
    return (
        f"{cells.one_run(run)}\n\nfrom explorer.explanations import randomised\n\n"
        f"table = randomised(run, {epoch}, {list(ids)!r}, {method!r}, baseline={baseline!r})"
    )


_UNPACK = "table, pictures, errors = found.table, found.pictures, found.errors"


def _options(request: Request) -> str:
    return ", ".join(f"{key}={value!r}" for key, value in asdict(request).items())
