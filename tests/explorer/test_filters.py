"""The filter of the runs table."""

import pandas as pd
import pytest

from explorer.filters import check_filter, matching

TABLE = pd.DataFrame(
    {
        "activation": ["relu", "coslu", "eelu"],
        "seed": [0, 1, None],
        "lr": [0.1, 0.03, 0.1],
        "status": ["running", "failed", "failed"],
    },
    index=["a-relu", "b-coslu", "c-eelu"],
)


@pytest.mark.parametrize(
    ("where", "kept"),
    [
        ("", ["a-relu", "b-coslu", "c-eelu"]),
        ("activation=relu", ["a-relu"]),
        ("activation=ReLU,eelu", ["a-relu", "c-eelu"]),
        ("activation!=relu", ["b-coslu", "c-eelu"]),
        ("seed<1", ["a-relu"]),
        ("lr>=0.1 status=failed", ["c-eelu"]),
        ("lr=0.10", ["a-relu", "c-eelu"]),
        ("FAILED", ["b-coslu", "c-eelu"]),
        ("id=b-coslu", ["b-coslu"]),
        ("nothing-like-it", []),
    ],
)
def test_a_row_passes_when_every_condition_holds(where: str, kept: list[str]) -> None:
    assert list(TABLE.index[matching(TABLE, where)]) == kept


@pytest.mark.parametrize(
    ("where", "said"),
    [
        (
            "activaton=relu",
            "The filter “activaton=relu” cannot be used. Unknown column 'activaton'. Did you mean 'activation'?",
        ),
        ("seed<many", "The filter “seed<many” cannot be used. seed< needs a number; received “many”."),
        ("seed=", "The filter “seed=” cannot be used. Write a value after seed=."),
        ("'open", "The filter “'open” cannot be used. A quotation mark is never closed."),
    ],
)
def test_a_filter_that_cannot_be_used_is_explained(where: str, said: str) -> None:
    assert str(check_filter(where, list(TABLE.columns))).startswith(said)
    assert check_filter("seed<3 relu", list(TABLE.columns)) is None
