"""The trail of who did what outlives the house: sealed, without a gap, and what a burglar with the box changes in it shows."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import text
from tests.offsite.copies_bench import NAS, Copies, running
from tests.offsite.far_ends import folder_target

from hearthwatch.cli import app
from hearthwatch.kit.clock import FakeClock
from hearthwatch.kit.units import US_PER_S
from hearthwatch.offsite import ledger
from hearthwatch.offsite.upload import TargetId, TargetKind, TargetOptions
from hearthwatch.run.offsite_trail import TrailCopies
from hearthwatch.web import trail
from hearthwatch.web.trail import Trail
from hearthwatch.web.trail_copy import MOST_LINES, faults, read, written

pytestmark = pytest.mark.wired


@contextmanager
def copies_of(folder: Path) -> Iterator[Copies]:
    made = Copies(folder / "house", clock=FakeClock())
    try:
        yield made
    finally:
        made.close()


async def did(copies: Copies, count: int, deed: str = "armed") -> None:
    note = Trail(copies.db, copies.clock)
    for number in range(count):
        await note.note(deed, who="ada", subject=f"number {number}")
    copies.clock.advance(60)


def trail_of(copies: Copies) -> TrailCopies:
    return TrailCopies(lambda: copies.options, db=copies.db, clock=copies.clock)


async def sent(copies: Copies, far: Path) -> None:
    await trail_of(copies).want()
    async with asyncio.timeout(60), running(copies.courier(NAS, lambda: folder_target(far))):
        await copies.until_sent()


def verified(copies: Copies, far: Path, capsys: pytest.CaptureFixture[str], *, house: Path | None = None) -> tuple[int, str]:
    identity = copies.root.parent / "identity.txt"
    identity.write_text(copies.keys.identity.reveal())
    data = str(house or copies.root)
    code = app.run(["offsite", "verify", f"{far}/", "-i", str(identity), "--data", data, "--quick"])
    return code, capsys.readouterr().out


async def test_sec_38_the_trail_leaves_the_house_sealed_and_without_a_gap(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    far = tmp_path / "far"
    with copies_of(tmp_path) as copies:
        await did(copies, 3)
        await sent(copies, far)
        await did(copies, 2, "disarmed at two in the morning")
        await sent(copies, far)
        pieces = list(far.rglob("*.age"))
        assert len(pieces) == 2
        assert all(one.relative_to(far).parts[0] == "kept" for one in pieces)  # no limit takes them there
        assert not any(b"two in the morning" in one.read_bytes() for one in far.rglob("*") if one.is_file())
        code, said = await asyncio.to_thread(verified, copies, far, capsys)
        assert (code, "up to line 5, which is the last of this house, too" in said) == (0, True)
        elsewhere = await asyncio.to_thread(verified, copies, far, capsys, house=tmp_path / "no house here")
        assert (elsewhere[0], "up to line 5" in elsewhere[1]) == (0, True)


@pytest.mark.parametrize(
    ("tampering", "told"),
    [
        ("UPDATE house_trail SET subject = 'nothing' WHERE number = 2", "line 2 was changed in this house"),
        ("DELETE FROM house_trail WHERE number >= 4", "2 lines that were copied are gone from this house, from line 4 on"),
        ("DELETE FROM house_trail", "5 lines that were copied are gone from this house, from line 1 on"),
    ],
)
async def test_sec_38_what_was_changed_or_cut_off_here_is_told_by_the_copy(
    tampering: str, told: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    far = tmp_path / "far"
    with copies_of(tmp_path) as copies:
        await did(copies, 5)
        await sent(copies, far)
        await copies.db.run(lambda c: c.execute(text(tampering)))
        code, said = await asyncio.to_thread(verified, copies, far, capsys)
        assert code == 1
        assert told in said


async def test_sec_38_a_trail_written_anew_with_its_hashes_does_not_match_the_copy(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    far = tmp_path / "far"
    with copies_of(tmp_path) as copies:
        await did(copies, 3)
        await sent(copies, far)

        def anew(connection) -> None:
            lines = trail.recent(connection, limit=10)
            connection.execute(trail.house_trail.delete())
            for line in reversed(lines):
                trail.write(connection, line.deed if line.number != 2 else lines[0].deed)

        await copies.db.run(anew)
        assert await Trail(copies.db, copies.clock).verify() is None
        code, said = await asyncio.to_thread(verified, copies, far, capsys)
        assert code == 1
        assert "line 2 was changed in this house" in said


async def test_sec_38_a_copy_that_was_taken_away_or_made_up_shows_without_the_house(tmp_path: Path) -> None:
    with copies_of(tmp_path) as copies:
        await did(copies, 6)
        lines = read(await copies.db.run(lambda c: written(c, 1, 6)))
    assert list(faults(lines)) == []
    assert list(faults(lines[:2] + lines[4:])) == ["lines 3 to 4 of the trail are in no copy"]
    (first, *rest) = faults(
        [*lines[:2], replace(lines[2], subject="nothing was done", sha256=hashlib.sha256(b"x").hexdigest()), *lines[3:]]
    )
    assert first.startswith("line 3 of the trail is not as it was written")
    assert len(rest) == 1  # and the line behind it names another


async def test_sec_38_each_target_gets_every_line_once_however_many_and_whenever_it_came(tmp_path: Path) -> None:
    with copies_of(tmp_path) as copies:
        await did(copies, 2)
        await trail_of(copies).want()
        copies.options[TargetId("later")] = TargetOptions(kind=TargetKind.FOLDER)
        copies.clock.advance(-30)
        await did(copies, MOST_LINES + 3)
        await trail_of(copies).want()
        assert await trail_of(copies).want() == 0
        count = await copies.db.run(lambda c: ledger.count(c, NAS))
        assert (count.waiting, count.oldest_us) == (3, None)  # however old its lines are: no footage is late
        for target in copies.options:
            assert await copies.db.run(lambda c, name=target: ledger.trail_until(c, name)) == MOST_LINES + 5
        await copies.db.run(lambda c: ledger.drop_before(c, copies.clock.wall_us() + 1000 * US_PER_S, 100))
        assert await trail_of(copies).want() == 0
