"""Every figure of explorer.plots once or more, by name: the functions that draw them."""

from functools import cache

import numpy as np
import plotly.graph_objects as go

from core.analysis.confusion import class_table, confused_pairs, confusion_table
from explorer import plots

from . import noise_tables as n
from . import tables as t
from . import what_if_tables as w


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
    "heat map of channels": lambda: plots.heatmap_figure(
        t.channel_death_table(), value="share", row="channel", share=True, name="share of dead units"
    ),
    "life of channels": lambda: plots.life_figure(t.life_table()),
    "life of units that were only counted": lambda: plots.life_figure(t.life_table("unit", 90, known=False)),
    "clouds": lambda: plots.cloud_figure(t.cloud_table(), notes={"EELU": "strength 0.12 · rank 3.4", "ReLU": "no noise"}),
    "clouds of four runs": lambda: plots.cloud_figure(t.cloud_table(("EELU", "CosLU", "APALU", "DELU"), 8)),
    "noise maps": lambda: plots.noise_map_figure(n.map_table()),
    "noise maps of one flat site": lambda: plots.noise_map_figure(n.map_table(images=1, height=1, width=10, quiet=True)),
    "noise depth": lambda: plots.noise_depth_figure(n.depth_table(), site="layer2.0.act1"),
    "noise depth in dB": lambda: plots.noise_depth_figure(n.depth_table(("EELU",), R20), quantity="snr"),
    "noise depth of resnet56": lambda: plots.noise_depth_figure(n.depth_table(("EELU", "EReLU"), t.resnet_sites(9))),
    "flips": lambda: plots.flip_figure(n.flip_table()),
    "no flips": lambda: plots.flip_figure(n.flip_table(("EELU",)).assign(flips=0, share=0.0)),
    "kinds of noise": lambda: plots.noise_comparison_figure(n.comparison_table()),
    "points": lambda: plots.point_figure(n.point_table(), chosen=(3, 4, 5), notes={"ReLU": "12 % left"}),
    "points of one run": lambda: plots.point_figure(n.point_table(("EELU",))),
    "trajectories": lambda: plots.trajectory_figure(members()[0], members=members()[1], baseline="ReLU", chance=0.1),
    "trajectories of nine groups": lambda: plots.trajectory_figure(**many_groups()),
    "differences": lambda: plots.difference_figure(t.difference_table(), baseline="ReLU"),
    "strip": lambda: plots.strip_figure(t.run_values(), baseline="ReLU"),
    "confusion": lambda: plots.confusion_figure(confusion_table(t.prediction_table(), t.class_names()), marked=(4, 5)),
    "confusion of 25 classes": lambda: plots.confusion_figure(confusion_table(t.prediction_table(25), t.class_names(25))),
    "confusion without mistakes": lambda: plots.confusion_figure(
        confusion_table(t.prediction_table().query("not wrong"), t.class_names())
    ),
    "confused pairs": lambda: plots.confused_pairs_figure(confused_pairs(t.prediction_table(100), t.class_names(100))),
    "accuracy of classes": lambda: plots.class_accuracy_figure(class_table(t.prediction_table(), t.class_names())),
    "accuracy of 100 classes": lambda: plots.class_accuracy_figure(class_table(t.prediction_table(100), t.class_names(100))),
    "feature maps": lambda: plots.feature_map_figure(t.feature_map_table(side=32)),
    "feature maps of three images": lambda: plots.feature_map_figure(t.feature_map_table(3, 8, signed=True)),
    "feature maps of eight channels": lambda: plots.feature_map_figure(t.feature_map_table(1, 8, 1)),
    "maximisation": lambda: plots.maximisation_figure(t.maximisation_table()),
    "ablation": lambda: plots.ablation_figure(w.ablation_table()),
    "ablation by loss": lambda: plots.ablation_figure(w.ablation_table(), column="loss", site="layer2.0.act1"),
    "ablation of resnet20": lambda: plots.ablation_figure(w.ablation_table(R20, what="its start")),
    "ablation of resnet56": lambda: plots.ablation_figure(w.ablation_table(t.resnet_sites(9))),
    "path": lambda: plots.path_figure(w.path_table()),
    "path of one site": lambda: plots.path_figure(w.path_table("layer2.0.act1")),
    "path at a chosen t": lambda: plots.path_figure(w.path_table(), t=0.3),
    "functions on the path": lambda: plots.path_curve_figure(w.path_curve_table(0.3)),
    "functions of one site on the path, nothing seen": lambda: plots.path_curve_figure(
        w.path_curve_table(1, [LAST], seen=False)
    ),
    "surface": lambda: plots.surface_figure(w.surface_table(exact=True)),
    "slice of all sites": lambda: plots.surface_figure(w.surface_table(offsets=True), column="accuracy"),
    "function": lambda: plots.function_figure(t.shape_table(), name="CosLU"),
    "function that moved, with noise": lambda: plots.function_figure(t.shape_table(moved=True, noisy=True), name="CosLU"),
    "function with another backward derivative": lambda: plots.function_figure(t.shape_table(surrogate=True), name="PD-ReLU"),
    "function with a pole": lambda: plots.function_figure(t.pole_table(), name="The formula"),
    "passage": lambda: plots.passage_figure(t.passage_table(), name="ReLU"),
    "passage with two ends": lambda: plots.passage_figure(t.passage_table(0.0, 1.0), name="ReLUN"),
    "passage without a single value": lambda: plots.passage_figure(t.passage_table(-np.inf), name="Identity"),
    "parameter slopes": lambda: plots.parameter_slope_figure(t.parameter_slope_table()),
    "parameter slopes of four weights": lambda: plots.parameter_slope_figure(
        t.parameter_slope_table(("w.relu", "w.sigmoid", "w.tanh", "w.softsign"), floored=True)
    ),
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
