"""Start: what is this, and what happened here?"""

import streamlit as st

from core.analysis import findings, wording
from core.analysis.groups import activation_title
from explorer import cells, choices, controls, draw, loaders, plots, router, view
from explorer.demo_tables import NOISE_PASSES

SENTENCE = (
    "Train networks whose activation functions learn or make noise, then see what the activations became, what the noise does to "
    "the features, and whether any of it really helped."
)


def page() -> None:
    """Draw the page."""
    controls.heading("Activation Explorer")
    st.markdown(SENTENCE)
    moved = findings.curve_that_moved(loaders.demo_sites())
    shown = moved.run or choices.demo_run("coslu")
    epoch = loaders.chosen_epoch(shown) if shown else None
    if shown is None or epoch is None or not loaders.curves_stored(shown, epoch):
        _no_demo()
        return
    _curves(shown, epoch, moved)
    noisy, pair = choices.demo_run("eelu"), _pair()
    _links(shown, epoch, moved, noisy, pair)
    view.show_problems()
    controls.empty_source()
    if noisy:
        _noise(noisy)
    if pair:
        _comparison(*pair)
    loaders.warm_up()
    controls.live()


def _no_demo() -> None:
    """Say how the demo runs are made, and lead to one's own."""
    st.markdown(
        ":material/inventory_2: The demo runs that belong here are missing. Make them (about half an hour on two cores):"
    )
    st.code("make demo-runs", language="bash")
    view.show_problems()
    controls.empty_source()
    own = loaders.own_ids()
    if own:
        st.markdown(f"Your folder holds {wording.count(len(own), 'run')}:")
        _numbered("pages/runs.py", "1. See what is there", ":material/table_rows:")
        _numbered(
            "pages/curves.py", "2. See what the activations became", ":material/show_chart:", run=own[0], site=None, epoch=None
        )


def _curves(run_id: str, epoch: int, moved: findings.Finding) -> None:
    name = activation_title(loaders.activations(run_id)[0])
    model = choices.common_model([run_id])
    sites = len(loaders.sites(run_id))
    draw.show(
        plots.small_multiples_figure, loaders.curves(run_id, epoch), ids=(run_id,), about=epoch, key="start-curves",
        setup=cells.curves(loaders.run(run_id), epoch), rows="one", height=300, page=view.link("curves", run=run_id, site=moved.site or loaders.sites(run_id)[0], epoch=epoch, channel=None),
        title=f"What training made of {name} at {wording.count(sites, 'place')} of one network",
        subtitle=f"{model} on {loaders.data_name(run_id)} · after epoch {epoch} · seed 0 · first layer left, last layer right",
        caption="Blue: the learned curve, dashed where hardly any input lies. Grey dots: how it started. Grey area: the inputs it gets.",
    )  # fmt: skip
    stayed = findings.curve_that_stayed(loaders.demo_sites())
    for icon, finding in ((":material/moving:", moved), (":material/trending_flat:", stayed)):
        st.markdown(f"{icon} {view.plain(finding.sentence)}", help=finding.criterion or None)


def _links(
    run_id: str, epoch: int, moved: findings.Finding, noisy: str | None, pair: tuple[str, str, tuple[str, ...]] | None
) -> None:
    with st.container(horizontal=True, key="three_links", gap="large"):
        _numbered("pages/curves.py", "1. What did each activation become?", ":material/show_chart:",
                  run=run_id, site=moved.site or loaders.sites(run_id)[0], epoch=epoch, channel=None, show="sites")  # fmt: skip
        if noisy:
            _numbered("pages/features.py", "2. What does the noise do?", ":material/scatter_plot:", run=noisy, site=loaders.sites(noisy)[-1],
                      epoch=loaders.chosen_epoch(noisy), channel=None, images=loaders.first_images(noisy))  # fmt: skip
        if pair:
            _numbered(
                "pages/compare.py",
                "3. Is it better, and is that real?",
                ":material/balance:",
                runs=pair[2],
                where=None,
                by="test",
            )


def _numbered(page: str, label: str, icon: str, **changes: object) -> None:
    st.page_link(page, label=f"**{label}**", icon=icon, query_params=view.page_query(**changes))


def _noise(run_id: str) -> None:
    """Draw the stored clouds of the demo run with noise."""
    site, epoch, ids = loaders.sites(run_id)[-1], loaders.chosen_epoch(run_id) or 0, loaders.first_images(run_id)
    stored = loaders.stored_clouds([(run_id, epoch)], site, ids, NOISE_PASSES)
    if stored is None:
        return
    finding = findings.noise_finding(findings.with_run(stored[0].summary(), loaders.run(run_id)))
    name = activation_title(loaders.activations(run_id)[0])
    panel = controls.run_name(run_id)
    draw.show(
        plots.cloud_figure, loaders.named_clouds(run_id, stored[0].table, panel), ids=(run_id,), about=(epoch, site, ids), key="start-noise",
        setup=cells.clouds([(loaders.run(run_id), epoch, panel)], site, ids, NOISE_PASSES),
        page=view.link("features", run=run_id, site=site, epoch=epoch, channel=None, images=ids),
        title=f"What the noise of {name} does to {wording.count(len(ids), 'image')}",
        subtitle=f"{choices.common_model([run_id])} on {loaders.data_name(run_id)} · site {site} · {NOISE_PASSES} noisy passes · seed 0",
        caption="Each dot is one noisy pass of an image, the ring its place with the noise off, the ellipse holds 95 %. "
        "The axes are the two directions in which the probe images differ most.",
    )  # fmt: skip
    st.markdown(f":material/blur_on: {view.plain(finding.sentence)}", help=finding.criterion or None)


def _pair() -> tuple[str, str, tuple[str, ...]] | None:
    """Return two demo groups whose comparison cannot be decided, and their runs; None: there is no such pair."""
    ids = loaders.demo_ids()
    plain = [g for g in loaders.groups(ids) if loaders.activations(g.runs[0].id) == ("relu",)]
    if not plain:
        return None
    found = findings.undecided_pair(loaders.values(ids, "test_accuracy"), plain[0].label)
    if found is None:
        return None
    members = {g.label: tuple(r.id for r in g.runs) for g in loaders.groups(ids)}
    return found[0], found[1], (*members[found[1]], *members[found[0]])


def _comparison(other: str, baseline: str, ids: tuple[str, ...]) -> None:
    table = loaders.values(ids, "test_accuracy")
    labels = list(dict.fromkeys(table["label"]))
    name, plain = labels[1], labels[0]
    finding = findings.comparison_finding(table, name, plain, data=choices.common_data(ids))
    draw.show(
        plots.strip_figure, table, ids=ids, about="start", key="start-comparison", setup=cells.values([loaders.run(r) for r in ids], "test_accuracy"),
        page=view.link("compare", runs=ids, where=None, by="test"), title=f"{name} and {plain}, one dot per seed", column="test_accuracy", baseline=plain,
        styles=choices.line_styles(ids, plain), height=200,
        subtitle=f"{choices.common_model(ids)} on {choices.common_data(ids)} · test accuracy of the checkpoint chosen on validation data",
        caption="The bar is the mean. Runs of one row differ in nothing but the seed.",
    )  # fmt: skip
    st.markdown(f":material/help: {view.plain(finding.sentence)}")


router.show(page)
