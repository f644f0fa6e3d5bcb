"""The checks of what a camera offers to the network, and of the ways out it has. Pure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

from hearthwatch.audit.family import SERVICES
from hearthwatch.audit.finding import CheckId, Finding, FindingState
from hearthwatch.audit.remedy import RemedyKind
from hearthwatch.audit.view import View
from hearthwatch.kit.units import to_datetime
from hearthwatch.vendors.capability import Service

FOUND, OK, UNKNOWN = FindingState.FOUND, FindingState.OK, FindingState.UNKNOWN

PORTS = {CheckId.TELNET: 23, CheckId.SSH: 22, CheckId.FTP_SERVER: 21, CheckId.RTMP: 1935}
"""Services that are found out by trying their port, too."""
_SOON = dt.timedelta(days=30)
_MIN_KEY_BITS = 2048
_ANYBODY = (
    "It lets in every address, or all but a few. Hearthwatch writes no list of who may come in: that could shut out your own "
    "devices."
)


def services(view: View) -> Iterator[Finding]:
    for check, (service, wanted) in SERVICES.items():
        if check in view.family.lacks or (check is CheckId.HTTPS_OFF and not view.family.has_https):
            continue
        weak = view.tells(check)
        is_on = view.evidence.services.get(service)
        if weak is None and is_on is not None:
            weak = is_on != wanted
        port = PORTS.get(check)
        answers = view.evidence.open_ports.get(port) if port is not None else None
        kind = RemedyKind.SERVICE_ON if wanted else RemedyKind.SERVICE_OFF
        remedy = view.remedy(kind, service.value)
        if answers:
            yield view.finding(check, FOUND, f"Port {port} of the camera is open.", remedy=remedy)
        elif weak:
            yield view.finding(
                check, FOUND, f"The camera's settings say that it is {'off' if wanted else 'on'}.", remedy=remedy
            )
        elif weak is False:
            yield view.finding(check, OK, f"The camera's settings say that it is {'on' if wanted else 'off'}.")
        elif answers is False:
            yield view.finding(check, OK, f"Port {port} of the camera is closed.")
        else:
            yield view.finding(check, UNKNOWN, "The camera does not tell us.")


def ftp_server(view: View) -> Iterator[Finding]:
    """No family's settings tell of it."""
    check = CheckId.FTP_SERVER
    port = PORTS[check]
    match view.evidence.open_ports.get(port):
        case True:
            yield view.finding(check, FOUND, f"Port {port} of the camera is open.")
        case False:
            yield view.finding(check, OK, f"Port {port} of the camera is closed.")
        case None:
            yield view.finding(check, UNKNOWN, "Its port could not be tried.")


def settings_only(view: View) -> Iterator[Finding]:
    for check, weak_saw, safe_saw in (
        (CheckId.EMAIL_CLEAR, "Mail is set up without encryption.", "It sends no mail, or encrypted."),
        (CheckId.FTP_CLEAR, "An FTP server is set up without encryption.", "It uploads to no FTP server, or encrypted."),
        (
            CheckId.ADDRESS_FILTER,
            _ANYBODY,
            "Only the addresses on its list may come in.",
        ),
        (CheckId.ACCESS_ALARM, "The alarm at wrong passwords is off.", "It raises an alarm at wrong passwords."),
    ):
        if check in view.family.lacks:
            continue
        match view.tells(check):
            case True:
                yield view.finding(check, FOUND, weak_saw)
            case False:
                yield view.finding(check, OK, safe_saw)
            case None:
                yield view.finding(check, UNKNOWN, "The camera does not tell us.")


def encryption(view: View) -> Iterator[Finding]:
    evidence = view.evidence
    if evidence.tls:
        yield view.finding(CheckId.HTTP_CLEAR, OK, "We talk to it by HTTPS.")
    elif not view.family.has_https:
        fix = "this camera cannot encrypt: keep it in a network of its own (hearthwatch audit --fence)"
        yield view.finding(CheckId.HTTP_CLEAR, FOUND, "This camera knows no encryption at all.", fix=fix)
    else:
        first = "" if view.is_on(Service.HTTPS) else "switch HTTPS on in the camera, then "
        fix = f"{first}set `tls = true` and the port of its HTTPS in [camera.{evidence.camera}.door]"
        yield view.finding(CheckId.HTTP_CLEAR, FOUND, "We talk to its page by plain HTTP.", fix=fix)
    if view.family.url_credentials:
        fix = "no setting helps: use an account of its own for Hearthwatch, and a password that is used nowhere else"
        saw = "Cameras of this make take the password in the address of every request. Hearthwatch keeps it out of its logs."
        yield view.finding(CheckId.CREDENTIALS_IN_URL, FOUND, saw, fix=fix)
    elif CheckId.CREDENTIALS_IN_URL in view.family.menus:
        match view.is_on(Service.RTMP):
            case True:
                saw = "RTMP and FLV are on: their addresses hold user and password."
                remedy = view.remedy(RemedyKind.SERVICE_OFF, Service.RTMP.value)
                yield view.finding(CheckId.CREDENTIALS_IN_URL, FOUND, saw, remedy=remedy)
            case False:
                yield view.finding(CheckId.CREDENTIALS_IN_URL, OK, "RTMP and FLV, whose addresses hold the password, are off.")
            case None:
                yield view.finding(CheckId.CREDENTIALS_IN_URL, UNKNOWN, "Whether RTMP is on is not known.")


def certificate(view: View) -> Iterator[Finding]:
    """Only where there is one to look at: without HTTPS another check speaks."""
    certificate = view.evidence.certificate
    if certificate is None:
        if view.evidence.tls:
            yield view.finding(CheckId.CERTIFICATE, UNKNOWN, "Its certificate could not be read.")
        return
    today = to_datetime(view.evidence.at_us).date()
    until = certificate.not_after.isoformat()
    if today > certificate.not_after or today < certificate.not_before:
        saw = f"It is valid from {certificate.not_before.isoformat()} to {until}, which is not now."
        yield view.finding(CheckId.CERTIFICATE, FOUND, saw)
    elif today + _SOON > certificate.not_after:
        yield view.finding(CheckId.CERTIFICATE, FOUND, f"It ends on {until}.", title="Its certificate ends soon")
    elif 0 < certificate.key_bits < _MIN_KEY_BITS:
        yield view.finding(CheckId.CERTIFICATE, FOUND, f"Its key has only {certificate.key_bits} bits.")
    else:
        yield view.finding(CheckId.CERTIFICATE, OK, f"It is valid until {until}.")


def status(view: View) -> Iterator[Finding]:
    if CheckId.STATUS_OPEN in view.family.lacks:
        return
    match view.evidence.status_open:
        case True:
            yield view.finding(CheckId.STATUS_OPEN, FOUND, "It answered us without a password.")
        case False:
            yield view.finding(CheckId.STATUS_OPEN, OK, "Without a password it told nothing.")
        case None:
            yield view.finding(CheckId.STATUS_OPEN, UNKNOWN, "It could not be tried.")


def internet(view: View) -> Iterator[Finding]:
    """As far as can be told from here: whether the router lets it out cannot."""
    ways = [name for name, check in (("P2P", CheckId.P2P), ("DDNS", CheckId.DDNS)) if view.tells(check)]
    gateways = view.gateways()
    fence = " The router decides in the end: hearthwatch audit --fence prints rules for it."
    if ways:
        saw = f"{' and '.join(ways)} {'is' if len(ways) == 1 else 'are'} on: it keeps in touch with servers outside.{fence}"
        yield view.finding(CheckId.INTERNET, FOUND, saw)
    elif gateways == ():
        yield view.finding(CheckId.INTERNET, OK, "It knows no gateway, so no way out of the home network.")
    elif gateways:
        saw = f"It knows a way out ({', '.join(gateways[:3])}); whether the router lets it cannot be seen from here.{fence}"
        yield view.finding(CheckId.INTERNET, UNKNOWN, saw)
    else:
        yield view.finding(CheckId.INTERNET, UNKNOWN, f"The camera does not tell us.{fence}")
