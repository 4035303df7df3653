"""Open a file: contents, network, images, report; refusals in sentences; the run kept."""

import io
import json
import time
from pathlib import Path

import pytest
import torch

from core.data.image_choice import ImageChoice
from core.runs import RunStore
from explorer.open_file_cells import Measured, curves_of_upload
from tests.runs.made_files import Attack, prefixed, theirs

from .conftest import Open, Opened
from .test_cells import executed, same


def content(value: object) -> bytes:
    """Return what torch.save writes."""
    buffer = io.BytesIO()
    torch.save(value, buffer)
    return buffer.getvalue()


def send(tab: Opened, name: str, data: bytes) -> Opened:
    tab.test.file_uploader(key="checkpoint_file").upload(name, data)
    return tab.run()


def wait_for(tab: Opened, words: str) -> Opened:
    for _ in range(200):
        if words in tab.text:
            return tab
        time.sleep(0.1)
        tab.run()
    raise AssertionError(f"'{words}' did not appear; there is:\n{tab.text}")


def ids(folder: Path, name: str) -> str:
    return next(r for r in RunStore(folder) if name in r)


def test_without_a_file_it_says_what_can_be_opened_and_what_never_happens(open_app: Open) -> None:
    text = open_app("open").text
    assert ".safetensors, .pt, .pth, .th, .ckpt, at most 200 MB" in text
    assert "nothing in a file is ever run" in text
    assert "activation-explorer import FILE" in text


def test_a_file_is_listed_then_recognised(open_app: Open) -> None:
    tab = send(open_app("open"), "theirs.pth", content({"state_dict": prefixed(theirs().state_dict(), "module.")}))
    wait_for(tab, "resnet8 with zero-padding shortcuts, 10 classes, 3 input channels.")
    assert "theirs.pth: torch, zip format" in tab.text
    assert "The weights lie under 'state\\_dict'." in tab.text
    assert "ReLU is assumed" in tab.text
    assert len(tab.test.dataframe[0].value) == len(theirs().state_dict())


def test_a_file_that_would_run_code_is_refused_with_its_globals(open_app: Open, tmp_path: Path) -> None:
    tab = send(open_app("open"), "bad.pt", content({"w": torch.zeros(1), "x": Attack(tmp_path / "trace")}))
    assert "bad.pt is refused, because it would run code when loaded: it asks for posix.mkdir." in tab.text
    assert "posix.mkdir" in set(tab.test.dataframe[0].value["name"])
    assert "2. Which network it is" not in tab.text
    assert not (tmp_path / "trace").exists()


def test_a_file_that_is_no_checkpoint_is_one_sentence(open_app: Open) -> None:
    tab = send(open_app("open"), "x.pt", b"\x89PNG\r\n\x1a\n0000")
    assert "x.pt is no checkpoint but a PNG image" in tab.text
    assert "1. What is inside" not in tab.text


def test_a_file_above_the_limit_names_the_limit(open_app: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("explorer.open_file_data.size_limit", lambda: 1000)
    tab = send(open_app("open"), "big.pt", content({"w": torch.zeros(1000)}))
    assert "files above the size limit of 1 kB are not opened" in tab.text


def test_another_architecture_is_explained_and_another_can_be_chosen(open_app: Open) -> None:
    tab = send(open_app("open"), "theirs.pt", content(theirs(3).state_dict()))
    wait_for(tab, "resnet20 with zero-padding")
    box = next(s for s in tab.test.selectbox if s.label == "Architecture")
    box.set_value("resnet56")
    tab.run()
    wait_for(tab, "another depth (3 blocks in layer1 instead of 9")
    assert "3. On which images" not in tab.text


def test_an_activation_that_is_not_clear_is_asked_for(open_app: Open) -> None:
    from core.models import make_model

    tab = send(open_app("open"), "own.pt", content(make_model("resnet8", "coslu").state_dict()))
    wait_for(tab, "Choose the activation above: pelu, coslu")
    next(s for s in tab.test.selectbox if s.label == "Activation").set_value("coslu")
    tab.run()
    wait_for(tab, "3. On which images")


def test_a_link_opens_the_checkpoint_of_a_run_on_its_images_up_to_the_report(open_app: Open, demo: Path) -> None:
    run_id = ids(demo, "coslu-s0")
    tab = open_app("open", checkpoint=run_id, on="nothing")
    wait_for(tab, "What could not be checked")
    assert "No accuracy: no labelled images" in tab.text
    assert len(tab.charts) == 1
    assert list(tab.test.dataframe[-1].value["function"]) == ["CosLU"] * 7


def test_a_run_that_is_kept_opens_on_every_page(open_app: Open, demo: Path, tmp_path: Path) -> None:
    mine = tmp_path / "kept"
    mine.mkdir()
    tab = open_app("open", mine, checkpoint=ids(demo, "coslu-s0"), on="fashion-sample")
    wait_for(tab, "Validation accuracy ")
    tab.button("Keep as a run")
    (kept,) = RunStore(mine)
    assert f'run = RunStore({str(mine)!r})["{kept}"]' in cell_of(tab)
    assert f"Kept as {kept}: every page can show it." in tab.text.replace("\\", "")
    query = tab.links["Its curves"]
    assert query["run"] == kept
    for page in ("curves", "features", "runs", "compare"):
        tab.go(page, **query)
        assert not tab.test.error
    assert tab.go("curves", **query).charts


def cell_of(tab: Opened) -> str:
    (cell,) = [c.value for c in tab.test.main.get("code") if "import" in c.value]
    assert "activation-explorer-" not in cell, "it names the temporary folder"
    return str(cell)


def test_the_cell_of_an_upload_draws_the_figure_from_the_file_that_its_owner_has(open_app: Open, tmp_path: Path) -> None:
    data = content({"state_dict": prefixed(theirs(channels=1).state_dict(), "module.")})
    (tmp_path / "theirs.pth").write_bytes(data)  # the app and the cell run in this folder
    tab = send(open_app("open", on="fashion-sample"), "theirs.pth", data)
    wait_for(tab, "What could not be checked")
    cell = cell_of(tab)
    assert "FILE = 'theirs.pth'  # set this to where the file lies on your computer" in cell
    assert "table = file_curves(FILE, ImageChoice(dataset='fashion-sample'))" in cell
    assert same(json.loads(executed(cell).to_json()), tab.charts[0])


def test_the_cell_of_a_run_names_the_run_and_draws_the_figure(open_app: Open, demo: Path) -> None:
    run_id = ids(demo, "coslu-s0")
    tab = open_app("open", checkpoint=run_id, on="nothing")
    wait_for(tab, "What could not be checked")
    cell = cell_of(tab)
    assert f'run = RunStore(DEMO)["{run_id}"]' in cell
    assert "table = file_curves(FILE)" in cell
    assert same(json.loads(executed(cell).to_json()), tab.charts[0])


def test_a_folder_of_images_is_named_by_its_owner_and_choices_stay() -> None:
    images = ImageChoice(dataset="folder", data_dir="/tmp/x/abc", image_size=64, mean=(0.5,), sd=(0.5,))
    made = Measured(model="resnet20", activation="relu", images=images, own_folder=True)
    assert curves_of_upload("a b.pt", made).splitlines()[-3:] == [
        "FILE = 'a b.pt'  # set this to where the file lies on your computer",
        "FOLDER = 'images'  # set this to your folder of images, one sub-folder per class",
        "table = file_curves(FILE, ImageChoice(dataset='folder', data_dir=FOLDER, image_size=64, mean=(0.5,), sd=(0.5,)),"
        " model='resnet20', activation='relu')",
    ]


def test_an_unknown_run_in_a_link_is_named(open_app: Open) -> None:
    tab = open_app("open", checkpoint="../../etc/passwd")
    assert "There is no run “../../etc/passwd” here." in tab.text.replace("\\", "")
