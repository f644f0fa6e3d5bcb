"""What is taken over from another program's configuration: cameras with their zones and masks, and what is not, and why."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from hearthwatch.kit.errors import ConfigFault
from hearthwatch.kit.secrets import Secret, Secrets
from hearthwatch.run.camera_setup import id_for, taken
from hearthwatch.run.config import load
from hearthwatch.run.config_checks import url_fault

if TYPE_CHECKING:
    from hearthwatch.run.config_file import Draft, Value

KeyPath = tuple[str, ...]
MAX_BYTES = 1 << 20
_PLACEHOLDER = re.compile(r"\{([A-Z][A-Z0-9_]{0,60})\}")
_LOOPBACK = re.compile(r"127\.\d+\.\d+\.\d+|localhost|::1", re.IGNORECASE)


@dataclass(kw_only=True)
class NewCamera:
    """One camera on its way in: `values` below its section. `name` is what the other program calls it."""

    name: str
    values: dict[KeyPath, Value] = field(default_factory=dict)
    secrets: dict[str, Secret] = field(default_factory=dict)
    """By what they are: `password`, `door.password`."""


@dataclass(kw_only=True)
class Takeover:
    """Filled by who reads the other program's file. `house` holds settings that are not of one camera."""

    cameras: list[NewCamera] = field(default_factory=list)
    house: dict[KeyPath, Value] = field(default_factory=dict)
    taken: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)
    todo: list[str] = field(default_factory=list)

    def take(self, text: str) -> None:
        self.taken.append(text)

    def leave(self, what: str, why: str) -> None:
        """Say what is not taken over, and why or what to do instead."""
        self.left.append(f"{what}: {why}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """A stream's address without its log-in. `missing` names what stands in the other program's environment only."""

    url: str
    user: str
    password: str | None
    missing: tuple[str, ...] = ()


def address_of(text: str, environment: Mapping[str, str]) -> Address | str:
    """Return the address in `text`, or why it cannot be used; no part of it is repeated, a password may stand there."""
    missing: list[str] = []

    def filled(found: re.Match[str]) -> str:
        value = environment.get(found[1])
        if value is None:
            missing.append(found[1])
            return ""
        return value

    scheme, separator, rest = text.strip().partition("://")
    if not separator:
        return "it is no address"
    authority, slash, path = rest.partition("/")
    login, at, host = authority.rpartition("@")
    user, _, password = login.partition(":") if at else ("", "", "")
    in_path = _PLACEHOLDER.findall(host + slash + path)
    if any(name not in environment for name in in_path):
        return f"its address needs {', '.join(sorted(set(in_path)))} of the environment: give the address by hand"
    url = _PLACEHOLDER.sub(filled, f"{scheme.lower()}://{host}{slash}{path}")
    user = unquote(_PLACEHOLDER.sub(filled, user))
    missing += [name for name in _PLACEHOLDER.findall(password) if name not in environment]
    lacks_password = any(name not in environment for name in _PLACEHOLDER.findall(password))
    given = unquote(_PLACEHOLDER.sub(filled, password)) if password and not lacks_password else None
    fault = url_fault(url, camera="NAME", allow_loopback=True)
    if fault:
        return f"its address {fault}"
    if not user.isprintable() or ":" in user:
        return "the name in its address cannot be used"
    return Address(url=url, user=user, password=given, missing=tuple(dict.fromkeys(missing)))


def is_loopback(url: str) -> bool:
    return _LOOPBACK.fullmatch(urlsplit(url).hostname or "") is not None


def log_in(camera: NewCamera, address: Address, into: Takeover) -> None:
    """Take the log-in of an address for the camera, once."""
    if address.user and ("user",) not in camera.values:
        camera.values["user",] = address.user
    if address.password is not None and "password" not in camera.secrets:
        camera.secrets["password"] = Secret(address.password)
        into.take(f"{camera.name}: its password, into the secrets")
    for name in address.missing:
        into.todo.append(
            f"{camera.name}: {name} stands in the other program's environment only: set it by "
            "`hearthwatch secrets set camera.NAME.password`"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """What would be written, checked as a whole."""

    draft: Draft
    secrets: Mapping[str, Secret]
    names: Mapping[str, str]
    """What each new camera is called here, by what it is called there."""


def prepare(path: Path, takeover: Takeover) -> Prepared:
    """Return what would be written; a camera whose address is ours already is left out. Raises ConfigFault."""
    from hearthwatch.run.config_file import draft

    config = load(path)
    in_use = set(taken(config))
    known = {url: name for name, one in config.cameras.items() for url in (one.main, one.sub) if url}
    values: dict[KeyPath, Value | None] = {}
    secrets: dict[str, Secret] = {}
    names: dict[str, str] = {}
    for camera in takeover.cameras:
        main = str(camera.values.get(("main",), ""))
        if main in known:
            takeover.leave(camera.name, f"its stream is that of the camera {known[main]}, which is yours already")
            continue
        id_ = id_for(camera.name, in_use)
        in_use.add(id_)
        names[camera.name] = id_
        for key, value in camera.values.items():
            values["camera", id_, *key] = value
        for what, secret in camera.secrets.items():
            secrets[f"camera.{id_}.{what}"] = secret
    if names:
        values |= takeover.house
    return Prepared(draft=draft(path, values), secrets=secrets, names=names)


def write_down(path: Path, prepared: Prepared, secrets: Secrets) -> None:
    """Write what was prepared: passwords first. Raises ConfigFault when the file changed meanwhile, StorageFailed."""
    from hearthwatch.run.config_file import write

    secrets.change({name: secret.reveal() for name, secret in prepared.secrets.items()})
    write(path, prepared.draft)


def read_file(path: Path) -> str:
    """Return the text of another program's configuration. Raises ConfigFault."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ConfigFault(f"{path}: cannot be read: {error.strerror or error}") from error
    if len(data) > MAX_BYTES:
        raise ConfigFault(f"{path}: this is no configuration: it is over {MAX_BYTES} bytes long")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ConfigFault(f"{path}: not UTF-8 text at byte {error.start}") from error


def report(takeover: Takeover, prepared: Prepared) -> Iterator[str]:
    """Yield what a person reads before it is written."""
    for there, here in prepared.names.items():
        yield f"camera {there} becomes {here}"
    for text in takeover.taken:
        yield f"  taken: {text}"
    for text in takeover.left:
        yield f"  left:  {text}"
    for text in takeover.todo:
        here = prepared.names.get(text.partition(":")[0], "NAME")
        yield f"  to do: {text.replace('camera.NAME.', f'camera.{here}.')}"
