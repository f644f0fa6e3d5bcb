"""`hearthwatch verify`: is all footage there that the index says there is, and as it was recorded?"""

from __future__ import annotations

import json
from typing import Annotated

import typer

from hearthwatch.cli import options

_SHOWN = 20


def register(app: typer.Typer) -> None:
    app.command("verify")(verify)


def verify(
    *,
    camera: Annotated[
        str, typer.Option("--camera", metavar="NAME", help="Tell about this one alone.", show_default=False)
    ] = "",
    deep: Annotated[
        bool, typer.Option("--deep", help="Read every file and compare its hash; takes as long as reading it all.")
    ] = False,
    config: options.Config = None,
    data: options.Data = None,
    as_json: options.Json = False,
    debug: options.Debug = False,
) -> None:
    """Compare the footage on disk with its index, also while Hearthwatch runs. Changes nothing; exit code 1 for damage."""
    from hearthwatch.cli.wording import counted, sized
    from hearthwatch.kit.clock import SystemClock
    from hearthwatch.recording.verify import Flaw
    from hearthwatch.recording.verify import verify as compare

    house = options.places(config, data)
    only = options.known_camera(camera, house) if camera else ""
    with house.open_index() as index:
        report = compare(house.footage, index, now_us=SystemClock().wall_us(), deep=deep)
    findings = [
        each for each in report.findings if not only or each.flaw is Flaw.WRONG_DISK or each.path.startswith(f"{only}/")
    ]
    if as_json:
        typer.echo(
            json.dumps(
                {
                    "ok": not findings,
                    "footage": str(house.footage),
                    "files": report.segments,
                    "size_bytes": report.size_bytes,
                    "findings": [{"flaw": each.flaw, "path": each.path, "detail": each.detail} for each in findings],
                    "notes": report.notes,
                }
            )
        )
    else:
        how = "read and compared with their hashes" if deep else "compared by name and size (--deep reads them, too)"
        typer.echo(f"{house.footage}: {counted(report.segments, 'file')}, {sized(report.size_bytes)}, {how}")
        for each in findings[:_SHOWN]:
            typer.echo(f"  {_WORDS[each.flaw]}: {each.path}: {each.detail}")
        if len(findings) > _SHOWN:
            typer.echo(f"  and {len(findings) - _SHOWN} more (--json names all)")
        for note in report.notes:
            typer.echo(f"  note: {note}")
        about = f" of {only}" if only else ""
        typer.echo(
            f"DAMAGED: {counted(len(findings), 'finding')}{about}" if findings else f"all footage{about} is as it was recorded"
        )
    if findings:
        raise typer.Exit(1)


_WORDS = {
    "wrong-disk": "another disk",
    "missing": "file is gone",
    "size": "wrong size",
    "hash": "content changed",
    "tables": "cannot be read whole",
    "overlap": "overlaps the file before",
    "orphan": "unknown file",
    "hole": "hole without a cause",
}
