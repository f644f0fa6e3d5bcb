"""The doctor's look at the libraries we stand on; FFmpeg's is asked in a process of its own, for the doctor decodes nothing."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
from collections.abc import Iterator

from hearthwatch.run.check import Check, fail, ok, warn
from hearthwatch.run.libraries import REVIEWED, of_ffmpeg, of_sqlite

_PROBE_S = 60.0
_PROBE = "import json\nfrom hearthwatch.frames.build import ffmpeg\nprint(json.dumps(ffmpeg()))\n"


def libraries() -> Iterator[Check]:
    """Yield how SQLite and FFmpeg are."""
    yield sqlite()
    try:
        done = subprocess.run(  # noqa: S603 our own interpreter with our own text
            [sys.executable, "-c", _PROBE], capture_output=True, text=True, timeout=_PROBE_S, check=True
        )
        version, configuration = json.loads(done.stdout)
    except (OSError, subprocess.SubprocessError, ValueError) as error:
        yield fail("FFmpeg", f"its libraries cannot be loaded ({error}): install Hearthwatch anew")
        return
    yield ffmpeg(version, configuration)


def sqlite(version: tuple[int, ...] = sqlite3.sqlite_version_info) -> Check:
    """Tell whether SQLite is one without known damage."""
    known = of_sqlite(version)
    return warn("SQLite", known) if known else ok("SQLite", ".".join(map(str, version)))


def ffmpeg(version: str, configuration: str) -> Check:
    """Tell whether FFmpeg, as it came with PyAV, has holes a camera can reach."""
    known = of_ffmpeg(version, configuration)
    return warn("FFmpeg", known) if known else ok("FFmpeg", f"{version}, no hole known that reaches us (as of {REVIEWED})")
