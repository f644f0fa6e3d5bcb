"""The Row: one comparison of a benchmark, with what must hold beside it; and rows as a table or as JSON."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

import msgspec
from rich.table import Table

from hearthwatch.kit.errors import ConfigFault


@dataclass(frozen=True, slots=True, kw_only=True)
class Guard:
    """Something without which a fast figure is a wrong answer; `what` says it in full, with the figures."""

    what: str
    held: bool


class Verdict(StrEnum):
    """FAILED: a guard did not hold or the hard limit was passed."""

    MET = "met"
    MISSED = "missed"
    FAILED = "FAILED"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One figure of ours beside a peer's, medians over `rounds`, and what is judged: mostly ours / peer.

    `limit` is the target as a number, `target` as the text that is shown; less is better unless `more_is_better`. Past
    `hard_limit` the row fails. `peer` is None where only our own figure is judged. `note` explains a figure to the reader.
    """

    bench: str
    what: str
    ours: float
    peer: float | None
    peer_name: str
    unit: str
    judged: float
    target: str
    limit: float
    rounds: int
    guards: tuple[Guard, ...] = ()
    hard_limit: float | None = None
    more_is_better: bool = False
    note: str = ""

    @property
    def met(self) -> bool:
        """The target is reached and every guard held."""
        return self.verdict is Verdict.MET

    @property
    def verdict(self) -> Verdict:
        if not all(guard.held for guard in self.guards) or not self._within(self.hard_limit):
            return Verdict.FAILED
        return Verdict.MET if self._within(self.limit) else Verdict.MISSED

    def _within(self, limit: float | None) -> bool:
        if limit is None:
            return True
        return self.judged >= limit if self.more_is_better else self.judged <= limit


def exit_code(rows: Iterable[Row]) -> int:
    """Return 1 when a guard or a hard limit failed; a missed target is shown, not failed."""
    return int(any(row.verdict is Verdict.FAILED for row in rows))


_HEADS = ("row", "what", "ours", "peer", "judged", "target", "", "guards")


def markdown(rows: Iterable[Row]) -> str:
    """Return `rows` as a Markdown table, guards that failed in words."""
    lines = ["| " + " | ".join(_HEADS) + " |", "|" + "---|" * len(_HEADS)]
    lines += ["| " + " | ".join(cell.replace("|", "\\|") for cell in _cells(row)) + " |" for row in rows]
    return "\n".join(lines) + "\n"


def table(rows: Iterable[Row]) -> Table:
    """Return `rows` for a terminal."""
    shown = Table(*_HEADS)
    colours = {Verdict.MET: "green", Verdict.MISSED: "yellow", Verdict.FAILED: "bold red"}
    for row in rows:
        shown.add_row(*_cells(row), style=colours[row.verdict])
    return shown


def json_line(row: Row) -> str:
    """Return the row as one line of JSON that `parsed` reads back; `verdict` is added for other readers."""
    fields: dict[str, object] = msgspec.to_builtins(row)
    return msgspec.json.encode({**fields, "verdict": row.verdict}).decode()


def parsed(lines: str) -> tuple[Row, ...]:
    """Return the rows of a file of JSON lines. Raises ConfigFault when it is none."""
    try:
        return tuple(msgspec.json.decode(line, type=Row) for line in lines.splitlines() if line.strip())
    except msgspec.DecodeError as error:
        raise ConfigFault(f"these are no rows of `hearthwatch bench --json`: {error}") from error


def _cells(row: Row) -> Sequence[str]:
    peer = row.peer_name if row.peer is None else f"{row.peer_name}: {_number(row.peer)} {row.unit}"
    guards = "; ".join(f"NOT HELD: {guard.what}" for guard in row.guards if not guard.held) or f"{len(row.guards)} held"
    what = f"{row.what} ({row.note})" if row.note else row.what
    ours = f"{_number(row.ours)} {row.unit}"
    return row.bench, what, ours, peer, _number(row.judged), row.target, str(row.verdict), guards if row.guards else ""


def _number(value: float) -> str:
    return f"{value:.3g}" if abs(value) < 100 else f"{value:.0f}"
