"""`hearthwatch offsite`: keys, targets, and what they hold, which can be read without any house."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hearthwatch.cli import offsite_now, options
from hearthwatch.cli.far_end import SecretFile, TargetName, far_end

if TYPE_CHECKING:
    from datetime import tzinfo

    from hearthwatch.kit.secrets import Secret
    from hearthwatch.kit.units import WallUs
    from hearthwatch.offsite.archive import Archive, Entry
    from hearthwatch.offsite.upload import Target
    from hearthwatch.web.trail_copy import CopiedLine

Identity = Annotated[
    Path | None, typer.Option("--identity", "-i", metavar="FILE", help="Your identity file; needed where things are sealed.")
]
From = Annotated[str, typer.Option("--from", metavar="TIME", help="Only from then on: as for `export`.", show_default=False)]
To = Annotated[str, typer.Option("--to", metavar="TIME", help="Only until then.", show_default=False)]
Camera = Annotated[str, typer.Option("--camera", metavar="NAME", help="Only of this camera.", show_default=False)]


def register(app: typer.Typer) -> None:
    group = typer.Typer(name="offsite", help="Copies elsewhere: keys, what a target holds, restoring.", no_args_is_help=True)
    group.command("keygen")(keygen)
    group.command("test")(try_)
    group.command("list")(list_)
    group.command("verify")(verify)
    group.command("restore")(restore)
    group.command("now")(offsite_now.now)
    app.add_typer(group)


def keygen(
    *,
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", metavar="FILE", help="Write the identity there; show the public key only."),
    ] = None,
    debug: options.Debug = False,
) -> None:
    """Make a pair of keys: the public one for `offsite.recipients`, the identity to keep elsewhere. Nothing is stored here."""
    from hearthwatch.offsite.seal import new_pair

    pair = new_pair()
    text = f"# public key: {pair.recipient}\n{pair.identity.reveal()}\n"
    if output is None:
        typer.echo(text, nl=False)
        typer.echo("Keep both lines where no burglar comes: on paper, in a password manager. Without the second line", err=True)
        typer.echo("nobody, you included, can ever open the copies. They are shown this once.", err=True)
    else:
        _new_private_file(output, text)
        typer.echo(
            f"{output} holds the identity: take it off this machine and keep it twice. Without it nothing can be opened."
        )
    typer.echo(f'[offsite]\nrecipients = ["{pair.recipient}"]', err=output is None)


def _new_private_file(path: Path, text: str) -> None:
    import os

    from hearthwatch.kit.errors import StorageFailed, StorageFault
    from hearthwatch.kit.files import storage_failed

    try:
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:  # noqa: PTH123 - its mode counts
            file.write(text)
    except FileExistsError as error:
        raise StorageFailed(StorageFault.BROKEN, f"{path} is there already and was left alone") from error
    except OSError as error:
        raise storage_failed(error, f"writing {path}") from error


def try_(
    name: TargetName,
    *,
    create: Annotated[bool, typer.Option("--create", help="Mark a mounted folder as a target, the first time.")] = False,
    secret_file: SecretFile = None,
    config: options.Config = None,
    data: options.Data = None,
    debug: options.Debug = False,
) -> None:
    """Send a few bytes to a target and have it prove that it holds them."""
    from hearthwatch.offsite.target_folder import FolderTarget
    from hearthwatch.offsite.trial import try_target

    async def work(target: Target) -> None:
        if create and isinstance(target, FolderTarget):
            target.create()
        tried = await try_target(target)
        typer.echo(f"{name} works: {tried.how}")
        if tried.remark:
            typer.echo(f"note: {tried.remark}")

    far_end(name, config, data, secret_file).use(work)


def _identities(identity: Path | None) -> tuple[Secret, ...]:
    from hearthwatch.offsite.seal import read_identities

    return read_identities(identity) if identity is not None else ()


class _Wanted:
    """Which pieces a person asked for, and the zone times are shown in."""

    def __init__(self, start: str, end: str, camera: str, zone: tzinfo) -> None:
        from hearthwatch.cli.moments import end_moment, moment
        from hearthwatch.kit.clock import SystemClock

        now_us = SystemClock().wall_us()
        self.zone, self.camera, self.now_us = zone, camera, now_us
        self.start_us: WallUs | None = moment(start, now_us, zone) if start else None
        self.end_us: WallUs | None = end_moment(end, self.start_us or now_us, now_us, zone) if end else None

    async def entries(self, archive: Archive) -> list[Entry]:
        """Return them by time; those that cannot be read are among them whatever was asked for."""
        found = [
            one
            async for one in archive.entries(self.start_us, self.end_us)
            if not self.camera or one.manifest is None or one.manifest.camera == self.camera
        ]
        return sorted(found, key=lambda one: (one.manifest.start_us if one.manifest else 0, one.name))


def list_(
    name: TargetName,
    *,
    identity: Identity = None,
    start: From = "",
    end: To = "",
    camera: Camera = "",
    secret_file: SecretFile = None,
    config: options.Config = None,
    data: options.Data = None,
    as_json: options.Json = False,
    debug: options.Debug = False,
) -> None:
    """List what a target holds."""
    from hearthwatch.cli.wording import counted, lasting, shown, sized
    from hearthwatch.offsite.archive import Archive
    from hearthwatch.run.zone import zone_of

    there = far_end(name, config, data, secret_file)
    wanted = _Wanted(start, end, camera, zone_of(there.config))
    identities = _identities(identity)
    found = there.use(lambda target: wanted.entries(Archive(target, identities)))
    for one in found:
        made = one.manifest
        if as_json:
            typer.echo(json.dumps({"file": one.name, "fault": one.fault} | (json.loads(one.raw) if made else {})))
        elif made is None or one.fault:
            typer.echo(f"{one.name}: {one.fault}")
        else:
            length = f", {lasting(made.end_us - made.start_us)}" if made.end_us > made.start_us else ""
            kept = ", kept" if made.pinned else ""
            what = f"{made.kind} ({made.footage_class}){length}, {sized(made.size_bytes)}{kept}"
            typer.echo(f"{shown(made.start_us, wanted.zone)}  {made.camera}: {what}")
    if not as_json:
        typer.echo(f"{counted(len(found), 'piece')}, {sized(sum(one.size_bytes for one in found))}")


def verify(
    name: TargetName,
    *,
    identity: Identity = None,
    quick: Annotated[bool, typer.Option("--quick", help="Only manifests and the chain; not every byte.")] = False,
    secret_file: SecretFile = None,
    config: options.Config = None,
    data: options.Data = None,
    debug: options.Debug = False,
) -> None:
    """Read all a target holds and name every piece that is missing, swapped or altered, and every line of the trail of who did
    what that was changed or cut off in this house since. Exit code 1 when there is one."""
    from hearthwatch.cli import offsite_trail
    from hearthwatch.cli.wording import counted
    from hearthwatch.kit.clock import SystemClock
    from hearthwatch.kit.errors import BadReply
    from hearthwatch.offsite.archive import Archive
    from hearthwatch.offsite.chain import FindingKind, Held, Judge
    from hearthwatch.offsite.pruning import rules_of
    from hearthwatch.offsite.upload import TargetKind, TargetOptions

    there = far_end(name, config, data, secret_file)
    identities = _identities(identity)
    held: list[Held] = []
    damaged: dict[str, str] = {}
    trail: list[CopiedLine] = []

    async def work(target: Target) -> None:
        archive = Archive(target, identities)
        with tempfile.TemporaryDirectory() as folder:
            async for one in archive.entries():
                if one.manifest is not None:
                    held.append(Held(name=one.name, manifest=one.manifest, raw=one.raw))
                fault = one.fault
                try:
                    if offsite_trail.is_trail(one):
                        trail.extend(await offsite_trail.copied_lines(archive, one, Path(folder)))
                    elif not fault and not quick:
                        await archive.check(one, Path(folder))
                except BadReply as error:
                    fault = str(error)
                if fault:
                    damaged[one.name] = fault

    there.use(work)
    rules = rules_of(there.options or TargetOptions(kind=TargetKind.FOLDER))
    judge = Judge(rules=rules, now_us=SystemClock().wall_us(), damaged=damaged)
    pruned = wrong = 0
    for found in judge.findings(held):
        if found.kind is FindingKind.PRUNED:
            pruned += found.count
        else:
            wrong += found.kind is not FindingKind.UNKNOWN
            typer.echo(f"{found.kind}: {found.text}")
    wrong += offsite_trail.tell(trail, options.data_folder(data))
    total = counted(len(held), "piece")
    typer.echo(f"{total} looked at, {wrong} wrong" + (f"; {pruned} more were taken by the rules" if pruned else ""))
    if wrong:
        raise typer.Exit(1)


def restore(
    name: TargetName,
    *,
    output: Annotated[Path, typer.Option("-o", "--output", metavar="DIR", help="Folder for what is restored.")],
    identity: Identity = None,
    start: From = "",
    end: To = "",
    camera: Camera = "",
    secret_file: SecretFile = None,
    config: options.Config = None,
    data: options.Data = None,
    debug: options.Debug = False,
) -> None:
    """Fetch pieces from a target, open them and prove them: pictures and video that plays, one folder for each camera."""
    from hearthwatch.cli.wording import counted, sized
    from hearthwatch.kit.errors import BadReply
    from hearthwatch.kit.files import safe_join, storage_failed
    from hearthwatch.offsite.archive import Archive
    from hearthwatch.run.zone import zone_of

    there = far_end(name, config, data, secret_file)
    wanted = _Wanted(start, end, camera, zone_of(there.config))
    identities = _identities(identity)
    restored = size_bytes = wrong = 0

    async def work(target: Target) -> None:
        nonlocal restored, size_bytes, wrong
        archive = Archive(target, identities)
        for one in await wanted.entries(archive):
            made = one.manifest
            if made is None or one.fault:
                typer.echo(f"{one.name}: {one.fault}", err=True)
                wrong += 1
                continue
            inside = made.content if one.is_sealed else "-".join(made.name.split("/")[1:])
            path = safe_join(output, made.camera, inside)
            if path.exists() and path.stat().st_size == made.size_bytes:
                continue
            try:
                path.parent.mkdir(parents=True, exist_ok=True)
                await archive.save(one, path)
            except BadReply as error:
                typer.echo(f"{one.name}: {error}", err=True)
                wrong += 1
                continue
            except OSError as error:
                raise storage_failed(error, f"writing {path}") from error
            restored += 1
            size_bytes += made.size_bytes
            typer.echo(str(path))

    there.use(work)
    typer.echo(f"{counted(restored, 'file')} restored to {output}, {sized(size_bytes)}")
    if wrong:
        typer.echo(f"{counted(wrong, 'piece')} could not be restored: see above", err=True)
        raise typer.Exit(1)
