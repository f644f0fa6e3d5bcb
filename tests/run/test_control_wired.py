"""The commands against a house that really runs: the demo camera, every process, the control door."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

pytestmark = pytest.mark.wired

COMMAND = [sys.executable, "-m", "hearthwatch"]


@dataclass
class House:
    data: Path
    process: subprocess.Popen[bytes]

    def ask(self, *argv: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*COMMAND, *argv, "--data", str(self.data)],
            input=stdin,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
            cwd=self.data.parent,
        )

    def wait_until_live(self) -> None:
        """Ask until every camera is live; the test's own time limit ends it."""
        while self.process.poll() is None:
            told = json.loads(self.ask("status", "--json").stdout or "{}")
            if told.get("running") and all(camera["state"] == "live" for camera in told["cameras"]):
                return
        raise AssertionError(f"the house ended: {(self.data.parent / 'log').read_text()}")

    def end(self) -> None:
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(timeout=60)


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    data = tmp_path / "data"
    data.mkdir(mode=0o700)
    (data / "hearthwatch.toml").write_text("[web]\nhttps_port = 0\n")
    with (
        (tmp_path / "log").open("wb") as log,
        subprocess.Popen([*COMMAND, "run", "--data", str(data), "--port", "0"], stdout=log, stderr=log) as process,
    ):
        running = House(data=data, process=process)
        try:
            running.wait_until_live()
            yield running
        finally:
            if process.poll() is None:
                running.end()


def test_what_the_owner_asks_of_a_running_house_and_of_one_that_ended(house: House) -> None:
    status = house.ask("status")
    assert status.returncode == 0, status.stderr
    assert "camera demo: live" in status.stdout
    told = json.loads(house.ask("status", "--json").stdout)
    assert told["running"] is True
    assert [camera["state"] for camera in told["cameras"]] == ["live"]

    assert "camera demo: live: main 1280x720" in house.ask("doctor").stdout

    added = house.ask("users", "add", "ada", "--owner", stdin="seven lamps under ice\n")
    assert added.returncode == 0, added.stderr
    assert house.ask("users", "list").stdout == "ada  (owner)\n"

    kept = house.ask("keep", "demo", "--from", "1m ago", "--to", "+2m", "--note", "the whole walk")
    assert kept.returncode == 0, kept.stderr
    assert kept.stdout.startswith("kept as pin 1: demo")

    exported = house.ask("export", "demo", "--from", "1m ago", "-o", "live.mp4")
    assert exported.returncode == 0, exported.stderr
    assert (house.data.parent / "live.mp4").stat().st_size > 10_000

    assert house.ask("verify").returncode == 0

    refused = house.ask("keep", "--drop", "9")
    assert (refused.returncode, refused.stderr) == (1, "hearthwatch: there is no pin 9: there are 1\n")

    house.end()
    assert not (house.data / "control.sock").exists()
    assert house.ask("status").returncode == 1
    assert "the whole walk" in house.ask("keep", "--list").stdout
    (segment, *_more) = sorted((house.data / "footage" / "demo" / "main").iterdir())
    assert segment.stat().st_mode & 0o222 == 0, "what was pinned while it was written is pinned when it is closed"
    assert house.ask("keep", "--drop", "1").returncode == 0
    assert segment.stat().st_mode & 0o200 != 0
    assert house.ask("verify", "--deep").returncode == 0
