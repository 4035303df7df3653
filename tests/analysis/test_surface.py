"""The loss over two parameters: exact where there is one pair, else a slice; every point by hand."""

import math

import numpy as np
import pytest

from core.analysis.surface import plane, surface_table
from core.analysis.whatif import ALL_SITES
from core.errors import ExplorerError, UnknownNameError

from .networks import set_parameters
from .test_interventions import resnet
from .test_whatif import CLASSES, IMAGES, LABELS, TRAIN, VALUES, X, by_hand, normed_network, sign_network


def coslu_by_hand(a: float, b: float) -> tuple[float, float]:
    return by_hand([(x + a * math.cos(b * x)) / (1 + math.exp(-x)) for x in VALUES])


def test_every_point_of_a_network_with_one_pair_by_hand() -> None:
    table = surface_table(sign_network("coslu", a=2.0, b=0.5), X, LABELS, train_images=X, x=(-4, 1), y=(0, 0.5, 2))
    assert table["role"].tolist() == ["learned", "start"] + ["grid"] * 6
    assert table[["x", "y"]].to_numpy().tolist()[:3] == [[2.0, 0.5], [1.0, 1.0], [-4.0, 0.0]]
    for row in table.itertuples():
        assert (row.accuracy, row.loss) == pytest.approx(coslu_by_hand(row.x, row.y), rel=1e-5)
    assert table["exact"].all() and not table["offsets"].any()
    assert set(table["site"]) == {ALL_SITES}


def test_it_is_exact_only_where_the_network_shares_one_pair() -> None:
    assert plane(resnet(sharing="network")).exact
    assert not plane(resnet(sharing="network"), site="act").exact
    assert not plane(resnet(sharing="layer"), site="act").exact
    assert not plane(sign_network("lincomb")).exact


def test_sites_with_values_of_their_own_move_by_the_same_offsets() -> None:
    model = normed_network("coslu")
    set_parameters(model[2], a=2.0)
    set_parameters(model[5], a=-1.0)
    found = plane(model)
    assert (found.offsets, found.exact, found.learned) == (True, False, (0.0, 0.0))
    assert np.isnan(found.start).all()
    table = surface_table(model, IMAGES, CLASSES, train_images=TRAIN, x=(0.0, 0.5), y=(0.0, 1.0))
    assert "start" not in set(table["role"])
    set_parameters(model[2], a=2.5, b=2.0)
    set_parameters(model[5], a=-0.5, b=2.0)
    again = surface_table(model, IMAGES, CLASSES, train_images=TRAIN, x=(-1.0, 0.5), y=(0.0, 1.0)).iloc[0]
    corner = table.iloc[-1]
    assert (corner["loss"], corner["loss_reestimated"]) == pytest.approx((again["loss"], again["loss_reestimated"]), rel=1e-5)


def test_one_site_of_several_is_drawn_over_its_own_values() -> None:
    model = resnet(sharing="layer")
    found = plane(model, site="layer2.0.act1")
    assert (found.names, found.learned, found.start, found.offsets) == (("a", "b"), (1.5, 1.5), (1.0, 1.0), False)
    assert plane(resnet("eelu", sharing="channel"), site="act").names == ("alpha", "beta")


def test_parameters_per_channel_move_by_offsets() -> None:
    model = resnet("coslu", sharing="channel")
    set_parameters(model.act, a=[float(i) for i in range(16)])
    assert plane(model, site="act").offsets


def test_the_grid_holds_start_and_learned_with_room() -> None:
    table = surface_table(sign_network("coslu", a=3.0), X, LABELS, train_images=X, points=3)
    grid = table[table["role"] == "grid"]
    assert sorted(set(grid["x"])) == [0.0, 2.0, 4.0]
    assert sorted(set(grid["y"])) == [0.5, 1.0, 1.5]


def test_components_are_parameters_too() -> None:
    names = ("w.relu", "w.tanh") if "w.tanh" in _lincomb_names() else tuple(_lincomb_names()[:2])
    table = surface_table(sign_network("lincomb"), X, LABELS, train_images=X, names=names, points=2)
    assert (table["x_name"].iloc[0], table["y_name"].iloc[0]) == names


def _lincomb_names() -> list[str]:
    from core.analysis.interventions import scalars_of

    return list(scalars_of(sign_network("lincomb")[0]))


def test_stop_is_passed_on() -> None:
    class Stop(Exception):
        pass

    def stop(done: int, total: int, text: str) -> None:
        assert (done, total, text) == (0, 6, "Point 1 of 6")
        raise Stop

    with pytest.raises(Stop):
        surface_table(sign_network("coslu", a=2.0), X, LABELS, train_images=X, points=2, progress=stop)


def test_what_cannot_be_drawn_is_said() -> None:
    with pytest.raises(ExplorerError, match=r"needs two parameters that all its sites have; these have in common: n\."):
        plane(sign_network("relun"))
    with pytest.raises(UnknownNameError, match=r"Unknown activation parameter 'c'\. Known: a, b\."):
        plane(sign_network("coslu"), ("a", "c"))
    with pytest.raises(ExplorerError, match="no activation of this network has parameters"):
        plane(sign_network("relu"))
    with pytest.raises(ExplorerError, match=r"points must be at least 2; received 1\."):
        surface_table(sign_network("coslu"), X, LABELS, train_images=X, points=1)
    with pytest.raises(ExplorerError, match="at least two different finite numbers; received"):
        surface_table(sign_network("coslu"), X, LABELS, train_images=X, x=(1.0,))
