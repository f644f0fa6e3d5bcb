"""The emulated cameras share nothing with our clients but the clock: both must not have one misreading."""

from __future__ import annotations

import re
from pathlib import Path

FOLDER = Path(__file__).parent
ALLOWED = {"hearthwatch.kit.clock", "hearthwatch.kit.units", "hearthwatch.bench.rtsp_server"}


def test_emulators_import_nothing_of_our_clients() -> None:
    files = [one for one in FOLDER.glob("*.py") if "emulat" in one.read_text().lower() and not one.name.startswith("test_")]
    assert len(files) >= 20
    for file in files:
        found = set(re.findall(r"^\s*(?:from|import) (hearthwatch[\w.]*)", file.read_text(), re.MULTILINE))
        assert found <= ALLOWED, file.name
