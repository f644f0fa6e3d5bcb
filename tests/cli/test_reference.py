"""docs/reference/commands.md against the program."""

from __future__ import annotations

import re
from pathlib import Path

from hearthwatch.cli import app

PAGE = Path(__file__).resolve().parents[2] / "docs" / "reference" / "commands.md"


def test_every_command_is_described_and_no_other() -> None:
    described = re.findall(r"^## `hearthwatch ([\w-]+)`$", PAGE.read_text(), flags=re.MULTILINE)
    assert sorted(described) == sorted(app.build().commands)


def test_every_part_of_a_group_is_named() -> None:
    sections = re.split(r"^## `hearthwatch ([\w-]+)`$", PAGE.read_text(), flags=re.MULTILINE)
    texts = dict(zip(sections[1::2], sections[2::2], strict=True))
    for name, command in app.build().commands.items():
        for part in getattr(command, "commands", {}):
            assert re.search(rf"[`\s]{part}[`\s]", texts[name]), f"{name} {part} is not described"
