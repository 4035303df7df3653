"""Where there is no noise: what is said, and the way to runs and sites that have it."""

import streamlit as st

from explorer import choices, controls, features_data, loaders, network_loaders, view

#: A page lists at most so many links.
MOST_LINKS = 7


def makes_noise(run_id: str, height: int = 560) -> bool:
    """Return whether the run makes noise; if not, or while that cannot be told yet, say so."""
    if network_loaders.has_clouds(run_id):
        return True
    if not controls.torch_ready(height):
        return False
    if loaders.makes_noise(run_id):
        return True
    _no_noise(run_id)
    return False


def reaches(run_id: str, epoch: int, site: str) -> bool:
    """Return whether noise reaches the site; if it makes none of its own, say where noise is. Torch must be there for a no."""
    found = features_data.site_noise(run_id, epoch, site)
    if found is None or found.own:
        return True
    st.markdown(f":material/volume_off: **No noise of its own.** {view.plain(found.sentence())}")
    with st.container(horizontal=True, key="noisy_sites"):
        st.caption("Sites with noise:")
        for path in found.everywhere[:MOST_LINKS]:
            st.page_link("pages/features.py", label=path, query_params=view.page_query(site=path))
        if len(found.everywhere) > MOST_LINKS:
            st.caption(f"and {len(found.everywhere) - MOST_LINKS} more")
    return found.any


def noisy_runs() -> list[str]:
    """Return the runs whose noise can be looked at: they have it and keep a checkpoint."""
    return [r for r in choices.noisy_runs() if choices.nearest_checkpoint(r, None) is not None]


def links_to_runs(ids: list[str]) -> None:
    """Link to the first of these runs, on this page."""
    for other in ids[:5]:
        st.page_link("pages/features.py", label=loaders.run_name(other), icon=":material/scatter_plot:",
                     query_params=view.page_query(run=other, site=None, epoch=None))  # fmt: skip


def say_how_to_train() -> None:
    """Say that no run makes noise, with the command that trains one that does."""
    st.markdown("No run here has it and keeps a checkpoint. EELU makes noise while it trains:")
    st.code(controls.train_example("eelu"), language=None, wrap_lines=True)


def _no_noise(run_id: str) -> None:
    """Say that this network makes no noise, and lead to those that do."""
    names = view.plain(choices.function_names(run_id))
    st.markdown(
        f":material/volume_off: **No noise here.** {names} gives the same output for the same input, so an image has one place."
    )
    noisy = noisy_runs()
    if not noisy:
        say_how_to_train()
        return
    st.markdown("These runs have it:")
    links_to_runs(noisy)
