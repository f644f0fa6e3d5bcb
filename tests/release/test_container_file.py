"""The container file, by reading: nobody is root in it, nothing but the lock decides what is installed, no secret comes in.
`python -m tests.runs.container_root` does what it says and starts it."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import pytest
import yaml
from tests.runs.container_file import Image, build, filled, instructions, is_taken
from tests.runs.rootfs import Root

ROOT = Path(__file__).resolve().parents[2]
FILE = ROOT / "deploy" / "container" / "Containerfile"
IGNORE = (ROOT / ".containerignore").read_text()


@pytest.fixture(scope="module")
def said() -> list[tuple[str, str]]:
    return list(instructions(FILE.read_text()))


def last_stage(said: list[tuple[str, str]]) -> list[tuple[str, str]]:
    return said[max(at for at, (name, _rest) in enumerate(said) if name == "FROM") :]


def test_who_runs_it_is_nobody_special(said: list[tuple[str, str]]) -> None:
    stage = dict(last_stage(said))
    assert stage["USER"] == "hearthwatch"
    assert json.loads(stage["ENTRYPOINT"])[:2] == ["/usr/bin/tini", "--"], "process 1 buries orphans"
    assert json.loads(stage["CMD"]) == ["run"]
    assert stage["VOLUME"] == "/var/lib/hearthwatch"
    assert json.loads(stage["HEALTHCHECK"].partition("CMD ")[2]) == ["/opt/hearthwatch/bin/healthcheck"]
    compose = yaml.safe_load((FILE.parent / "compose.yaml").read_text())["services"]["hearthwatch"]
    assert compose["read_only"] is True
    assert compose["cap_drop"] == ["ALL"]
    assert compose["security_opt"] == ["no-new-privileges:true"]
    assert compose["user"] == "990:990"
    assert not compose.get("privileged")


def test_sec_40_what_is_installed_is_pinned_by_hash_and_what_builds_it_stays_behind(said: list[tuple[str, str]]) -> None:
    installs = [rest for name, rest in said if name == "RUN" and "pip install" in rest]
    assert len(installs) == 1
    assert "--require-hashes" in installs[0]
    assert not [rest for _name, rest in last_stage(said) if "pip install" in rest or "curl" in rest or "wget" in rest]
    assert re.search(r"^ARG BASE=\S+debian:12-slim$", FILE.read_text(), re.MULTILINE)
    assert "sha256:" in FILE.read_text(), "it says how to name the base by digest"


def test_sec_35_no_data_history_or_secret_goes_to_the_builder() -> None:
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False).stdout.split()
    taken = [path for path in tracked if is_taken(path, IGNORE)]
    assert taken in ([], ["deploy/container/healthcheck.py"])
    for path in ("data/secrets.key", ".git/config", "data/house.db", ".venv/bin/python", "ui/node_modules/x.js"):
        assert not is_taken(path, IGNORE)
    assert is_taken("dist/hearthwatch-0.1.0-py3-none-any.whl", IGNORE)
    assert (ROOT / ".dockerignore").read_text() == IGNORE, "docker reads this one"
    assert not re.search(
        r"(?i)password|secret|token|key=", "".join(line for line in FILE.read_text().splitlines() if line[:1] != "#")
    )


def test_the_executor_does_what_the_file_says_and_stops_at_what_it_does_not_know(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran: list[tuple[str, str, str, dict[str, str]]] = []

    def run(_self: Root, command: str, *, env: dict[str, str], user: str, folder: str) -> None:
        ran.append((command, user, folder, dict(env)))

    monkeypatch.setattr(Root, "run", run)
    context, base = tmp_path / "context", tmp_path / "base"
    (context / "dist").mkdir(parents=True)
    (context / "dist" / "a.whl").write_text("a")
    (context / "dist" / "b.key").write_text("b")
    (base / "etc").mkdir(parents=True)

    def built(text: str) -> Image:
        return build(text, context=context, ignore="**\n!dist\ndist/*.key", base=Root(path=base), folder=tmp_path, say=print)

    image = built(
        "# a comment\nARG BASE=x\nFROM ${BASE} AS build\nCOPY dist/ /dist/\nRUN one \\\n # not this\n && two\n"
        "FROM ${BASE}\nCOPY --from=build /dist /opt/dist\nENV A=1 \\\n    B=$A/2\nUSER somebody\nWORKDIR /w\nRUN three\n"
        'CMD ["x"]\n'
    )
    assert [(" ".join(command.split()), user, folder) for command, user, folder, _env in ran] == [
        ("one && two", "root", "/"),
        ("three", "somebody", "/w"),
    ]
    assert (ran[1][3]["A"], ran[1][3]["B"]) == ("1", "/2")
    assert [path.name for path in (image.root.path / "opt" / "dist").iterdir()] == ["a.whl"]
    assert not (image.root.path / "dist").exists()
    assert image.command == ["x"]
    for text in (
        "FROM x\nADD a b\n",
        "FROM x\nCOPY --link dist /d\n",
        "RUN x\n",
        "FROM x\nCOPY none /d\n",
        "FROM x\nRUN a \\\n",
    ):
        with pytest.raises(ValueError, match=r"known here|before the first|nothing of it|ends in the middle"):
            built(text)


def test_variables_are_filled_from_what_was_said() -> None:
    assert filled("${A}-$B-${C}", {"A": "1", "B": "2"}) == "1-2-"
