"""F23: no descriptors, no memory, no processes left, a storm of SIGTERM: what may suffer suffers, recording and telling go on."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import os
import resource
import signal
import socket
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import aiohttp

from tests.faults.fault import Fault, NotHere, Outcome, Terms
from tests.faults.ledger_camera import FPS, holes
from tests.faults.ledger_house import PROCESSES, LedgerHouse, ledger_house, now_us

KINDS = ("no process", "64 descriptors", "looker memory", "SIGTERM storm", "house memory")
MAX_LOST_S = 2.0
_PIDS = Path("/sys/fs/cgroup/pids")
_MEMORY = Path("/sys/fs/cgroup/memory")
_CROWD = 80


async def run(terms: Terms) -> Outcome:
    found = await terms.shared.once(ledger_house)
    await found.whole()
    kind = KINDS[(terms.number - 1) % len(KINDS)]
    if kind == "SIGTERM storm":
        return await _storm(found, terms)
    since_us = now_us()
    await asyncio.sleep(terms.random.uniform(1, 3))
    before = found.house.pids()
    broken: list[str] = []
    await _ready_to_ring(found)
    async with _starved(found, kind, terms):
        # a house that falls for want of memory hears nothing until another stands; what it said it heard, it must tell
        ring = await found.ring(patience_s=60.0 if kind == "house memory" else 0.0)
        alert_s = await found.told_after(ring)
        seen = await _picture(found)
        await asyncio.sleep(terms.random.uniform(1, 4))
    lifted_ns = time.monotonic_ns()
    await found.whole()
    whole_s = (time.monotonic_ns() - lifted_ns) / 1e9
    await found.recorded_again(found.cameras, now_us())
    gap_s = 0.0
    for name in found.cameras:
        numbers = [one.number for one in await asyncio.to_thread(found.kept, name, since_us)]
        gap_s = max(gap_s, max((hole.lasts_s for hole in holes(numbers)), default=0.0))
    if gap_s:
        broken.append(f"{gap_s:.1f} s were not recorded with {kind}")
    if seen == 500:
        broken.append("the live picture ended in a fault of ours instead of an answer")
    after = found.house.pids()
    may_go = {"no process": {"looker"}, "looker memory": {"looker"}, "house memory": {"house"}}.get(kind, set())
    went = {role for role in PROCESSES if before.get(role) != after.get(role)}
    if kind in {"no process", "looker memory"} and went != {"looker"}:
        broken.append(f"with {kind} the looker should have gone: the trial proves nothing")
    if gone := went - may_go:
        broken.append(f"{', '.join(sorted(gone))} went with {kind}")
    findings, _ = await found.settled()
    broken += [f"{one.flaw.value} {one.path}: {one.detail}" for one in findings]
    figures = {"gap_s": gap_s, "alert_s": alert_s, "whole_again_s": whole_s, "lying_rows": len(findings)}
    return Outcome(
        figures=figures, broken=tuple(broken), notes={"starved": kind, "picture": str(seen), "went": " ".join(sorted(went))}
    )


@contextlib.asynccontextmanager
async def _starved(found: LedgerHouse, kind: str, terms: Terms) -> AsyncIterator[None]:
    pids = found.house.pids()
    with contextlib.ExitStack() as stack:
        if kind == "no process":
            stack.enter_context(_no_more_tasks(list(pids.values()), str(terms.seed)))
            os.kill(pids["looker"], signal.SIGKILL)
        elif kind == "looker memory":
            stack.enter_context(_no_more_memory(pids["looker"], str(terms.seed)))
            await asyncio.sleep(2)
            if found.house.pids().get("looker") == pids["looker"]:  # it got by with what it had
                os.kill(pids["looker"], signal.SIGKILL)
        elif kind == "64 descriptors":
            for role in ("supervisor", "recorder", "house"):  # the looker is another user's: the kernel does not let us
                stack.enter_context(_limited(pids[role], resource.RLIMIT_NOFILE, 64))
            stack.enter_context(_crowd(found.house.base))
        else:
            pid = pids["house"]
            stack.enter_context(_limited(pid, resource.RLIMIT_AS, _size_bytes(pid) + (1 << 20)))
        await asyncio.sleep(0.5)
        yield


@contextlib.contextmanager
def _limited(pid: int, limit: int, to: int) -> Iterator[None]:
    """Hold one process to less; one that ended meanwhile took its limit with it."""
    soft, hard = resource.prlimit(pid, limit)
    resource.prlimit(pid, limit, (to, hard))
    try:
        yield
    finally:
        with contextlib.suppress(ProcessLookupError):
            resource.prlimit(pid, limit, (soft, hard))


@contextlib.contextmanager
def _no_more_tasks(pids: list[int], name: str) -> Iterator[None]:
    """As TasksMax of a unit that is passed: no process and no thread more, also in the place of one that ends."""
    group = _PIDS / f"hearthwatch-{name}"
    try:
        group.mkdir()
        for pid in pids:
            (group / "cgroup.procs").write_text(str(pid))
        (group / "pids.max").write_text("1")
    except OSError as error:
        raise NotHere(f"needs a cgroup of pids that may be made ({error.strerror})") from error
    try:
        yield
    finally:
        (group / "pids.max").write_text("max")
        while left := (group / "cgroup.procs").read_text().split():
            for pid in left:
                with contextlib.suppress(ProcessLookupError):
                    (_PIDS / "cgroup.procs").write_text(pid)
        group.rmdir()


@contextlib.contextmanager
def _no_more_memory(pid: int, name: str) -> Iterator[None]:
    """From now on it gets none: the kernel kills it as soon as it needs a page. What comes after it has its own."""
    group = _MEMORY / f"hearthwatch-{name}"
    try:
        group.mkdir()
        (group / "memory.limit_in_bytes").write_text("0")
        (group / "cgroup.procs").write_text(str(pid))
    except OSError as error:
        raise NotHere(f"needs a cgroup of memory that may be made ({error.strerror})") from error
    try:
        yield
    finally:
        for left in (group / "cgroup.procs").read_text().split():
            with contextlib.suppress(ProcessLookupError):
                (_MEMORY / "cgroup.procs").write_text(left)
        group.rmdir()


@contextlib.contextmanager
def _crowd(base: str) -> Iterator[None]:
    """Connections to the page that stay."""
    place = urlsplit(base)
    found: list[socket.socket] = []
    try:
        for _ in range(_CROWD):
            one = socket.socket()
            one.setblocking(False)
            found.append(one)
            if one.connect_ex((place.hostname or "127.0.0.1", place.port or 80)) not in {0, errno.EINPROGRESS}:
                break
        yield
    finally:
        for one in found:
            one.close()


def _size_bytes(pid: int) -> int:
    return int(Path(f"/proc/{pid}/statm").read_text().split()[0]) * resource.getpagesize()


async def _ready_to_ring(found: LedgerHouse) -> None:
    """Wait until the next ring is due at once, by a connection that is there: a new one may not be taken."""
    due_ns = min(found._rang_ns.get(name, 0) for name in found.cameras) + round(22e9)
    await asyncio.sleep(max(0.0, (due_ns - time.monotonic_ns()) / 1e9))
    for name in found.cameras:
        found._bells[name] = (await found.house.get(f"/api/v1/cameras/{name}/trigger"))["path"]


async def _picture(found: LedgerHouse) -> int:
    """Return how the page answered who asked for a picture; 0 when it did not."""
    assert found.house._http is not None
    path = f"/api/v1/cameras/{next(iter(found.cameras))}/snapshot.jpg"
    try:
        async with found.house._http.get(found.house.base + path, timeout=aiohttp.ClientTimeout(total=10)) as answer:
            return answer.status
    except (aiohttp.ClientError, TimeoutError):
        return 0


async def _storm(found: LedgerHouse, terms: Terms) -> Outcome:
    """Everybody is told to end, again and again, as an impatient unit manager does; then the house is started anew."""
    since_us = now_us()
    await asyncio.sleep(terms.random.uniform(3, 8))
    pids, told_us = list(found.house.pids().values()), now_us()
    began_ns = time.monotonic_ns()
    for _ in range(200):
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGTERM)
        await asyncio.sleep(0.005)
    await found.house.ended(30.0)
    end_s = (time.monotonic_ns() - began_ns) / 1e9
    await found.house.start()
    await found.house.claim()
    await found.whole()
    await found.recorded_again(found.cameras, now_us())
    lost_s, broken = 0.0, []
    for name, camera in found.cameras.items():
        missing = holes([one.number for one in await asyncio.to_thread(found.kept, name, since_us)])
        sent = [one.number for one in camera.sent(since_us) if one.at_us <= told_us]
        lost_s = max(lost_s, len([one for one in sent if any(hole.first <= one <= hole.last for hole in missing)]) / FPS)
    if lost_s > MAX_LOST_S:
        broken.append(f"{lost_s:.1f} s of pictures from before the first SIGTERM are not on disk")
    findings, _ = await found.settled()
    broken += [f"{one.flaw.value} {one.path}: {one.detail}" for one in findings]
    figures = {"ended_s": end_s, "lost_s": lost_s, "lying_rows": len(findings)}
    return Outcome(figures=figures, broken=tuple(broken), notes={"starved": "SIGTERM storm"})


FAULT = Fault(
    id="F23",
    what="No process more, 64 descriptors in each process with a crowd at the page, no memory for the looker (it is killed) or the house, 200 SIGTERM to all",
    promise="P7 P11",
    short=1,
    full=20,
    trial=run,
)
