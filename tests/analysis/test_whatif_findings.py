"""The sentences of What if: found, none and "cannot tell", from tables made by hand."""

import pandas as pd

from core.analysis.findings import with_run
from core.analysis.whatif import ALL_SITES
from core.analysis.whatif_findings import ablation_finding, path_finding, surface_finding

from .fakes import fake_run

RUN = fake_run("20260101-coslu-s0", [0.8], activation="coslu", dataset="fashion-sample")


def rows(*changes: tuple[str, float, str], what: str = "ReLU", error: float = 0.005, train_n: int = 1000) -> pd.DataFrame:
    """Return the columns of an ablation table that sentences read; `changes` are (site, change, kind)."""
    table = pd.DataFrame([("", 0.0, "baseline"), *changes], columns=["site", "accuracy_reestimated_change", "kind"])
    return with_run(table.assign(what=what, accuracy_reestimated_change_error=error, n=1000, train_n=train_n), RUN, epoch=10)


def test_the_site_that_costs_most_is_named_with_its_interval() -> None:
    found = ablation_finding(
        rows(
            ("act", -0.01, "cannot tell"),
            ("layer1.0.act1", -0.031, "worse"),
            ("layer3.0.act2", -0.02, "worse"),
            (ALL_SITES, -0.7, "worse"),
        )
    )
    assert (found.kind, found.site, found.run, found.epoch, found.value) == ("found", "layer1.0.act1", RUN.id, 10, -0.031)
    assert found.sentence == (
        "CosLU, resnet8 on fashion-sample, seed 0; 3 sites, 1,000 validation images: ReLU in place of the learned function"
        " costs most at layer1.0.act1, −3.1 points [−4.1 to −2.1], clearly not 0 at 2 of 3 sites."
    )
    assert found.criterion == (
        "BN statistics estimated again on 1,000 training images before and after. McNemar's exact test on the same images,"
        " Holm's correction over all changes (5 % in all); 95 % interval of the paired difference, for one change alone."
    )


def test_where_nothing_is_lost_the_gain_is_said() -> None:
    found = ablation_finding(rows(("act", 0.02, "better"), ("layer1.0.act1", -0.001, "cannot tell")))
    assert found.site == "act"
    assert "costs nowhere, and gains most at act, +2.0 points [+1.0 to +3.0], clearly not 0 at 1 of 2 sites." in found.sentence


def test_where_no_change_is_told_from_zero_it_cannot_tell() -> None:
    found = ablation_finding(rows(("act", -0.002, "cannot tell"), ("layer1.0.act1", 0.004, "cannot tell"), what="its start"))
    assert (found.kind, found.site) == ("cannot tell", None)
    assert found.sentence == (
        "CosLU, resnet8 on fashion-sample, seed 0; 2 sites, 1,000 validation images: cannot tell at any site whether setting"
        " the function to its start changes the accuracy;"
        " the largest difference is +0.4 points [−0.6 to +1.4], at layer1.0.act1."
    )


def test_a_function_in_place_of_itself_changes_nothing() -> None:
    found = ablation_finding(rows(("act", 0.0, "same"), ("layer1.0.act1", 0.0, "same")))
    assert (found.kind, found.value) == ("none", 0.0)
    assert found.sentence.endswith("ReLU in place of the learned function changes nothing at any of them.")


def test_an_empty_table_cannot_tell_and_all_sites_alone_can() -> None:
    assert ablation_finding(rows()).kind == "cannot tell"
    assert ablation_finding(rows((ALL_SITES, -0.5, "worse"))).kind == "found"


def test_a_network_without_bn_says_that_nothing_was_estimated() -> None:
    found = ablation_finding(rows(("act", -0.5, "worse"), train_n=0))
    assert found.criterion.startswith("The network has no BN layers, so that there is nothing to estimate again.")


def path(change: float, kind: str, site: str = ALL_SITES) -> pd.DataFrame:
    table = rows((site, change, kind), what="its start")
    return table.assign(t=[1.0, 0.0], site=site)


def test_the_path_says_what_the_start_would_be_worth() -> None:
    assert path_finding(path(-0.12, "worse")).sentence == (
        "CosLU, resnet8 on fashion-sample, seed 0: with the parameters at all sites back at their start, the network loses"
        " accuracy, −12.0 points [−13.0 to −11.0] (1,000 validation images)."
    )
    assert path_finding(path(0.12, "better", "act")).site == "act"
    assert (
        "at act back at their start, the network gains accuracy, +12.0 points"
        in path_finding(path(0.12, "better", "act")).sentence
    )


def test_the_path_has_its_cannot_tell_and_its_nothing() -> None:
    open_end = path_finding(path(0.001, "cannot tell"))
    assert open_end.kind == "cannot tell"
    assert open_end.sentence.startswith("Cannot tell what the learned parameters are worth.")
    assert path_finding(path(0.0, "same")).sentence.endswith("back at their start, nothing changes (1,000 validation images).")
    assert path_finding(path(0.0, "same").query("t == 1")).kind == "cannot tell"


def surface(learned: float, grid: list[float], offsets: bool = False) -> pd.DataFrame:
    table = pd.DataFrame({"role": ["learned"] + ["grid"] * len(grid), "loss_reestimated": [learned, *grid]})
    table = table.assign(x=range(len(table)), y=-0.5, x_name="a", y_name="b", offsets=offsets, n=200, train_n=1000)
    return with_run(table, RUN)


def test_the_surface_names_its_lowest_point_and_says_that_it_is_no_test() -> None:
    found = surface_finding(surface(0.5, [0.8, 0.45]))
    assert found.sentence == (
        "CosLU, resnet8 on fashion-sample, seed 0: the learned pair a, b has a loss of 0.500 (200 validation images); the"
        " lowest of the grid is 0.450, at a = 2.00, b = −0.50."
    )
    assert found.criterion.endswith("The grid is looked at without a test: a lower point may be chance.")
    assert "at a +2.00 from learned, b −0.50 from learned" in surface_finding(surface(0.5, [0.8, 0.45], offsets=True)).sentence
    assert surface_finding(surface(0.5, [0.8, 0.6])).sentence.endswith("; none of 2 grid points lies lower.")
    assert surface_finding(surface(0.5, [float("nan")])).kind == "cannot tell"
