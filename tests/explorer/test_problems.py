"""What a link asks for and is not here."""

from explorer.links import View
from explorer.problems import check, nearest_name, nearest_number, same_depth, substitute


class Facts:
    """Two runs: a small network with three sites, a larger one with seven."""

    def run_ids(self) -> tuple[str, ...]:
        return ("small-0", "large-0")

    def places(self) -> str:
        return "Looked in runs (2 runs) and in the demo runs (0)."

    def sites(self, run_id: str) -> tuple[str, ...]:
        return tuple(f"layer{i}.act" for i in range(3 if run_id.startswith("small") else 7))

    def epochs(self, run_id: str) -> tuple[int, ...]:
        return (0, 1, 2) if run_id.startswith("small") else (0, 5, 10)

    def channels(self, run_id: str, site: str) -> int:
        return 16

    def check_filter(self, where: str) -> str | None:
        return None if where == "fine" else f"The filter “{where}” cannot be used."


FACTS = Facts()


def sentences(view: View, unread: dict[str, str] | None = None, allowed: dict[str, tuple[str, ...]] | None = None) -> list[str]:
    return [p.sentence for p in check(view, unread or {}, allowed or {}, FACTS)]


def test_what_is_here_is_no_problem() -> None:
    view = View(run="small-0", runs=("large-0",), site="layer2.act", channel=15, epoch=2, where="fine")
    assert sentences(view) == []


def test_an_unknown_run_is_named_with_the_places_and_the_nearest_one() -> None:
    (problem,) = check(View(run="smal-0", site="layer9.act"), {}, {}, FACTS)
    assert problem.sentence == "There is no run “smal-0” here. Looked in runs (2 runs) and in the demo runs (0)."
    assert problem.fixes == (("Show small-0", {"run": "small-0"}),)


def test_an_unknown_site_channel_or_epoch_is_named_with_what_there_is() -> None:
    assert sentences(View(run="small-0", site="layer7.act")) == [
        "small-0 has no site “layer7.act”. It has 3, from layer0.act to layer2.act."
    ]
    assert sentences(View(run="small-0", site="layer1.act", channel=16)) == [
        "Site layer1.act of small-0 has no channel 16; its channels are 0 to 15."
    ]
    (problem,) = check(View(run="large-0", epoch=7), {}, {}, FACTS)
    assert problem.sentence == "large-0 has no snapshot of epoch 7. It has those of epochs 0 to 10."
    assert problem.fixes == (("Show epoch 5", {"epoch": 5}),)


def test_an_unknown_run_among_those_to_compare_can_be_replaced_or_left_out() -> None:
    (problem,) = check(View(runs=("small-0", "larg-0")), {}, {}, FACTS)
    assert problem.sentence.startswith("There is no run “larg-0” here to compare.")
    assert problem.fixes == (
        ("Take large-0", {"runs": ("small-0", "large-0")}),
        ("Leave it out", {"runs": ("small-0",)}),
    )


def test_a_value_that_could_not_be_read_is_quoted() -> None:
    assert sentences(View(), {"epoch": "ten"}) == ["The link says epoch=ten, but epoch must be a whole number."]


def test_a_page_key_must_have_one_of_its_values() -> None:
    view = View(extra=(("by", "luck"), ("free", "anything")))
    assert sentences(view, allowed={"by": ("test", "last"), "free": ()}) == ["The link says by=luck; known are test, last."]


def test_another_run_takes_the_site_at_the_same_relative_depth_and_the_nearest_epoch() -> None:
    view, said = substitute(View(run="small-0", site="layer6.act", epoch=5), "large-0", ("site", "epoch"), FACTS)
    assert (view.site, view.epoch) == ("layer2.act", 2)
    assert said == [
        "small-0 has no site layer6.act; this is layer2.act, at the same relative depth.",
        "small-0 has no snapshot of epoch 5; this is epoch 2, the nearest one.",
    ]


def test_a_site_and_epoch_that_the_other_run_has_stay() -> None:
    view, said = substitute(View(run="large-0", site="layer1.act", epoch=0), "small-0", ("site", "epoch"), FACTS)
    assert (view.site, view.epoch, said) == ("layer1.act", 0, [])


def test_a_key_that_the_link_names_is_never_substituted() -> None:
    view, said = substitute(View(run="small-0", site="layer6.act", epoch=5), "large-0", ("epoch",), FACTS)
    assert (view.site, view.epoch, len(said)) == ("layer6.act", 2, 1)


def test_the_middle_stays_the_middle_at_the_same_relative_depth() -> None:
    other = [str(i) for i in range(19)]
    assert [same_depth(i, 7, other) for i in (0, 3, 6)] == ["0", "9", "18"]
    assert same_depth(0, 1, other) == "0"


def test_nearest_of_nothing_is_nothing() -> None:
    assert nearest_name("a", []) is None
    assert nearest_number(1, []) is None
    assert nearest_number(3, [2, 4]) == 2
