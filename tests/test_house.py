"""The house rules that no linter knows: walls, sizes, names, time, words, promises."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.sources import tree

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "src" / "hearthwatch"
MODULES = sorted(SOURCE.rglob("*.py"))
ROOMS = sorted(path.parent for path in SOURCE.glob("*/__init__.py"))

FORBIDDEN_NAMES = {"utils", "util", "helpers", "helper", "common", "types", "const", "consts", "constants", "misc"}
MAX_LINES = 400
NETWORK_CLIENTS = {"http.client", "urllib.request", "ftplib", "poplib", "imaplib", "telnetlib", "socketserver", "http.server"}
"""Standard modules that reach other machines; the other clients are in the import contracts of pyproject.toml."""
MAY_USE_NETWORK_CLIENTS = {"bench/soak/visitors.py", "bench/timeline.py", "detect/fetch.py"}
"""Benchmarks' clients of our own page and porch, on loopback; the owner's wish to fetch a detection model."""
CLOCK_CALLS = {
    "time.time",
    "time.time_ns",
    "time.sleep",
    "time.monotonic",
    "time.monotonic_ns",
    "datetime.now",
    "datetime.utcnow",
    "date.today",
}
MAY_READ_CLOCKS = {"kit/clock.py", "bench/gst_rtsp_child.py"}
"""The second runs under the system's Python, which has no `kit`."""
MAY_IMPORT_PYDANTIC = ("run/config", "web/")
NOUNS = {
    "feeds/packet.py": ("Packet", "Run", "Gap"),
    "recording/segment.py": ("Segment",),
    "frames/frame.py": ("Frame",),
    "motion/motion.py": ("Motion",),
    "detect/detection.py": ("Detection",),
    "tracks/track.py": ("Track",),
    "events/event.py": ("Event",),
    "health/outage.py": ("Outage",),
    "alerts/alert.py": ("Alert", "Delivery"),
    "ingest/drop.py": ("Drop",),
    "arming/arming.py": ("ArmState",),
    "offsite/upload.py": ("Upload", "Piece", "Proof"),
    "copies/copy.py": ("ConfigCopy", "Proposal", "Drift"),
}


def name_of(path: Path) -> str:
    return path.relative_to(SOURCE).as_posix()


def imports(path: Path) -> Iterator[str]:
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def calls(path: Path) -> Iterator[str]:
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Call):
            yield ast.unparse(node.func)


@pytest.mark.wired
def test_the_walls_between_rooms_stand() -> None:
    command = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([command, "--no-cache", "--no-logo"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[done.stdout.find("Broken") :]


def test_no_module_is_too_long() -> None:
    lengths = {name_of(path): len(path.read_text().splitlines()) for path in MODULES}
    assert {name: length for name, length in lengths.items() if length > MAX_LINES} == {}


def test_no_module_has_a_name_that_says_nothing() -> None:
    assert [name_of(path) for path in MODULES if path.stem in FORBIDDEN_NAMES or path.parent.name in FORBIDDEN_NAMES] == []


def test_no_folder_is_deeper_than_two_levels() -> None:
    assert [
        name_of(path) for path in MODULES if len(path.relative_to(SOURCE).parts) > 3 and "migrations" not in path.parts
    ] == []


def test_every_module_begins_with_one_sentence_about_itself() -> None:
    silent = []
    for path in MODULES:
        if "versions" in path.parts or path.name == "env.py":
            continue
        doc = ast.get_docstring(tree(path))
        if not doc or doc.splitlines()[0].rstrip()[-1:] not in {".", "?", "…", ":"}:
            first = (doc or "").split("\n\n")[0].rstrip()
            if not first.endswith((".", "?", "`")):
                silent.append(name_of(path))
    assert silent == []


def test_only_the_clock_reads_clocks() -> None:
    found = {name_of(path): CLOCK_CALLS & set(calls(path)) for path in MODULES if name_of(path) not in MAY_READ_CLOCKS}
    assert {name: names for name, names in found.items() if names} == {}


def test_only_named_modules_reach_other_machines() -> None:
    found = {name_of(path): NETWORK_CLIENTS & set(imports(path)) for path in MODULES}
    assert {name for name, names in found.items() if names} <= MAY_USE_NETWORK_CLIENTS


def test_sec_16_nothing_is_ever_run_by_a_shell() -> None:
    shells = {"os.system", "os.popen", "subprocess.getoutput", "subprocess.getstatusoutput", "asyncio.create_subprocess_shell"}
    found = {name_of(path): shells & set(calls(path)) for path in MODULES}
    assert {name: names for name, names in found.items() if names} == {}
    assert [name_of(path) for path in MODULES if "shell=True" in path.read_text()] == []


def test_the_recorder_and_the_looker_stay_without_pydantic() -> None:
    users = {name_of(path) for path in MODULES if any(name.split(".")[0] == "pydantic" for name in imports(path))}
    assert {name for name in users if not name.startswith(MAY_IMPORT_PYDANTIC)} == set()


def glossary() -> list[str]:
    return re.findall(r"^\*\*(.+?)\*\*", (ROOT / "docs" / "glossary.md").read_text(), re.MULTILINE)


def test_every_noun_is_in_the_glossary() -> None:
    terms = {term.lower() for term in glossary()}
    for module, nouns in NOUNS.items():
        classes = {node.name for node in tree(SOURCE / module).body if isinstance(node, ast.ClassDef)}
        for noun in nouns:
            assert noun in classes, f"{noun} left {module}"
            assert noun.lower() in terms, f"{noun} is not in docs/glossary.md"


def test_the_glossary_says_each_word_once_in_order() -> None:
    terms = [term.lower() for term in glossary()]
    assert terms == sorted(set(terms))


def test_every_room_is_in_the_glossary_or_the_layers() -> None:
    layers = (ROOT / "pyproject.toml").read_text()
    assert [room.name for room in ROOMS if not re.search(rf'["|( ]{room.name}["|) ]', layers)] == []


IDS = [
    f"{part}{number}" for part, count in (("A", 10), ("B", 8), ("C", 3), ("D", 6), ("E", 6)) for number in range(1, count + 1)
]


def parity_rows() -> dict[str, list[str]]:
    text = (ROOT / "docs" / "parity.md").read_text()
    rows = [
        [cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines() if re.match(r"\| [A-E]\d", line)
    ]
    return {row[0].split()[0]: row for row in rows}


def test_the_parity_table_has_every_feature_and_every_rival() -> None:
    rows = parity_rows()
    assert list(rows) == IDS
    assert {len(row) for row in rows.values()} == {13}
    assert {mark for row in rows.values() for mark in row[1:11]} <= {"Y", "P", "N", "?", "$"}
    assert {row[11] for row in rows.values()} <= {"yes", "no"}


def test_every_proof_of_the_parity_table_exists() -> None:
    for feature, row in parity_rows().items():
        links = re.findall(r"\[`([\w/]+\.py)(?:::(\w+))?`\]\(\.\./([\w/.]+)\)", row[12])
        assert row[11] == "no" or links, f"{feature} says yes without a test"
        for shown, function, target in links:
            text = (ROOT / target).read_text()
            assert target.endswith(shown)
            assert not function or f"def {function}(" in text, f"{feature}: {target} has no {function}"


def locked(name: str) -> dict[str, str]:
    """Return package name to the lines of its entry in a lock file."""
    entries = re.split(r"^(?=[A-Za-z0-9])", (ROOT / name).read_text(), flags=re.MULTILINE)
    return {re.split(r"[=\[ ;]", entry, maxsplit=1)[0].lower(): entry for entry in entries if entry.strip()}


LOCKS = ("requirements.lock", "requirements-dev.lock", "requirements-uv.lock", "requirements-node.lock")


@pytest.mark.parametrize("name", LOCKS)
def test_every_locked_package_has_a_version_and_hashes(name: str) -> None:
    for package, entry in locked(name).items():
        assert re.match(r"[\w.-]+(\[[\w,-]+\])?==\S+", entry), f"{package} has no version"
        assert "--hash=sha256:" in entry, f"{package} has no hash"


def test_the_locks_hold_what_the_project_asks_for() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    asked = [*project["project"]["dependencies"], *project["dependency-groups"]["build"]]
    names = {re.split(r"[^\w.-]", requirement, maxsplit=1)[0].lower() for requirement in asked}
    assert names <= set(locked("requirements.lock")), "run `make lock`"
    groups = project["dependency-groups"]
    wanted = [requirement for name in ("dev", "docs") for requirement in groups[name] if isinstance(requirement, str)]
    dev = {re.split(r"[^\w.-]", requirement, maxsplit=1)[0].lower() for requirement in wanted}
    assert names | dev <= set(locked("requirements-dev.lock")), "run `make lock`"
    assert {package: entry.split()[0] for package, entry in locked("requirements.lock").items()}.items() <= {
        package: entry.split()[0] for package, entry in locked("requirements-dev.lock").items()
    }.items()


def test_nothing_that_phones_home_and_no_second_opencv_is_installed() -> None:
    packages = set(locked("requirements.lock"))
    assert not {
        name
        for name in packages
        if re.search(r"telemetry-(sdk|exporter)|openvino|sentry|posthog|analytics|fastapi-cloud", name)
    }
    assert {name for name in packages if name.startswith("opencv")} == {"opencv-contrib-python-headless"}


def committed() -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode:
        pytest.skip("not a git checkout")
    return [ROOT / name for name in listed.stdout.split("\0") if name and (ROOT / name).is_file()]


def test_nothing_committed_names_a_registry_or_a_folder_of_one_machine() -> None:
    forbidden = re.compile(rb"pypi\.org|pythonhosted|registry\.npmjs|/work/" + rb"(?:main|shared)|\.library/")
    texts = [path for path in committed() if path.suffix not in {".png", ".jpg", ".mp4"} and path != Path(__file__).resolve()]
    assert [path.relative_to(ROOT).as_posix() for path in texts if forbidden.search(path.read_bytes())] == []


def test_nothing_large_is_committed() -> None:
    assert [
        path.name for path in committed() if path.stat().st_size > 400_000 and not path.name.endswith((".lock", "-lock.json"))
    ] == []
