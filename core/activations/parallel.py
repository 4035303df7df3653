"""Runs blocks of a tensor on a few threads, with one meeting point at the end.

Every block is small enough that torch runs it on one thread: so the sums of parameter gradients do not depend on the number of
threads, and a busy machine costs one wait a call, not one for each torch function in it.
"""

import functools
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import torch

#: More threads would wait for Python between two torch functions.
MOST_THREADS = 4
#: Fewer blocks for each thread are not worth the meeting.
FEWEST_BLOCKS = 3


def run_blocks(function: Callable[..., Any], blocks: Sequence[tuple[Any, ...]]) -> list[Any]:
    """Return `function(*block)` for every block, in order; the function must not build a graph."""
    threads = min(torch.get_num_threads(), MOST_THREADS, len(blocks) // FEWEST_BLOCKS)
    if threads < 2 or torch._C._len_torch_dispatch_stack() > 0:
        return [function(*block) for block in blocks]
    share = -(-len(blocks) // threads)
    parts = [blocks[i : i + share] for i in range(0, len(blocks), share)]
    inference = torch.is_inference_mode_enabled()  # a state of each thread; tensors made in it are written in it alone
    futures = [_pool(os.getpid()).submit(_run, function, part, inference) for part in parts[1:]]
    results = [_run(function, parts[0], inference), *(future.result() for future in futures)]
    return [result for part in results for result in part]


def _run(function: Callable[..., Any], blocks: Sequence[tuple[Any, ...]], inference: bool) -> list[Any]:
    with torch.inference_mode() if inference else torch.no_grad():
        return [function(*block) for block in blocks]


@functools.cache
def _pool(process: int) -> ThreadPoolExecutor:
    """Return this process's threads; a forked child, which has none of its parent's, makes its own."""
    return ThreadPoolExecutor(MOST_THREADS - 1, thread_name_prefix="activations")
