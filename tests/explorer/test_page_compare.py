"""Compare: means, differences, and when one cannot tell."""

from pathlib import Path

from .conftest import Open
from .test_view import ids


def test_two_groups_show_accuracy_loss_and_the_difference(open_app: Open, demo: Path) -> None:
    runs = ids(demo, "relu-s0", "relu-s1", "coslu-s0", "coslu-s1")
    tab = open_app("compare", runs=",".join(runs))
    assert [h.value for h in tab.test.subheader] == [
        "Validation accuracy", "Validation loss", "Difference from ReLU in test accuracy",
    ]  # fmt: skip
    assert len(tab.charts) == 3
    assert "n = 2 and 2 seeds on fashion-sample" in tab.text
    assert "95 % Welch interval" in tab.text


def test_one_seed_each_cannot_tell(open_app: Open, demo: Path) -> None:
    tab = open_app("compare", runs=",".join(ids(demo, "relu-s0", "eelu-s0")))
    assert "Cannot tell: one seed each." in tab.text


def test_one_group_alone_cannot_tell_and_offers_another(open_app: Open, demo: Path) -> None:
    tab = open_app("compare", runs=",".join(ids(demo, "relu-s0", "relu-s1")))
    assert "Cannot tell: there is one configuration only" in tab.text
    assert len(tab.charts) == 2
    tab.button("Add CosLU (2 runs)")
    assert len(tab.charts) == 3
    assert len(tab.query["runs"].split(",")) == 4


def test_the_chosen_checkpoints_validation_accuracy_carries_a_warning(open_app: Open, demo: Path) -> None:
    runs = ",".join(ids(demo, "relu-s0", "relu-s1", "coslu-s0", "coslu-s1"))
    tab = open_app("compare", runs=runs, by="chosen")
    assert "a little too high for every run" in tab.text
    tab.test.selectbox(key="choose_by").select("last")
    tab.run()
    assert tab.query["by"] == "last"
    assert "a little too high" not in tab.text


def test_another_baseline_turns_the_difference_round(open_app: Open, demo: Path) -> None:
    runs = ",".join(ids(demo, "relu-s0", "relu-s1", "coslu-s0", "coslu-s1"))
    tab = open_app("compare", runs=runs, baseline="CosLU")
    assert "Difference from CosLU in test accuracy" in tab.text


def test_nothing_chosen_says_where_to_choose(open_app: Open) -> None:
    tab = open_app("compare", runs="")
    assert "Nothing to compare yet" in tab.text
    assert tab.charts == []


def test_a_run_that_is_not_here_is_named_and_nothing_is_compared(open_app: Open, demo: Path) -> None:
    (run,) = ids(demo, "relu-s0")
    tab = open_app("compare", runs=f"{run},nosuch")
    assert "There is no run “nosuch” here to compare." in tab.text
    assert tab.charts == []
    tab.button("Leave it out")
    assert tab.query["runs"] == run


def test_a_group_keeps_its_colour_whatever_else_is_shown(open_app: Open, demo: Path) -> None:
    def colour(names: tuple[str, ...]) -> str:
        tab = open_app("compare", runs=",".join(ids(demo, *names)))
        return next(t["line"]["color"] for t in tab.charts[0]["data"] if t.get("name") == "EELU")

    assert colour(("relu-s0", "eelu-s0")) == colour(("relu-s0", "coslu-s0", "eelu-s0", "pdrelu-s0"))
