"""A case made for the page, from real footage: what is in it, and that it does not cost recording its room."""

from __future__ import annotations

import hashlib
import io
import zipfile
from pathlib import Path

import av
import pytest
from tests.alerts.house import FRONT, House
from tests.recording.conftest import Bench
from tests.recording.packet_maker import START_US

from hearthwatch.kit.db import open_reader
from hearthwatch.kit.errors import StorageFailed, StorageFault, Unsupported
from hearthwatch.kit.units import US_PER_S, CameraId, WallUs
from hearthwatch.run import cases as module
from hearthwatch.run.cases import Cases
from hearthwatch.run.config import Config
from hearthwatch.run.house_doors import Footage

YARD = CameraId("yard")


def at(seconds: float) -> WallUs:
    return WallUs(START_US + round(seconds * US_PER_S))


@pytest.fixture
def cases(tmp_path: Path):
    (tmp_path / "footage").mkdir()
    bench = Bench(tmp_path / "footage")
    bench.record(12)
    house = House(tmp_path, bench.clock)
    reader = open_reader(tmp_path / "house.db")
    footage = Footage(bench.index_path, bench.folder)
    yield Cases(footage, reader, bench.clock, lambda: Config(cameras={}, actions={}))
    footage.index.close()
    reader.dispose()
    house.close()
    bench.close()


def test_a_case_proves_itself_and_says_what_it_lacks(cases: Cases, tmp_path: Path) -> None:
    target = tmp_path / "case.zip"
    cases.write([FRONT, YARD], at(2), at(7), target)
    with zipfile.ZipFile(target) as box:
        assert box.testzip() is None
        clip, text, missing, sums = box.namelist()
        assert (clip.endswith(".mp4"), text.endswith(".txt"), missing, sums) == (True, True, "MISSING.txt", "SHA256SUMS")
        for line in box.read(sums).decode().splitlines():
            digest, name = line.split("  ")
            assert hashlib.sha256(box.read(name)).hexdigest() == digest
        assert len(box.read(sums).splitlines()) == 3
        assert b"no footage of yard" in box.read(missing)
        assert b"camera     front" in box.read(text)
        with av.open(io.BytesIO(box.read(clip))) as file:
            assert 4 * 15 <= sum(1 for _ in file.decode(video=0)) <= 7 * 15


def test_where_there_is_none_it_is_said(cases: Cases, tmp_path: Path) -> None:
    with pytest.raises(Unsupported, match="no footage in that time: yard"):
        cases.write([YARD], at(2), at(7), tmp_path / "case.zip")


def test_what_would_cost_footage_its_room_is_refused(cases: Cases, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "free_bytes", lambda _folder: 2 << 30)
    with pytest.raises(StorageFailed, match="shorter time or fewer cameras") as refused:
        cases.write([FRONT], at(2), at(7), tmp_path / "case.zip")
    assert refused.value.fault is StorageFault.NO_SPACE
    assert not (tmp_path / "case.zip").exists()
