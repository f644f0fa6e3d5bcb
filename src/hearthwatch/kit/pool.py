"""Pools whose threads run from the start, so that what goes through them needs none that the machine may refuse later."""

from __future__ import annotations

import os
import threading
from concurrent.futures import ThreadPoolExecutor

_MORE_THAN_CORES = 5
"""asyncio's own takes four; the house's connection with its supervisor holds one for good."""


def started_pool(name: str, workers: int | None = None) -> ThreadPoolExecutor:
    """Return a pool all of whose threads run, as many as an event loop wants where it is not said. Raises RuntimeError when the
    machine allows no more (TasksMax, RLIMIT_NPROC)."""
    workers = workers or (os.cpu_count() or 1) + _MORE_THAN_CORES
    pool = ThreadPoolExecutor(workers, thread_name_prefix=name)
    together = threading.Barrier(workers)
    try:
        for _ in range(workers):
            pool.submit(together.wait)
    except RuntimeError:
        together.abort()
        pool.shutdown(wait=False)
        raise
    return pool
