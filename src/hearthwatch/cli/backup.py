"""`hearthwatch backup` and `hearthwatch restore`: one file with everything that makes this house, and the house from it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hearthwatch.cli import options

if TYPE_CHECKING:
    from datetime import tzinfo

    from hearthwatch.kit.secrets import Secret
    from hearthwatch.run.backup import Kept
    from hearthwatch.run.backup_file import About, BackupFile, Entry, Locked

_MIN_CHARS = 10

PassphraseFile = Annotated[
    Path | None,
    typer.Option(
        "--passphrase-file", metavar="FILE", help="The passphrase is the first line of this file.", show_default=False
    ),
]


def register(app: typer.Typer) -> None:
    app.command("backup")(backup)
    app.command("restore")(restore)


def backup(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Where to write it: another disk, as /mnt/usb/house.backup")],
    *,
    to: Annotated[
        list[str] | None,
        typer.Option(
            "--to", metavar="KEY", help="Seal it to this public key (age1…) and ask for no passphrase.", show_default=False
        ),
    ] = None,
    passphrase: Annotated[
        bool, typer.Option("--passphrase", help="Ask for a passphrase, also where a key or a passphrase is set up.")
    ] = False,
    passphrase_file: PassphraseFile = None,
    unsealed: Annotated[
        bool, typer.Option("--open", help="Do not seal it. The passwords in it then need this house's secrets.key.")
    ] = False,
    pictures: Annotated[bool, typer.Option("--pictures/--no-pictures", help="Pictures of events.")] = True,
    footage: Annotated[bool, typer.Option("--footage", help="All footage, too: as large as the footage folder.")] = False,
    config: options.Config = None,
    data: options.Data = None,
    as_json: options.Json = False,
    debug: options.Debug = False,
) -> None:
    """Write a backup of this house, running or not, into one file: settings, passwords, database, certificates, pictures.

    It is sealed to `offsite.recipients` where there are any, else by the secret backup.passphrase, else by one that is asked
    for. Without that key or passphrase nobody can open it, its owner neither.
    """
    import msgspec

    from hearthwatch.kit.clock import SystemClock
    from hearthwatch.run.backup import Wishes, take

    config_path, folder = options.config_file(config, data), options.data_folder(data)
    if unsealed and (to or passphrase or passphrase_file):
        raise typer.BadParameter("--open seals to nobody: leave out --to and --passphrase")
    locked = _locked(to or [], config_path, folder, passphrase_file, ask=passphrase, unsealed=unsealed)
    made = take(
        file.expanduser().absolute(),
        config_path,
        folder,
        locked=locked,
        wishes=Wishes(pictures=pictures, footage=footage),
        clock=SystemClock(),
    )
    if as_json:
        typer.echo(msgspec.json.encode({"about": made.about, "size_bytes": made.size_bytes, "notes": made.notes}))
        return
    from hearthwatch.cli.wording import sized

    typer.echo(f"{file}: {sized(made.size_bytes)}, read back and found whole")
    _show(made.about, made.kept, made.entries, _zone(config, data))
    for note in made.notes:
        typer.echo(f"note: {note}")


def restore(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="What `hearthwatch backup` wrote.")],
    *,
    list_: Annotated[bool, typer.Option("--list", help="Check it and say what is in it; restore nothing.")] = False,
    identity: Annotated[
        Path | None,
        typer.Option("--identity", metavar="FILE", help="Of the key it is sealed to: AGE-SECRET-KEY-1…", show_default=False),
    ] = None,
    passphrase_file: PassphraseFile = None,
    config: options.Config = None,
    data: options.Data = None,
    as_json: options.Json = False,
    debug: options.Debug = False,
) -> None:
    """Bring a house back from a backup into an empty data folder, wholly or not at all; everybody logs in anew afterwards."""
    import msgspec

    from hearthwatch.run.backup_file import BackupFile
    from hearthwatch.run.restore import contents, refuse_newer
    from hearthwatch.run.restore import restore as bring_back

    found = BackupFile(file.expanduser().absolute())
    if list_ and identity is None and passphrase_file is None and not sys.stdin.isatty():
        found.check_whole()
        _listed(found.about, None, (), zone=_zone(config, data), as_json=as_json)
        return
    if not list_:
        refuse_newer(found.about)  # before a passphrase is asked for
    identities = _identities(found, identity, passphrase_file)
    if list_:
        kept, entries = contents(found, identities)
        _listed(found.about, kept, entries, zone=_zone(config, data), as_json=as_json)
        return
    config_path, folder = options.config_file(config, data), options.data_folder(data)
    done = bring_back(found, identities, config_path, folder)
    if as_json:
        typer.echo(msgspec.json.encode({"about": done.about, "notes": done.notes, "parts": len(done.entries)}))
        return
    typer.echo(f"The house is restored into {folder}.")
    _show(done.about, done.kept, done.entries, _zone(config, data))
    for note in done.notes:
        typer.echo(f"note: {note}")
    if done.kept.secrets and not done.kept.key:
        typer.echo(f"note: put secrets.key of the old machine into {folder} before you start; passwords are sealed with it")
    if done.kept.models:
        typer.echo(
            f"note: the detector's models are fetched anew: hearthwatch models (there were {', '.join(done.kept.models)})"
        )
    typer.echo("Start Hearthwatch; everybody logs in again. Stop the old house for good before you do, if it still runs.")


def _listed(about: About, kept: Kept | None, entries: tuple[Entry, ...], *, zone: tzinfo, as_json: bool) -> None:
    import msgspec

    if as_json:
        typer.echo(msgspec.json.encode({"about": about, "house": kept, "parts": entries}))
        return
    if kept is None:
        typer.echo("whole; what is in it is shown to whoever can open it (--identity or --passphrase-file)")
    _show(about, kept, entries, zone)


def _show(about: About, kept: Kept | None, entries: tuple[Entry, ...], zone: tzinfo) -> None:
    from hearthwatch.cli.wording import counted, shown, sized
    from hearthwatch.run.backup_file import Lock

    locked = {
        Lock.PASSPHRASE: "sealed by a passphrase",
        Lock.RECIPIENTS: "sealed to the keys of its owner",
        Lock.NONE: "not sealed",
    }
    home = f" of {kept.home}" if kept and kept.home else ""
    typer.echo(f"  backup{home}, {shown(about.made_us, zone)}, by Hearthwatch {about.release}, {locked[about.lock]}")
    typer.echo(f"  databases: {', '.join(f'{name} (schema {schema})' for name, schema in about.schemas.items())}")
    if kept is None:
        return
    for title, names in (
        ("pictures of events", ("data/pictures/", "data/albums/")),
        ("files of footage", ("footage/",)),
        ("other files", ("",)),
    ):
        chosen = {
            entry for entry in entries if entry.name.startswith(names) and not (names[0] and entry.name.endswith("/index.db"))
        }
        entries = tuple(entry for entry in entries if entry not in chosen)
        if chosen:
            typer.echo(f"  {counted(len(chosen), 'file')}, {sized(sum(one.size_bytes for one in chosen))}: {title}")


def _zone(config: Path | None, data: Path | None) -> tzinfo:
    from hearthwatch.kit.errors import ConfigFault
    from hearthwatch.run.config import load, parse
    from hearthwatch.run.zone import zone_of

    try:
        return zone_of(load(options.config_file(config, data)))
    except ConfigFault:
        return zone_of(parse(""))


def _locked(
    to: list[str], config_path: Path, folder: Path, passphrase_file: Path | None, *, ask: bool, unsealed: bool
) -> Locked:
    """Return how it is to be sealed, by what was said, else what is set up, else what is asked for. Raises ConfigFault."""
    from hearthwatch.kit.errors import ConfigFault
    from hearthwatch.kit.secrets import Secrets
    from hearthwatch.offsite.seal import recipient_fault
    from hearthwatch.run.backup_file import Locked
    from hearthwatch.run.backup_options import PASSPHRASE
    from hearthwatch.run.config import load

    if unsealed:
        return Locked()
    for key in to:
        if fault := recipient_fault(key):
            raise ConfigFault(f"--to {fault}")
    if to:
        return Locked(recipients=tuple(to))
    if passphrase_file is not None:
        return Locked(passphrase=_long_enough(_first_line(passphrase_file)))
    if not ask:
        try:
            if recipients := load(config_path).offsite.recipients:
                return Locked(recipients=recipients)
        except ConfigFault:
            pass  # a house with a mistake in its settings is backed up all the same
        if (stored := Secrets.open(folder).get(PASSPHRASE)) is not None:
            return Locked(passphrase=stored)
    if not sys.stdin.isatty():
        raise ConfigFault(
            "there is nothing to seal it with: give --to KEY or --passphrase-file FILE, set it for good "
            f"(`hearthwatch secrets set {PASSPHRASE}`), or leave it open with --open"
        )
    given = typer.prompt(
        "Passphrase, ten letters or more; you need it to restore (not shown)", hide_input=True, confirmation_prompt=True
    )
    return Locked(passphrase=_long_enough(given))


def _identities(found: BackupFile, identity: Path | None, passphrase_file: Path | None) -> tuple[Secret, ...]:
    from hearthwatch.kit.errors import ConfigFault
    from hearthwatch.kit.secrets import Secret
    from hearthwatch.offsite.seal import read_identities
    from hearthwatch.run.backup_file import Lock

    if found.about.lock is Lock.NONE:
        return ()
    if found.about.lock is Lock.RECIPIENTS:
        if identity is None:
            raise ConfigFault(
                "this backup is sealed to its owner's key: give the file that holds its identity with --identity FILE"
            )
        return read_identities(identity)
    if passphrase_file is not None:
        return (found.unlocked(Secret(_first_line(passphrase_file))),)
    if not sys.stdin.isatty():
        raise ConfigFault("this backup is sealed by a passphrase: give the file that holds it with --passphrase-file FILE")
    return (found.unlocked(Secret(typer.prompt("Passphrase of this backup (not shown)", hide_input=True))),)


def _long_enough(text: str) -> Secret:
    from hearthwatch.kit.errors import ConfigFault
    from hearthwatch.kit.secrets import Secret

    if len(text) < _MIN_CHARS:
        raise ConfigFault(
            f"the passphrase is too short: whoever finds the file can try for years; take {_MIN_CHARS} letters or more"
        )
    return Secret(text)


def _first_line(path: Path) -> str:
    from hearthwatch.kit.errors import ConfigFault

    try:
        with path.open(encoding="utf-8") as file:
            return file.readline(4096).rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigFault(f"{path}: cannot be read as a passphrase") from error
