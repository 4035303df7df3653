"""Features & noise: what does the noise do to what the network sees?"""

from collections.abc import Callable

import streamlit as st

from explorer import choices, controls, feature_map_views, image_pick, router, view
from explorer.features_views import clouds, comparison, depth, gate, maps

View = Callable[[view.View, str, int], None]
#: The views by their value in the link: what they are called, what draws them, and whether they only make sense with noise.
VIEWS: dict[str, tuple[str, View, bool]] = {
    "clouds": ("Clouds", clouds.draw_view, True),
    "maps": ("Mean and spread", maps.draw_view, True),
    "depth": ("Depth", depth.draw_view, True),
    "comparison": ("Comparison", comparison.draw_view, False),
    "channels": ("Feature maps", feature_map_views.maps_view, False),
    "maximise": ("Maximise", feature_map_views.maximise_view, False),
}
#: Views that take images of their own.
WITHOUT_IMAGES = ("comparison", "channels", "maximise")


def page() -> None:
    """Draw the page."""
    lens = view.current().option("lens", "clouds")
    with controls.heading("Features & noise"):
        words = {key: title for key, (title, *_) in VIEWS.items()}
        controls.segments("Show", "lens", words, lens, label_visibility="collapsed", width="content")
    controls.empty_source()
    blocked = view.show_problems(("run", "site", "epoch", "images", *view.PAGE_KEYS["features"]))
    if controls.nothing_here():
        return
    controls.strip()
    now = view.current()
    if not blocked and now.run:
        _body(now, now.run, lens)
    controls.live()


def _body(now: view.View, run_id: str, lens: str) -> None:
    _, draw_view, needs_noise = VIEWS[lens]
    if needs_noise and not gate.makes_noise(run_id):
        return
    epoch = choices.nearest_checkpoint(run_id, now.epoch)
    if epoch is None:
        _no_checkpoint(run_id)
        return
    controls.nearest_epoch(now.epoch, epoch)
    if not now.site:
        st.markdown(":material/photo_library: This run keeps no snapshots, so its sites are not known here.")
        return
    if needs_noise and not gate.reaches(run_id, epoch, now.site):
        return
    if lens not in WITHOUT_IMAGES:
        image_pick.choose_images(now, run_id)
        if len(now.images) < 1:
            st.markdown(":material/image_search: No image is chosen. Choose some above, by number or from the montage.")
            return
    draw_view(now, run_id, epoch)


def _no_checkpoint(run_id: str) -> None:
    st.markdown(":material/save: This run keeps no checkpoint, so its features cannot be computed.")
    others = [r for r in gate.noisy_runs() if r != run_id]
    if others:
        st.markdown("These runs make noise and keep one:")
    gate.links_to_runs(others)


router.show(page)
