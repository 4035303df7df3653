"""Open a file: what is in it, which network it is, what its activations are on images of one's choice."""

from functools import partial
from typing import TYPE_CHECKING

import streamlit as st

from core.analysis import wording
from core.data.image_choice import ImageChoice
from core.errors import ExplorerError
from core.runs.contents import SUFFIXES, Contents, size_text
from explorer import caches, cells, controls, frame, jobs, loaders, open_file_data, plots, router, terms, uploads, view
from explorer.open_file_data import Choice, Opening

if TYPE_CHECKING:
    from streamlit.runtime.uploaded_file_manager import UploadedFile

    from core.analysis.report import Report
    from core.runs import Run

#: What the link's `on` may say beside a data set: no images, or a folder of one's own.
NOTHING, FOLDER = "nothing", "folder"
TOLD = "Told by the file"
LISTED = 300


def page() -> None:
    """Draw the page."""
    controls.heading("Open a file")
    view.show_problems()
    file = _file()
    if file is None:
        _says_what_can_be_opened()
        return
    try:
        listed = open_file_data.contents(file)
    except ExplorerError as error:
        st.error(view.plain(str(error)), icon=":material/error:")
        return
    _contents(listed)
    if listed.refused or not controls.torch_ready(260):
        return
    choice, opening = _network(file, listed)
    if opening is None or opening.problem:
        return
    images = _images(opening)
    if images is not None:
        _report(file, choice, images)


def _file() -> "uploads.Upload | None":
    """Draw the ways to give a file; return the one that was given."""
    left, right = st.columns([3, 2], gap="medium")
    with left:
        sent = st.file_uploader(
            "A checkpoint file", type=[s.lstrip(".") for s in SUFFIXES], key="checkpoint_file",
            help=f"At most {size_text(open_file_data.size_limit())}. It stays on this computer.",
        )  # fmt: skip
    with right:
        runs, asked = open_file_data.runs_with_checkpoints(), view.current().option("checkpoint")
        controls.choose("or the checkpoint of a run here", "checkpoint", runs, asked, format_func=loaders.run_name,
                        disabled=sent is not None)  # fmt: skip
    if sent is not None:
        return _kept(sent)
    run_id = view.current().option("checkpoint")
    if not run_id:
        return None
    try:
        return open_file_data.file_of_run(run_id)
    except ExplorerError as error:
        st.error(view.plain(str(error)), icon=":material/search_off:")
        return None


def _kept(sent: "UploadedFile") -> "uploads.Upload":
    """Return the file that was sent; its content is looked at once, not at every run of the page."""
    known, key = st.session_state.get("file_sent", (None, ""))
    found = uploads.uploads().find(key) if known == sent.file_id else None
    if found is None:
        found = uploads.uploads().add(sent.name, sent.getvalue())
        st.session_state["file_sent"] = (sent.file_id, found.key)
    return found


def _says_what_can_be_opened() -> None:
    limit = size_text(open_file_data.size_limit())
    st.markdown(
        f"Opens the weights of a trained network, whoever wrote them: {', '.join(SUFFIXES)}, at most {limit}. "
        "What is inside is listed before anything is loaded, and nothing in a file is ever run: a pickle that asks for more "
        "than plain weights is refused, with what it asks for."
    )
    st.markdown(
        "Recognised are the ResNets for CIFAR (20, 32, 44, 56, 110 …) with either shortcut, and torchvision's ResNet, VGG, "
        "MobileNet, GoogLeNet, DenseNet, EfficientNet and ConvNeXt; timm's where timm is installed."
    )
    st.caption("The same on the command line, for larger files too:")
    st.code("activation-explorer import FILE --dataset cifar10 --data-dir DIR --runs-dir runs", language=None, wrap_lines=True)


def _contents(listed: Contents) -> None:
    """Step 1: say what is inside, as tables."""
    st.subheader("1. What is inside", anchor=False)
    numbers = sum(int(n) for n in listed.tensor_table()["numbers"])
    parts = [listed.kind, size_text(listed.size), f"SHA-256 {listed.sha256[:12]}…"]
    if not listed.refused:
        parts += [wording.count(len(listed.tensors), "tensor"), wording.count(numbers, "number")]
    st.markdown(view.plain(f"{listed.name}: {' · '.join(parts)}"))
    if listed.refused:
        st.error(view.plain(listed.refused), icon=":material/block:")
    else:
        table = listed.tensor_table()
        with st.expander("Tensors", icon=":material/data_array:"):
            st.dataframe(
                table.head(LISTED), hide_index=True, height=260, alt=f"Table of {wording.count(len(table), 'tensor')}."
            )
            if len(table) > LISTED:
                st.caption(f"The first {LISTED} of {len(table):,}.")
    if listed.globals:
        refused = sum(not harmless for _, harmless in listed.globals)
        names = wording.count(len(listed.globals), "name")
        title = f"What the pickle asks for: {names}, {f'{refused} refused' if refused else 'all of which plain weights need'}"
        with st.expander(title, icon=":material/policy:", expanded=bool(listed.refused)):
            st.caption(terms.term("pickle global"))
            st.dataframe(listed.global_table(), hide_index=True, alt="Table of the names that the pickle asks for.")
    if listed.values:
        with st.expander("Values beside the tensors", icon=":material/notes:"):
            st.dataframe(listed.value_table(), hide_index=True, alt="Table of plain values.")


def _network(file: "uploads.Upload", listed: Contents) -> tuple[Choice, Opening | None]:
    """Step 2: say which network it is, or why that is not clear; both can be chosen."""
    st.subheader("2. Which network it is", anchor=False)
    choice = _choice(listed)
    job = open_file_data.opening_job(file, choice)
    if not jobs.show(job, 60):
        return choice, None
    opening: Opening = job.result
    if opening.problem:
        st.error(view.plain(opening.problem), icon=":material/rule:")
        if opening.activations:
            st.markdown(f"Choose the activation above: {', '.join(opening.activations)}.")
        if opening.differences is not None:
            count = len(opening.differences)
            st.dataframe(opening.differences.head(LISTED), hide_index=True, height="auto" if count <= 7 else 260,
                         alt="Table of the differences.")  # fmt: skip
            st.caption(f"Layout, {wording.count(count, 'difference')}. {terms.term('layout')}")
        return choice, opening
    st.markdown(f":material/check_circle: {view.plain(opening.title)}.")
    st.caption("\n".join(f"- {view.plain(sentence)}" for sentence in (*opening.said, *opening.assumed)))
    return choice, opening


def _choice(listed: Contents) -> Choice:
    """Draw the choice of architecture and activation, both told by the file unless somebody says otherwise."""
    left, right, _ = st.columns([2, 2, 3])
    key = listed.sha256[:12]
    with left:
        model = st.selectbox("Architecture", [TOLD, *open_file_data.architectures()], key=f"model_{key}",
                             help="The number of classes and of input channels is read from the weights.")  # fmt: skip
    with right:
        activation = st.selectbox("Activation", [TOLD, *open_file_data.activations()], key=f"activation_{key}",
                                  help="Of our own architectures only; others keep theirs.")  # fmt: skip
    return Choice(model=None if model == TOLD else model, activation=None if activation == TOLD else activation)


def _images(opening: Opening) -> ImageChoice | None:
    """Step 3: choose the images and the normalisation; None while nothing is chosen."""
    st.subheader("3. On which images", anchor=False)
    sets = open_file_data.data_sets()
    options = {**sets, FOLDER: "A folder of images", NOTHING: "No images"}
    own, asked = opening.dataset, view.current().option("on")
    left, middle, right = st.columns([3, 3, 2], vertical_alignment="bottom")
    with left:
        if "images_of_file" not in st.session_state and (asked in options or own in options):
            st.session_state["images_of_file"] = asked if asked in options else own
        name = st.selectbox("Images", list(options), key="images_of_file", format_func=options.__getitem__)
    complete, mean, sd = _normalisation(middle, name)
    folder = _folder() if name == FOLDER else None
    size = _size(name)
    with right:
        st.button("Look at it", key="look", type="primary", icon=":material/visibility:", on_click=view.change,
                  kwargs={"on": name}, disabled=not complete or (name == FOLDER and folder is None))  # fmt: skip
    if asked not in options:
        if asked:
            st.caption(f":material/info: The link asks for the images “{view.plain(asked)}”, which are not known here.")
        return None
    if asked != name or not complete or (asked == FOLDER and folder is None):
        return None
    if asked == NOTHING:
        return ImageChoice()
    data_dir = folder if asked == FOLDER else open_file_data.places_of(asked)
    return ImageChoice(dataset=asked, data_dir=data_dir, image_size=size or 32, input_size=size, mean=mean, sd=sd)


def _normalisation(
    place: "st.delta_generator.DeltaGenerator", name: str
) -> tuple[bool, tuple[float, ...] | None, tuple[float, ...] | None]:
    """Draw the choice of a normalisation; return whether it is complete, mean and sd (None: those of the data set)."""
    with place:
        chosen = st.selectbox("Normalisation", list(open_file_data.NORMALISATIONS), key="normalisation",
                              disabled=name == NOTHING, help=terms.term("normalisation"))  # fmt: skip
    if chosen != "Own numbers":
        return True, *(open_file_data.NORMALISATIONS[chosen] or (None, None))
    left, right = st.columns(2)
    with left:
        mean = _numbers("Mean per channel", "own_mean", "0.4914, 0.4822, 0.4465")
    with right:
        sd = _numbers("Standard deviation per channel", "own_sd", "0.2470, 0.2435, 0.2616")
    return bool(mean and sd), mean, sd


def _numbers(label: str, key: str, example: str) -> tuple[float, ...] | None:
    text = st.text_input(label, key=key, placeholder=example)
    try:
        return tuple(float(part) for part in text.split(",")) if text.strip() else None
    except ValueError:
        st.caption(":material/error: Numbers with commas between them, one per channel.")
        return None


def _size(name: str) -> int | None:
    """Draw the side to which images are scaled; None: as they are."""
    if name == NOTHING:
        return None
    with st.expander("More", icon=":material/tune:"):
        side = st.number_input("Scale the images to a side of … pixels (0: as they are; a folder: 32)", 0, 512, 0, key="side")
    return int(side) or None


def _folder() -> str | None:
    """Draw the upload of a folder of images; return where it lies, None while there is none."""
    sent = st.file_uploader(
        "A folder of images, one sub-folder per class", accept_multiple_files="directory", key="image_folder",
        type=["png", "jpg", "jpeg", "bmp", "webp"],
        help="Images of any size and mode: they are cut to squares, scaled, and made grey or RGB as the network takes them.",
    )  # fmt: skip
    if not sent:
        return None
    try:
        return str(uploads.uploads().add_images((each.name, each.getvalue()) for each in sent).path)
    except ExplorerError as error:
        st.error(view.plain(str(error)), icon=":material/error:")
        return None


def _report(file: "uploads.Upload", choice: Choice, images: ImageChoice) -> None:
    """Step 4: the report, its download, and the run kept."""
    st.subheader("4. Report", anchor=False)
    job = open_file_data.import_job(file, choice, images)
    if not jobs.show(job, 430):
        return
    run, report = job.result
    if not run.path.is_dir():
        open_file_data.forget(job)
        st.rerun()
    st.markdown(f"**{view.plain(report.accuracy)}**")
    _actions(run, report)
    _curves(run)
    st.dataframe(report.sites, hide_index=True, alt=f"Table of {wording.count(len(report.sites), 'site')}.",
                 height="auto" if len(report.sites) <= 10 else 400)  # fmt: skip
    st.caption(
        "Sites in forward order. The start is assumed: it is where this project starts the function. "
        f"Nearest function: {_lower(terms.term('nearest function'))} Dead unit: {_lower(terms.term('dead unit'))}"
    )
    _sentences("Found and assumed", ":material/fact_check:", report.assumed)
    _sentences("What could not be checked", ":material/help:", report.unchecked)


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]


def _sentences(title: str, icon: str, sentences: tuple[str, ...]) -> None:
    if sentences:
        with st.expander(title, icon=icon, expanded=True):
            st.markdown("\n".join(f"- {view.plain(sentence)}" for sentence in sentences))


def _actions(run: "Run", report: "Report") -> None:
    kept = run.id in loaders.run_ids()
    with st.container(horizontal=True, vertical_alignment="center"):
        st.download_button(
            "Download the report", data=partial(open_file_data.html_report, run, report), mime="text/html", key="report_html",
            file_name=f"{frame.file_stem(report.title)}-report.html", on_click="ignore", icon=":material/download:",
        )  # fmt: skip
        st.button("Keep as a run", key="keep", icon=":material/save:", on_click=_keep, args=(run,), disabled=kept)
        if kept:
            query = view.page_query(run=run.id, site=None, epoch=None, images=())
            st.page_link("pages/curves.py", label="Its curves", icon=":material/show_chart:", query_params=query)
    if problem := st.session_state.pop("keep_problem", None):
        st.error(view.plain(problem), icon=":material/error:")
    if kept:
        st.caption(f":material/check: Kept as {view.plain(run.id)}: every page can show it.")


def _keep(run: "Run") -> None:
    try:
        open_file_data.keep(run)
    except (ExplorerError, OSError) as error:
        st.session_state["keep_problem"] = str(error)
        return
    loaders.refresh_now()


def _curves(run: "Run") -> None:
    table = open_file_data.curves(run)
    if not plots.fits_small_multiples(table):
        st.caption(":material/grid_off: Too many sites for small panels; the table has them all.")
        return
    epoch, network = run.find_checkpoint(), run.info["made_with"]["network"]
    fig = caches.figure("small_multiples_figure", (), (run.id, "open"), partial(plots.small_multiples_figure, table))
    measured = "probe images of the data set chosen above" if table["density"].notna().any() else "no images, no densities"
    frame.figure(
        fig, key="open-curves", title="The activations of the file", subtitle=f"{network} · {measured}",
        caption="Blue: the curve now, dashed where hardly any input lies. Grey dots: the assumed start. Grey area: the inputs.",
        table=table, cell=frame.notebook_cell(cells.curves(run, epoch), plots.small_multiples_figure),
    )  # fmt: skip


router.show(page)
