"""`hearthwatch people`: who lives here and what they carry. Addresses are asked for or read from standard input, never taken
from arguments, and never shown in full."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from datetime import tzinfo
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hearthwatch.cli import options

if TYPE_CHECKING:
    from hearthwatch.kit.secrets import Secrets
    from hearthwatch.presence.presence import PersonId, Presence
    from hearthwatch.run.config import Config

PersonName = Annotated[str, typer.Argument(metavar="PERSON", help="Such as anna: small letters, digits and '-'.")]
DeviceName = Annotated[str, typer.Argument(metavar="DEVICE", help="Such as phone: what the person always carries.")]


def register(app: typer.Typer) -> None:
    group = typer.Typer(name="people", help="Who lives here, what they carry, and who is home.", no_args_is_help=True)
    group.command("list")(list_)
    group.command("add")(add)
    group.command("remove")(remove)
    device = typer.Typer(name="device", help="What a person carries, by which they are noticed.", no_args_is_help=True)
    device.command("add")(device_add)
    device.command("remove")(device_remove)
    device.command("ping")(device_ping)
    group.add_typer(device)
    app.add_typer(group)


def list_(
    *,
    look: Annotated[bool, typer.Option("--look", help="Ask every device once more first; takes some seconds.")] = False,
    config: options.Config = None,
    data: options.Data = None,
    as_json: options.Json = False,
    debug: options.Debug = False,
) -> None:
    """List everybody: who is home, since when, and by what that is known."""
    import msgspec

    from hearthwatch.kit.clock import SystemClock
    from hearthwatch.kit.secrets import Secrets
    from hearthwatch.run.closed_house import ask
    from hearthwatch.run.control_people import AskPeople, People
    from hearthwatch.run.zone import zone_of

    house = options.places(config, data)
    reply = ask(house, AskPeople(look=look), SystemClock(), 90.0)
    assert isinstance(reply, People)
    if as_json:
        typer.echo(msgspec.json.encode(reply.people))
        return
    known = {one.person: one for one in reply.people}
    for line in people_lines(house.config, known, Secrets.open(house.data), zone_of(house.config), running=reply.running):
        typer.echo(line)


def people_lines(
    config: Config, known: Mapping[PersonId, Presence], secrets: Secrets, zone: tzinfo, *, running: bool
) -> Iterator[str]:
    """Yield everybody as a person reads it."""
    from hearthwatch.cli.wording import shown

    if not config.people:
        yield "nobody is set up, so the house does not arm by itself: `hearthwatch people add NAME`"
    elif not running:
        yield "Hearthwatch is not running; this is what it knew last"
    stored = frozenset(secrets.names()) if config.people else frozenset()
    for who, options_ in config.people.items():
        one = known.get(who)
        where = "not known yet" if one is None or not one.known else "home" if one.home else "away"
        since = f" since {shown(one.since_us, zone)}" if one is not None and one.known else ""
        called = f" ({options_.name})" if options_.name and options_.name != who else ""
        doubt = ", only overheard" if one is not None and one.home and one.answered is None else ""
        yield f"{who}{called}: {where}{since}{doubt}"
        seen = {device.device: device for device in one.devices} if one is not None else {}
        for device in options_.devices:
            sign = seen.get(device)
            last = f"last sign {shown(sign.seen_us, zone)} by {sign.means}" if sign and sign.seen_us else "no sign yet"
            yield f"    {device}: {_addresses(who, device, secrets, stored)}; {last}"
        if not options_.devices:
            yield f"    carries nothing yet: `hearthwatch people device add {who} phone`"


def _addresses(who: str, device: str, secrets: Secrets, stored: frozenset[str]) -> str:
    """Say what is known of a device, no address in full."""
    from hearthwatch.presence.presence import Mac
    from hearthwatch.run.people import secret_of

    words = []
    for kind, called in (("mac", "Wi-Fi"), ("ble", "Bluetooth")):
        found = secrets.get(secret_of(who, device, kind)) if secret_of(who, device, kind) in stored else None
        if found is not None:
            try:
                words.append(f"{called} {Mac(found.reveal()).masked}")
            except ValueError:
                words.append(f"{called} address that is none (set it anew)")
    if secret_of(who, device, "ping") in stored:
        words.append("signed address")
    return ", ".join(words) or f"no address yet: `hearthwatch people device add {who} {device}`"


def add(
    person: PersonName,
    *,
    name: Annotated[str, typer.Option("--name", metavar="TEXT", help="What alerts and the page call this person.")] = "",
    config: options.Config = None,
    data: options.Data = None,
    debug: options.Debug = False,
) -> None:
    """Set up somebody who lives here."""
    from hearthwatch.kit.errors import Unsupported
    from hearthwatch.run.config import load
    from hearthwatch.run.config_file import set_values

    path = options.config_file(config, data)
    if person in load(path).people:
        raise Unsupported(f"{person} is set up already (`hearthwatch people list` shows everybody)")
    set_values(path, {("people", person, "name"): name or person, ("people", person, "devices"): []})
    typer.echo(f"{person} is set up; now say what they carry: hearthwatch people device add {person} phone")


def remove(
    person: PersonName, *, config: options.Config = None, data: options.Data = None, debug: options.Debug = False
) -> None:
    """Forget a person: the addresses and keys of all they carry, where they are, and since when.

    How the house was armed, and on whose coming and going, stays in its ledger: it is evidence.
    """
    from hearthwatch.kit.secrets import Secrets
    from hearthwatch.run.closed_house import forget_person
    from hearthwatch.run.config_file import set_values

    path = options.config_file(config, data)
    _devices(path, person)
    set_values(path, {("people", person): None})
    store = Secrets.open(options.data_folder(data))
    store.change({name: None for name in store.names() if name.startswith(f"people.{person}.")})
    forget_person(options.data_folder(data), person)
    typer.echo(f"{person} is forgotten. Who moves out is removed whole on the page: Settings, People with access, Remove.")


def device_add(
    person: PersonName,
    device: DeviceName,
    *,
    ble: Annotated[
        bool, typer.Option("--ble", help="Its Bluetooth address, of a tag or beacon, instead of its Wi-Fi one.")
    ] = False,
    config: options.Config = None,
    data: options.Data = None,
    debug: options.Debug = False,
) -> None:
    """Add what a person carries, or set its address anew; asks for the address, or reads it from standard input."""
    from hearthwatch.kit.secrets import Secrets
    from hearthwatch.presence.presence import Mac, is_made_up
    from hearthwatch.run.config_file import set_values
    from hearthwatch.run.people import secret_of

    path = options.config_file(config, data)
    devices = _devices(path, person)
    called = "Bluetooth" if ble else "Wi-Fi"
    text = typer.prompt(f"{called} (MAC) address of {person}'s {device}") if sys.stdin.isatty() else sys.stdin.read()
    try:
        mac = Mac(text)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error
    if device not in devices:
        set_values(path, {("people", person, "devices"): [*devices, device]})
    Secrets.open(options.data_folder(data)).set(secret_of(person, device, "ble" if ble else "mac"), mac.reveal())
    typer.echo(f"{person}'s {device} is known by its {called} address {mac.masked}, which is kept sealed")
    if not ble and is_made_up(mac.packed):
        typer.echo(
            "note: the phone made this address up for your Wi-Fi. That is fine as long as it keeps it: in the phone's settings "
            'for this network, "private address" must be "fixed" (iPhone), or the address one "per network" (Android), '
            "and not rotating."
        )


def device_remove(
    person: PersonName,
    device: DeviceName,
    *,
    config: options.Config = None,
    data: options.Data = None,
    debug: options.Debug = False,
) -> None:
    """Forget a device with its addresses and key."""
    from hearthwatch.run.config_file import set_values

    path = options.config_file(config, data)
    devices = _known_device(path, person, device)
    set_values(path, {("people", person, "devices"): [one for one in devices if one != device]})
    _forget(data, person, device)
    typer.echo(f"{person}'s {device} is forgotten")


def device_ping(
    person: PersonName,
    device: DeviceName,
    *,
    new: Annotated[bool, typer.Option("--new", help="Make new addresses; the former ones end.")] = False,
    config: options.Config = None,
    data: options.Data = None,
    debug: options.Debug = False,
) -> None:
    """Show the two signed addresses that the phone's automations call when it comes home and when it leaves."""
    from hearthwatch.kit.secrets import Secrets
    from hearthwatch.presence import ping
    from hearthwatch.presence.presence import PersonId, device_id
    from hearthwatch.run.people import secret_of

    _known_device(options.config_file(config, data), person, device)
    store, name = Secrets.open(options.data_folder(data)), secret_of(person, device, "ping")
    key = None if new else store.get(name)
    if not sys.stdout.isatty():
        typer.echo("signed addresses are shown on a terminal only: whoever has one can say that this phone is home", err=True)
        raise typer.Exit(1)
    if key is None:
        store.set(name, ping.new_key())
        key = store.get(name)
        assert key is not None
    who = device_id(PersonId(person), device)
    typer.echo("Have the phone send a POST request (no body) to your Hearthwatch's https address with, behind it,")
    for word, when in ((ping.Word.HOME, "when it comes home"), (ping.Word.AWAY, "when it leaves")):
        typer.echo(f"  {when + ':':20} {ping.path(who, word)}?token={ping.sign(key, who, word)}")
    typer.echo("Keep them like passwords; `--new` makes these worthless.")


def _devices(path: Path, person: str) -> list[str]:
    from hearthwatch.kit.errors import ConfigFault
    from hearthwatch.run.config import load

    people = load(path).people
    for who, options_ in people.items():
        if who == person:
            return list(options_.devices)
    known = f"there are {', '.join(people)}" if people else "nobody is set up yet"
    raise ConfigFault(f"there is no person {person}: {known} (`hearthwatch people add {person}`)")


def _known_device(path: Path, person: str, device: str) -> list[str]:
    from hearthwatch.kit.errors import ConfigFault

    devices = _devices(path, person)
    if device not in devices:
        raise ConfigFault(f"{person} carries no {device}: there is {', '.join(devices) or 'nothing yet'}")
    return devices


def _forget(data: Path | None, person: str, device: str) -> None:
    from hearthwatch.kit.secrets import Secrets
    from hearthwatch.run.people import KINDS, secret_of

    store = Secrets.open(options.data_folder(data))
    stored = store.names()
    names = [secret_of(person, device, kind) for kind in KINDS]
    store.change({name: None for name in names if name in stored})
