"""What the doctor says of a Pi's camera and pins."""

from __future__ import annotations

from pathlib import Path

import pytest

from hearthwatch.run.check import Check
from hearthwatch.run.config import parse
from hearthwatch.run.doctor_network import cameras
from hearthwatch.run.doctor_pi import pins

CONFIG = (
    '[camera.hall]\nmain = "picamera://0"\ntrigger.pin = 17\n[camera.gate]\nsnapshot = "picamera://0"\ntrigger.webhook = true\n'
)


def texts(checks: list[Check]) -> list[str]:
    return [f"{check.subject}: {check.detail}" for check in checks]


def test_the_program_is_looked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    said = texts(list(cameras(parse(CONFIG), tmp_path, None)))
    assert [text.partition(":")[0] for text in said] == ["camera hall", "camera gate"]
    assert "rpicam-vid is not installed: install the package rpicam-apps" in said[0]
    assert "rpicam-still is not installed" in said[1]
    program = tmp_path / "libcamera-vid"
    program.touch(mode=0o755)
    assert f"{program} reads it" in texts(list(cameras(parse(CONFIG), tmp_path, None)))[0]


def test_the_pins_are_looked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GPIOZERO_PIN_FACTORY", raising=False)
    (said,) = texts(list(pins(parse(CONFIG), tmp_path)))
    assert said == "trigger of hall: this machine has no pins (/dev/gpiochip0): is it a Raspberry Pi?"
    monkeypatch.setenv("GPIOZERO_PIN_FACTORY", "mock")
    assert "reached by mock" in texts(list(pins(parse(CONFIG), tmp_path)))[0]
