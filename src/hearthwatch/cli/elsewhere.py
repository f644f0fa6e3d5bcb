"""What a person is told who asks for footage that is no longer here but lies at a target."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from pathlib import Path

    from hearthwatch.cli.ranges import Range
    from hearthwatch.offsite.elsewhere import WayBack, Whereabouts
    from hearthwatch.recording.index import IndexReader


def ways_back(index: IndexReader, asked: Range, config_file: Path) -> Iterator[str]:
    """Yield lines that say where the missing part of a range lies and by which command it comes back."""
    from hearthwatch.cli.wording import shown

    for way in _whereabouts(index, asked, config_file).ways:
        since, until = shown(way.start_us, asked.zone), shown(way.end_us, asked.zone)
        yield f"{asked.camera}, {since} to {until}, is no longer on this machine: it lies {_where(way)}. To watch it:"
        yield f"  {way.command}"
        if way.place.sealed:
            yield "  (identity.txt is the file that `hearthwatch offsite keygen` made for you)"


def _whereabouts(index: IndexReader, asked: Range, config_file: Path) -> Whereabouts:
    """Return nothing when the database cannot be read: what is here is written all the same."""
    from sqlalchemy.exc import DatabaseError

    from hearthwatch.feeds.packet import Stream
    from hearthwatch.kit.clock import SystemClock
    from hearthwatch.kit.db import open_reader
    from hearthwatch.offsite.elsewhere import Whereabouts
    from hearthwatch.run.offsite_elsewhere import ElsewhereDesk, HouseFiles

    path, house = asked.house.data / "house.db", asked.house
    if not house.config.offsite.targets or not path.exists():
        return Whereabouts()
    engine = open_reader(path)
    files = HouseFiles(data=house.data, config=config_file)
    desk = ElsewhereDesk(engine, index.segments, lambda: house.config, SystemClock(), files)
    try:
        return desk.whereabouts(asked.camera, Stream.MAIN, asked.start_us, asked.end_us)
    except DatabaseError as error:
        typer.echo(f"what lies elsewhere is not known: {path} cannot be read ({error.orig})", err=True)
        return Whereabouts()
    finally:
        engine.dispose()


def _where(way: WayBack) -> str:
    if way.place.sealed:
        return f"sealed at {way.place.target}"
    more = len(way.files) - 1
    rest = f" and {more} more" if more > 0 else ""
    return f"at {way.place.target} as {way.files[0]}{rest}"
