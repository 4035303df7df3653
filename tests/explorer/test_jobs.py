"""Background work: one at a time, with progress and stop."""

import threading
import time

import pytest

from core.errors import ExplorerError
from explorer.jobs import MOST, Job, Progress, Queue


def wait_until(job: Job, *states: str) -> None:
    end = time.monotonic() + 10
    while job.state not in states and time.monotonic() < end:
        time.sleep(0.005)
    assert job.state in states


def test_the_same_key_is_the_same_job_and_keeps_its_result() -> None:
    queue, calls = Queue(), []
    first = queue.submit("k", lambda progress: calls.append(1) or 42)
    wait_until(first, "done")
    assert queue.submit("k", lambda progress: calls.append(2)) is first
    assert (first.result, calls) == (42, [1])


def test_stop_ends_the_work_at_its_next_report() -> None:
    queue, begun = Queue(), threading.Event()

    def work(progress: Progress) -> None:
        while True:
            progress(1, 100, "Counting")
            begun.set()
            time.sleep(0.002)

    job = queue.submit("k", work)
    assert begun.wait(10)
    before = time.monotonic()
    job.cancel()
    wait_until(job, "stopped")
    assert time.monotonic() - before < 1
    assert queue.submit("k", work) is job
    queue.forget("k")
    again = queue.submit("k", lambda progress: "new")
    wait_until(again, "done")
    assert again is not job


def test_a_waiting_job_says_so_and_can_be_stopped_before_it_begins() -> None:
    queue, go = Queue(), threading.Event()
    first = queue.submit("a", lambda progress: go.wait(10))
    second = queue.submit("b", lambda progress: 1, "Computing clouds")
    assert second.words() == "Computing clouds, waiting for other work to end"
    second.cancel()
    go.set()
    wait_until(first, "done")
    assert second.state == "stopped"


def test_the_queue_is_bounded() -> None:
    queue, go = Queue(), threading.Event()
    jobs = [queue.submit(str(i), lambda progress: go.wait(10)) for i in range(MOST)]
    with pytest.raises(ExplorerError, match="8 computations are waiting already"):
        queue.submit("one more", lambda progress: None)
    go.set()
    for job in jobs:
        wait_until(job, "done")


def test_an_error_is_kept_as_a_sentence() -> None:
    def fail(progress: Progress) -> None:
        raise ExplorerError("The data set x has no image 7.")

    queue = Queue()
    job = queue.submit("k", fail)
    wait_until(job, "failed")
    assert queue.submit("k", fail) is job
    assert job.error == "The data set x has no image 7."


def test_progress_is_told_with_the_remaining_time() -> None:
    job = Job("k", state="running", text="Computing", started=time.monotonic() - 3)
    job.report(1, 4, "Noisy pass 1 of 4")
    assert job.share == 0.25
    assert job.words() == "Noisy pass 1 of 4, about 9 s"
