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
    name: Annotated[str, typer.Argument(metavar="NAME", help="`all`, a benchmark such as `bm4`, or a FILE of rows to show.")],
    *,
    rounds: Annotated[int, typer.Option(min=1, max=100, help="Rounds of each benchmark; the median counts.")] = 3,
    seconds: Annotated[float, typer.Option(min=2, max=600, help="Length of one round.")] = 15.0,
    data: Annotated[
        Path | None, typer.Option("--data", metavar="DIR", help="Footage and models.  [default: $HEARTHWATCH_TEST_DATA]")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line, one line a row.")] = False,
    as_markdown: Annotated[bool, typer.Option("--markdown", help="A Markdown table.")] = False,
    debug: options.Debug = False,
) -> None:
    """Measure against other programs in the same run. Ends with 1 when a row's guard failed, not when it missed a target."""
    from rich.console import Console

    from hearthwatch.bench.registry import chosen
    from hearthwatch.bench.row import Row, exit_code, json_line, markdown, parsed, table
    from hearthwatch.bench.terms import Terms

    rows: list[Row] = []
    if Path(name).is_file():
        rows += parsed(Path(name).read_text(encoding="utf-8"))
    else:
        folder = data or Path(os.environ.get("HEARTHWATCH_TEST_DATA", Path.cwd().parent / "shared" / "data"))
        terms = Terms(rounds=rounds, round_s=seconds, data=folder)
        for each in chosen(name):
            Console(stderr=True).print(f"{each.name}: {each.what} …", style="dim", highlight=False)
            found = each.measure(terms)
            rows += found
            if as_json:
                typer.echo("\n".join(map(json_line, found)))
    if as_markdown:
        typer.echo(markdown(rows), nl=False)
    elif not as_json:
        Console().print(table(rows))
    raise typer.Exit(exit_code(rows))
