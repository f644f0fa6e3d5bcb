"""`hearthwatch analyze`: what would Hearthwatch have seen in this video?"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from hearthwatch.cli import options


def register(app: typer.Typer) -> None:
    app.command("analyze")(analyze)


def analyze(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Any video file.")],
    *,
    labels: Annotated[str, typer.Option(help="What to look for, with commas between.  [default: as a camera does]")] = "",
    model: Annotated[
        str, typer.Option(help="Detector, as `hearthwatch models` lists it; `auto`: the best one present.")
    ] = "auto",
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line: the events, then a summary.")] = False,
    data: options.Data = None,
    debug: options.Debug = False,
) -> None:
    """Look at a video file exactly as at a camera: who came, from when to when."""
    from hearthwatch.detect.load import load_detector
    from hearthwatch.detect.store import Store
    from hearthwatch.kit.clock import SystemClock
    from hearthwatch.run.analyze import Visit
    from hearthwatch.run.analyze import analyze as look
    from hearthwatch.run.compile import hand_placed_models

    def show(visit: Visit) -> None:
        plain = f"{visit.start_s:8.1f} s to {visit.end_s:.1f} s   {visit.label}, {visit.score:.0%} certain"
        typer.echo(visit.line() if as_json else plain)

    clock = SystemClock()
    store = Store(folder=options.data_folder(data) / "models", hand_placed=hand_placed_models())
    detector = load_detector(model, store, clock=clock)
    wanted = [label for part in labels.split(",") if (label := part.strip())]
    summary = look(file, detector=detector, clock=clock, labels=wanted, found=show)
    if as_json:
        typer.echo(summary.line())
    else:
        speed = summary.video_s / summary.wall_s if summary.wall_s else 0.0
        typer.echo(f"{summary.video_s:.0f} s of video looked at in {summary.wall_s:.1f} s ({speed:.0f}x) by {detector.name}")
