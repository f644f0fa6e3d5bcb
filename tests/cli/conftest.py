"""A data folder with real footage in it, as a house leaves it, and a way to run a command on it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.house_db import empty_house_db
from tests.recording.conftest import Bench

from hearthwatch.cli import app
from hearthwatch.kit.clock import FakeClock
from hearthwatch.kit.units import US_PER_S, WallUs, iso
from hearthwatch.recording.index import IndexReader

START_US = 1_700_000_000 * US_PER_S
"""2023-11-14 22:13:20 UTC: past on every machine that runs these tests."""


def moment(seconds: float) -> str:
    """Return the moment `seconds` after the footage's start as one writes it on the command line."""
    return iso(WallUs(START_US + round(seconds * US_PER_S)))


class HouseBench(Bench):
    """Records into a data folder the way the recorder of a house does."""

    @property
    def index_path(self) -> Path:
        return self.root / "footage" / "index.db"


@dataclass(frozen=True)
class Ran:
    """What a command printed and how it ended."""

    code: int
    out: str
    err: str


@dataclass(frozen=True)
class Home:
    """A house that does not run."""

    data: Path
    capsys: pytest.CaptureFixture[str]

    def run(self, *argv: str | Path) -> Ran:
        """Run one command on this house; a traceback or a claimed bug in what it prints is a failure in itself."""
        code = app.run([*map(str, argv), "--data", str(self.data)])
        captured = self.capsys.readouterr()
        for text in (captured.out, captured.err):
            assert "Traceback" not in text
            assert "a bug in Hearthwatch" not in text
        return Ran(code, captured.out, captured.err)

    def index(self) -> IndexReader:
        return IndexReader(self.data / "footage" / "index.db")

    def files(self) -> list[Path]:
        return sorted((self.data / "footage").rglob("*.mp4"))


@pytest.fixture
def empty_home(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Home:
    """A house that was started once and recorded nothing; the current folder is another, empty one."""
    data, here = tmp_path / "data", tmp_path / "here"
    data.mkdir(mode=0o700)
    here.mkdir()
    (data / "house.db").write_bytes(empty_house_db())
    (data / "hearthwatch.toml").write_text(
        '[home]\ntimezone = "Europe/Berlin"\n'
        '[camera.front]\nmain = "rtsp://192.168.1.20/x"\n[camera.garden]\nmain = "rtsp://192.168.1.21/x"\n'
    )
    monkeypatch.chdir(here)
    return Home(data=data, capsys=capsys)


@pytest.fixture
def home(empty_home: Home) -> Home:
    """The same with 20 s of footage of `front`, a gap of 10 s because of the network, and 8 s more."""
    bench = HouseBench(empty_home.data, clock=FakeClock(wall_us=START_US))
    bench.record(19, start_us=START_US)
    bench.record(7, start_us=START_US + 30 * US_PER_S)
    bench.close()
    return empty_home
