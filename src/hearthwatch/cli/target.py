"""`hearthwatch target prune`: let a target keep to its rules, run there or from anywhere that may delete."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from hearthwatch.cli import options
from hearthwatch.cli.far_end import SecretFile, TargetName, far_end

if TYPE_CHECKING:
    from hearthwatch.offsite.pruning import Copy
    from hearthwatch.offsite.upload import Target

Days = Annotated[float | None, typer.Option(min=0, metavar="DAYS", show_default=False)]


def register(app: typer.Typer) -> None:
    group = typer.Typer(name="target", help="At the far end: keep to the rules by which copies go.", no_args_is_help=True)
    group.callback()(_group)
    group.command("prune")(prune)
    app.add_typer(group)


def _group() -> None: ...


def prune(
    name: TargetName,
    *,
    continuous_days: Days = None,
    motion_days: Days = None,
    event_days: Days = None,
    max_gib: Annotated[float | None, typer.Option(min=0, metavar="GIB", help="Most space for all.", show_default=False)] = None,
    dry: Annotated[bool, typer.Option("--dry-run", help="Only say what would go.")] = False,
    lifecycle: Annotated[bool, typer.Option("--lifecycle", help="Only print the rule by which a bucket does it.")] = False,
    secret_file: SecretFile = None,
    config: options.Config = None,
    data: options.Data = None,
    debug: options.Debug = False,
) -> None:
    """Delete copies older than the rules say, then the oldest until the rest fits. What is kept stays, and every file that is
    none of ours. The rules are those of the target's section where an option does not say otherwise; 0 is for good."""
    from hearthwatch.cli.wording import counted, sized
    from hearthwatch.kit.clock import SystemClock
    from hearthwatch.offsite.archive import Archive
    from hearthwatch.offsite.pruning import Rules, rules_of
    from hearthwatch.offsite.pruning import lifecycle as lifecycle_rule
    from hearthwatch.offsite.upload import TargetKind, TargetOptions

    there = far_end(name, config, data, secret_file)
    section = there.options or TargetOptions(kind=TargetKind.FOLDER)
    stated = rules_of(section)
    rules = Rules(
        continuous_days=stated.continuous_days if continuous_days is None else continuous_days,
        motion_days=stated.motion_days if motion_days is None else motion_days,
        event_days=stated.event_days if event_days is None else event_days,
        max_bytes=stated.max_bytes if max_gib is None else round(max_gib * (1 << 30)),
    )
    if lifecycle:
        typer.echo(lifecycle_rule(rules, section.path if there.options else ""))
        return

    async def work(target: Target) -> list[Copy]:
        return await Archive(target, ()).prune(rules, SystemClock().wall_us(), dry=dry)

    gone = there.use(work)
    for one in gone if dry else ():
        typer.echo(one.name)
    would = "would go" if dry else "deleted"
    typer.echo(f"{counted(len(gone), 'piece')} {would}, {sized(sum(one.size_bytes for one in gone))}")
