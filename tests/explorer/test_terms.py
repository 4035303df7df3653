"""Every term has one plain sentence."""

import re

import pytest

from core.errors import UnknownNameError
from explorer.terms import TERMS, term


@pytest.mark.parametrize("name", TERMS)
def test_is_one_plain_sentence(name):
    text = TERMS[name]
    assert text[0].isupper() or text.startswith("−")
    assert text.endswith(".") and len(re.findall(r"\.(?=\s+[A-Z])", text)) == 0
    assert 25 <= len(text) <= 260


def test_look_up_ignores_case_and_dashes():
    assert term("Pre_Activation") == TERMS["pre-activation"]


def test_an_unknown_term_names_the_nearest():
    with pytest.raises(UnknownNameError, match=r"^Unknown term 'saturated shares'\. Did you mean 'saturated share'\?"):
        term("saturated shares")


@pytest.mark.parametrize("name", ["site", "sharing", "epoch", "seed", "checkpoint", "dead unit", "strength", "effective rank"])
def test_the_words_of_the_strip_and_the_tables_are_there(name):
    assert name in TERMS
