"""The curves as a film: of all sites, or, where they are too many, of a part of the network that one chooses."""

import streamlit as st

from explorer import cells, controls, curves_data, draw, film_sites, frame, jobs, loaders, plots, view

HOW_TO_PLAY = "Play it, or drag the slider below the panels. The epoch of the view stays where it is."


def film(now: view.View, about: str) -> None:
    """Draw the film of the view's run, with the button that saves it; where it shows a part, the caption says which."""
    run_id = now.run or ""
    part = _part(now)
    shown = part.sites if part is not None else None
    found = curves_data.film(run_id, shown)
    if isinstance(found, jobs.Job):
        if not jobs.show(found, 560):
            return
        found = found.result
    caption = f"{part.said} {HOW_TO_PLAY}" if part is not None else HOW_TO_PLAY
    key = f"film-{part.choice}" if part is not None else "film"  # another chart, so that no frame of another part stays
    figure = draw.show(
        plots.film_figure,
        found,
        ids=(run_id,),
        about=("film", shown),
        key=key,
        setup=cells.film(loaders.run(run_id), shown),
        title="The curves as a film",
        subtitle=about,
        caption=caption,
    )
    frame.save_button(figure, key, "Save the film (HTML)", "The curves as a film", caption, about)


def _part(now: view.View) -> film_sites.FilmPart | None:
    """Draw the choice of a part of the network and return it; None where all sites fit."""
    sites = loaders.sites(now.run or "")
    choices = film_sites.film_choices(sites, now.site)
    if not choices:
        return None
    asked = now.option("film", film_sites.DEPTH)
    choice = asked if asked in choices else film_sites.DEPTH
    controls.segments("Sites of the film", "film", choices, choice)
    if choice != asked:
        st.caption(f":material/info: The link asks for the film of “{view.plain(asked)}”, which is no part of this network.")
    return film_sites.film_part(sites, choice, now.site)
