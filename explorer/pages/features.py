"""Features & noise: what does the noise do to what the network sees?"""

from collections.abc import Callable
from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from core.analysis import wording
from core.analysis.groups import activation_title
from explorer import cells, choices, controls, draw, jobs, loaders, picks, plots, router, terms, view
from explorer.demo_tables import NOISE_PASSES

if TYPE_CHECKING:
    from core.analysis.latents import LatentClouds

CAPTION = (
    "Each dot is one noisy pass of an image, the ring its place with the noise off, the ellipse holds 95 %. The axes are the "
    "two directions in which the noise-off features of the probe set differ most; each panel has a network and axes of its own."
)


def page() -> None:
    """Draw the page."""
    controls.heading("Features & noise")
    controls.empty_source()
    blocked = view.show_problems(("run", "site", "epoch", "images"))
    if controls.nothing_here():
        return
    controls.strip()
    now = view.current()
    if not blocked and now.run:
        _body(now, now.run)
    controls.live()


def _body(now: view.View, run_id: str) -> None:
    if not loaders.has_clouds(run_id):
        if not controls.torch_ready(560):
            return
        if not loaders.makes_noise(run_id):
            _no_noise(run_id)
            return
    epoch = choices.nearest_checkpoint(run_id, now.epoch)
    if epoch is None:
        _no_checkpoint(run_id)
        return
    if now.epoch is not None and epoch != now.epoch:
        st.caption(
            f":material/info: No checkpoint of epoch {now.epoch} was kept; this is epoch {epoch}, the nearest one that was."
        )
    if not now.site:
        st.markdown(":material/photo_library: This run keeps no snapshots, so its sites are not known here.")
        return
    _images(now, run_id)
    if len(now.images) < 1:
        st.markdown(":material/image_search: No image is chosen. Choose some above, by number or from the montage.")
        return
    _clouds(now, run_id, epoch)


def _noisy_runs() -> list[str]:
    """Return the runs whose noise can be looked at: they have it and keep a checkpoint."""
    return [r for r in choices.noisy_runs() if choices.nearest_checkpoint(r, None) is not None]


def _no_noise(run_id: str) -> None:
    """Say that this network makes no noise, and lead to those that do."""
    names = " and ".join(activation_title(a) for a in loaders.activations(run_id))
    st.markdown(
        f":material/volume_off: **No noise here.** {names} gives the same output for the same input, so an image has one place."
    )
    noisy = _noisy_runs()
    if not noisy:
        st.markdown("No run here has it and keeps a checkpoint. EELU makes noise while it trains:")
        st.code(controls.train_example("eelu"), language="bash", wrap_lines=True)
        return
    st.markdown("These runs have it:")
    for other in noisy[:5]:
        st.page_link("pages/features.py", label=loaders.run_name(other), icon=":material/scatter_plot:",
                     query_params=view.page_query(run=other, site=None, epoch=None))  # fmt: skip


def _no_checkpoint(run_id: str) -> None:
    st.markdown(":material/save: This run keeps no checkpoint, so its features cannot be computed.")
    others = [r for r in _noisy_runs() if r != run_id]
    if others:
        st.markdown("These runs make noise and keep one:")
    for other in others[:5]:
        st.page_link("pages/features.py", label=loaders.run_name(other), icon=":material/scatter_plot:",
                     query_params=view.page_query(run=other, site=None, epoch=None))  # fmt: skip


def _clouds(now: view.View, run_id: str, epoch: int) -> None:
    site, ids = now.site or "", now.images[: picks.MOST]
    if len(now.images) > picks.MOST:
        st.caption(f":material/info: {len(now.images)} images are chosen; the figure holds the first {picks.MOST}.")
    beside = choices.noisy_beside(run_id, site, now.runs)
    shown = [(run_id, epoch), *beside]
    result = loaders.stored_clouds(shown, site, ids, NOISE_PASSES)
    if result is None:
        if not controls.torch_ready(560):
            return
        job = loaders.clouds_job(shown, site, ids, NOISE_PASSES)
        if not jobs.show(job, 560):
            return
        result = job.result
    _figure(shown, site, ids, result)


def _figure(shown: list[tuple[str, int]], site: str, ids: tuple[int, ...], clouds: "list[LatentClouds]") -> None:
    names = [loaders.run_name(r) for r, _ in shown]
    parts = [loaders.named_clouds(r, c.table, name) for (r, _), c, name in zip(shown, clouds, names, strict=True)]
    first, epoch = shown[0]
    about = [
        f"site {site}",
        loaders.data_name(first),
        f"after epoch {epoch}",
        f"{NOISE_PASSES} noisy passes",
        wording.count(len(ids), "image"),
        f"axes from {clouds[0].fit_images:,} probe images",
    ]
    draw.show(
        plots.cloud_figure,
        pd.concat(parts, ignore_index=True),
        ids=[r for r, _ in shown],
        about=(shown, site, ids),
        key="clouds",
        setup=cells.clouds([(loaders.run(r), e, n) for (r, e), n in zip(shown, names, strict=True)], site, ids, NOISE_PASSES),
        title="Features of the same images under noise",
        subtitle=" · ".join(filter(None, about)),
        caption=CAPTION,
        notes={name: _strength(c) for name, c in zip(names, clouds, strict=True)},
    )
    st.caption(f"Strength: {_lower(terms.term('strength'))} Rank: {_lower(terms.term('effective rank'))}")


def _strength(clouds: "LatentClouds") -> str:
    return f"strength {wording.number(clouds.strength, 3)} · rank {wording.number(clouds.rank, 1)}"


def _images(now: view.View, run_id: str) -> None:
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
    sheet, classes = loaders.montage(run_id, tuple(shown))
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


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]


router.show(page)
