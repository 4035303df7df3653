import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pytest
import torch

from core.errors import RunError
from core.runs import Run, RunWriter
from tests.runs.helpers import config, finished_run, network

WRITE = """
import sys, time
from core.runs import RunWriter
from tests.runs.helpers import config, network
with RunWriter(sys.argv[1], config(), network(), run_id="one") as run:
    for epoch in (1, 2):
        run.checkpoint(epoch)
        run.snapshot(epoch, epoch * 10)
        run.epoch(epoch=epoch, step=epoch * 10, train_loss=1 / epoch)
        run.save_resume({"step": epoch * 10})
    run.checkpoint(3)
    run.snapshot(3, 30)
    run.epoch(epoch=3, step=30, train_loss=99.0)
    with open(run.path / "metrics.csv", "a") as file:
        file.write("4,40,0.1")
    print("torn", flush=True)
    time.sleep(60)
"""


@pytest.fixture(scope="module")
def killed_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a run as SIGKILL leaves it between the row of epoch 3 and its resume.pt, in the middle of a further row."""
    folder = tmp_path_factory.mktemp("killed")
    writer = subprocess.Popen([sys.executable, "-c", WRITE, str(folder)], stdout=subprocess.PIPE, text=True)
    assert writer.stdout is not None and writer.stdout.readline() == "torn\n"
    assert Run(folder / "one").status == "running"
    os.kill(writer.pid, signal.SIGKILL)
    writer.wait()
    writer.stdout.close()
    return folder / "one"


@pytest.fixture
def killed(killed_once: Path, tmp_path: Path) -> Path:
    """Return a copy of the killed run, in tmp_path."""
    return shutil.copytree(killed_once, tmp_path / "one")


def test_a_killed_run_is_interrupted_and_goes_on_after_its_last_finished_epoch(tmp_path: Path, killed: Path) -> None:
    assert Run(killed).status == "interrupted"
    assert Run(killed).metrics()["epoch"].tolist() == [1, 2, 3]
    (killed / ".metrics.csv.0badcafe.tmp").write_text("left by a kill")
    with RunWriter(tmp_path, config(), network(), run_id="one", resume=True) as run:
        state = run.resume_state()
        assert state is not None
        assert (state["epoch"], state["step"], state["wall_time_s"] > 0) == (2, 20, True)
        expected = network().state_dict()
        assert all(torch.equal(value, expected[name]) for name, value in state["model"].items())
        assert run.run.metrics()["epoch"].tolist() == [1, 2]
        assert run.run.snapshots().epochs == [(1, 10), (2, 20)]
        assert 3 not in run.run.checkpoints() and 2 in run.run.checkpoints()
        aside = pd.read_csv(killed / "metrics.cut.csv")
        assert aside[["epoch", "step", "train_loss"]].values.tolist() == [[3, 30, 99.0]]
        time.sleep(0.01)
        run.checkpoint(3)
        run.epoch(epoch=3, step=30, train_loss=1 / 3)
    table = run.run.metrics()
    assert table["train_loss"].tolist() == [1.0, 0.5, 1 / 3]
    assert table["wall_time_s"].is_monotonic_increasing
    assert run.run.status == "succeeded" and len(run.run.info["times"]["resumed"]) == 1
    assert not list(killed.glob(".*.tmp"))


def test_without_resume_file_everything_starts_again(tmp_path: Path, killed: Path) -> None:
    (killed / "resume.pt").unlink()
    with RunWriter(tmp_path, config(), network(), run_id="one", resume=True) as run:
        assert run.resume_state() is None
        assert len(run.run.metrics()) == 0
        assert (run.run.snapshots().epochs, run.run.checkpoints()) == ([], [])
        run.epoch(epoch=1)
    assert pd.read_csv(killed / "metrics.cut.csv")["epoch"].tolist() == [1, 2, 3]


def test_another_config_is_refused_with_the_fields_that_differ(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt), RunWriter(tmp_path, config(), run_id="one"):
        raise KeyboardInterrupt
    with pytest.raises(RunError) as caught:
        RunWriter(tmp_path, config(lr=0.5, seed=1, runs_dir="elsewhere"), run_id="one", resume=True)
    assert str(caught.value) == "Run one was begun with another config: lr, seed differ."
    RunWriter(tmp_path, config(runs_dir="elsewhere"), run_id="one", resume=True).finish()


def test_other_data_are_refused(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt), RunWriter(tmp_path, config(), run_id="one", dataset={"fingerprint": "aa"}):
        raise KeyboardInterrupt
    with pytest.raises(RunError) as caught:
        RunWriter(tmp_path, config(), run_id="one", resume=True, dataset={"fingerprint": "bb"})
    assert str(caught.value) == "Run one was begun on other data: its fingerprint is aa, that of these bb."
    assert not (tmp_path / "one" / "lock").exists()


def test_a_run_that_has_succeeded_or_is_not_there_is_not_resumed(tmp_path: Path) -> None:
    finished_run(tmp_path)
    with pytest.raises(RunError, match="Run one has succeeded; there is nothing to resume"):
        RunWriter(tmp_path, config(), run_id="one", resume=True)
    with pytest.raises(RunError, match=r"There is no run two in .* to resume"):
        RunWriter(tmp_path, config(), run_id="two", resume=True)


def test_a_table_shorter_than_resume_says_is_refused(tmp_path: Path, killed: Path) -> None:
    (killed / "metrics.csv").write_text("epoch,train_loss\n1,1.0\n")
    with pytest.raises(RunError, match=r"resume\.pt was written after epoch 2, but metrics\.csv ends at epoch 1"):
        RunWriter(tmp_path, config(), network(), run_id="one", resume=True)
