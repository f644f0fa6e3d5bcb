"""`hearthwatch bench`: rows that were kept, names nobody knows, and a benchmark whose peer is missing."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.bench.test_row import row

from hearthwatch.bench import registry
from hearthwatch.bench.registry import BENCHES, chosen
from hearthwatch.bench.row import json_line
from hearthwatch.bench.terms import Bench, Terms
from hearthwatch.cli.app import run
from hearthwatch.kit.errors import ConfigFault


def test_every_benchmark_has_a_name_of_its_own() -> None:
    names = [bench.name for bench in BENCHES]
    assert len(names) == len(set(names))
    assert chosen("all") == BENCHES
    assert [bench.name for bench in chosen("BM5, bm4")] == ["bm5", "bm4"]


def test_an_unknown_name_is_told_with_those_there_are(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["bench", "bm99"]) == 2
    assert "'bm99'" in capsys.readouterr().err


@pytest.mark.parametrize(("held", "code"), [(True, 0), (False, 1)])
def test_kept_rows_are_shown(tmp_path: Path, capsys: pytest.CaptureFixture[str], held: bool, code: int) -> None:
    kept = tmp_path / "rows.jsonl"
    kept.write_text(json_line(row(held=held)) + "\n")
    assert run(["bench", str(kept), "--markdown"]) == code
    assert "| BM4 | record one camera |" in capsys.readouterr().out


def test_one_that_cannot_be_measured_does_not_cost_the_others(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    def missing(terms: Terms) -> tuple:
        raise ConfigFault(f"{terms.data} holds nothing")

    benches = (Bench(name="a", what="", measure=missing), Bench(name="b", what="", measure=lambda terms: (row(),)))
    monkeypatch.setattr(registry, "BENCHES", benches)  # the real ones take minutes
    assert run(["bench", "all", "--json", "--data", str(tmp_path)]) == 1
    said = capsys.readouterr()
    assert "a could not be measured" in said.err
    assert '"bench":"BM4"' in said.out
