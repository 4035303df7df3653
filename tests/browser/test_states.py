"""What `make screenshots` walks through: every page, in every view of it."""

from collections import Counter
from urllib.parse import parse_qsl, urlsplit

import pytest

from explorer.view import PAGE_KEYS

from .demo_states import demo_states
from .own_states import PATHS, bare_states
from .states import State

#: Options of figures and controls rather than views of a page.
NO_VIEWS = {"places", "noisy", "maps_order", "reach", "order", "scope", "grid", "base", "smooth", "follow"}


@pytest.fixture(scope="module")
def every() -> list[State]:
    return demo_states()


def test_every_state_has_a_name_of_its_own(every: list[State]) -> None:
    assert [name for name, n in Counter(s.name for s in [*every, *bare_states()]).items() if n > 1] == []


def test_every_page_is_looked_at_with_runs_and_without(every: list[State]) -> None:
    assert set(PATHS) == set(PAGE_KEYS)
    for looked_at in (every, bare_states()):
        assert {urlsplit(s.path).path for s in looked_at} == set(PAGE_KEYS)


def test_every_view_of_every_page_is_looked_at(every: list[State]) -> None:
    asked = {(urlsplit(s.path).path, *pair) for s in every for pair in parse_qsl(urlsplit(s.path).query)}
    views = {
        (path, key, value)
        for path, keys in PAGE_KEYS.items()
        for key, values in keys.items()
        for value in values[1:]
        if key not in NO_VIEWS
    }
    assert sorted(views - asked) == []
