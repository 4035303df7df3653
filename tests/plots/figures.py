"""Every figure of explorer.plots once or more, by name: the functions that draw them."""

from functools import cache

import plotly.graph_objects as go

from explorer import plots

from . import tables as t


def _notes(sites: list[str], text: str) -> dict[str, str]:
    return dict.fromkeys(sites, text)


def members() -> tuple:
    found = t.member_table()
    return t.trajectory_table(found), found


def many_groups() -> dict:
    found = t.member_table(tuple(f"Group {i} · lr 0.{i}" for i in range(9)), seeds=2)
    return {"table": t.trajectory_table(found), "members": found}


R20, R26 = t.resnet_sites(3), t.resnet_sites(4)
LAST = t.RESNET8[-1]

FIGURES = {
    "curve": lambda: plots.curve_figure(t.curve_table(), sites="layer3.0.act2"),
    "curve without data": lambda: plots.curve_figure(t.curve_table([LAST], seen=False)),
    "curve of all channels": lambda: plots.curve_figure(t.curve_table([LAST], channels=16)),
    "curve of the median channel": lambda: plots.curve_figure(t.median_table()),
    "multiples of resnet8": lambda: plots.curve_figure(t.curve_table(), notes=_notes(t.RESNET8, "SiLU · 2 %")),
    "multiples in one row": lambda: plots.small_multiples_figure(
        t.curve_table(), rows="one", notes=_notes(t.RESNET8, "0.2 % moved")
    ),
    "multiples of resnet20": lambda: plots.small_multiples_figure(t.curve_table(R20), notes=_notes(R20, "12.3 % moved")),
    "multiples of resnet26": lambda: plots.small_multiples_figure(t.curve_table(R26), notes=_notes(R26, "0.2 % moved")),
    "overlay of resnet56": lambda: plots.curve_figure(t.curve_table(t.resnet_sites(9))),
    "site": lambda: plots.site_figure(t.curve_table(), site="layer2.0.act2"),
    "site with another backward derivative": lambda: plots.site_figure(t.curve_table([LAST], surrogate=True)),
    "site without data": lambda: plots.site_figure(t.curve_table([LAST], seen=False)),
    "shared by resnet8": lambda: plots.shared_figure(t.curve_table()),
    "shared by resnet20": lambda: plots.shared_figure(t.curve_table(R20)),
    "parameters": lambda: plots.parameter_figure(t.parameter_table()),
    "parameters of channels": lambda: plots.parameter_figure(t.parameter_table(channels=16), site=LAST),
    "one parameter": lambda: plots.parameter_figure(t.parameter_table(t.RESNET8[:5]).query("parameter == 'a'")),
    "film of resnet8": lambda: plots.film_figure(t.snapshot_curve_table()),
    "film of resnet26": lambda: plots.film_figure(t.snapshot_curve_table(R26, epochs=60), notes=_notes(R26, "SiLU · 2 %")),
    "heat map": lambda: plots.heatmap_figure(
        t.heat_table(), name="share of inputs with |f′| < 0.01", share=True, site="layer2.1.act1"
    ),
    "heat map of resnet110": lambda: plots.heatmap_figure(t.heat_table(t.resnet_sites(18), 60, signed=True), signed=True),
    "clouds": lambda: plots.cloud_figure(t.cloud_table(), notes={"EELU": "strength 0.12 · rank 3.4", "ReLU": "no noise"}),
    "clouds of four runs": lambda: plots.cloud_figure(t.cloud_table(("EELU", "CosLU", "APALU", "DELU"), 8)),
    "trajectories": lambda: plots.trajectory_figure(members()[0], members=members()[1], baseline="ReLU", chance=0.1),
    "trajectories of nine groups": lambda: plots.trajectory_figure(**many_groups()),
    "differences": lambda: plots.difference_figure(t.difference_table(), baseline="ReLU"),
    "strip": lambda: plots.strip_figure(t.run_values(), baseline="ReLU"),
    "attributions by method": lambda: plots.attribution_figure(
        **t.attribution_tables(t.METHOD_PANELS), unit="% of the largest"
    ),
    "attributions of eight images in six runs": lambda: plots.attribution_figure(
        **t.attribution_tables([f"CosLU · resnet8 · seed {i}" for i in range(6)], images=8, side=32)
    ),
    "randomisation": lambda: plots.randomisation_figure(t.randomisation_table()),
    "empty": lambda: plots.empty_figure("No snapshots were kept for this run."),
}


@cache
def drawn(name: str) -> go.Figure:
    """Return the figure `name`, drawn once for all tests; nobody changes it."""
    return FIGURES[name]()


@cache
def drawn_json(name: str) -> str:
    """Return the JSON of `drawn(name)`."""
    return drawn(name).to_json()
