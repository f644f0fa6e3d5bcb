"""F24: the place for copies is cut, stalls, garbles, answers 5xx, is full, has another host key or hour, or hangs on 100 kB/s."""

from __future__ import annotations

import random
import shutil
import time
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from hearthwatch.kit.clock import FakeClock
from hearthwatch.kit.errors import BadReply, Unreachable
from hearthwatch.kit.units import US_PER_S
from hearthwatch.offsite.target_s3 import PART_BYTES
from hearthwatch.offsite.upload import ANSWER_S, Parcel, Progress, Target, TargetRefused, Trouble
from tests.devices.bad_wire import BadWire, Fate
from tests.devices.s3_server import Mode, S3Server
from tests.devices.slow_wire import SlowWire
from tests.devices.sshd import SSHD, Sshd
from tests.faults.fault import Fault, NotHere, Outcome, Terms
from tests.offsite.far_ends import at_once, parcel, s3_target, sftp_target

_KINDS = (
    "sftp cut",
    "s3 cut",
    "sftp host key changed",
    "s3 5xx",
    "sftp garbled",
    "s3 full",
    "s3 clock",
    "sftp stall",
    "s3 garbled",
    "s3 stall",
    "sftp 100 kB/s",
    "s3 100 kB/s",
)
_FATES = {"cut": Fate.CUT, "garbled": Fate.CORRUPT, "stall": Fate.STALL}
_MODES = {"5xx": Mode.BUSY, "full": Mode.FULL, "clock": Mode.SKEWED}
_TROUBLES = {"full": Trouble.FULL, "clock": Trouble.CLOCK}
_ANSWER_S = 1.5
_TRIES = 60
_SLOW_BIT_S = 800_000


@dataclass(slots=True)
class FarEnds:
    sshd: Sshd
    s3: S3Server

    async def target(self, kind: str, port: int = 0, answer_s: float = _ANSWER_S) -> Target:
        """What the house sends with: at S3 a key that may only put."""
        if kind == "sftp":
            return await sftp_target(self.sshd, port=port, answer_s=answer_s)
        return s3_target(self.s3, port=port, answer_s=answer_s)

    async def honest(self, kind: str) -> Target:
        """What the far end really holds, by a line of its own."""
        return await sftp_target(self.sshd) if kind == "sftp" else s3_target(self.s3, self.s3.owner_key)


@asynccontextmanager
async def far_ends() -> AsyncIterator[FarEnds]:
    if SSHD is None:
        raise NotHere("no sshd here (Debian: apt-get install openssh-server)")
    with TemporaryDirectory() as folder:
        found = FarEnds(Sshd(Path(folder)), S3Server())
        await found.sshd.start()
        await found.s3.start()
        try:
            yield found
        finally:
            await found.s3.stop()
            await found.sshd.stop()


@dataclass(slots=True)
class Sent:
    """What a trial sent. `claimed` are parcels of which the target gave a proof."""

    claimed: list[Parcel]
    resumed: int = 0
    tries: int = 0


async def run(terms: Terms) -> Outcome:
    both, rng = await terms.shared.once(far_ends), terms.random
    whole = _KINDS[terms.number % len(_KINDS)]
    kind, _, fault = whole.partition(" ")
    slow = fault == "100 kB/s"
    big = PART_BYTES + rng.randrange(1, PART_BYTES) if kind == "s3" else rng.randrange(1, 8_000_000)
    sizes = [rng.randrange(60_000, 250_000)] if slow else [big, *(rng.randrange(1, 400_000) for _ in range(3))]
    parcels = [parcel(terms.folder, f"event/{terms.number}/{at}.age", rng.randbytes(size)) for at, size in enumerate(sizes)]
    total = sum(one.size_bytes for one in parcels)
    port = both.sshd.port if kind == "sftp" else both.s3.port
    wire = SlowWire("127.0.0.1", port, _SLOW_BIT_S) if slow else BadWire("127.0.0.1", port)
    if isinstance(wire, BadWire) and fault in _FATES:
        wire.fates = deque(_strikes(_FATES[fault], kind, parcels[0].size_bytes, rng))
    _host, wire_port = await wire.start()
    broken: list[str] = []
    honest = await both.honest(kind)
    # only what stands still or is garbled must be given up soon; a busy machine may take its time for a handshake or an answer
    answer_s = ANSWER_S if fault == "host key changed" or fault in _MODES else _ANSWER_S
    target = await both.target(kind, wire_port, answer_s)
    began_s = time.monotonic()
    try:
        if fault == "host key changed":
            broken += await _with_another_key(both, target, parcels[0])
        elif fault in _MODES:
            broken += await _with_a_mode(both, target, parcels[0], fault)
        if fault == "clock":
            broken += await _with_our_clock_off(both, parcels[0], rng.choice((-3600, 3600, 7200)))
        sent = await _send(target, parcels)
        took_s = time.monotonic() - began_s
        unverified = 0
        for one in sent.claimed:
            try:
                await honest.prove(one.name, one.size_bytes, one.sha256)
            except (BadReply, TargetRefused):
                unverified += 1
        names = {one.name async for one in honest.list() if one.name.startswith(f"event/{terms.number}/")}
        for name in names:
            await honest.delete(name)
    finally:
        await both.s3.set_mode(Mode.HONEST)
        await target.close()
        await honest.close()
        await wire.stop()
    if unverified:
        broken.append(f"{unverified} copies counted as kept and are not there as they were sent")
    if len(sent.claimed) < len(parcels):
        broken.append(f"{len(parcels) - len(sent.claimed)} of {len(parcels)} copies never arrived in {_TRIES} tries")
    if extra := names - {one.name for one in parcels}:
        broken.append(f"something else lies there: {sorted(extra)}")
    if isinstance(wire, BadWire) and fault in _FATES and not wire.struck:
        broken.append("nothing was struck: the trial proves nothing")
    struck = len(wire.struck) if isinstance(wire, BadWire) else 0
    again = max(0, wire.up_bytes - round(total * 1.02))  # headers, and what encryption adds
    if again > struck * (PART_BYTES + 400_000) + 20_000:
        broken.append(f"{again} bytes were sent again after {struck} cuts")
    return Outcome(
        figures={"unverified": unverified, "sent_again_bytes": again, "sent_again_frac": again / total, "took_s": took_s},
        broken=tuple(broken),
        notes={"failure": whole, "resumed": str(bool(sent.resumed))},
    )


def _strikes(fate: Fate, kind: str, size_bytes: int, rng: random.Random) -> list[tuple[Fate, int] | None]:
    """What becomes of each connection. S3 has one for each part, and short ones that begin and end the whole."""
    if kind == "sftp":
        return [(fate, rng.randrange(4000, max(5000, size_bytes))) for _ in range(rng.randint(1, 3))]
    return [(fate, rng.randrange(20_000, 50_000)) if at < 2 or rng.random() < 0.4 else None for at in range(8)]


async def _send(target: Target, parcels: list[Parcel]) -> Sent:
    """As the courier does: each try goes on where the last one came."""
    sent = Sent(claimed=[])
    for one in parcels:
        progress: list[Progress] = []
        for _try in range(_TRIES):
            sent.tries += 1
            sent.resumed += bool(progress)
            try:
                proof = await target.put(one, at_once, resume=progress[-1] if progress else None, on_progress=progress.append)
            except (Unreachable, BadReply, TargetRefused):
                continue
            if proof.sha256 == one.sha256:
                sent.claimed.append(one)
            break
    return sent


async def _refused(target: Target, one: Parcel, trouble: Trouble | None) -> list[str]:
    try:
        await target.put(one, at_once)
    except TargetRefused as error:
        return [] if error.trouble is trouble else [f"told as {error.trouble} instead of {trouble}"]
    except (Unreachable, BadReply) as error:
        return [] if trouble is None else [f"told as {error!r} instead of {trouble}"]
    return [f"taken in spite of {trouble or 'the failure'}"]


async def _with_another_key(both: FarEnds, target: Target, one: Parcel) -> list[str]:
    """Somebody else answers in the place of the far end; then it is itself again."""
    folder = both.sshd.folder
    before = [path for path in both.sshd.root.rglob("*") if path.is_file()]
    await both.sshd.stop()
    for end in ("", ".pub"):
        shutil.move(folder / f"host{end}", folder / f"kept{end}")
    await both.sshd.start()
    try:
        said = await _refused(target, one, Trouble.HOST_KEY_CHANGED)
        if [path for path in both.sshd.root.rglob("*") if path.is_file()] != before:
            said.append("something was sent to a host with another key")
        return said
    finally:
        await both.sshd.stop()
        for end in ("", ".pub"):
            shutil.move(folder / f"kept{end}", folder / f"host{end}")
        await both.sshd.start()


async def _with_a_mode(both: FarEnds, target: Target, one: Parcel, fault: str) -> list[str]:
    await both.s3.set_mode(_MODES[fault])
    try:
        return await _refused(target, one, _TROUBLES.get(fault))
    finally:
        await both.s3.set_mode(Mode.HONEST)


async def _with_our_clock_off(both: FarEnds, one: Parcel, off_s: int) -> list[str]:
    target = s3_target(both.s3, clock=FakeClock(wall_us=(int(time.time()) + off_s) * US_PER_S))
    try:
        return await _refused(target, one, Trouble.CLOCK)
    finally:
        await target.close()


FAULT = Fault(
    id="F24",
    what="SFTP and S3: cut, stalled and garbled in the middle of a copy, 5xx, full, another host key, clocks an hour apart, 100 kB/s",
    promise="P13",
    short=3,
    full=72,
    trial=run,
    limit_s=150.0,
)
