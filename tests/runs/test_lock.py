import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from core.errors import RunLockedError
from core.runs.lock import STALE_SECONDS, LockHolder, RunLock, living_holder, process_start, read_lock

HOLD = """
import sys, pathlib, time
from core.runs.lock import RunLock
lock = RunLock(pathlib.Path(sys.argv[1]))
print("held", flush=True)
time.sleep(60)
"""


def _write(folder: Path, **changes: object) -> None:
    own = psutil.Process()
    values = {"host": socket.gethostname(), "pid": own.pid, "started": own.create_time(), "heartbeat": time.time()}
    (folder / "lock").write_text(json.dumps({**values, **changes}))


def test_a_second_writer_in_another_process_is_refused_with_the_pid_until_the_first_is_killed(tmp_path: Path) -> None:
    holder = subprocess.Popen([sys.executable, "-c", HOLD, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    assert holder.stdout is not None and holder.stdout.readline() == "held\n"
    with pytest.raises(RunLockedError) as caught:
        RunLock(tmp_path)
    assert str(caught.value) == (
        f"Run {tmp_path.name} is being written by a process with pid {holder.pid} on {socket.gethostname()}; "
        "wait until it ends, or stop it first."
    )
    holder.send_signal(signal.SIGKILL)
    deadline = time.monotonic() + 20
    while process_start(holder.pid) is not None and time.monotonic() < deadline:
        time.sleep(0.01)
    RunLock(tmp_path).release()  # at once, though its heartbeat is young and nobody has reaped the process
    holder.wait()
    holder.stdout.close()


def test_the_lock_names_host_pid_start_time_and_heartbeat_and_goes_with_release(tmp_path: Path) -> None:
    lock = RunLock(tmp_path)
    holder = read_lock(tmp_path)
    assert holder is not None
    assert (holder.host, holder.pid) == (socket.gethostname(), os.getpid())
    assert abs(holder.started - psutil.Process().create_time()) < 0.1
    assert abs(holder.heartbeat - time.time()) < 10
    with pytest.raises(RunLockedError, match=f"written by this process with pid {os.getpid()} "):
        RunLock(tmp_path)
    lock.release()
    assert not (tmp_path / "lock").exists()


def test_the_same_pid_with_another_start_time_is_another_process(tmp_path: Path) -> None:
    _write(tmp_path, started=psutil.Process().create_time() - 1000)
    assert living_holder(tmp_path) is None
    RunLock(tmp_path).release()


def test_on_this_host_an_old_heartbeat_does_not_free_the_lock(tmp_path: Path) -> None:
    _write(tmp_path, heartbeat=time.time() - 86_400)
    with pytest.raises(RunLockedError):
        RunLock(tmp_path)


@pytest.mark.parametrize(("age", "lives"), [(STALE_SECONDS - 30, True), (STALE_SECONDS + 30, False)])
def test_on_another_host_two_minutes_without_heartbeat_free_the_lock(tmp_path: Path, age: float, lives: bool) -> None:
    _write(tmp_path, host="elsewhere", pid=1, heartbeat=time.time() - age)
    assert (living_holder(tmp_path) is not None) is lives


@pytest.mark.parametrize("content", ["", "{", "[]", "null", '{"host": 1}', '{"host": "a", "pid": "x", "started": 0}'])
def test_a_lock_file_that_cannot_be_read_holds_nobody(tmp_path: Path, content: str) -> None:
    (tmp_path / "lock").write_text(content)
    assert read_lock(tmp_path) is None
    RunLock(tmp_path).release()


@pytest.mark.parametrize("pid", [-5, 2**70])
def test_an_impossible_pid_is_no_process(pid: int) -> None:
    assert not LockHolder(socket.gethostname(), pid, 0.0, time.time()).lives()


def test_a_holder_whose_lock_was_taken_over_stops_and_leaves_the_new_lock_alone(tmp_path: Path) -> None:
    lock = RunLock(tmp_path)
    _write(tmp_path, host="elsewhere", pid=7)
    lock.beat()
    with pytest.raises(RunLockedError, match="with pid 7 on elsewhere"):
        lock.check()
    lock.release()
    assert json.loads((tmp_path / "lock").read_text())["host"] == "elsewhere"


def test_the_heartbeat_is_renewed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.runs.lock.HEARTBEAT_SECONDS", 0.02)
    lock = RunLock(tmp_path)
    first = read_lock(tmp_path)
    deadline = time.monotonic() + 20
    while read_lock(tmp_path) == first and time.monotonic() < deadline:
        time.sleep(0.01)
    assert first is not None and read_lock(tmp_path).heartbeat > first.heartbeat  # type: ignore[union-attr]
    lock.release()
