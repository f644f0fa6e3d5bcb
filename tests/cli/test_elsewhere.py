"""Who exports what is no longer here is told where it lies, by a command that works."""

from __future__ import annotations

import asyncio
import os
import shlex
from datetime import UTC
from pathlib import Path

import pytest
from sqlalchemy import insert
from tests.cli.conftest import START_US, Home, moment

from hearthwatch.feeds.packet import Stream
from hearthwatch.kit.db import open_writer
from hearthwatch.kit.units import US_PER_S, CameraId, WallUs
from hearthwatch.offsite.names import MARKER
from hearthwatch.offsite.pack import Packing, pack
from hearthwatch.offsite.schema import uploads
from hearthwatch.offsite.seal import new_pair
from hearthwatch.offsite.target_folder import FolderTarget
from hearthwatch.offsite.upload import Piece, PieceKind, TargetId
from hearthwatch.recording.segment import FootageClass

SEALED = "continuous/2023-11-14/221220-0123456789abcdef.age"
PLAIN = "front/2023-11-14/23-{}.mp4"


def hold(home: Home, target: str, start_s: int, end_s: int, name: str, state: str = "proved") -> None:
    engine = open_writer(home.data / "house.db")
    row = {
        "target": target,
        "kind": "segment",
        "camera": "front",
        "stream": "main",
        "sequence": 9000 + start_s,
        "start_us": START_US + start_s * US_PER_S,
        "end_us": START_US + end_s * US_PER_S,
        "footage_class": "continuous",
        "state": state,
        "name": name,
    }
    none = dict.fromkeys(("size_bytes", "priority", "order_us", "sealed_bytes", "sent_bytes", "tries", "next_us"), 0)
    empty = dict.fromkeys(("sha256", "sealed_sha256", "manifest", "parcels"), b"")
    with engine.begin() as connection:
        connection.execute(insert(uploads).values(**row, **none, **empty, event="", token="", pinned=False))
    engine.dispose()


@pytest.fixture
def backed_up(home: Home, tmp_path: Path) -> Home:
    """The house with two targets that keep for good and one whose own rules have long taken everything."""
    lines = []
    for name, days in (("nas", 0), ("pc", 0), ("brief", 3)):
        folder = tmp_path / name
        folder.mkdir()
        (folder / MARKER).touch()
        lines.append(
            f'[offsite.targets.{name}]\nkind = "folder"\npath = "{folder}"\nsealed = false\non_lan = true\n'
            f"keep_continuous_days = {days}\n"
        )
    config = home.data / "hearthwatch.toml"
    config.write_text(config.read_text() + "".join(lines))
    return home


def send(folder: Path, spool: Path, start_s: int, end_s: int, data: bytes, recipient: str) -> str:
    """Seal a piece and put it at a target; return its name there."""
    start_us, end_us = (WallUs(START_US + at_s * US_PER_S) for at_s in (start_s, end_s))
    piece = Piece(
        kind=PieceKind.SEGMENT,
        camera=CameraId("front"),
        stream=Stream.MAIN,
        start_us=start_us,
        end_us=end_us,
        size_bytes=len(data),
        sha256=b"",
        footage_class=FootageClass.CONTINUOUS,
    )
    packing = Packing(
        target=TargetId("nas"),
        sealed=True,
        recipients=(recipient,),
        folder=spool,
        zone=UTC,
        is_free=lambda _name: True,
        chance=os.urandom,
    )
    made = pack(piece, lambda: iter((data,)), packing, {})

    async def at_once(_size_bytes: int) -> None: ...

    async def put() -> None:
        target = FolderTarget(TargetId("nas"), folder, needs_mark=False)
        for parcel in made.parcels:
            await target.put(parcel, at_once)

    asyncio.run(put())
    return made.name


def test_what_is_gone_is_named_with_a_command_that_brings_it_back(backed_up: Home, tmp_path: Path) -> None:
    pair, data = new_pair(), os.urandom(50_000)
    hold(backed_up, "nas", -120, -60, send(tmp_path / "nas", tmp_path, -120, -60, data, pair.recipient))
    hold(backed_up, "nas", -60, 10, SEALED)
    hold(backed_up, "brief", -120, -60, SEALED)
    ran = backed_up.run("export", "front", "--from", moment(-90), "--to", moment(-10), "-o", "clip.mp4")
    assert ran.code != 0
    assert not Path("clip.mp4").exists()
    where, command, *rest = ran.err.splitlines()
    assert where == (
        "front, 2023-11-14 23:11:50 to 2023-11-14 23:13:10, is no longer on this machine: it lies sealed at nas. To watch it:"
    )
    words = shlex.split(command)
    assert words[4:-2] == [
        *("--identity", "identity.txt", "--camera", "front"),
        *("--from", "2023-11-14T23:11:50+01:00", "--to", "2023-11-14T23:13:10+01:00", "-o", "restored"),
    ]
    assert not any("brief" in line for line in rest)
    assert any("there is no footage of front" in line for line in rest)
    Path("identity.txt").write_text(f"{pair.identity.reveal()}\n")
    assert backed_up.run(*words[1:]).code == 0
    assert [path.read_bytes() for path in Path("restored").rglob("*.mp4")] == [data]


def test_a_part_that_is_gone_is_named_beside_what_is_here(backed_up: Home) -> None:
    for start_s in (-120, -60):
        hold(backed_up, "pc", start_s, start_s + 60, PLAIN.format(13 + start_s // 60))
    hold(backed_up, "nas", -60, 0, "", state="waiting")
    ran = backed_up.run("export", "front", "--from", moment(-120), "--to", moment(10), "-o", "clip.mp4")
    assert ran.code == 0
    assert Path("clip.mp4").exists()
    where, command = ran.err.splitlines()
    assert where.endswith("it lies at pc as front/2023-11-14/23-11.mp4 and 1 more. To watch it:")
    assert "--identity" not in command


def test_what_is_here_needs_no_way_back(backed_up: Home) -> None:
    hold(backed_up, "nas", 0, 20, SEALED)
    ran = backed_up.run("export", "front", "--from", moment(1), "--to", moment(10), "-o", "clip.mp4")
    assert (ran.code, ran.err) == (0, "")
