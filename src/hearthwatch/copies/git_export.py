"""The history of copies as a git repository: a file for each camera, a commit for each change, dated when it happened."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from hearthwatch.copies.copy import ConfigCopy, CopyId
from hearthwatch.kit.errors import HearthwatchError, StorageFailed, StorageFault, Unsupported
from hearthwatch.kit.files import safe_join, write_atomic
from hearthwatch.kit.units import US_PER_S, CameraId

_TRAILER = "Copy: "
_TIMEOUT_S = 60.0
_FIXED = (
    "-c", "user.name=Hearthwatch", "-c", "user.email=hearthwatch@localhost", "-c", "commit.gpgsign=false",
    "-c", "core.hooksPath=/dev/null", "-c", "core.autocrlf=false", "-c", "core.fsmonitor=false", "-c", "gc.auto=0",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Exported:
    """`commits` made now; 0 when the repository knew everything already."""

    commits: int
    folder: Path


def export(folder: Path, copies: Iterable[ConfigCopy], document: Callable[[CopyId], tuple[str, tuple[str, ...]]]) -> Exported:
    """Commit what the repository in `folder` does not have yet of `copies`, oldest first.

    `document` gives a copy's JSON, free of secrets, and the lines that say what changed. A folder that holds other things
    than such a repository is left alone. Raises Unsupported without git, StorageFailed.
    """
    repository = _Repository(folder)
    repository.prepare()
    known = repository.known()
    commits = 0
    for copy in sorted(copies, key=lambda one: one.id):
        if copy.id in known:
            continue
        text, changes = document(copy.id)
        repository.commit(copy.camera, text, _message(copy, changes), copy.taken_us // US_PER_S)
        known.add(copy.id)
        commits += 1
    return Exported(commits=commits, folder=folder)


def text_of(settings: Mapping[str, str]) -> str:
    """Return a copy as the repository keeps it: JSON sorted by key, a setting a line."""
    return json.dumps(dict(settings), indent=1, sort_keys=True) + "\n"


def _message(copy: ConfigCopy, changes: tuple[str, ...]) -> str:
    what = "first copy of its settings" if not changes else changes[0] if len(changes) == 1 else f"{copy.change_count} changes"
    who = "" if not changes or not copy.drift else " (not ordered from here)"
    body = "\n".join(f"- {line}" for line in changes) if len(changes) > 1 else ""
    return f"{copy.camera}: {what}{who}\n\n" + (f"{body}\n\n" if body else "") + f"{_TRAILER}{copy.id}\n"


class _Repository:
    """Runs git on one folder: fixed arguments, no shell, none of the user's hooks or settings."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def prepare(self) -> None:
        """Make the repository where there is none."""
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            is_empty = next(self._folder.iterdir(), None) is None
        except OSError as error:
            raise StorageFailed(StorageFault.BROKEN, f"{self._folder}: {error.strerror or error}") from error
        if (self._folder / ".git").is_dir():
            return
        if not is_empty:
            raise HearthwatchError(f"{self._folder} is not empty and no git repository: name a new or an empty folder")
        self._run("init", "--quiet", "--initial-branch=main")

    def known(self) -> set[CopyId]:
        """Return the copies that are committed."""
        if not self._run("for-each-ref", "--count=1").strip():
            return set()
        said = self._run("log", "--format=%(trailers:key=Copy,valueonly)")
        return {CopyId(line.strip()) for line in said.splitlines() if line.strip()}

    def commit(self, camera: CameraId, text: str, message: str, at_s: int) -> None:
        name = f"{camera}.json"
        path = safe_join(self._folder, name)
        write_atomic(path, text.encode(), mode=0o644)
        self._run("add", "--", name)
        stamp = f"{at_s} +0000"
        self._run("commit", "--quiet", "--allow-empty", "--cleanup=verbatim", "--file=-", said=message, stamp=stamp)

    def _run(self, *arguments: str, said: str = "", stamp: str = "") -> str:
        environment = {
            name: value for name, value in os.environ.items() if not name.startswith("GIT_") and name not in {"EDITOR", "PAGER"}
        } | {"GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": os.devnull, "GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C.UTF-8"}
        if stamp:
            environment |= {"GIT_AUTHOR_DATE": stamp, "GIT_COMMITTER_DATE": stamp}
        command = ["git", "-C", str(self._folder), *_FIXED, *arguments]
        try:
            done = subprocess.run(  # noqa: S603 - fixed words, a folder the owner named and the name of a camera
                command, input=said, capture_output=True, text=True, env=environment, timeout=_TIMEOUT_S, check=False
            )
        except FileNotFoundError as error:
            raise Unsupported("git is not installed here: install it (Debian: apt-get install git) and try again") from error
        except subprocess.TimeoutExpired as error:
            raise StorageFailed(StorageFault.SLOW, f"git did not end in {_TIMEOUT_S:.0f} s in {self._folder}") from error
        if done.returncode:
            why = (done.stderr.strip().splitlines() or ["it does not say why"])[-1]
            raise StorageFailed(StorageFault.BROKEN, f"git {arguments[0]} in {self._folder} failed: {why}")
        return done.stdout
