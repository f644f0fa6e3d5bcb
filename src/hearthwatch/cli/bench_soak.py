"""`hearthwatch bench soak`: a whole house on many cameras for hours, and whether every promise held."""

from __future__ import annotations

import asyncio
from pathlib import Path

import typer

_STEPS = (8, 12, 16, 24)
_FILE_COLUMNS = 170


def run(data: Path, tier: str, *, cameras: int | None, hours: float | None, seed: int, out: Path | None, as_json: bool) -> int:
    """Run one soak, or for S4 one after the other with more cameras until a promise breaks; return the exit code.

    Raises ConfigFault, Unreachable, StorageFailed.
    """
    from hearthwatch.bench.soak.terms import Tier, terms_of
    from hearthwatch.kit.errors import ConfigFault

    if tier.upper() not in set(Tier):
        raise ConfigFault(
            f"there is no tier {tier!r}: it is one of {', '.join(Tier)} (what a long history costs: `bench timeline`)"
        )
    wanted = Tier(tier.upper())
    folder = out or Path(".artifacts") / f"soak-{wanted}"
    if wanted is not Tier.S4:
        return _one(data, folder, terms_of(wanted, cameras=cameras, hours=hours, seed=seed), as_json=as_json)
    for count in (cameras,) if cameras else _STEPS:
        if _one(data, folder / str(count), terms_of(wanted, cameras=count, hours=hours, seed=seed), as_json=as_json):
            typer.echo(f"the knee is at {count} cameras: its table says what broke", err=True)
            break
    return 0


def _one(data: Path, folder: Path, terms: object, *, as_json: bool) -> int:
    from rich.console import Console

    from hearthwatch.bench.contender import scratch
    from hearthwatch.bench.soak.report import table, title, write
    from hearthwatch.bench.soak.run import soak
    from hearthwatch.bench.soak.terms import SoakTerms
    from hearthwatch.bench.soak.verdict import exit_code, judged
    from hearthwatch.bench.terms import Terms

    assert isinstance(terms, SoakTerms)
    folder.mkdir(parents=True, exist_ok=True)
    said = Console(stderr=True, highlight=False)
    with scratch() as house:
        footage = Terms(rounds=1, round_s=terms.length_s, data=data)
        account = asyncio.run(soak(terms, footage, house, folder / "soak.csv", lambda line: said.print(line, style="dim")))
    targets = judged(account)
    write(folder, account, targets)
    if as_json:
        typer.echo((folder / "soak.json").read_text(encoding="utf-8"))
    else:
        shown = Console() if Console().is_terminal else Console(width=_FILE_COLUMNS)
        shown.print(title(account))
        shown.print(table(targets))
        typer.echo(f"samples, plot and verdict are in {folder}")
    return exit_code(targets)
