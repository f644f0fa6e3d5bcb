"""How commands find a target: by its name in the configuration, or as a folder that holds its files."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from hearthwatch.cli import options

if TYPE_CHECKING:
    from hearthwatch.kit.secrets import Secret
    from hearthwatch.offsite.upload import Target, TargetOptions
    from hearthwatch.run.config import Config

TargetName = Annotated[
    str, typer.Argument(metavar="TARGET", help="As in [offsite.targets.NAME], or a folder with its files, as ./copies")
]
SecretFile = Annotated[
    Path | None,
    typer.Option("--secret-file", metavar="FILE", help="Password, private key or S3 secret; else the stored one, else asked."),
]

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class FarEnd:
    """`options` is None for a folder that was named by its path."""

    name: str
    data: Path
    config: Config
    options: TargetOptions | None
    secret: Callable[[str], Secret | None]

    def use(self, work: Callable[[Target], Awaitable[T]]) -> T:
        """Open the target, do `work` with it and close it."""
        return asyncio.run(self._use(work))

    async def _use(self, work: Callable[[Target], Awaitable[T]]) -> T:
        from hearthwatch.kit.clock import SystemClock
        from hearthwatch.offsite.far_ends import open_target
        from hearthwatch.offsite.target_folder import FolderTarget
        from hearthwatch.offsite.upload import TargetId
        from hearthwatch.run.hub_target import way_to_hub

        name = TargetId(self.name)
        if self.options is None:
            target: Target = FolderTarget(name, Path(self.name), needs_mark=False)
        else:
            clock = SystemClock()
            hub = way_to_hub(self.data, lambda: self.config, clock)
            target = open_target(name, self.options, self.secret, clock, hub=hub)
        try:
            return await work(target)
        finally:
            await target.close()


def far_end(name: str, config: Path | None, data: Path | None, secret_file: Path | None = None) -> FarEnd:
    """Return the far end that is meant. Needs neither a house nor its data folder. Raises ConfigFault."""
    import difflib

    from hearthwatch.kit.errors import ConfigFault
    from hearthwatch.offsite.upload import TargetId
    from hearthwatch.run.config import load

    found = load(options.config_file(config, data))
    known = found.offsite.targets.get(TargetId(name))
    if known is None and not ("/" in name or name in {".", ".."}):
        near = difflib.get_close_matches(name, found.offsite.targets, n=1)
        there = ", ".join(found.offsite.targets) or "none"
        hint = f"did you mean {near[0]}?" if near else f"there are {there}; a folder is written with a /, as ./copies"
        raise ConfigFault(f"there is no target {name}: {hint}")
    secret = _secrets(known, data, secret_file)
    return FarEnd(name=name, data=options.data_folder(data), config=found, options=known, secret=secret)


def _secrets(known: TargetOptions | None, data: Path | None, secret_file: Path | None) -> Callable[[str], Secret | None]:
    """Return where a target's secrets come from: the file, the store of a house, the person at the terminal."""
    from hearthwatch.kit.errors import ConfigFault
    from hearthwatch.kit.secrets import MAX_VALUE_BYTES, Secret, Secrets
    from hearthwatch.offsite.upload import TargetKind

    folder = options.data_folder(data)
    asked: dict[str, Secret | None] = {}
    given = ""
    if secret_file is not None:
        try:
            with secret_file.open("rb") as file:
                given = file.read(MAX_VALUE_BYTES).decode().strip()
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigFault(f"{secret_file}: cannot be read as a secret") from error

    def find(name: str) -> Secret | None:
        what = name.rpartition(".")[2]
        if given:
            is_key = given.startswith("-----BEGIN")
            return Secret(given + "\n" * is_key) if is_key == (what == "key") else None
        if folder.is_dir() and (stored := Secrets.open(folder).get(name)) is not None:
            return stored
        wanted = {TargetKind.SFTP: "password", TargetKind.S3: "secret_key"}.get(known.kind) if known else None
        has_key = folder.is_dir() and what == "password" and Secrets.open(folder).get(f"{name.rpartition('.')[0]}.key")
        if what != wanted or has_key or not sys.stdin.isatty():
            return None
        if name not in asked:
            asked[name] = Secret(typer.prompt(f"{name} (not shown)", hide_input=True))
        return asked[name]

    return find
