"""A pool that is asked for more than it has waits; it begins no thread later."""

from __future__ import annotations

import threading

import pytest

from hearthwatch.kit.pool import started_pool


def refuse(_thread: threading.Thread) -> None:
    raise RuntimeError("can't start new thread")


def test_all_of_it_works_where_no_thread_may_be_begun_any_more(monkeypatch: pytest.MonkeyPatch) -> None:
    with started_pool("work", 3) as pool:
        monkeypatch.setattr(threading.Thread, "start", refuse)
        met = threading.Barrier(3, timeout=30)
        assert sorted(done.result(30) for done in [pool.submit(met.wait) for _ in range(3)]) == [0, 1, 2]
        assert [pool.submit(len, "abc").result(30) for _ in range(20)] == [3] * 20


def test_where_not_all_can_be_begun_none_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    start, begun = threading.Thread.start, []

    def only_two(thread: threading.Thread) -> None:
        if len(begun) == 2:
            refuse(thread)
        begun.append(thread)
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", only_two)
    with pytest.raises(RuntimeError, match="can't start new thread"):
        started_pool("work", 3)
    for thread in begun:
        thread.join(30)
        assert not thread.is_alive()
