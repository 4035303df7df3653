"""Start: what is this, and what happened here?"""

from typing import Any

import streamlit as st

from core.analysis import findings, wording
from core.analysis.groups import activation_title
from explorer import (
    cells,
    choices,
    controls,
    curves_data,
    draw,
    group_loaders,
    loaders,
    network_loaders,
    plots,
    router,
    torch_import,
    view,
)
from explorer.demo_tables import NOISE_PASSES

SENTENCE = (
    "Train networks whose activation functions learn or make noise, then see what the activations became, what the noise does "
    "to the features, and whether any of it really helped."
)


def page() -> None:
    """Draw the page."""
    controls.heading("Activation Explorer")
    st.markdown(SENTENCE)
    moved = findings.curve_that_moved(group_loaders.demo_sites())
    shown = moved.run or choices.demo_run("coslu")
    epoch = loaders.chosen_epoch(shown) if shown else None
    if shown is None or epoch is None or not loaders.curves_stored(shown, epoch):
        _no_demo()
        return
    _curves(shown, epoch, moved)
    noisy, pair = choices.demo_run("eelu"), group_loaders.undecided_runs(loaders.demo_ids())
    _links(shown, epoch, moved.site or loaders.sites(shown)[0], noisy, pair)
    view.show_problems()
    controls.empty_source()
    if noisy:
        _noise(noisy)
    if pair:
        _comparison(pair)
    _warm_up()
    controls.live()


def _warm_up() -> None:
    """Have torch imported once the figures stand: the browser's clock, which starts when it has the page, says when."""
    if torch_import.torch_imported():
        return
    drawn = False

    @st.fragment(run_every=4.0)
    def later() -> None:
        """Begin at the second call: the first comes with the page itself."""
        nonlocal drawn
        if drawn:
            torch_import.warm_up()
        drawn = True

    later()


def _no_demo() -> None:
    """Say how the demo runs are made, and lead to one's own."""
    st.markdown(
        ":material/inventory_2: The demo runs that belong here are missing. Make them (about half an hour on two cores):"
    )
    st.code("make demo-runs", language=None)
    view.show_problems()
    controls.empty_source()
    own = loaders.own_ids()
    if own:
        st.markdown(f"Your folder holds {wording.count(len(own), 'run')}:")
        _numbered("pages/runs.py", "1. See what is there", ":material/table_rows:")
        first = {"run": own[0], "site": None, "epoch": None}
        _numbered("pages/curves.py", "2. See what the activations became", ":material/show_chart:", **first)


def _curves(run_id: str, epoch: int, moved: findings.Finding) -> None:
    """Draw the curves of one demo run, and say which curve moved most and which stayed."""
    name = activation_title(loaders.activations(run_id)[0])
    places = wording.count(len(loaders.sites(run_id)), "place")
    notes = curves_data.notes(run_id, epoch)
    options: dict[str, Any] = {"notes": notes} if notes else {}
    draw.show(
        plots.small_multiples_figure,
        loaders.curves(run_id, epoch),
        ids=(run_id,),
        about=epoch,
        key="start-curves",
        setup=cells.curves(loaders.run(run_id), epoch),
        page=view.link("curves", run=run_id, site=moved.site or loaders.sites(run_id)[0], epoch=epoch, channel=None),
        title=f"What training made of {name} at {places} of one network",
        subtitle=f"{_about(run_id)} · after epoch {epoch} · first layer left, last layer right",
        caption="Blue: the learned curve, dashed where hardly any input lies. Grey dots: its start. Grey area: its inputs. "
        "Third line: the nearest classic function, unless none is within 10 %.",
        rows="one",
        height=270,
        **options,
    )
    stayed = findings.curve_that_stayed(group_loaders.demo_sites())
    for icon, finding in ((":material/moving:", moved), (":material/trending_flat:", stayed)):
        st.markdown(f"{icon} {view.plain(finding.sentence)}", help=finding.criterion or None)


def _links(run_id: str, epoch: int, site: str, noisy: str | None, pair: tuple[str, ...]) -> None:
    """Draw three numbered links to what the figures show, and the way to a network of one's own."""
    with st.container(horizontal=True, key="three_links", gap="large"):
        curves = {"run": run_id, "site": site, "epoch": epoch, "channel": None, "show": "sites"}
        _numbered("pages/curves.py", "1. What did each activation become?", ":material/show_chart:", **curves)
        if noisy:
            features = {
                "run": noisy,
                "site": loaders.sites(noisy)[-1],
                "epoch": loaders.chosen_epoch(noisy),
                "channel": None,
                "images": loaders.first_images(noisy),
            }
            _numbered("pages/features.py", "2. What does the noise do?", ":material/scatter_plot:", **features)
        if pair:
            compared = {"runs": pair, "where": None, "by": "test"}
            _numbered("pages/compare.py", "3. Is it better, and is that real?", ":material/balance:", **compared)
        st.page_link("pages/open.py", label="Open a file", icon=":material/folder_open:", query_params=view.page_query())


def _numbered(page: str, label: str, icon: str, **changes: object) -> None:
    st.page_link(page, label=f"**{label}**", icon=icon, query_params=view.page_query(**changes))


def _noise(run_id: str) -> None:
    """Draw the stored clouds of the demo run with noise."""
    site, epoch, ids = loaders.sites(run_id)[-1], loaders.chosen_epoch(run_id) or 0, loaders.first_images(run_id)
    stored = network_loaders.stored_clouds([(run_id, epoch)], site, ids, NOISE_PASSES)
    if stored is None:
        return
    finding = findings.noise_finding(findings.with_run(stored[0].summary(), loaders.run(run_id)))
    panel = loaders.run_name(run_id)
    name = activation_title(loaders.activations(run_id)[0])
    draw.show(
        plots.cloud_figure,
        network_loaders.named_clouds(run_id, stored[0].table, panel),
        ids=(run_id,),
        about=(epoch, site, ids),
        key="start-noise",
        setup=cells.clouds([(loaders.run(run_id), epoch, panel)], site, ids, NOISE_PASSES),
        page=view.link("features", run=run_id, site=site, epoch=epoch, channel=None, images=ids),
        title=f"What the noise of {name} does to {wording.count(len(ids), 'image')}",
        subtitle=f"{_about(run_id)} · site {site} · {NOISE_PASSES} noisy passes",
        caption="Each dot is one noisy pass of an image, the ring its place with the noise off, the ellipse holds 95 %. "
        "The axes are the two directions in which the probe images differ most.",
    )
    st.markdown(f":material/blur_on: {view.plain(finding.sentence)}", help=finding.criterion or None)


def _comparison(ids: tuple[str, ...]) -> None:
    """Draw every run of two groups as a dot, and say what that tells."""
    table = group_loaders.values(ids, "test_accuracy")
    baseline, other = dict.fromkeys(table["label"])
    data = choices.common_data(ids)
    finding = findings.comparison_finding(table, other, baseline, data=data)
    draw.show(
        plots.strip_figure,
        table,
        ids=ids,
        about="start",
        key="start-comparison",
        setup=cells.values([loaders.run(r) for r in ids], "test_accuracy"),
        page=view.link("compare", runs=ids, where=None, by="test"),
        title=f"{other} and {baseline}, one dot per seed",
        subtitle=f"{choices.common_model(ids)} on {data} · test accuracy of the checkpoint chosen on validation data",
        caption="The bar is the mean. Runs of one row differ in nothing but the seed.",
        column="test_accuracy",
        baseline=baseline,
        styles=choices.line_styles(ids, baseline),
        height=200,
    )
    st.markdown(f":material/help: {view.plain(finding.sentence)}")


def _about(run_id: str) -> str:
    """Return the run and its data for a subtitle."""
    return f"{loaders.run_name(run_id)} · {loaders.data_name(run_id)}"


router.show(page)
