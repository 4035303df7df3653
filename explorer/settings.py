"""Widgets for the numbers and words of one activation: a slider with a box beside it for every number; they write the link."""

from collections.abc import Callable, Mapping
from functools import partial

import streamlit as st

from explorer import activations_data as data
from explorer import terms, view

#: Characters that a formula may have.
LONGEST = 500


def panel(chosen: data.Settings, key: str) -> None:
    """Draw everything that can be set: options that are words, parameters, options that are numbers, and the way back."""
    words(chosen, key)
    if chosen.numbers:
        st.markdown("**Parameters** (they learn)", help=terms.term("activation parameter"))
    for name, value in chosen.numbers.items():
        number(name, value, chosen.range_of(name), key, partial(_with_number, chosen, key, name))
    constants(chosen, key)
    if not (chosen.numbers or chosen.options):
        st.caption("Nothing to set: this function has no parameters and no options.")
        return
    name = chosen.choice.name
    st.button("Back to the start", key=f"{key}_back", icon=":material/undo:", type="tertiary", disabled=not chosen.changed,
              on_click=view.change, kwargs={key: name})  # fmt: skip


def words(chosen: data.Settings, key: str) -> None:
    """Draw a select box for every option that is one of a few words."""
    for name, value in chosen.words.items():
        widget = f"{key}_{chosen.choice.name}_{name}"
        st.session_state[widget] = value
        st.selectbox(_label(name), chosen.info.choices[name], key=widget, help=chosen.info.options[name][1],
                     on_change=_write_word, args=(chosen, name, widget, key))  # fmt: skip


def constants(chosen: data.Settings, key: str) -> None:
    """Draw slider and box for every option that is a number."""
    if chosen.constants:
        st.markdown("**Options** (they do not learn)")
    for name, value in chosen.constants.items():
        changes = partial(_with_number, chosen, key, name)
        number(name, value, chosen.range_of(name), key, changes, help_text=chosen.info.options[name][1])


def number(
    name: str,
    value: float,
    limits: tuple[float, float, float],
    key: str,
    changes: Callable[[float], Mapping[str, str]],
    help_text: str | None = None,
) -> None:
    """Draw a slider and a box of the same number; `changes` says how the view changes with another value."""
    low, high, step = limits
    slider, box = f"slide_{key}_{name}", f"type_{key}_{name}"
    st.session_state[slider], st.session_state[box] = value, value
    left, right = st.columns([3, 2], vertical_alignment="bottom", gap="small")
    with left:
        st.slider(_label(name), low, high, step=step, key=slider, on_change=_write, args=(slider, changes), help=help_text,
                  format="%.4g")  # fmt: skip
    with right:
        st.number_input(f"{_label(name)}, exact", key=box, step=step, format="%.4g", label_visibility="collapsed",
                        on_change=_write, args=(box, changes))  # fmt: skip


def text_box(label: str, key: str, value: str, help_text: str | None = None) -> None:
    """Draw a line of text for the view's `key`."""
    widget = f"text_{key}"
    st.session_state[widget] = value
    st.text_input(label, key=widget, max_chars=LONGEST, help=help_text,
                  on_change=lambda: view.change(**{key: st.session_state[widget]}))  # fmt: skip


def named_numbers(numbers: Mapping[str, float], key: str) -> None:
    """Draw slider and box for every name of a formula; the view's `key` holds their numbers."""
    for name, value in numbers.items():
        low, high, step = data.parameter_range(value, None)
        number(name, value, (low, high, step), key, partial(_with_named, dict(numbers), key, name))


def shape_box(value: str) -> None:
    """Draw the choice of a pseudo derivative."""
    widget, shapes = "choose_pseudo", data.shapes()
    st.session_state[widget] = value if value in shapes else None
    st.selectbox("Pseudo derivative", list(shapes), key=widget, format_func=shapes.__getitem__, placeholder="Choose",
                 help=terms.term("pseudo derivative"), on_change=_write_shape, args=(widget,))  # fmt: skip


def _write_shape(widget: str) -> None:
    if st.session_state[widget] is not None:
        view.change(pseudo=st.session_state[widget])


def grammar() -> None:
    """Draw what a formula can say, folded away."""
    with st.expander("What can be written", icon=":material/help:"):
        st.markdown(data.grammar_text())


def _with_number(chosen: data.Settings, key: str, name: str, value: float) -> dict[str, str]:
    return _changes(key, chosen.with_number(name, value))


def _with_named(numbers: dict[str, float], key: str, name: str, value: float) -> dict[str, str]:
    return {key: data.write_starts({**numbers, name: value})}


def _changes(key: str, text: str) -> dict[str, str]:
    return {key: data.pseudo_key(text) if key == "pseudo" else text}


def _write(widget: str, changes: Callable[[float], Mapping[str, str]]) -> None:
    value = st.session_state[widget]
    if value is not None:
        view.change(**changes(float(value)))


def _write_word(chosen: data.Settings, name: str, widget: str, key: str) -> None:
    value = st.session_state[widget]
    if value is not None:
        view.change(**_changes(key, chosen.with_word(name, value)))


def _label(name: str) -> str:
    return name.replace("_", " ")
