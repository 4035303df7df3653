"""What is being looked at: the one owner of the link.

`begin()` reads the link where the browser says something new, `end()` writes the whole view back. In between pages ask
`current()` and say `change(...)`. The view lives in the session under plain keys; no widget is bound to the URL.
"""

import urllib.parse
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import streamlit as st

from explorer import choices, loaders
from explorer.links import KEYS, View, parse, query
from explorer.problems import Problem, check, substitute

__all__ = [
    "PAGE_KEYS",
    "Problem",
    "View",
    "begin",
    "change",
    "current",
    "end",
    "link",
    "page_query",
    "plain",
    "problems",
    "reset",
    "show_problem",
    "show_problems",
]

_VIEW, _UNREAD, _WRITTEN, _TOUCHED = "view", "view_unread", "view_written", "view_touched"
_NOTICES, _PROBLEMS, _ALLOWED, _DEFAULTED = "view_notices", "view_problems", "view_allowed", "view_defaulted"


class _Facts:
    """What the view is checked against, from the run folders."""

    run_ids = staticmethod(loaders.run_ids)
    places = staticmethod(loaders.places)
    sites = staticmethod(loaders.sites)
    epochs = staticmethod(loaders.epochs)
    channels = staticmethod(loaders.channels)
    check_filter = staticmethod(choices.check_filter)


FACTS = _Facts()


def begin(page_keys: Mapping[str, Sequence[str]] | None = None) -> View:
    """Bring the view up to date at the start of a run of the script.

    `page_keys`: the page's own keys, each with the values it may have, the default first. Every change of page, and some
    steps Back, arrive with an empty query: then the session's view stays. After a widget the session is ahead of the browser.
    """
    state = st.session_state
    state[_ALLOWED] = dict(page_keys or {})
    asked = st.query_params.to_dict()
    if asked and not state.pop(_TOUCHED, False) and asked != state.get(_WRITTEN):
        _take(asked)
    view = _with_defaults(current())
    state[_VIEW] = view
    state[_PROBLEMS] = check(view, state.get(_UNREAD, {}), state[_ALLOWED], FACTS)
    return view


def current() -> View:
    """Return the view as it stands now."""
    return st.session_state.get(_VIEW, View())


def change(**values: Any) -> None:
    """Change the view; keys that are not the view's own go to the page's. Site and epoch follow another run.

    Call it in a widget's callback, or follow it with `st.rerun()`.
    """
    state = st.session_state
    before = current()
    own = {k: v for k, v in values.items() if k in KEYS}
    extra = {**dict(before.extra), **{k: str(v) for k, v in values.items() if k not in KEYS}}
    after = replace(before, **own, extra=tuple(sorted(extra.items())))
    said: list[str] = []
    if after.run != before.run:
        after, said = substitute(after, before.run, [k for k in ("site", "epoch") if k not in own], FACTS)
    state[_VIEW], state[_TOUCHED] = after, True
    state[_UNREAD] = {k: v for k, v in state.get(_UNREAD, {}).items() if k not in values}
    _notice(after, said)


def reset() -> None:
    """Forget the view: the next run of the script starts from the defaults."""
    for key in (_UNREAD, _WRITTEN, _NOTICES, _PROBLEMS, _DEFAULTED):
        st.session_state.pop(key, None)
    st.session_state[_VIEW], st.session_state[_TOUCHED] = View(), True


def end() -> None:
    """Write the whole view into the link, defaults included; what could not be read stays as it was asked."""
    wanted = {**_own_query(current()), **st.session_state.get(_UNREAD, {})}
    if st.query_params.to_dict() != wanted:
        st.query_params.from_dict(wanted)
    st.session_state[_WRITTEN] = wanted


def page_query(**changes: Any) -> dict[str, str]:
    """Return the query that leads to the present view with `changes`, for `st.page_link`."""
    own = {k: v for k, v in changes.items() if k in KEYS}
    extra = {k: str(v) for k, v in changes.items() if k not in KEYS}
    return query(replace(current(), **own), extra, choices.filter_for)


def link(page_path: str | None = None, **changes: Any) -> str:
    """Return the absolute link to the present view with `changes`, on this page or on `page_path` ("curves").

    A `page_path` that is an absolute link already is returned as it is.
    """
    if page_path is not None and "://" in page_path:
        return page_path
    here = urllib.parse.urlsplit(str(st.context.url or "http://localhost:8501/"))
    path = here.path or "/"
    if page_path is not None:
        parent = path.rpartition("/")[0] if path.rpartition("/")[2] in PAGE_KEYS else path.rstrip("/")
        path = f"{parent}/{page_path.strip('/')}"
    wanted = page_query(**changes) if changes or page_path is not None else _own_query(current())
    return urllib.parse.urlunsplit((here.scheme, here.netloc, path, urllib.parse.urlencode(wanted, safe=",:"), ""))


def problems(keys: Sequence[str] = ()) -> list[Problem]:
    """Return what the link asks for and is not here; with `keys`, only of these."""
    found = st.session_state.get(_PROBLEMS, [])
    return [p for p in found if not keys or p.key in keys]


def show_problem(problem: Problem, name: str) -> None:
    """Say what is not here, with the nearest as a button; `name` is unique on the page."""
    with st.container(border=True, key=f"problem_{name}"):
        st.markdown(f":material/search_off: {plain(problem.sentence)}")
        with st.container(horizontal=True):
            for label, changes in problem.fixes:
                st.button(label, key=f"fix_{name}_{label}", on_click=change, kwargs=changes)


def show_problems(needs: Sequence[str] = ()) -> bool:
    """Say what is not here, with the nearest as a button. True: something in `needs` is missing, show nothing in its place."""
    for number, problem in enumerate(problems()):
        show_problem(problem, str(number))
    for sentence in _notices(current()):
        st.caption(f":material/info: {plain(sentence)}")
    return bool(needs) and bool(problems(needs))


#: The pages by their paths, each with the keys of its own: the values they may have, the default first; (): any text.
PAGE_KEYS: dict[str, dict[str, tuple[str, ...]]] = {
    "": {},
    "runs": {"rows": ("groups", "runs")},
    "curves": {
        "show": ("sites", "site", "training", "units"),
        "quantity": ("dead_units", "saturated", "constant_units", "mean_gradient"),
        "follow": ("off", "on"),
        "film": (),
    },
    "features": {
        "lens": ("clouds", "maps", "depth", "comparison", "channels", "maximise"),
        "align": ("yes", "no"),
        "places": ("pca", "tsne"),
        "depth": ("strength", "snr"),
        "equal": ("strength", "accuracy"),
        "noisy": (),
        "maps_order": ("mean", "number"),
        "driven": ("input", "output"),
        "maps_of": (),
    },
    "predictions": {
        "see": ("confusion", "images", "classes", "flips"),
        "split": ("validation", "test"),
        "order": ("hardest", "unsure", "surest", "number"),
        "only": ("all", "wrong"),
        "true": (),
        "said": (),
        "against": (),
    },
    "what-if": {
        "what_if": ("replace", "move", "surface"),
        "instead": (),
        "measure": ("accuracy", "loss"),
        "scope": ("all", "site"),
        "t": (),
        "bn": ("again", "now"),
        "grid": ("5", "7", "9"),
    },
    "explain": {
        "maps": ("methods", "runs", "check"),
        "attribution": ("integrated_gradients", "deep_lift", "saliency", "input_x_gradient", "grad_cam", "occlusion"),
        "base": ("black", "mean", "blurred"),
        "smooth": ("off", "on"),
        "target": (),
        "minus": (),
        "one": (),
    },
    "compare": {"by": ("test", "chosen", "last"), "baseline": ()},
    "activations": {
        "part": ("function", "formula", "pseudo"),
        "reach": ("5", "2", "10", "20"),
        "activation": (),
        "formula": (),
        "starts": (),
        "pseudo": (),
        "p": (),
        "constants": (),
    },
    "open": {"checkpoint": (), "on": ()},
}


def _take(asked: Mapping[str, str]) -> None:
    """Take over the keys that the link holds, and only these."""
    state = st.session_state
    before, extra = current(), dict(current().extra)
    unread: dict[str, str] = {}
    own: dict[str, Any] = {}
    for key, text in asked.items():
        try:
            if key in KEYS:
                own[key] = parse(key, text)
            elif key in state[_ALLOWED]:
                extra[key] = text
        except ValueError:
            unread[key] = text
    if "where" in own and "runs" not in own:
        own["runs"] = ()
    elif "runs" in own and "where" not in own:
        own["where"] = None
    view = replace(before, **own, extra=tuple(sorted(extra.items())))
    said: list[str] = []
    if "run" in own and view.run != before.run:
        view, said = substitute(view, before.run, [k for k in ("site", "epoch") if k not in asked], FACTS)
    state[_VIEW], state[_UNREAD] = view, unread
    _notice(view, said)


def _with_defaults(view: View) -> View:
    """Fill what nobody has chosen yet. What was chosen stays, even if it is not here."""
    if "runs" not in st.session_state.get(_UNREAD, {}) and not st.session_state.get(_DEFAULTED):
        st.session_state[_DEFAULTED] = True
        if not view.runs and not view.where and "runs" not in st.query_params:
            view = replace(view, runs=choices.default_runs())
    if view.run is None:
        view = replace(view, run=choices.default_run())
    run = view.run
    if run is not None and run in loaders.run_ids():
        sites = loaders.sites(run)
        if view.site is None and sites:
            view = replace(view, site=sites[-1])  # the features that the decision is made from
        if view.epoch is None and "epoch" not in st.session_state.get(_UNREAD, {}):
            view = replace(view, epoch=choices.default_epoch(run))
        if not view.images and "images" not in st.session_state.get(_UNREAD, {}):
            view = replace(view, images=loaders.first_images(run))
    allowed: Mapping[str, Sequence[str]] = st.session_state[_ALLOWED]
    extra = {**{k: v[0] for k, v in allowed.items() if v}, **dict(view.extra)}
    return replace(view, extra=tuple(sorted(extra.items())))


def _own_query(view: View) -> dict[str, str]:
    allowed = st.session_state.get(_ALLOWED, {})
    return query(view, {k: v for k, v in view.extra if k in allowed}, choices.filter_for)


def _notice(view: View, said: list[str]) -> None:
    """Keep what was put in place of what, for as long as the view stays at it."""
    if said:
        st.session_state[_NOTICES] = ((view.run, view.site, view.epoch), said)


def _notices(view: View) -> list[str]:
    about, said = st.session_state.get(_NOTICES, (None, []))
    return said if about == (view.run, view.site, view.epoch) else []


def plain(text: str) -> str:
    """Return `text` with what Markdown would read as formatting escaped: names come from links and files."""
    for mark in "\\`*_[]<>$":
        text = text.replace(mark, f"\\{mark}")
    return text
