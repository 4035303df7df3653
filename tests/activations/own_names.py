"""Names that a test gives to formulas are gone after it."""

from collections.abc import Iterator

import pytest

from core.activations import formula_names, registry


@pytest.fixture
def own_names() -> Iterator[None]:
    entries, named = dict(registry._entries), dict(formula_names._named)
    yield
    for table, before in ((registry._entries, entries), (formula_names._named, named)):
        table.clear()
        table.update(before)  # type: ignore[arg-type]
