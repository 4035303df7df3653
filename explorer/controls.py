"""Widgets in, a view out: the sidebar, and the strip of controls under a page's title.

Every widget takes its value from the view just before it is drawn and writes it back only when somebody uses it, so that no
widget ever changes the view unasked.
"""

from collections.abc import Callable, Sequence
from typing import Any

import streamlit as st

from explorer import loaders, torch_import, view
from explorer.source import train_command

_ALL = "all"
#: Width of each control of the strip, as a share.
_WIDTHS = {"run": 5, "site": 3, "channel": 2, "epoch": 4}


def sidebar() -> None:
    """Draw the source of the runs and the reset button below the navigation."""
    where = loaders.source()
    with st.sidebar, st.container(key="source", gap="small"):
        st.caption("Runs from")
        if where.folder is None:
            st.badge("demo", icon=":material/inventory_2:", color="gray", help="The runs that came with the program.")
        elif where.missing:
            st.badge(_short(where.label, 22), icon=":material/folder_off:", color="orange", help=f"{where.folder} is not there")
        else:
            said = f"{where.folder}, the demo runs below"
            st.badge(_short(where.label, 22), icon=":material/folder:", color="blue", help=said)
        st.button("Reset the view", key="reset", icon=":material/restart_alt:", type="tertiary", on_click=view.reset,
                  help="Back to the run, site and epoch that open first.")  # fmt: skip


def heading(title: str) -> "st.delta_generator.DeltaGenerator":
    """Draw the page's title; return the place for a control at its right."""
    row = st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center")
    row.title(title, width="content", anchor=False)
    return row


def strip(needs: Sequence[str] = ("run", "site", "epoch")) -> None:
    """Draw one row of labelled widgets that show and change the view."""
    now = view.current()
    known = now.run in loaders.run_ids()
    columns = st.columns([_WIDTHS[n] for n in needs], vertical_alignment="bottom")
    for name, column in zip(needs, columns, strict=True):
        with column:
            if name == "run":
                _run(now.run)
            elif known:
                _STRIP[name](now)


def choose(label: str, key: str, options: Sequence[Any], value: Any, **settings: Any) -> None:
    """Draw a select box for the view's `key`; `value` is what the view says now."""
    widget = f"choose_{key}"
    st.session_state[widget] = value if value in options else None
    st.selectbox(label, options, key=widget, on_change=_write, args=(key, widget), placeholder="Choose", **settings)


def segments(label: str, key: str, options: dict[str, str], value: str, **settings: Any) -> None:
    """Draw a row of buttons of which one is on, for the view's `key`; `options` maps values to their words."""
    widget = f"segments_{key}"
    st.session_state[widget] = value if value in options else None
    st.segmented_control(label, list(options), key=widget, format_func=options.__getitem__, required=value in options,
                         on_change=_write, args=(key, widget), **settings)  # fmt: skip


def write_text(label: str, key: str, value: str | None, **settings: Any) -> None:
    """Draw a line of text for the view's `key`."""
    widget = f"write_{key}"
    st.session_state[widget] = value or ""
    st.text_input(
        label, key=widget, on_change=lambda: view.change(**{key: st.session_state[widget].strip() or None}), **settings
    )


def pick_runs(chosen: Sequence[str]) -> None:
    """Draw a box of run names for the runs of the view: what the ticks of the table do, by keyboard."""
    widget, known = "pick_runs", loaders.run_ids()
    st.session_state[widget] = [r for r in chosen if r in known]
    gone = tuple(r for r in chosen if r not in known)
    st.multiselect("Selected runs", known, key=widget, format_func=loaders.run_name, placeholder="Choose runs to compare",
                   on_change=lambda: view.change(runs=(*st.session_state[widget], *gone)))  # fmt: skip


def empty_source() -> None:
    """Say what is wrong with the folder of one's own runs, if anything: its path, and the command that fills it."""
    where = loaders.source()
    if where.folder is None or loaders.own_ids():
        return
    what = "does not exist yet" if where.missing else "holds no runs yet"
    with st.container(border=True, key="empty_source"):
        st.markdown(f":material/folder_off: The folder `{where.folder}` {what}. Train a first network into it:")
        st.code(train_command(where.folder), language=None, wrap_lines=True)
        st.caption("It appears here as soon as it starts. Until then these are the demo runs.")


def nothing_here() -> bool:
    """Say that there is no run at all, with the way to get some. True: there is none."""
    if loaders.run_ids():
        return False
    st.markdown(":material/inventory_2: There are no runs here, and the demo runs are not in place.")
    st.markdown("Make the demo runs (about half an hour on two cores), or train a network of your own:")
    st.code(f"make demo-runs\n{train_command(loaders.source().folder)}", language=None, wrap_lines=True)
    return True


def nearest_epoch(asked: int | None, shown: int) -> None:
    """Say that the checkpoint shown is of another epoch than the view's, if it is."""
    if asked is not None and shown != asked:
        st.caption(f":material/info: No checkpoint of epoch {asked} was kept; this is epoch {shown}, the nearest one that was.")


def train_example(activation: str) -> str:
    """Return the command that trains a network with this activation into the folder of one's own runs."""
    return train_command(loaders.source().folder).replace("coslu", activation)


def torch_ready(height: int) -> bool:
    """Return whether torch can be used at once; if not, say so over a skeleton of `height` px until it can."""
    if torch_import.torch_ready():
        return True

    @st.fragment(run_every=0.5)
    def wait() -> None:
        """Look again every half second."""
        if torch_import.torch_ready():
            st.rerun()
        st.caption(":material/hourglass_top: Loading torch, once per server, about 10 s")
        st.skeleton(height)

    wait()
    return False


def live() -> None:
    """Run the page again when a run changes; nothing is sent to the browser before."""
    drawn = loaders.state_token()
    every = 2.0 if any(loaders.run(r).status == "running" for r in loaders.run_ids()) else 5.0

    @st.fragment(run_every=every)
    def watch() -> None:
        if loaders.state_token() != drawn:
            st.rerun()

    watch()


def _run(run_id: str | None) -> None:
    names = loaders.run_ids()
    widget = "choose_run"
    st.session_state[widget] = run_id if run_id in names else None
    st.selectbox("Run", names, key=widget, format_func=loaders.run_name, on_change=_write, args=("run", widget),
                 placeholder="Choose a run", disabled=not names)  # fmt: skip


def _site(now: view.View) -> None:
    sites = loaders.sites(now.run or "")
    if sites:
        choose("Site", "site", sites, now.site)


def _channel(now: view.View) -> None:
    count = loaders.channels(now.run or "", now.site or "")
    if count > 1:
        widget, options = "choose_channel", [_ALL, *map(str, range(count))]
        shown = _ALL if now.channel is None else str(now.channel)
        st.session_state[widget] = shown if shown in options else None
        st.selectbox("Channel", options, key=widget, on_change=_write_channel, placeholder="Choose")


def _write_channel() -> None:
    value = st.session_state["choose_channel"]
    if value is not None:
        view.change(channel=None if value == _ALL else int(value))


def _epoch(now: view.View) -> None:
    epochs = loaders.epochs(now.run or "")
    if len(epochs) < 2 or now.epoch not in epochs:
        choose("Epoch", "epoch", epochs, now.epoch, disabled=not epochs)
        return
    widget = "slide_epoch"
    st.session_state[widget] = now.epoch
    st.select_slider("Epoch", epochs, key=widget, on_change=_write, args=("epoch", widget),
                     help="0 is before training. The arrow keys move it too.")  # fmt: skip


_STRIP: dict[str, Callable[[view.View], None]] = {"site": _site, "channel": _channel, "epoch": _epoch}


def _write(key: str, widget: str) -> None:
    value = st.session_state[widget]
    if value is not None:
        view.change(**{key: value})


def _short(text: str, characters: int) -> str:
    return text if len(text) <= characters else f"{text[: characters - 1]}…"
