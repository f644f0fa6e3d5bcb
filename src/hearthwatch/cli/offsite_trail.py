"""What the copies of the house's trail at a target say: whether they are whole, and whether this house still says the same."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from hearthwatch.offsite.archive import Archive, Entry
    from hearthwatch.web.trail_copy import CopiedLine


def is_trail(entry: Entry) -> bool:
    """Tell whether a piece that is whole holds lines of the trail."""
    from hearthwatch.offsite.upload import PieceKind

    return entry.manifest is not None and not entry.fault and entry.manifest.kind is PieceKind.TRAIL


async def copied_lines(archive: Archive, entry: Entry, folder: Path) -> Sequence[CopiedLine]:
    """Return the lines that a piece holds; it passes through `folder`. Raises BadReply when it is not what was sent."""
    from hearthwatch.web import trail_copy

    path = folder / "trail.jsonl"
    try:
        await archive.save(entry, path)
        return trail_copy.read(path.read_bytes())
    finally:
        path.unlink(missing_ok=True)


def tell(copied: Sequence[CopiedLine], data_folder: Path) -> int:
    """Say what is wrong with the copies, or with this house's own trail beside them, and how far they reach; return how much is
    wrong."""
    from hearthwatch.web import trail_copy

    if not copied:
        return 0
    wrong = list(trail_copy.faults(copied))
    last = max(line.number for line in copied)
    reach = f"the trail is there up to line {last}"
    for newest, differences in _of_this_house(copied, data_folder):
        wrong += differences
        reach += f"; this house is at line {newest}" if newest != last else ", which is the last of this house, too"
    for fault in wrong:
        typer.echo(f"trail: {fault}")
    typer.echo(reach)
    return len(wrong)


def _of_this_house(copied: Sequence[CopiedLine], data_folder: Path) -> Iterator[tuple[int, list[str]]]:
    """Yield how far this house's trail goes and where it differs; nothing where there is no house."""
    from sqlalchemy.exc import DatabaseError

    from hearthwatch.kit.db import open_reader
    from hearthwatch.kit.errors import StorageFailed, StorageFault
    from hearthwatch.web import trail_copy

    path = data_folder / "house.db"
    if not path.exists():
        return
    engine = open_reader(path)
    try:
        with engine.connect() as connection:
            yield trail_copy.newest(connection), list(trail_copy.differences(copied, connection))
    except DatabaseError as error:
        raise StorageFailed(StorageFault.BROKEN, f"reading {path}: {error.orig}") from error
    finally:
        engine.dispose()
