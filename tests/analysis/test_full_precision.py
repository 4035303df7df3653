"""Whether TF32 is left out, and set back, whoever leaves last; the switches exist without a GPU."""

import threading
from collections.abc import Iterator

import pytest
import torch

from core.analysis.full_precision import full_precision

GPU, CPU = torch.device("cuda"), torch.device("cpu")


@pytest.fixture(autouse=True)
def as_it_was() -> Iterator[None]:
    before = switches()
    yield
    torch.backends.cudnn.allow_tf32, torch.backends.cuda.matmul.allow_tf32 = before


def switches() -> tuple[bool, bool]:
    return torch.backends.cudnn.allow_tf32, torch.backends.cuda.matmul.allow_tf32


@pytest.mark.parametrize("before", [(True, False), (False, True), (True, True), (False, False)])
def test_tf32_is_off_inside_and_as_before_outside(before):
    torch.backends.cudnn.allow_tf32, torch.backends.cuda.matmul.allow_tf32 = before
    with full_precision(GPU):
        assert switches() == (False, False)
        with full_precision(GPU):
            pass
        assert switches() == (False, False)
    assert switches() == before
    with pytest.raises(KeyError), full_precision(GPU):
        raise KeyError
    assert switches() == before


def test_a_cpu_is_left_alone():
    torch.backends.cudnn.allow_tf32 = True
    with full_precision(CPU):
        assert switches()[0]


def test_the_thread_that_leaves_last_sets_it_back():
    torch.backends.cudnn.allow_tf32 = True
    inside, go = threading.Event(), threading.Event()

    def other() -> None:
        with full_precision(GPU):
            inside.set()
            go.wait(10)

    thread = threading.Thread(target=other)
    with full_precision(GPU):
        thread.start()
        assert inside.wait(10)
    assert not switches()[0]
    go.set()
    thread.join()
    assert switches()[0]
