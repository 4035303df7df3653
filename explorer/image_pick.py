"""The pick of images, the same on every page: by number, by moves, or from a montage. It lives in the view."""

from collections.abc import Callable

import pandas as pd
import streamlit as st

from explorer import controls, loaders, network_loaders, picks, view


def choose_images(now: view.View, run_id: str) -> None:
    """Draw the pick of images, folded away: by number, by moves, or from a montage."""
    choose = st.expander("Choose the images", key="choose_images", icon=":material/grid_view:", on_change="rerun")
    if not choose.open:
        return
    outcomes = loaders.outcomes(run_id)
    moves: dict[str, Callable[[], tuple[int, ...]]] = {
        "Next wrong": lambda: picks.next_wrong(outcomes, view.current().images),
        "Same class": lambda: picks.same_class(outcomes, view.current().images),
        "Random": lambda: picks.random_pick(list(outcomes.index), 6, _draw()),
    }
    with choose:
        with st.container(horizontal=True, vertical_alignment="bottom"):
            _numbers(now)
            for label, move in moves.items():
                st.button(label, key=f"move_{label}", on_click=_move, args=(move,), disabled=outcomes.empty)
        _montage(now, run_id, outcomes)


def _move(move: "Callable[[], tuple[int, ...]]") -> None:
    view.change(images=move())


def _numbers(now: view.View) -> None:
    st.session_state["numbers"] = ", ".join(map(str, now.images))
    st.text_input("Images, by number", key="numbers", on_change=_read_numbers, width=380,
                  help="Indices in the data set, with commas between them. They stay when another run is chosen.")  # fmt: skip
    if said := st.session_state.pop("numbers_said", None):
        st.caption(f":material/error: {said}")


def _read_numbers() -> None:
    text = st.session_state["numbers"]
    try:
        images = picks.read_numbers(text)
    except ValueError:
        st.session_state["numbers_said"] = "Whole numbers only, with commas between them."
        return
    if any(i < 0 for i in images):
        st.session_state["numbers_said"] = "Numbers start at 0."
        return
    view.change(images=images)


def _draw() -> int:
    """Return another number at every press of Random."""
    st.session_state["random_draws"] = st.session_state.get("random_draws", 0) + 1
    return int(st.session_state["random_draws"])


def _montage(now: view.View, run_id: str, outcomes: pd.DataFrame) -> None:
    if not controls.torch_ready(200):
        return
    shown = picks.candidates(outcomes, loaders.probe_ids(run_id))
    sheet, classes = network_loaders.montage(run_id, tuple(shown))
    wrong = int(outcomes["wrong"].reindex(shown).fillna(False).sum()) if len(outcomes) else 0
    st.image(sheet, alt=f"Montage of {len(shown)} images, {wrong} of them classified wrongly.")
    st.caption(
        f"{wrong} of these {len(shown)} are classified wrongly and stand in an orange frame."
        if len(outcomes)
        else "Predictions are not stored."
    )
    st.session_state["pick_images"] = [i for i in now.images if i in shown]
    others = tuple(i for i in now.images if i not in shown)
    st.pills(
        f"Pick at most {picks.MOST}", shown, selection_mode="multi", key="pick_images",
        format_func=lambda i: f"{i} {classes[i]}",
        on_change=lambda: view.change(images=(*others, *st.session_state["pick_images"])[-picks.MOST :]),
    )  # fmt: skip
