"""`hearthwatch bench`: how Hearthwatch fares beside other programs, measured here and now."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from hearthwatch.cli import options


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("bench")(bench)


def bench(
    name: Annotated[
        str,
        typer.Argument(metavar="NAME", help="`all`, a benchmark such as `bm4`, `accuracy`, `soak`, or a FILE of rows to show."),
    ],
    *,
    rounds: Annotated[int, typer.Option(min=1, max=100, help="Rounds of each benchmark; the median counts.")] = 3,
    seconds: Annotated[float, typer.Option(min=2, max=600, help="Length of one round.")] = 15.0,
    data: Annotated[
        Path | None, typer.Option("--data", metavar="DIR", help="Footage and models.  [default: $HEARTHWATCH_TEST_DATA]")
    ] = None,
    models: Annotated[
        list[str] | None, typer.Option("--model", metavar="MODEL", help="`accuracy`: a model to score.  [default: all present]")
    ] = None,
    tier: Annotated[
        str,
        typer.Option(metavar="TIER", help="`soak`: S1 small, S2 as promised, S3 with faults, S4 the limit, S5 a long past."),
    ] = "S2",
    cameras: Annotated[int | None, typer.Option(min=1, max=64, help="`soak`: how many.  [default: the tier's]")] = None,
    hours: Annotated[float | None, typer.Option(min=0.02, max=720, help="`soak`: how long.  [default: the tier's]")] = None,
    seed: Annotated[int, typer.Option(help="`soak`: of what happens by chance.")] = 1,
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="`soak`: for samples, plot and verdict.  [default: .artifacts/soak-TIER]")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line, one line a row.")] = False,
    as_markdown: Annotated[bool, typer.Option("--markdown", help="A Markdown table.")] = False,
    debug: options.Debug = False,
) -> None:
    """Measure against other programs in the same run.

    Ends with 1 when a row failed or could not be measured, not when it missed its target.
    """
    from rich.console import Console

    from hearthwatch.bench.registry import chosen
    from hearthwatch.bench.row import Row, exit_code, json_line, markdown, parsed, table
    from hearthwatch.bench.terms import Terms
    from hearthwatch.kit.errors import HearthwatchError

    rows: list[Row] = []
    unmeasured = False
    folder = data or Path(os.environ.get("HEARTHWATCH_TEST_DATA", Path.cwd().parent / "shared" / "data"))
    if name == "accuracy":
        _accuracy(folder, models or [], as_json=as_json)
        return
    if name == "soak":
        from hearthwatch.cli.bench_soak import run

        raise typer.Exit(run(folder, tier, cameras=cameras, hours=hours, seed=seed, out=out, as_json=as_json))
    if Path(name).is_file():
        rows += parsed(Path(name).read_text(encoding="utf-8"))
    else:
        terms = Terms(rounds=rounds, round_s=seconds, data=folder)
        said = Console(stderr=True, highlight=False)
        for each in chosen(name):
            said.print(f"{each.name}: {each.what} …", style="dim")
            try:
                found = each.measure(terms)
            except HearthwatchError as error:  # a peer that is missing must not cost the other rows
                said.print(f"{each.name} could not be measured: {error}", style="red")
                unmeasured = True
                continue
            rows += found
            if as_json:
                typer.echo("\n".join(map(json_line, found)))
    if as_markdown:
        typer.echo(markdown(rows), nl=False)
    elif not as_json:
        Console().print(table(rows))
    raise typer.Exit(exit_code(rows) or int(unmeasured))


def _accuracy(folder: Path, models: list[str], *, as_json: bool) -> None:
    """Score models on the labelled clips of `folder`; not a comparison, so it has no rows."""
    from hearthwatch.bench.accuracy import GROUPS, ClipScore, json_lines, markdown, measure
    from hearthwatch.detect.store import Store
    from hearthwatch.kit.clock import SystemClock
    from hearthwatch.run.compile import hand_placed_models

    store = Store(folder=folder / "models", hand_placed=hand_placed_models())
    scored: dict[str, tuple[ClipScore, ...]] = {}
    for model, scores in measure(store, folder, clock=SystemClock(), names=models):
        scored[model] = scores
        if as_json:
            typer.echo(json_lines(model, scores))
    if not as_json:
        typer.echo("\n".join(markdown(scored, group) for group in GROUPS), nl=False)
