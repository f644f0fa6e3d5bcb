"""Does what a Containerfile says, in roots of our own: an honest executor, which stops at what it does not know."""

from __future__ import annotations

import fnmatch
import json
import re
import shlex
import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tests.runs.rootfs import PATH, Root

_VARIABLE = re.compile(r"\$\{(\w+)\}|\$(\w+)")
_NOTED = {"LABEL", "EXPOSE", "STOPSIGNAL", "VOLUME", "HEALTHCHECK"}


@dataclass(slots=True, kw_only=True)
class Image:
    """A stage: its root, and what is noted for whoever starts it."""

    root: Root
    env: dict[str, str] = field(default_factory=lambda: {"PATH": PATH})
    user: str = "root"
    folder: str = "/"
    entrypoint: list[str] = field(default_factory=list)
    command: list[str] = field(default_factory=list)
    noted: dict[str, list[str]] = field(default_factory=dict)


def instructions(text: str) -> Iterator[tuple[str, str]]:
    """Yield each instruction with its words; lines that go on are one, comments are none."""
    joined = ""
    for line in text.splitlines():
        if line.lstrip().startswith("#") or (not joined and not line.strip()):
            continue
        if line.rstrip().endswith("\\"):
            joined += line.rstrip()[:-1] + " "
            continue
        name, _, rest = (joined + line).strip().partition(" ")
        joined = ""
        yield name.upper(), rest.strip()
    if joined:
        raise ValueError("the file ends in the middle of an instruction")


def build(text: str, *, context: Path, ignore: str, base: Root, folder: Path, say: Callable[[str], None]) -> Image:
    """Do every instruction in order and return the last stage. Raises ValueError for one that is not known here, and what
    `Root.run` raises."""
    stages: dict[str, Image] = {}
    arguments: dict[str, str] = {}
    image: Image | None = None
    for name, rest in instructions(text):
        say(f"{name} {rest if len(rest) < 160 else rest[:157] + '...'}")
        if name == "ARG":
            key, _, value = rest.partition("=")
            arguments[key] = value
        elif name == "FROM":
            words = filled(rest, arguments).split()
            stage = words[2] if len(words) == 3 and words[1].upper() == "AS" else str(len(stages))
            root = stages[words[0]].root if words[0] in stages else base
            image = stages[stage] = Image(root=root.copy(folder / f"stage-{stage}"))
        elif image is None:
            raise ValueError(f"{name} before the first FROM")
        else:
            _do(image, name, rest, stages=stages, context=context, ignore=ignore)
    assert image is not None
    return image


def _do(image: Image, name: str, rest: str, *, stages: dict[str, Image], context: Path, ignore: str) -> None:
    if name == "RUN":
        image.root.run(rest, env=image.env, user=image.user, folder=image.folder)
    elif name == "COPY":
        _copy(image, rest, stages=stages, context=context, ignore=ignore)
    elif name == "ENV":
        before = dict(image.env)  # one instruction knows nothing of its own words
        image.env |= {key: filled(value, before) for key, value in (word.split("=", 1) for word in shlex.split(rest))}
    elif name == "USER":
        image.user = rest
    elif name == "WORKDIR":
        image.folder = rest
        (image.root.path / rest.lstrip("/")).mkdir(parents=True, exist_ok=True)
    elif name in {"ENTRYPOINT", "CMD"}:
        words = json.loads(rest)
        if name == "CMD":
            image.command = words
        else:
            image.entrypoint = words
    elif name in _NOTED:
        image.noted.setdefault(name, []).append(rest)
    else:
        raise ValueError(f"{name} is not known here")


def _copy(image: Image, rest: str, *, stages: dict[str, Image], context: Path, ignore: str) -> None:
    words = shlex.split(rest)
    flags = {key: value for key, _, value in (word[2:].partition("=") for word in words if word.startswith("--"))}
    *sources, target = [word for word in words if not word.startswith("--")]
    if set(flags) - {"from", "chmod"}:
        raise ValueError(f"COPY {sorted(flags)} is not known here")
    there = image.root.path / target.lstrip("/")
    for source in sources:
        if "from" in flags:
            origin = stages[flags["from"]].root.path / source.lstrip("/")
            files = [origin]
        else:
            origin = context / source
            files = [path for path in (sorted(origin.rglob("*")) if origin.is_dir() else [origin]) if path.is_file()]
            files = [path for path in files if is_taken(path.relative_to(context).as_posix(), ignore)]
            if not files:
                raise ValueError(f"COPY {source}: there is nothing of it in the context")
        for path in files:
            _put(path, origin, there, is_folder=origin.is_dir(), into=target.endswith("/"), whole="from" in flags)
    if mode := flags.get("chmod"):
        there.chmod(int(mode, 8))


def _put(path: Path, origin: Path, there: Path, *, is_folder: bool, into: bool, whole: bool) -> None:
    if whole:
        there.parent.mkdir(parents=True, exist_ok=True)
        subprocess.run(["cp", "-aT", str(path), str(there)], check=True)
        return
    target = there / path.relative_to(origin) if is_folder else (there / path.name if into else there)
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy2(path, target)


def is_taken(path: str, ignore: str) -> bool:
    """Tell whether a file of the context goes to the builder; of the lines that fit the last one says."""
    taken = True
    for line in ignore.splitlines():
        pattern = line.strip()
        if not pattern or pattern.startswith("#"):
            continue
        wanted = pattern.startswith("!")
        pattern = pattern.lstrip("!").strip("/")
        if pattern == "**" or fnmatch.fnmatchcase(path, pattern) or path.startswith(pattern + "/"):
            taken = wanted
    return taken


def filled(text: str, values: dict[str, str]) -> str:
    """Return `text` with its variables in place."""
    return _VARIABLE.sub(lambda found: values.get(found[1] or found[2], ""), text)
