"""Checks of a Raspberry Pi's own camera and pins: is what reads them there, and may this user use it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

from hearthwatch.feeds.picamera import STILL_PROGRAMS, VIDEO_PROGRAMS
from hearthwatch.feeds.picamera_program import found
from hearthwatch.kit.errors import Unsupported
from hearthwatch.run.check import Check, fail, ok
from hearthwatch.run.config import Config
from hearthwatch.run.guest_plans import guest_plans

_DEVICES = Path("/dev")


def picamera(subject: str, *, streams: bool) -> Check:
    """Tell whether the program that reads a Pi camera is there; the camera itself is not tried: it may be in use."""
    try:
        path = found(VIDEO_PROGRAMS if streams else STILL_PROGRAMS)
    except Unsupported as error:
        return fail(subject, str(error))
    return ok(subject, f"{path} reads it (the camera itself was not tried)")


def pins(config: Config, devices: Path = _DEVICES) -> Iterator[Check]:
    """Yield whether sensors and lights at pins can work."""
    for camera, plan in guest_plans(config, ()).items():
        if plan.trigger is not None:
            yield _pins(f"trigger of {camera}", devices)


def _pins(subject: str, devices: Path) -> Check:
    if find_spec("gpiozero") is None:
        return fail(subject, "the library for the pins is missing: pip install 'hearthwatch[pi]'")
    if "GPIOZERO_PIN_FACTORY" in os.environ:
        return ok(subject, f"its pins are reached by {os.environ['GPIOZERO_PIN_FACTORY']} (GPIOZERO_PIN_FACTORY)")
    chips = sorted(devices.glob("gpiochip*"))
    if not chips:
        return fail(subject, "this machine has no pins (/dev/gpiochip0): is it a Raspberry Pi?")
    if not any(os.access(chip, os.R_OK | os.W_OK) for chip in chips):
        return fail(subject, "this user may not use the pins: sudo usermod -aG gpio USER, then log in anew")
    if find_spec("lgpio") is None:
        return fail(subject, "lgpio is missing: pip install 'hearthwatch[pi]', or the system's python3-lgpio")
    return ok(subject, "its pins can be used")
