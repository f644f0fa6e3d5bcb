"""The sealing benchmark: its speed is counted in bytes, and what it measures is a seal that opens."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from hearthwatch.bench import sealing
from hearthwatch.bench.row import Verdict
from hearthwatch.bench.terms import Terms
from hearthwatch.offsite.seal import CHUNK_BYTES, new_pair


def test_a_piece_is_fed_in_chunks_and_whole() -> None:
    piece = bytes(range(256)) * 1000
    parts = list(sealing.chunks(piece))
    assert b"".join(parts) == piece
    assert {len(part) for part in parts[:-1]} == {CHUNK_BYTES}


def test_a_seal_that_opens_to_something_else_is_no_seal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    keys, piece = new_pair(), b"evidence" * 20_000
    (held,) = sealing.guards(piece, keys, tmp_path, None)
    assert held.held
    monkeypatch.setattr(sealing, "seal", lambda parts, out, to: seal_of([b"other", *parts], out, to))
    seal_of = sealing.unseal.__globals__["seal"]
    (broken,) = sealing.guards(piece, keys, tmp_path, None)
    assert not broken.held


def test_without_a_peer_the_speed_alone_is_judged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sealing.shutil, "which", lambda _name: None)
    monkeypatch.setattr(sealing, "_PIECE_BYTES", 1 << 20)
    (row,) = sealing.sealing(Terms(rounds=1, round_s=0.02, data=tmp_path))
    assert (row.bench, row.peer, row.unit, len(row.guards)) == ("SEAL", None, "MB/s", 1)
    assert row.judged == row.ours > 1
    assert replace(row, judged=149.0).verdict is Verdict.MISSED
    assert replace(row, judged=150.0).verdict is Verdict.MET


@pytest.mark.wired
def test_the_stock_tool_opens_what_is_measured_and_is_measured_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sealing, "_PIECE_BYTES", 4 << 20)
    (row,) = sealing.sealing(Terms(rounds=1, round_s=0.1, data=tmp_path))
    assert row.peer is not None
    assert [guard.held for guard in row.guards] == [True, True]
