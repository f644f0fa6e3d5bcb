"""`hearthwatch bench soak`: a whole house on many cameras for hours, and whether every promise held."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from rich.console import Console

    from hearthwatch.bench.soak.terms import SoakTerms

_STEPS = (8, 12, 16, 24, 32, 48, 64)
_FILE_COLUMNS = 170


def run(data: Path, tier: str, *, cameras: int | None, hours: float | None, seed: int, out: Path | None, as_json: bool) -> int:
    """Run one soak, or for S4 one after the other with more cameras until a promise breaks; return the exit code.

    Raises ConfigFault, Unreachable, StorageFailed.
    """
    from hearthwatch.bench.soak.terms import Tier, terms_of
    from hearthwatch.kit.errors import ConfigFault

    if tier.upper() not in set(Tier):
        raise ConfigFault(f"there is no tier {tier!r}: it is one of {', '.join(Tier)}")
    wanted = Tier(tier.upper())
    folder = out or Path(".artifacts") / f"soak-{wanted}"
    if wanted is Tier.S5:
        return _past(data, folder, terms_of(wanted, cameras=cameras, hours=hours, seed=seed), as_json=as_json)
    if wanted is not Tier.S4:
        return _one(data, folder, terms_of(wanted, cameras=cameras, hours=hours, seed=seed), as_json=as_json)
    for count in (cameras,) if cameras else _STEPS:
        if _one(data, folder / str(count), terms_of(wanted, cameras=count, hours=hours, seed=seed), as_json=as_json):
            typer.echo(f"the knee is at {count} cameras: its table says what broke", err=True)
            break
    return 0


def _past(data: Path, folder: Path, terms: SoakTerms, *, as_json: bool) -> int:
    import msgspec
    from rich.console import Console

    from hearthwatch.bench.contender import scratch
    from hearthwatch.bench.soak.long_state import long_state
    from hearthwatch.bench.soak.report import table
    from hearthwatch.bench.soak.verdict import exit_code
    from hearthwatch.bench.terms import Terms

    folder.mkdir(parents=True, exist_ok=True)
    said = Console(stderr=True, highlight=False)
    with scratch() as house:
        footage = Terms(rounds=1, round_s=terms.length_s, data=data)
        targets = asyncio.run(long_state(terms, footage, house, lambda line: said.print(line, style="dim")))
    (folder / "soak.json").write_bytes(msgspec.json.format(msgspec.json.encode(msgspec.to_builtins(targets))))
    if as_json:
        typer.echo((folder / "soak.json").read_text(encoding="utf-8"))
    else:
        _screen().print(table(targets))
    return exit_code(targets)


def _screen() -> Console:
    from rich.console import Console

    return Console() if Console().is_terminal else Console(width=_FILE_COLUMNS)


def _one(data: Path, folder: Path, terms: SoakTerms, *, as_json: bool) -> int:
    from rich.console import Console

    from hearthwatch.bench.contender import scratch
    from hearthwatch.bench.soak.report import table, title, write
    from hearthwatch.bench.soak.run import soak
    from hearthwatch.bench.soak.verdict import exit_code, judged
    from hearthwatch.bench.terms import Terms

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
        shown = _screen()
        shown.print(title(account))
        shown.print(table(targets))
        typer.echo(f"samples, plot and verdict are in {folder}")
    return exit_code(targets)
