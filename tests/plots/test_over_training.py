"""Figures over time: parameters, film, heat map, trajectories."""

import base64

import numpy as np
import pandas as pd
import pytest

from explorer.plots import film_figure, heatmap_figure, parameter_figure, trajectory_figure
from explorer.plots.heatmap import colour_range, heat_record
from explorer.plots.times import key_frames, progress

from .tables import RESNET8, heat_table, member_table, parameter_table, resnet_sites, snapshot_curve_table, trajectory_table


def unpacked(packed: dict) -> np.ndarray:
    return np.frombuffer(base64.b64decode(packed["bdata"]), dtype="<f4")


def test_steps_stand_between_the_epochs_in_proportion():
    table = pd.DataFrame({"epoch": [0, 0, 0, 1, 2], "step": [0, 1, 25, 100, 200]})
    assert progress(table).tolist() == [0, 0.01, 0.25, 1, 2]


def test_without_steps_epochs_are_the_time():
    assert progress(pd.DataFrame({"epoch": [0, 3]})).tolist() == [0, 3]


def test_key_frames_keep_the_ends_and_spread_evenly():
    assert key_frames(5, 41) == [0, 1, 2, 3, 4]
    assert key_frames(101, 41) == [round(2.5 * i) for i in range(41)]


def test_parameters_have_a_panel_each_and_a_line_per_site():
    fig = parameter_figure(parameter_table())
    assert [t.name for t in fig.data] == [*RESNET8, *RESNET8, "depth"]
    last = [t for t in fig.data if t.name == RESNET8[-1]]
    assert last[0].y[-1] == pytest.approx(1 - 0.3 * 7) and last[1].y[-1] == pytest.approx(1 + 0.12 * 7)


def test_parameters_of_channels_have_a_median_and_a_band():
    table = parameter_table(channels=5)
    fig = parameter_figure(table, site="act")
    end = table.query("site == 'act' and parameter == 'a' and epoch == 10")["value"]
    assert fig.data[1].y[-1] == pytest.approx(end.median())
    assert max(np.array(fig.data[0].y)[: len(fig.data[0].y) // 2][-1:]) == pytest.approx(end.quantile(0.9))


def test_nothing_that_learns_is_an_error_in_words():
    with pytest.raises(ValueError, match="nothing learns here"):
        parameter_figure(parameter_table().iloc[:0])


def test_film_stands_on_the_newest_snapshot_and_names_its_frames():
    fig = film_figure(snapshot_curve_table(epochs=3))
    names = [f.name for f in fig.frames]
    assert names == ["epoch 0", "step 1", "step 2", "step 4", "step 8", "step 16", "step 32", "epoch 1", "epoch 2", "epoch 3"]
    assert fig.layout.sliders[0].active == 9


def test_film_frames_hold_the_curves_of_their_epoch():
    table = snapshot_curve_table(epochs=3)
    fig = film_figure(table)
    frame = next(f for f in fig.frames if f.name == "epoch 2")
    part = table.query("epoch == 2 and site == 'layer3.0.act2'")
    y = unpacked(frame.data[13].to_plotly_json()["y"])
    wanted = np.interp(np.linspace(-4, 4, 65), part["x"], part["y"])
    np.testing.assert_allclose(y[np.isfinite(y)], wanted[np.isfinite(y)], rtol=1e-5)
    assert frame.traces[13] == 27 and fig.data[27].name == "layer3.0.act2"


def test_film_lines_are_not_simplified_and_have_65_points():
    fig = film_figure(snapshot_curve_table(epochs=2))
    assert all(t.line.simplify is False for t in fig.data)
    assert len(unpacked(fig.data[3].to_plotly_json()["y"])) == 65


def test_the_points_of_a_film_lie_where_one_looks():
    table = snapshot_curve_table(["act"], epochs=3)
    table["reached"] = table["x"].abs() < 1
    x = unpacked(film_figure(table).data[3]["x"])
    assert len(x) == 65
    assert -1.1 < x[0] < -0.9
    assert 0.9 < x[-1] < 1.1


def test_film_has_at_most_41_frames():
    assert len(film_figure(snapshot_curve_table(["act"], epochs=60)).frames) == 41


def test_heat_map_runs_downwards_with_a_gap_between_stages():
    record = heat_record(heat_table(["act", "layer1.0.act1", "layer1.0.act2"]))
    assert record.rows.tolist() == [[0, 1], [1.35, 2.35], [2.35, 3.35]]
    fig = heatmap_figure(heat_table(["act", "layer1.0.act1", "layer1.0.act2"]))
    assert fig.layout.yaxis.range[0] > fig.layout.yaxis.range[1]


def test_heat_map_shows_shares_in_percent_from_0_to_100():
    table = heat_table(["act", "layer1.0.act1"])
    heat = next(t for t in heatmap_figure(table, share=True).data if t.type == "heatmap")
    assert (heat.zmin, heat.zmax) == (0, 100)
    assert heat.z[2][10] == pytest.approx(100 * np.tanh(0.3))


def test_signed_colours_are_symmetric_and_ignore_the_outermost_percent():
    values = np.append(np.linspace(-1, 1, 999), 50.0)
    limits = colour_range(values, share=False, signed=True)
    assert limits["zmax"] == -limits["zmin"] == pytest.approx(np.quantile(np.abs(values), 0.99))


def test_missing_cells_are_hatched():
    (hatch,) = [t for t in heatmap_figure(heat_table(resnet_sites(1))).data if t.name == "not measured"]
    assert hatch.fillpattern.shape == "/" and sum(v is None for v in hatch.x) == 2


def test_rows_without_room_are_named_by_stage():
    fig = heatmap_figure(heat_table(resnet_sites(18), epochs=2))
    assert list(fig.layout.yaxis.ticktext) == ["stem", "layer1", "layer2", "layer3"]


@pytest.fixture(scope="module")
def groups() -> tuple[pd.DataFrame, pd.DataFrame]:
    members = member_table()
    return trajectory_table(members), members


def test_means_are_drawn_in_percent(groups):
    table, _ = groups
    fig = trajectory_figure(table)
    line = next(t for t in fig.data if t.name == "CosLU")
    np.testing.assert_allclose(line.y, 100 * table.query("label == 'CosLU'")["mean"])


def test_losses_keep_their_unit(groups):
    table, _ = groups
    line = next(t for t in trajectory_figure(table, column="val_loss").data if t.name == "CosLU")
    np.testing.assert_allclose(line.y, table.query("label == 'CosLU'")["mean"])


def test_y_limits_leave_out_the_first_epoch(groups):
    table, _ = groups
    low, high = trajectory_figure(table).layout.yaxis.range
    first, later = (100 * table.query(q)["low"].min() for q in ("epoch == 1", "epoch > 1"))
    assert first < low < later and high <= 100


def test_members_are_thin_and_the_unfinished_one_ends_in_an_open_circle(groups):
    table, members = groups
    fig = trajectory_figure(table, members=members)
    thin = [t for t in fig.data if t.line.width == 0.7]
    assert len(thin) == 15
    (circle,) = [t for t in fig.data if t.name == "unfinished"]
    last = members.query("run == 'eelu-s4'").iloc[-1]
    assert (circle.x[0], circle.y[0]) == (6, pytest.approx(100 * last["value"]))
    assert circle.marker.symbol == "circle-open" and circle.text[0] == "eelu-s4: interrupted"


def test_n_stands_where_it_changes(groups):
    table, _ = groups
    notes = [a for a in trajectory_figure(table).layout.annotations if "n = " in a.text]
    assert [(a.x, a.text.split("</span>")[1]) for a in notes] == [(7, " n = 4")]


def test_up_to_six_groups_are_named_at_their_ends_and_more_in_a_row_above():
    six, seven = (trajectory_table(member_table(tuple("ABCDEFG"[:k]), seeds=2)) for k in (6, 7))
    few, many = trajectory_figure(six), trajectory_figure(seven)
    assert sorted(a.text for a in few.layout.annotations if a.showarrow) == list("ABCDEF")
    assert few.layout.showlegend is False
    assert many.layout.showlegend is True and many.layout.legend.orientation == "h"
    assert not [a for a in many.layout.annotations if a.showarrow]


def test_chance_is_a_line_inside_and_a_note_outside(groups):
    table, _ = groups
    assert "chance 10 % ↓" in [a.text for a in trajectory_figure(table, chance=0.1).layout.annotations]
    fig = trajectory_figure(table, chance=0.8)
    assert fig.layout.shapes[0].y0 == 80 and "chance 80 %" in [a.text for a in fig.layout.annotations]


def test_a_style_stays_with_its_group_when_others_are_hidden(groups):
    from explorer.plots import group_styles

    table, _ = groups
    styles = group_styles(["ReLU", "CosLU", "EELU"], baseline="ReLU")
    alone = trajectory_figure(table.query("label == 'EELU'"), styles=styles)
    assert next(t for t in alone.data if t.name == "EELU").line.color == styles["EELU"].color == "#D55E00"


def test_one_epoch_shows_its_points():
    table = trajectory_table(member_table(seeds=1, epochs=1))
    assert all(t.mode == "lines+markers" for t in trajectory_figure(table).data)


@pytest.mark.parametrize(("epochs", "first_counts", "ticks"), [(3, True, {"dtick": 1}), (20, False, {"nticks": 11})])
def test_of_few_epochs_the_first_is_in_the_frame_and_no_tick_stands_between_two(
    epochs: int, first_counts: bool, ticks: dict[str, int]
) -> None:
    value = [0.2, *([0.8] * (epochs - 1))]
    same = {"group": "a", "label": "CosLU", "n": 1, "sd": float("nan"), "low": float("nan"), "high": float("nan")}
    table = pd.DataFrame([{**same, "epoch": i + 1, "mean": v} for i, v in enumerate(value)])
    layout = trajectory_figure(table).layout
    assert (layout.yaxis.range[0] < 20) == first_counts
    assert all(layout.xaxis[key] == found for key, found in ticks.items())
