"""Far ends that changed, refuse, are full, lie or talk nonsense: told in the owner's words, and nothing counts as kept."""

from __future__ import annotations

import asyncio
import os
import random
from collections import deque
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from tests.devices.bad_wire import BadWire, Fate
from tests.devices.s3_server import Mode, S3Server
from tests.devices.sshd import Sshd
from tests.offsite.far_ends import NAME, at_once, folder_target, parcel, s3_target, sftp_target

from hearthwatch.kit.clock import FakeClock
from hearthwatch.kit.errors import BadReply, HearthwatchError, Unreachable, Unsupported
from hearthwatch.kit.secrets import Secret
from hearthwatch.offsite.names import MARKER
from hearthwatch.offsite.target_folder import FolderTarget
from hearthwatch.offsite.target_s3 import PART_BYTES
from hearthwatch.offsite.target_sftp import SftpTarget
from hearthwatch.offsite.upload import NotProved, Progress, ProofKind, Target, TargetKind, TargetOptions, TargetRefused, Trouble

pytestmark = pytest.mark.wired

DATA = os.urandom(200_000)


@pytest.fixture
async def sshd(tmp_path: Path) -> AsyncIterator[Sshd]:
    server = Sshd(tmp_path)
    await server.start()
    yield server
    await server.stop()


@pytest.fixture
async def s3() -> AsyncIterator[S3Server]:
    server = S3Server()
    await server.start()
    yield server
    await server.stop()


async def refused(target: Target, folder: Path, data: bytes = DATA) -> TargetRefused:
    try:
        with pytest.raises(TargetRefused) as raised:
            await target.put(parcel(folder, "event/2026-11-21/a.age", data), at_once)
    finally:
        await target.close()
    return raised.value


async def test_sec_10_an_unknown_host_key_is_shown_and_nothing_is_sent(sshd: Sshd, tmp_path: Path) -> None:
    told = await refused(await sftp_target(sshd, host_key=""), tmp_path)
    assert told.trouble is Trouble.HOST_KEY_UNKNOWN
    assert await sshd.fingerprint() in str(told)
    assert list(sshd.root.iterdir()) == []


async def test_sec_10_a_changed_host_key_is_refused(sshd: Sshd, tmp_path: Path) -> None:
    target = await sftp_target(sshd)
    await target.put(parcel(tmp_path, "a.age", DATA), at_once)
    await target.close()
    await sshd.stop()
    await sshd.make_key("host")
    await sshd.start()
    told = await refused(target, tmp_path)
    assert told.trouble is Trouble.HOST_KEY_CHANGED
    assert "another key than before" in str(told)
    assert [path.name for path in (sshd.root / "copies").iterdir()] == ["a.age"]


async def test_withdrawn_ssh_credentials_are_told(sshd: Sshd, tmp_path: Path) -> None:
    target = await sftp_target(sshd)
    await sshd.make_key("client")
    told = await refused(target, tmp_path)
    assert told.trouble is Trouble.CREDENTIALS
    assert "secrets set offsite.far" in str(told)
    options = TargetOptions(kind=TargetKind.SFTP, host="127.0.0.1", port=sshd.port, user="x", host_key=await sshd.fingerprint())
    assert (
        await refused(SftpTarget(NAME, options, password=None, key=Secret("no key")), tmp_path)
    ).trouble is Trouble.CREDENTIALS


async def test_an_ssh_server_that_forbids_writing_is_told(tmp_path: Path) -> None:
    server = Sshd(tmp_path, refused=("write",))
    await server.start()
    try:
        assert (await refused(await sftp_target(server), tmp_path)).trouble is Trouble.NOT_ALLOWED
    finally:
        await server.stop()


async def test_sec_10_an_ssh_account_that_may_not_delete_takes_copies_all_the_same(tmp_path: Path) -> None:
    server = Sshd(tmp_path, refused=("remove", "rmdir"))
    await server.start()
    target = await sftp_target(server)
    try:
        sent = parcel(tmp_path, "a.age", DATA)
        await target.put(sent, at_once)
        with pytest.raises(TargetRefused):
            await target.delete(sent.name)
        assert await target.prove(sent.name, sent.size_bytes, sent.sha256)
        sent.path.write_bytes(b"x" * len(DATA))  # what arrives is another than what was packed
        again = replace(sent, name="b.age")
        with pytest.raises(NotProved):
            await target.put(again, at_once)
        sent.path.write_bytes(DATA)
        assert await target.put(again, at_once)
    finally:
        await target.close()
        await server.stop()


async def test_a_server_that_is_not_there_is_unreachable(sshd: Sshd, s3: S3Server, tmp_path: Path) -> None:
    await sshd.stop()
    await s3.stop()
    for target in (await sftp_target(sshd), s3_target(s3)):
        with pytest.raises(Unreachable):
            await target.put(parcel(tmp_path, "a.age", DATA), at_once)
        await target.close()


async def test_a_folder_whose_disk_is_not_mounted_takes_nothing(tmp_path: Path) -> None:
    target = folder_target(tmp_path / "mounted")
    (tmp_path / "mounted" / MARKER).unlink()
    told = await refused(target, tmp_path)
    assert told.trouble is Trouble.MISSING_PLACE
    assert "not mounted" in str(told)
    assert list((tmp_path / "mounted").iterdir()) == []


async def test_a_full_disk_is_told(tmp_path: Path) -> None:
    class Full(FolderTarget):
        def _copy(self, *_what: object) -> None:
            raise self._translated(OSError(28, "No space left on device"), "writing a.age")

    told = await refused(Full(NAME, folder_target(tmp_path / "mounted")._folder), tmp_path)
    assert (told.trouble, "full" in str(told)) == (Trouble.FULL, True)


@pytest.mark.parametrize(("mode", "trouble"), [(Mode.FULL, Trouble.FULL), (Mode.SKEWED, Trouble.CLOCK)], ids=["full", "skewed"])
async def test_a_bucket_that_will_not_says_why(s3: S3Server, tmp_path: Path, mode: Mode, trouble: Trouble) -> None:
    await s3.set_mode(mode)
    for data in (DATA, os.urandom(PART_BYTES + 1)):
        assert (await refused(s3_target(s3), tmp_path, data)).trouble is trouble
    await s3.set_mode(Mode.BUSY)
    target = s3_target(s3)
    with pytest.raises(Unreachable, match="no time"):
        await target.put(parcel(tmp_path, "a.age", DATA), at_once)
    await target.close()


async def test_a_clock_an_hour_off_is_told(s3: S3Server, tmp_path: Path) -> None:
    told = await refused(s3_target(s3, clock=FakeClock(wall_us=1_700_000_000_000_000)), tmp_path)
    assert (told.trouble, "clock" in str(told)) == (Trouble.CLOCK, True)


async def test_wrong_and_weak_keys_are_told(s3: S3Server, tmp_path: Path) -> None:
    secret = "not-the-secret-of-this-key"
    told = await refused(s3_target(s3, (s3.put_key[0], secret)), tmp_path)
    assert told.trouble is Trouble.CREDENTIALS
    assert secret not in str(told)
    assert (await refused(s3_target(s3, ("NOBODY", "x")), tmp_path)).trouble is Trouble.CREDENTIALS
    assert (await refused(s3_target(s3, s3.read_key), tmp_path)).trouble is Trouble.NOT_ALLOWED


async def test_sec_10_a_key_that_only_puts_can_do_nothing_else(s3: S3Server, tmp_path: Path) -> None:
    target, owner = s3_target(s3), s3_target(s3, s3.owner_key)
    for data in (DATA, os.urandom(2 * PART_BYTES + 17)):
        sent = parcel(tmp_path, "event/2026-11-21/a.age", data)
        proof = await target.put(sent, at_once)
        assert (proof.how, proof.sha256) == (ProofKind.SERVER_CHECKSUM, sent.sha256)
        with pytest.raises(Unsupported):
            _ = [one async for one in target.list()]
        with pytest.raises(Unsupported):
            _ = [chunk async for chunk in target.read(sent.name)]
        with pytest.raises(Unsupported):
            await target.prove(sent.name, sent.size_bytes, sent.sha256)
        with pytest.raises(Unsupported):
            await target.delete(sent.name)
        assert (await owner.prove(sent.name, sent.size_bytes, sent.sha256)).how is ProofKind.READ_BACK
    await target.close()
    await owner.close()


async def test_a_service_that_keeps_nothing_is_found_out_by_a_key_that_reads(s3: S3Server, tmp_path: Path) -> None:
    await s3.set_mode(Mode.LIES)
    target = s3_target(s3, read_key=s3.read_key)
    sent = parcel(tmp_path, "a.age", DATA)
    await target.put(sent, at_once)
    with pytest.raises(NotProved):
        await target.prove(sent.name, sent.size_bytes, sent.sha256)
    await target.close()


async def test_a_service_without_checksums_is_read_back_or_not_believed(s3: S3Server, tmp_path: Path) -> None:
    await s3.set_mode(Mode.PLAIN)
    sent = parcel(tmp_path, "a.age", DATA)
    target = s3_target(s3, read_key=s3.read_key)
    assert (await target.put(sent, at_once)).how is ProofKind.READ_BACK
    await target.close()
    blind = s3_target(s3)
    with pytest.raises(Unsupported, match="read_access_key"):
        await blind.put(sent, at_once)
    await blind.close()


async def hostile(answer: bytes) -> asyncio.Server:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(answer)
            await writer.drain()
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    return await asyncio.start_server(serve, "127.0.0.1", 0)


def _http(body: bytes, status: bytes = b"200 OK") -> bytes:
    return b"HTTP/1.1 %s\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s" % (status, len(body), body)


ESCAPE = b"<R><IsTruncated>false</IsTruncated><Contents><Key>house/../../etc/cron.d/x</Key><Size>1</Size></Contents></R>"
BOMB = b'<!DOCTYPE l [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;">]><R><Contents><Key>&b;</Key></Contents></R>'


@pytest.mark.parametrize(
    "answer",
    [
        _http(ESCAPE),
        _http(BOMB),
        _http(b"<R>"),
        _http(b"x" * (9 << 20)),
        b"SSH-2.0-nonsense\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\nx",
        b"HTTP/1.1 99999 \r\n\r\n",
        _http(b"<Error><Code>" + b"A" * 5000 + b"\x1b[31m</Code></Error>", b"418 no"),
    ],
    ids=["escape", "bomb", "broken", "endless", "ssh", "short", "status", "long-code"],
)
async def test_sec_21_a_hostile_service_gets_nowhere(answer: bytes) -> None:
    server = await hostile(answer)
    fake = S3Server(port=server.sockets[0].getsockname()[1], put_key=("K", "S"))
    target = s3_target(fake, answer_s=2.0)
    with pytest.raises(HearthwatchError) as raised:
        _ = [one async for one in target.list()]
    assert isinstance(raised.value, BadReply | Unreachable)
    assert len(str(raised.value)) < 300
    assert str(raised.value).isprintable()
    await target.close()
    server.close()
    await server.wait_closed()


async def test_an_ssh_server_of_nonsense_is_unreachable(tmp_path: Path) -> None:
    server = await hostile(b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 100_000)
    options = TargetOptions(kind=TargetKind.SFTP, host="127.0.0.1", port=server.sockets[0].getsockname()[1], user="x")
    target = SftpTarget(NAME, options, password=None, key=None, answer_s=2.0)
    with pytest.raises((Unreachable, BadReply)):
        await target.put(parcel(tmp_path, "a.age", DATA), at_once)
    await target.close()
    server.close()
    await server.wait_closed()


async def send_through(target: Target, folder: Path, count: int, size_bytes: int) -> int:
    """Send parcels until each is proved; return the bytes they have."""
    total = 0
    for number in range(count):
        sent = parcel(folder, f"event/2026-11-21/{number}.age", os.urandom(size_bytes))
        resume: list[Progress] = []
        for _try in range(50):
            try:
                proof = await target.put(sent, at_once, resume=resume[-1] if resume else None, on_progress=resume.append)
            except (Unreachable, BadReply):
                continue
            assert proof.sha256 == sent.sha256
            break
        else:
            pytest.fail("never proved")
        total += sent.size_bytes
    return total


FATES = [(Fate.CORRUPT, 50_000), (Fate.CUT, 150_000), (Fate.STALL, 100_000)]


@pytest.mark.parametrize("kind", [TargetKind.SFTP, TargetKind.S3])
async def test_a_bad_wire_costs_time_and_no_byte(kind: TargetKind, tmp_path: Path) -> None:
    server = await _started(kind, tmp_path)
    wire = BadWire("127.0.0.1", server.port, fates=deque(FATES), rng=random.Random(7), mean_bytes=16_000_000)
    port = (await wire.start())[1]
    if isinstance(server, Sshd):
        target, honest = await sftp_target(server, port=port, answer_s=1.0), await sftp_target(server)
    else:
        target, honest = s3_target(server, port=port, answer_s=1.0), s3_target(server, server.owner_key)
    try:
        total = await send_through(target, tmp_path, 200, 200_000)
        assert set(wire.struck) == set(Fate)
        assert wire.up_bytes <= total * 1.05
        assert sum([one.size_bytes async for one in honest.list()]) == total
    finally:
        await target.close()
        await honest.close()
        await wire.stop()
        await server.stop()


async def _started(kind: TargetKind, folder: Path) -> Sshd | S3Server:
    server = Sshd(folder) if kind is TargetKind.SFTP else S3Server()
    await server.start()
    return server
