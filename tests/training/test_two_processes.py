"""EELU's alternation under DDP: two gloo processes, our loop and one written out."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from core.runs import RunStore

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def seen(tmp_path_factory):
    folder = tmp_path_factory.mktemp("two") / "runs"
    command = [sys.executable, "-m", "tests.training.two_processes", str(folder)]
    answer = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)
    assert answer.returncode == 0, answer.stderr
    return {**json.loads(answer.stdout.splitlines()[-1]), "folder": folder}


def test_two_processes_write_one_run(seen):
    assert seen["world"] == 2 and seen["status"] == "succeeded"
    assert [run.id for run in RunStore(seen["folder"]).runs()] == [seen["run"]]


def test_our_loop_moves_alpha_and_beta_in_clean_steps_only(seen):
    """Step 1 has noise and step 2 is clean: snapshots follow steps 1 and 2; each step has two accumulated batches."""
    table = RunStore(seen["folder"])[seen["run"]].snapshots().parameters()
    by_step = {step: part["value"].to_numpy() for step, part in table.groupby("step")}
    assert (by_step[0] == by_step[1]).all()
    assert (by_step[1] != by_step[2]).mean() > 0.9


@pytest.mark.parametrize("optimizer", ["sgd", "adamw"])
def test_values_and_the_optimizers_state_stand_still_in_noise_steps_on_every_rank(seen, optimizer):
    assert [step["noisy"] for step in seen[optimizer]] == [True, False, True, False, True]
    assert [step["still"] for step in seen[optimizer]] == [True, False, True, False, True]
    assert all(step["ranks_agree"] for step in seen[optimizer])
