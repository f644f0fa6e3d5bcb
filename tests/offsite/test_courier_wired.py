"""Two hundred segments to real far ends through a wire that cuts, stalls and corrupts."""

from __future__ import annotations

import asyncio
import io
import signal
import sys
import tarfile
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.devices.bad_wire import BadWire, Fate
from tests.devices.s3_server import S3Server
from tests.devices.sshd import Sshd
from tests.offsite.copies_bench import NAS, Copies, running, until
from tests.offsite.far_ends import folder_target, hub, s3_target, sftp_target

from hearthwatch.kit.units import US_PER_S
from hearthwatch.offsite.seal import unseal
from hearthwatch.offsite.upload import Target, TargetKind
from hearthwatch.recording.segment import Copied

pytestmark = [pytest.mark.wired, pytest.mark.waits]

SEGMENTS, SEGMENT_BYTES = 200, 400_000
STRIKES = [(fate, 3_000_000 + 131_000 * number) for number, fate in enumerate([Fate.CUT, Fate.CORRUPT] * 5)]
STRIKES.insert(5, (Fate.STALL, 1_400_000))


@dataclass
class FarEnd:
    open: Callable[[], Target]
    read: Target
    wire: BadWire | None


@asynccontextmanager
async def far_end(kind: TargetKind, folder: Path) -> AsyncIterator[FarEnd]:
    await asyncio.to_thread(folder.mkdir)
    if kind is TargetKind.FOLDER:
        yield FarEnd(open=lambda: folder_target(folder / "mounted"), read=folder_target(folder / "mounted"), wire=None)
        return
    if kind is TargetKind.HUB:
        async with hub(folder) as far:
            wire = BadWire("127.0.0.1", far.port.port, fates=deque(STRIKES))
            struck, plain = far.target((await wire.start())[1]), far.target()
            try:
                yield FarEnd(open=lambda: struck, read=plain, wire=wire)
            finally:
                await struck.close()
                await plain.close()
                await wire.stop()
        return
    server = Sshd(folder) if kind is TargetKind.SFTP else S3Server()
    await server.start()
    fates: deque[tuple[Fate, int] | None] = deque(STRIKES)
    if kind is TargetKind.S3:  # each put has a connection of its own
        fates = deque(one for fate, _after in STRIKES for one in ((fate, 60_000), *[None] * 12))
    wire = BadWire("127.0.0.1", server.port, fates=fates)
    _host, port = await wire.start()
    if isinstance(server, Sshd):
        struck, plain = await sftp_target(server, port), await sftp_target(server)
    else:
        struck, plain = s3_target(server, port=port), s3_target(server, server.owner_key)
    try:
        yield FarEnd(open=lambda: struck, read=plain, wire=wire)
    finally:
        await plain.close()
        await wire.stop()
        await server.stop()


async def restored(target: Target, copies: Copies) -> dict[bytes, int]:
    """Return what opens at the far end, and how often it is there."""
    found: dict[bytes, int] = {}
    async for one in target.list():
        plain = io.BytesIO()
        unseal([chunk async for chunk in target.read(one.name)], plain, [copies.keys.identity])
        with tarfile.open(fileobj=io.BytesIO(plain.getvalue())) as tar:
            data = tar.extractfile(tar.getmembers()[1]).read()
        found[data] = found.get(data, 0) + 1
    return found


@pytest.mark.parametrize("kind", list(TargetKind))
async def test_every_byte_arrives_nothing_goes_before_and_little_is_sent_twice(kind: TargetKind, tmp_path: Path) -> None:
    async with far_end(kind, tmp_path / "far") as far:
        copies = Copies(tmp_path / "house", delete_proved=True)
        made = copies.record("front", SEGMENTS, SEGMENT_BYTES, start_us=copies.clock.wall_us() - 86_400 * US_PER_S)
        contents = {copies.path_of(one).read_bytes(): one for one in made}
        proved: set[Copied] = set()
        copies.held = lambda file: file in proved
        await copies.scanner.scan()
        courier = copies.courier(NAS, far.open)
        scanned = copies.scanner.proved

        async def note(queued) -> None:
            piece = queued.upload.piece
            proof = await far.read.prove(queued.upload.name, queued.parcel_bytes, queued.upload.sealed_sha256)
            assert proof.name == queued.upload.name
            proved.add(Copied(camera=piece.camera, stream=piece.stream, sequence=queued.sequence, sha256=piece.sha256))
            await scanned(queued)

        copies.scanner.proved = note  # type: ignore[method-assign]
        try:
            async with asyncio.timeout(540), running(courier):
                await copies.until_sent()
                await until(lambda: len(copies.deleted) == SEGMENTS)
        finally:
            copies.close()
        assert all(was_held for _file, was_held in copies.deleted)
        assert await restored(far.read, copies) == dict.fromkeys(contents, 1)
        if far.wire is not None:
            assert set(far.wire.struck) == set(Fate)
            stored = sum([one.size_bytes async for one in far.read.list()])
            assert far.wire.up_bytes <= stored * 1.05


async def test_a_courier_that_is_killed_again_and_again_loses_nothing_and_doubles_nothing(tmp_path: Path) -> None:
    house, far = tmp_path / "house", tmp_path / "far"
    copies = Copies(house)
    contents = {copies.path_of(one).read_bytes() for one in copies.record("front", 40, 100_000)}
    copies.close()
    folder_target(far)
    command = [sys.executable, "-m", "tests.offsite.courier_for_ever", str(house), str(far), copies.keys.recipient]
    code, killed = -signal.SIGKILL, 0
    while code == -signal.SIGKILL:
        child = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
        await child.stdout.readline()
        if killed < 6:
            try:
                async with asyncio.timeout(0.1 + 0.13 * killed):
                    await child.wait()
            except TimeoutError:
                child.kill()
                killed += 1
        code = await child.wait()
        child._transport.close()
    assert code == 0
    assert killed >= 3
    after = Copies(house, keys=copies.keys)
    try:
        assert await restored(folder_target(far), after) == dict.fromkeys(contents, 1)
        assert all(one.proved_us is not None for one in after.footage.index.all_segments())
        assert await after.waiting() == 0
    finally:
        after.close()
