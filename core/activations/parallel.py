"""Runs independent pieces of work on a few threads, with one meeting point at the end.

Whoever is free takes the next piece, so that a thread that another program holds up delays one piece and not half of the work.
The results do not depend on the number of threads.
"""

import functools
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import torch

#: More threads would wait for Python between two torch functions.
MOST_THREADS = 4
#: Fewer pieces for each thread are not worth the meeting.
FEWEST_PIECES = 3


def run_pieces(function: Callable[..., Any], pieces: Sequence[tuple[Any, ...]]) -> None:
    """Call `function(*piece)` for every piece, in any order; the function must not build a graph."""
    threads = min(torch.get_num_threads(), MOST_THREADS, len(pieces) // FEWEST_PIECES)
    if threads < 2 or torch._C._len_torch_dispatch_stack() > 0:
        for piece in pieces:
            function(*piece)
        return
    waiting = iter(pieces)  # taking the next of a list's iterator is one step of Python: no two threads get the same
    inference = torch.is_inference_mode_enabled()  # a state of each thread; tensors made in it are written in it alone
    others = [_pool(os.getpid()).submit(_run, function, waiting, inference) for _ in range(threads - 1)]
    _run(function, waiting, inference)
    for other in others:
        other.result()


def _run(function: Callable[..., Any], waiting: Iterator[tuple[Any, ...]], inference: bool) -> None:
    with torch.inference_mode() if inference else torch.no_grad():
        for piece in waiting:
            function(*piece)


@functools.cache
def _pool(process: int) -> ThreadPoolExecutor:
    """Return this process's threads; a forked child, which has none of its parent's, makes its own."""
    return ThreadPoolExecutor(MOST_THREADS - 1, thread_name_prefix="activations")
