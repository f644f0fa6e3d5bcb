"""A soak's account for a person and for a file."""

from __future__ import annotations

import math
import platform
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

import msgspec
from rich.table import Table

from hearthwatch.bench.soak.plot import svg
from hearthwatch.bench.soak.verdict import Account, Held, Target


def table(targets: Sequence[Target]) -> Table:
    """Return the targets for a terminal."""
    shown = Table("what", "measured", "target", "")
    colours = {Held.MET: "green", Held.MISSED: "bold red", Held.NOT_JUDGED: "dim"}
    for one in targets:
        shown.add_row(one.what, one.measured, one.limit, str(one.held), style=colours[one.held])
    return shown


def title(account: Account) -> str:
    terms = account.terms
    return (
        f"Hearthwatch {version('hearthwatch')}, {terms.tier}: {terms.cameras} cameras "
        f"{terms.main_px[0]}x{terms.main_px[1]}@{terms.main_fps}, {terms.length_s / 3600:.2f} h, {account.cores} cores"
    )


def write(folder: Path, account: Account, targets: Sequence[Target]) -> None:
    """Write `soak.json` and `soak.svg` beside the samples."""
    fields = {
        "title": title(account),
        "machine": f"{platform.machine()}, {platform.system()} {platform.release()}, Python {platform.python_version()}",
        "terms": msgspec.to_builtins(account.terms),
        "targets": msgspec.to_builtins(targets),
        "covered": msgspec.to_builtins(account.covered),
        "text_s": _numbers(account.text_s),
        "picture_s": _numbers(account.picture_s),
        "decided_s": _numbers(account.decided_s),
        "alarms": account.alarms,
        "gaps": account.gaps,
        "outages": account.outages,
        "faults": account.faults,
        "shortfalls": account.shortfalls,
    }
    (folder / "soak.json").write_bytes(msgspec.json.format(msgspec.json.encode(fields)))
    (folder / "soak.svg").write_text(svg(title(account), account.samples), encoding="utf-8")


def _numbers(times_s: Sequence[float]) -> list[float | None]:
    """Return them as JSON can say it: null for what never came."""
    return [round(one, 4) if math.isfinite(one) else None for one in times_s]
