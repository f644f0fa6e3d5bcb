"""The threat model's table is true: a row for each requirement, and every test it names exists under that name."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGE = (ROOT / "docs" / "threat-model.md").read_text()
ROW = re.compile(r"^\| SEC-(\d\d) \| (.+?) \| (.+?) \| (.+) \|$", re.MULTILINE)
NAMED = re.compile(r"`(test_[a-z0-9_]+)`")
DEFINED = re.compile(r"^(?:async )?def (test_sec_(\d\d)_[a-z0-9_]+)\(", re.MULTILINE)
REQUIREMENTS = [f"{number:02}" for number in range(1, 41)]

ROWS = {number: proof for number, _what, _where, proof in ROW.findall(PAGE)}


def defined() -> dict[str, set[str]]:
    """Return where each test is that is named by a requirement, by its name."""
    found: dict[str, set[str]] = {}
    for path in sorted((ROOT / "tests").rglob("*.py")):
        for name, _number in DEFINED.findall(path.read_text()):
            found.setdefault(name, set()).add(path.relative_to(ROOT).as_posix())
    return found


def test_every_requirement_has_its_row() -> None:
    assert [number for number, *_ in ROW.findall(PAGE)] == REQUIREMENTS


def test_every_test_of_the_table_exists_where_it_says() -> None:
    there, missing = defined(), []
    for number, proof in ROWS.items():
        for part in proof.split("; "):
            path, _, names = part.partition(": ")
            for name in NAMED.findall(names):
                if path not in there.get(name, set()) or not name.startswith(f"test_sec_{number}_"):
                    missing.append(f"SEC-{number}: {path}: {name}")
    assert missing == []


def test_every_test_named_by_a_requirement_is_in_its_row() -> None:
    assert [name for name in sorted(defined()) if f"`{name}`" not in ROWS.get(name[9:11], "")] == []


def test_a_requirement_is_proved_or_says_why_not() -> None:
    unproved = {number for number, proof in ROWS.items() if not NAMED.findall(proof)}
    assert {number for number in unproved if len(re.findall(rf"^\| SEC-{number} \| (.+)", PAGE, re.MULTILINE)[0]) < 60} == set()


def test_every_module_it_speaks_of_exists() -> None:
    spoken = set(re.findall(r"`([a-z]+/[a-z_0-9/]+\.py)`", PAGE.replace("`tests/test_threat_model.py`", "")))
    assert {name for name in spoken if not (ROOT / "src" / "hearthwatch" / name).exists()} == set()
