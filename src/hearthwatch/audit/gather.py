"""Gathering the Evidence about one camera: what its client can read, what a stranger sees, and our own password looked at."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Iterable, Mapping, Sequence
from typing import Protocol, TypeVar

from hearthwatch.audit import password_strength
from hearthwatch.audit.certificate import certificate
from hearthwatch.audit.checks_network import PORTS
from hearthwatch.audit.cves import Rule
from hearthwatch.audit.evidence import Evidence, PasswordFacts
from hearthwatch.audit.family import SERVICES, Family, Settings
from hearthwatch.audit.possible import possible
from hearthwatch.audit.view import family_of
from hearthwatch.kit.errors import BadReply, HearthwatchError, Refused, Unsupported
from hearthwatch.kit.units import CameraId, WallUs
from hearthwatch.vendors.capability import Accounts, ConfigExport, DeviceInfo, Fix, Service
from hearthwatch.vendors.device import Access, Setting, Vendor

log = logging.getLogger(__name__)

T = TypeVar("T")


class Prober(Protocol):
    """What a stranger sees: `vendors.probe.Probe`."""

    async def open_ports(self, access: Access, ports: Iterable[int]) -> Mapping[int, bool]: ...

    async def certificate(self, access: Access) -> bytes | None: ...

    async def answers_anybody(self, access: Access, target: str, mark: bytes) -> bool | None: ...


def password_facts(access: Access, names: tuple[str, ...], shared_with: tuple[CameraId, ...], family: Family) -> PasswordFacts:
    """Look at the stored password, here only; `names` are what the camera is called."""
    password = access.password.reveal()
    if not password and not access.user:
        return PasswordFacts(is_set=False)
    why = password_strength.weakness(password, user=access.user, names=names, min_chars=family.min_password_chars)
    return PasswordFacts(is_set=True, weakness=why, shared_with=shared_with)


async def gather(
    client: DeviceInfo,
    prober: Prober,
    *,
    access: Access,
    vendor: Vendor,
    names: tuple[str, ...],
    shared_with: tuple[CameraId, ...],
    at_us: WallUs,
    utc_offset_us: int,
    time_server: str,
    table: Sequence[Rule],
) -> Evidence:
    """Ask everything there is to ask; what the camera does not tell stays None. Raises Unreachable, and Refused when it does
    not let us in at all."""
    identity = await _maybe(client.identity())
    clock = await (_maybe(client.clock()) if identity is not None else client.clock())
    family = family_of(vendor, identity.vendor if identity else "")
    settings = await _maybe(client.settings()) if isinstance(client, ConfigExport) else None
    plain = None if settings is None else {one.key: one.value for one in settings if not one.is_secret}
    names = (*names, identity.name, identity.model) if identity else names
    der = await _quiet(prober.certificate(access)) if access.tls else None
    return Evidence(
        camera=access.camera,
        at_us=at_us,
        vendor=vendor,
        user=access.user,
        tls=access.tls,
        password=password_facts(access, names, shared_with, family),
        utc_offset_us=utc_offset_us,
        identity=identity,
        accounts=await _maybe(client.accounts()) if isinstance(client, Accounts) else None,
        settings=plain,
        told_passwords=_told(settings, family, names) if settings and family.told_passwords else None,
        services=await _services(client, plain or {}, family),
        clock=clock,
        open_ports=await _quiet(prober.open_ports(access, PORTS.values())) or {},
        certificate=certificate(der) if der else None,
        status_open=await _quiet(prober.answers_anybody(access, *family.open_door)) if family.open_door else None,
        can=possible(client, has_off_switch=False, has_on_switch=False),
        time_server=time_server,
        table=table,
    )


async def _maybe(asking: Awaitable[T]) -> T | None:
    """What a model does not tell, or not to our account, is not known; that it is not there at all is an error."""
    try:
        return await asking
    except (Unsupported, Refused, BadReply) as error:
        log.debug("the audit goes on without an answer: %s", error)
        return None


async def _quiet(asking: Awaitable[T]) -> T | None:
    """What a stranger sees is a bonus: the camera's own answers count."""
    try:
        return await asking
    except HearthwatchError as error:
        log.debug("not seen from outside: %s", error)
        return None


async def _services(client: DeviceInfo, settings: Settings, family: Family) -> dict[Service, bool]:
    """What the client can read where the settings do not tell; each is a question more to the camera."""
    if not isinstance(client, Fix):
        return {}
    found: dict[Service, bool] = {}
    for check, (service, _) in SERVICES.items():
        tells = family.tells.get(check, ())
        if service not in client.services or any(tell.is_weak(settings) is not None for tell in tells):
            continue
        is_on = await _maybe(client.is_on(service))
        if is_on is not None:
            found[service] = is_on
    return found


def _told(settings: Sequence[Setting], family: Family, names: tuple[str, ...]) -> dict[str, str]:
    """Look at the passwords that the camera tells for all its accounts; only why they are weak goes on."""
    values = {one.key: one.value for one in settings}
    found: dict[str, str] = {}
    for user_key, password_key in family.told_passwords:
        if user := values.get(user_key, ""):
            password = values.get(password_key, "")
            found[user] = password_strength.weakness(password, user=user, names=names, min_chars=family.min_password_chars)
    return found
