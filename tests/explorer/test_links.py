"""The view as a query string."""

import pytest

from explorer.links import View, parse, query


def test_what_was_written_is_read_back() -> None:
    view = View(run="a-b_1", runs=("x", "y"), site="layer1.0.act1", channel=3, epoch=0, images=(5, 2), where=None)
    written = query(view, {"show": "site"})
    assert written == {
        "run": "a-b_1", "runs": "x,y", "site": "layer1.0.act1", "channel": "3", "epoch": "0", "images": "5,2", "show": "site",
    }  # fmt: skip
    assert {k: parse(k, v) for k, v in written.items() if k != "show"} == {
        "run": "a-b_1", "runs": ("x", "y"), "site": "layer1.0.act1", "channel": 3, "epoch": 0, "images": (5, 2),
    }  # fmt: skip


def test_no_runs_chosen_is_a_choice_that_the_link_keeps() -> None:
    assert query(View(run="a"))["runs"] == ""
    assert parse("runs", "") == ()


def test_above_12_runs_the_link_carries_a_filter_instead_of_their_names() -> None:
    runs = tuple(f"r{i}" for i in range(13))
    written = query(View(runs=runs), None, lambda ids: f"group={len(ids)}")
    assert written == {"where": "group=13"}
    assert query(View(runs=runs[:12]), None, lambda ids: "unused")["runs"] == ",".join(runs[:12])


def test_a_filter_without_runs_leaves_the_runs_out() -> None:
    assert query(View(where="seed<3")) == {"where": "seed<3"}


@pytest.mark.parametrize(
    ("key", "text"), [("epoch", "three"), ("epoch", "-1"), ("channel", "1.5"), ("images", "1,x"), ("epoch", "٣")]
)
def test_a_text_that_is_no_value_is_refused(key: str, text: str) -> None:
    with pytest.raises(ValueError, match="is not a whole number"):
        parse(key, text)


def test_names_and_numbers_given_twice_count_once() -> None:
    assert parse("runs", "a,b,a") == ("a", "b")
    assert parse("images", "7,7,1") == (7, 1)
