"""The first half of a notebook cell: the lines that make `table` from a run folder. The other half draws it."""

import textwrap
from collections.abc import Sequence

from core.runs import Run
from explorer import source


def one_run(run: Run) -> str:
    """Return the lines that open a run."""
    return f'from core.runs import RunStore\n{_import(run)}\nrun = RunStore({_folder(run)})["{run.id}"]'


def curves(run: Run, epoch: int, channel: int | None = None, sites: str | None = None) -> str:
    """Return the lines that make the curve table after `epoch`, of one site or of all."""
    more = f", sites={sites!r}" * (sites is not None) + f", channel={channel}" * (channel is not None)
    return (
        f"{one_run(run)}\n\nfrom core.analysis.curves import snapshot_curves\n\ntable = snapshot_curves(run, [{epoch}]{more})"
    )


def film(run: Run, sites: Sequence[str] | None = None) -> str:
    """Return the lines that make the curve table of every snapshot, of these sites or of all."""
    opened = f"{one_run(run)}\n\nfrom core.analysis.curves import snapshot_curves\n"
    if sites is None:
        return f"{opened}\ntable = snapshot_curves(run)"
    listed = textwrap.fill(" ".join(sites), 100, break_on_hyphens=False)
    return f'{opened}\nsites = """\n{listed}\n""".split()\ntable = snapshot_curves(run, sites=sites)'


def parameters(run: Run) -> str:
    """Return the lines that read the activation parameters over training."""
    return f"{one_run(run)}\n\ntable = run.snapshots().parameters()"


def over_training(run: Run, quantity: str) -> str:
    """Return the lines that make the table of a quantity by site and epoch."""
    return f"{one_run(run)}\n\nfrom explorer.tables import over_training\n\ntable = over_training(run, {quantity!r})"


def unit_life(run: Run, site: str, what: str) -> str:
    """Return the lines that count the dead and revived channels, or units, of a site by epoch."""
    made = f"from core.analysis.units import unit_life_table\n\ntable = unit_life_table(run, {site!r}, {what!r})"
    return f"{one_run(run)}\n\n{made}"


def channel_deaths(run: Run, site: str) -> str:
    """Return the lines that make the shares of dead units by channel and epoch."""
    made = f"from core.analysis.units import channel_death_table\n\ntable = channel_death_table(run, {site!r})"
    return f"{one_run(run)}\n\n{made}"


def clouds(runs: Sequence[tuple[Run, int, str]], site: str, ids: Sequence[int], passes: int) -> str:
    """Return the lines that make the cloud table; `runs` holds (run, epoch of its checkpoint, name of its panel)."""
    opened = named_runs(runs, "from explorer.tables import cloud_table")
    return f"{opened}\ntable = cloud_table(runs, {site!r}, {list(ids)!r}, {passes})"


def named_runs(runs: Sequence[tuple[Run, int, str]], *imports: str) -> str:
    """Return the lines that open (run, epoch, name) as the list `runs`, below these imports."""
    wanted = {"from core.runs import RunStore", *imports, *(_import(r).strip() for r, _, _ in runs)}
    lines = [*sorted(filter(None, wanted)), "", "runs = ["]
    lines += [f'    (RunStore({_folder(run)})["{run.id}"], {epoch}, {name!r}),' for run, epoch, name in runs]
    return "\n".join([*lines, "]"])


def several_runs(runs: Sequence[Run]) -> str:
    """Return the lines that open some runs."""
    folders = list(dict.fromkeys(_folder(run) for run in runs))
    ids = "".join(f"    {run.id!r},\n" for run in runs)
    imports = "".join(dict.fromkeys(_import(run) for run in runs))
    opened = f"store = RunStore({', '.join(folders)})\nruns = [store[i] for i in [\n{ids}]]"
    return f"from core.runs import RunStore\n{imports}\n{opened}"


def trajectories(runs: Sequence[Run], column: str) -> str:
    """Return the lines that make the mean trajectories of the groups, and those of their members."""
    return (
        f"{several_runs(runs)}\n\nfrom core.analysis.trajectories import member_table, trajectory_table\n\n"
        f"table = trajectory_table(runs, {column!r})\nmembers = member_table(runs, {column!r})"
    )


def differences(runs: Sequence[Run], baseline: str, column: str, at: str) -> str:
    """Return the lines that make the table of differences from the baseline."""
    return (
        f"{several_runs(runs)}\n\nfrom explorer.tables import difference_table\n\n"
        f"table = difference_table(runs, {baseline!r}, {column!r}, {at!r})"
    )


def values(runs: Sequence[Run], column: str) -> str:
    """Return the lines that make the table of one value per run."""
    return f"{several_runs(runs)}\n\nfrom core.analysis.trajectories import run_values\n\ntable = run_values(runs, {column!r})"


def _folder(run: Run) -> str:
    """Return the folder of the run as Python: the demo runs by their name, so that no cell names somebody's machine."""
    return "DEMO" if run.source == str(source.DEMO) else repr(run.source)


def _import(run: Run) -> str:
    return "from explorer.source import DEMO\n" if run.source == str(source.DEMO) else ""
