"""A site without noise is explained, with the sites that have it."""

import pytest
import torch

from core.analysis.noise_sites import site_noise
from core.errors import UnknownNameError
from core.models import make_model


@pytest.fixture(scope="module")
def mixed():
    return make_model("resnet8", {"layer2.*": "eelu", "*": "relu"}, generator=torch.Generator())


def test_a_site_before_all_noise_names_the_first_that_has_it(mixed):
    found = site_noise(mixed, "layer1.0.act1")
    assert not found.any
    assert found.everywhere == ("layer2.0.act1", "layer2.0.act2")
    assert found.sentence() == (
        "ReLU at layer1.0.act1 makes no noise, and no site before it does: an image has one place here."
        " The first site with noise is layer2.0.act1."
    )


def test_a_site_behind_noise_says_where_it_comes_from(mixed):
    found = site_noise(mixed, "layer3.0.act2")
    assert found.any and not found.own
    assert found.sentence() == (
        "ReLU at layer3.0.act2 makes no noise of its own; what is seen here arrives from 2 sites from layer2.0.act1"
        " to layer2.0.act2."
    )


def test_a_site_with_noise_needs_no_explanation(mixed):
    assert site_noise(mixed, "layer2.0.act2").own
    assert site_noise(mixed, "layer2.0.act2").sentence() == ""


def test_a_network_without_any_noise_says_so():
    plain = make_model("resnet8", "coslu", generator=torch.Generator())
    assert site_noise(plain, "act").sentence() == (
        "CosLU at act makes no noise, and no other site of this network does: an image has one place."
    )
    with pytest.raises(UnknownNameError, match="Unknown site 'actt'"):
        site_noise(plain, "actt")
