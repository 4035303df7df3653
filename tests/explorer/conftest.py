"""The app on small made-up runs, page by page, without a browser."""

import json
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import pytest
import torch
from streamlit.testing.v1 import AppTest

import explorer.source
from core.runs import RunStore
from explorer import jobs
from explorer.demo_tables import store_tables

from .made_runs import close_runs, make_run

APP = Path(explorer.source.__file__).with_name("app.py")
Open = Callable[..., "Opened"]


def wait_for_chart(tab: "Opened", seconds: float = 90) -> "Opened":
    """Run the page again until the job that it shows has ended in a chart."""
    end = time.monotonic() + seconds
    while not tab.charts and time.monotonic() < end:
        time.sleep(0.2)
        tab.run()
    assert tab.charts, tab.text
    return tab


@pytest.fixture(autouse=True)
def no_job_outlives_its_test() -> Iterator[None]:
    """Stop the work that a page began: the next test has the processor to itself."""
    yield
    for job in list(jobs.queue()._jobs.values()):
        job.cancel()
    jobs.queue()._jobs.clear()  # or the next test would find it stopped


class Opened:
    """One tab of the app."""

    def __init__(self, test: AppTest) -> None:
        self.test = test

    def run(self) -> "Opened":
        self.test.run()
        assert not self.test.exception, [e.value for e in self.test.exception]
        return self

    def go(self, page: str, **query: str) -> "Opened":
        """Open a page as a click in the navigation does: with an empty query, or with that of a link."""
        self.test.query_params = dict(query)
        self.test.switch_page(f"pages/{page}.py")
        return self.run()

    @property
    def query(self) -> dict[str, Any]:
        return dict(self.test.query_params)

    @property
    def text(self) -> str:
        """Return every word of the main area that is not in a chart or a cell."""
        kinds = ("title", "header", "subheader", "markdown", "caption", "error", "code", "progress")
        found = [str(e.value) for kind in kinds for e in self.test.main.get(kind) if hasattr(e, "value")]
        found += [e.proto.text for e in self.test.main.get("progress")]
        found += [e.label for kind in ("button", "page_link", "expander") for e in self.test.main.get(kind)]
        return "\n".join(found)

    @property
    def charts(self) -> list[dict[str, Any]]:
        """Return the figures of the main area, as plotly's JSON."""
        return [json.loads(c.proto.spec) for c in self.test.main.get("plotly_chart")]

    @property
    def links(self) -> dict[str, dict[str, str]]:
        """Return the page links of the main area: label → query."""
        links = self.test.main.get("page_link")
        return {link.label: dict(parse_qsl(link.proto.query_string, keep_blank_values=True)) for link in links}

    def button(self, label: str) -> "Opened":
        next(b for b in self.test.button if b.label == label).click()
        return self.run()


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder of demo runs: CosLU and ReLU with two seeds, EELU and PD-ReLU with one; seed 0 with its stored tables."""
    folder = tmp_path_factory.mktemp("demo")
    for activation, seeds in {"coslu": 2, "relu": 2, "eelu": 1, "pdrelu": 1}.items():
        for seed in range(seeds):
            make_run(folder, activation, seed)
    for run in RunStore(folder).runs():
        if run.train_config().seed == 0:
            store_tables(run)
    return folder


@pytest.fixture(scope="session")
def mine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder of one's own runs, one in every state that a page must know; and a damaged folder."""
    folder = tmp_path_factory.mktemp("mine")
    make_run(folder, "coslu", 1, sharing="network", run_id="own-network")
    make_run(folder, "coslu", 2, sharing="channel", run_id="own-channel")
    make_run(folder, "coslu", 3, model="resnet14", run_id="own-deeper", epochs=5)
    make_run(folder, "coslu", 4, snapshots=False, run_id="own-bare")
    make_run(folder, "eelu", 5, run_id="own-half", epochs=4, done=2)
    (folder / "broken").mkdir()
    (folder / "broken" / "run.json").write_text("{")
    return folder


@pytest.fixture
def open_app(demo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Open]:
    """Return a function that opens a tab: `open_app(page, folder, **query)`; without a folder on the demo runs alone."""

    def opened(page: str = "start", folder: Path | None = None, demo_folder: Path = demo, **query: str) -> Opened:
        monkeypatch.setattr(explorer.source, "DEMO", demo_folder)
        monkeypatch.delenv(explorer.source.VARIABLE, raising=False)
        if folder is not None:
            monkeypatch.setenv(explorer.source.VARIABLE, str(folder))
        monkeypatch.chdir(tmp_path)
        tab = Opened(AppTest.from_file(APP, default_timeout=60))
        if page == "start":
            tab.test.query_params = dict(query)
            return tab.run()
        return tab.run().go(page, **query)

    assert torch.__version__  # loaded: no page waits for it here
    yield opened
    close_runs()


@pytest.fixture
def without_checkpoints(mine: Path, tmp_path: Path) -> Path:
    """Return a folder with the run own-half, whose checkpoints are gone."""
    folder = tmp_path / "slim"
    shutil.copytree(mine / "own-half", folder / "own-half")
    shutil.rmtree(folder / "own-half" / "checkpoints")
    return folder
