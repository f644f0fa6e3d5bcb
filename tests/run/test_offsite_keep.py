"""What is pinned after it was sent is told to the far end, and so is when it is free again."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import TypeVar

from sqlalchemy import Connection, create_engine, delete, insert
from tests.offsite.test_chain import FootageClass, Piece, PieceKind, Stream

from hearthwatch.kit.errors import Unreachable
from hearthwatch.kit.units import CameraId, WallUs
from hearthwatch.offsite import ledger
from hearthwatch.offsite.names import keep_note
from hearthwatch.offsite.schema import metadata as offsite_tables
from hearthwatch.offsite.schema import uploads
from hearthwatch.offsite.upload import (
    OnProgress,
    Pace,
    Parcel,
    Priority,
    Progress,
    Proof,
    ProofKind,
    Stored,
    TargetId,
    UploadState,
)
from hearthwatch.run.offsite_keep import KeepNotes
from hearthwatch.run.pins import metadata as pin_tables
from hearthwatch.run.pins import pins

NAS = TargetId("nas")
T = TypeVar("T")


class HeldDb:
    def __init__(self) -> None:
        self._engine = create_engine("sqlite://")
        offsite_tables.create_all(self._engine)
        pin_tables.create_all(self._engine)

    async def run(self, work: Callable[[Connection], T]) -> T:
        with self._engine.begin() as connection:
            return work(connection)

    def close(self) -> None:
        self._engine.dispose()


class Taking:
    """A target that keeps what small things it is put."""

    name = NAS

    def __init__(self) -> None:
        self.got: dict[str, bytes] = {}
        self.away = False

    async def put(
        self, parcel: Parcel, pace: Pace, *, resume: Progress | None = None, on_progress: OnProgress | None = None
    ) -> Proof:
        if self.away:
            raise Unreachable("away")
        self.got[parcel.name] = parcel.path.read_bytes()
        return Proof(how=ProofKind.READ_BACK, name=parcel.name, size_bytes=parcel.size_bytes, sha256=parcel.sha256)

    async def prove(self, name: str, size_bytes: int, sha256: bytes) -> Proof:
        raise NotImplementedError

    async def list(self, under: str = "") -> AsyncIterator[Stored]:
        raise NotImplementedError
        yield

    async def read(self, name: str, *, limit_bytes: int | None = None) -> AsyncIterator[bytes]:
        raise NotImplementedError
        yield

    async def delete(self, name: str) -> None:
        raise NotImplementedError

    async def close(self) -> None: ...


def sent(connection: Connection, number: int, name: str) -> None:
    piece = Piece(
        kind=PieceKind.SEGMENT,
        camera=CameraId("front"),
        stream=Stream.MAIN,
        start_us=WallUs(number * 60),
        end_us=WallUs(number * 60 + 60),
        size_bytes=1,
        sha256=b"",
        footage_class=FootageClass.EVENT,
    )
    ledger.want(connection, [ledger.Wanted(target=NAS, piece=piece, priority=Priority.EVENT, sequence=number)], WallUs(0))
    connection.execute(uploads.update().where(uploads.c.sequence == number).values(name=name, state=UploadState.PROVED))


async def test_a_pin_is_told_and_its_end_too(tmp_path: Path) -> None:
    db, target = HeldDb(), Taking()
    notes = KeepNotes(db, lambda: (NAS,), lambda _name: target, tmp_path)
    for number, name in enumerate(("event/a.age", "event/b.age", "kept/c.age")):
        await db.run(lambda connection, number=number, name=name: sent(connection, number, name))
    await notes.tell(NAS)
    assert target.got == {}

    row = {"camera": "front", "start_us": 70, "end_us": 170, "note": "", "pinned_us": 0}
    await db.run(lambda connection: connection.execute(insert(pins).values(**row)))
    await notes.tell(NAS)
    assert target.got == {keep_note("event/b.age"): b"kept\n"}
    target.got.clear()
    await notes.tell(NAS)
    assert target.got == {}, "it is told once"

    await db.run(lambda connection: connection.execute(delete(pins)))
    target.away = True
    try:
        await notes.tell(NAS)
    except Unreachable:
        target.away = False
    await notes.tell(NAS)
    assert target.got == {keep_note("event/b.age"): b"free\n"}
    assert not (tmp_path / "making-note-nas").exists()
    db.close()
