"""Of a network with more sites than a film holds, a part is shown, and it is said which."""

import itertools

import pytest

from explorer.film_sites import DEPTH, ONE, film_choices, film_part

SHALLOW = ["act", *(f"layer{s}.{b}.act{k}" for s in (1, 2, 3) for b in range(4) for k in (1, 2))]
DEEP = ["act", *(f"layer{s}.{b}.act{k}" for s in (1, 2, 3) for b in range(18) for k in (1, 2))]


def test_where_all_sites_fit_there_is_nothing_to_choose():
    assert len(SHALLOW) == 25
    assert film_choices(SHALLOW, "act") == {}


def test_a_deep_network_offers_its_depth_its_stages_and_the_views_site():
    assert film_choices(DEEP, "layer2.0.act1") == {
        "depth": "25 of 109 sites", "layer1": "layer1", "layer2": "layer2", "layer3": "layer3", "site": "Only layer2.0.act1",
    }  # fmt: skip


def test_a_network_of_one_stage_offers_no_stage():
    assert list(film_choices([f"features.{i}" for i in range(30)], None)) == ["depth"]


def test_over_the_depth_the_first_and_the_last_are_there_and_the_others_lie_evenly():
    part = film_part(DEEP, DEPTH, None)
    at = [DEEP.index(site) for site in part.sites]
    assert (at[0], at[-1], len(at)) == (0, 108, 25)
    assert {b - a for a, b in itertools.pairwise(at)} == {4, 5}
    assert part.said == "25 of the 109 sites, evenly over the depth, the first and the last among them."


def test_a_stage_that_is_too_long_is_thinned_too():
    part = film_part(DEEP, "layer2", None)
    assert (part.sites[0], part.sites[-1], len(part.sites)) == ("layer2.0.act1", "layer2.17.act2", 25)
    assert part.said == "25 of the 36 sites in layer2, evenly over the depth, the first and the last among them."


@pytest.mark.parametrize("site", ["act", "layer3.17.act2"])
def test_one_site_alone_is_named(site: str):
    part = film_part(DEEP, ONE, site)
    assert (part.sites, part.said) == ((site,), f"{site}, one of 109 sites.")
