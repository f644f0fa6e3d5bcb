"""Rows: what counts as met, missed and failed, and that every rendering tells which."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from hearthwatch.bench.row import Guard, Row, Verdict, exit_code, json_line, markdown, parsed, table
from hearthwatch.kit.errors import ConfigFault


def row(judged: float = 0.9, *, held: bool = True, **fields) -> Row:
    return Row(
        bench="BM4",
        what="record one camera",
        ours=judged * 0.3,
        peer=0.3,
        peer_name="ffmpeg -c copy",
        unit="% core",
        judged=judged,
        target="<= 1.00",
        limit=1.0,
        rounds=3,
        guards=(Guard(what="150 of 150 packets", held=held),),
        **fields,
    )


@pytest.mark.parametrize(
    ("one", "verdict", "code"),
    [
        (row(0.9), Verdict.MET, 0),
        (row(1.0), Verdict.MET, 0),
        (row(1.1), Verdict.MISSED, 0),
        (row(1.1, hard_limit=1.3), Verdict.MISSED, 0),
        (row(1.4, hard_limit=1.3), Verdict.FAILED, 1),
        (row(0.1, held=False), Verdict.FAILED, 1),
        (row(0.9, more_is_better=True), Verdict.MISSED, 0),
        (row(1.2, more_is_better=True), Verdict.MET, 0),
    ],
)
def test_verdict(one: Row, verdict: Verdict, code: int) -> None:
    assert one.verdict is verdict
    assert one.met is (verdict is Verdict.MET)
    assert exit_code([row(), one]) == code


def test_json_line_is_read_back() -> None:
    rows = (row(), row(2.0, note="one | two", hard_limit=3.0))
    assert parsed("\n".join(map(json_line, rows)) + "\n") == rows
    assert '"verdict":"missed"' in json_line(rows[1])


def test_other_files_are_refused() -> None:
    with pytest.raises(ConfigFault, match="no rows"):
        parsed("# benchmarks\n")


def test_markdown_names_the_guard_that_failed() -> None:
    text = markdown([row(), row(held=False)])
    assert "| BM4 | record one camera | 0.27 % core | ffmpeg -c copy: 0.3 % core | 0.9 | <= 1.00 | met | 1 held |" in text
    assert "FAILED | NOT HELD: 150 of 150 packets |" in text


def test_a_pipe_in_a_cell_does_not_break_the_table() -> None:
    lines = markdown([row(note="a|b")]).splitlines()
    assert lines[2].replace("\\|", "").count("|") == lines[0].count("|")


def test_terminal_table_shows_every_row() -> None:
    out = io.StringIO()
    Console(file=out, width=200).print(table([row(), row(5.0)]))
    assert "met" in out.getvalue()
    assert "missed" in out.getvalue()
