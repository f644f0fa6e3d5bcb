"""What types cannot say of the configuration: addresses of streams, names, time zone, networks, corners of zones."""

from __future__ import annotations

import difflib
import ipaddress
import re
import unicodedata
import zoneinfo
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import SplitResult, urlsplit

from hearthwatch.detect.model import COCO_LABELS
from hearthwatch.events.alarms import OwnAlarm
from hearthwatch.events.report import MAIL_ALARM
from hearthwatch.health.quiet import parse_restart
from hearthwatch.kit.units import CAMERA_ID_PATTERN
from hearthwatch.run.config_check_arming import modes_faults
from hearthwatch.run.config_check_logins import logins_faults
from hearthwatch.run.config_check_routes import route_faults
from hearthwatch.run.config_check_times import times_faults
from hearthwatch.run.config_check_trigger import label_of, picamera_fault, trigger_faults
from hearthwatch.run.config_faults import Faults
from hearthwatch.run.toml_lines import KeyPath

SCHEMES = ("rtsp", "rtsps", "http", "https", "v4l2", "file", "demo", "picamera")

_MAX_URL = 2048
_MAX_NAME = 60
_NOT_PLAIN = f"must be one line of at most {_MAX_NAME} ordinary characters"
_NAME = re.compile(CAMERA_ID_PATTERN)
_VIDEO_SETTING = r"(size=[0-9]{2,5}x[0-9]{2,5}|fps=[0-9]{1,3}|format=[a-z0-9_]{1,20})"
_VIDEO_DEVICE = re.compile(
    rf"/dev/(video[0-9]{{1,3}}|v4l/by-(id|path)/[A-Za-z0-9._:-]+)(\?{_VIDEO_SETTING}(&{_VIDEO_SETTING}){{0,2}})?"
)
_SECRET_IN_QUERY = re.compile(r"(?i)(?:^|&)(?:pwd|passwd|password|pass|token|auth|secret|key)=[^&]")
_HOST = re.compile(r"(?!-)[A-Za-z0-9_.-]{1,253}|[0-9A-Fa-f:.]+(?:%[A-Za-z0-9._-]+)?")
_NUMERIC_HOST = re.compile(r"(?i)(?:.*\.)?(?:[0-9]+|0x[0-9a-f]*)\.?")
_MAIL_ADDRESS = re.compile(r"[^\s@<>\x00-\x1f\x7f]{1,64}@[^\s@<>\x00-\x1f\x7f]{1,255}")
_COMMON_LABELS = ("person", "car", "truck", "bus", "motorcycle", "bicycle", "dog", "cat", "bird", "horse")
_LOCAL_NAMES = frozenset(("localhost", "ip6-localhost", "ip6-loopback", "localhost.localdomain"))


def camera_faults(faults: Faults, name: str, camera: Mapping[str, Any], shown: str) -> None:
    """Tell what is wrong with one camera beyond its types; `shown` is its name in advice."""
    path: KeyPath = ("camera", name)
    if shown == name and not _NAME.fullmatch(name):
        faults.add(path, _bad_name("camera", name))
    for stream in ("main", "sub", "snapshot"):
        url = camera.get(stream)
        if isinstance(url, str) and url:
            fault = url_fault(url, camera=shown, allow_loopback=camera.get("allow_loopback") is True)
            if fault:
                faults.add((*path, stream), fault)
    trigger_faults(faults, path, camera, shown)
    called = camera.get("name")
    if isinstance(called, str) and not _is_plain(called):
        faults.add((*path, "name"), _NOT_PLAIN)
    user = camera.get("user")
    if isinstance(user, str) and (not user.isprintable() or ":" in user):
        faults.add((*path, "user"), "must not have a ':' or a control character in it")
    motion = camera.get("motion")
    masks = motion.get("masks") if isinstance(motion, Mapping) else None
    for place, points in enumerate(masks if isinstance(masks, list) else ()):
        _polygon_faults(faults, (*path, "motion", "masks", place), points)
    labels = camera.get("labels")
    for label in labels if isinstance(labels, Mapping) else ():
        _label_fault(faults, (*path, "labels", label), label, COCO_LABELS)
    alerts = camera.get("alerts")
    told = alerts.get("labels") if isinstance(alerts, Mapping) else None
    for place, label in enumerate(told if isinstance(told, list) else ()):
        _label_fault(faults, (*path, "alerts", "labels", place), label, (*COCO_LABELS, *OwnAlarm, MAIL_ALARM, label_of(camera)))
    times_faults(faults, (*path, "alerts"), alerts)
    _zone_faults(faults, path, camera)
    modes_faults(faults, path, camera)
    logins_faults(faults, (*path, "logins"), camera.get("logins"))
    _health_faults(faults, path, camera.get("health"))
    power = camera.get("power")
    for key in ("off_url", "on_url"):
        url = power.get(key) if isinstance(power, Mapping) else None
        fault = service_fault(url) if isinstance(url, str) and url else None
        if fault:
            faults.add((*path, "power", key), fault)


def _health_faults(faults: Faults, path: KeyPath, health: Any) -> None:
    restarts = health.get("restarts") if isinstance(health, Mapping) else None
    if isinstance(restarts, str) and restarts and parse_restart(restarts) is None:
        faults.add((*path, "health", "restarts"), 'must be a time such as "sun 02:00", or "02:00" for every day')


def _label_fault(faults: Faults, path: KeyPath, label: Any, known: Sequence[str]) -> None:
    if isinstance(label, str) and label not in known:
        near = difflib.get_close_matches(label, known, n=1)
        hint = f'; did you mean "{near[0]}"?' if near else f"; the commonest are {', '.join(_COMMON_LABELS)}"
        faults.add(path, f"no model knows this label{hint}")


def _zone_faults(faults: Faults, path: KeyPath, camera: Mapping[str, Any]) -> None:
    zones, labels = camera.get("zones"), camera.get("labels")
    for zone, options in zones.items() if isinstance(zones, Mapping) else ():
        if not _NAME.fullmatch(zone):
            faults.add((*path, "zones", zone), _bad_name("zone", zone))
        if not isinstance(options, Mapping):
            continue
        _polygon_faults(faults, (*path, "zones", zone, "points"), options.get("points"))
        wanted = options.get("labels")
        for place, label in enumerate(wanted if isinstance(wanted, list) else ()):
            if isinstance(label, str) and isinstance(labels, Mapping) and label not in labels:
                near = difflib.get_close_matches(label, labels, n=1)
                hint = f'did you mean "{near[0]}"?' if near else f"it has {', '.join(labels)}"
                faults.add((*path, "zones", zone, "labels", place), f"this camera does not look for that label; {hint}")


def _polygon_faults(faults: Faults, path: KeyPath, points: Any) -> None:
    if not isinstance(points, list):
        return
    if len(points) < 3:
        faults.add(path, f"needs at least three corners, has {len(points)}")
    for place, point in enumerate(points):
        if isinstance(point, list) and any(isinstance(number, int | float) and not 0 <= number <= 1 for number in point):
            faults.add((*path, place), "a corner lies between [0, 0] (top left) and [1, 1] (bottom right)")


def _is_plain(called: str) -> bool:
    return called.isprintable() and len(called) <= _MAX_NAME


def _bad_name(what: str, name: str) -> str:
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    slug = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:32].strip("-")
    hint = f'; "{slug}" would do' if slug else ""
    return f"is no name for a {what}: use 1 to 32 of a-z, 0-9 and '-'{hint}"


def home_faults(faults: Faults, document: Mapping[str, Any]) -> None:
    """Tell what is wrong with `[home]` beyond its types."""
    home = document.get("home")
    if not isinstance(home, Mapping):
        return
    called = home.get("name")
    if isinstance(called, str) and not _is_plain(called):
        faults.add(("home", "name"), _NOT_PLAIN)
    zone = home.get("timezone")
    if isinstance(zone, str) and zone and not _is_zone(zone):
        near = difflib.get_close_matches(zone, zoneinfo.available_timezones(), n=1)
        hint = f'; did you mean "{near[0]}"?' if near else '; it looks like "Europe/Berlin"'
        faults.add(("home", "timezone"), f"no such time zone{hint}")
    networks = home.get("networks")
    for place, text in enumerate(networks if isinstance(networks, list) else ()):
        if isinstance(text, str) and not _is_network(text):
            faults.add(("home", "networks", place), 'is no network: write "192.168.1.0/24" or "192.168.1"')


def alerts_faults(faults: Faults, document: Mapping[str, Any]) -> None:
    """Tell what is wrong with `[alerts]` beyond its types: addresses that cannot be one, or that hold a password."""
    alerts = document.get("alerts")
    if not isinstance(alerts, Mapping):
        return
    route_faults(faults, document)
    for section, key in (("telegram", "api_base"), ("webhook", "url")):
        options = alerts.get(section)
        url = options.get(key) if isinstance(options, Mapping) else None
        if isinstance(url, str) and url:
            fault = service_fault(url)
            if fault:
                faults.add(("alerts", section, key), fault)
    email = alerts.get("email")
    if not isinstance(email, Mapping):
        return
    to, sender = email.get("to"), email.get("sender")
    for place, address in enumerate(to if isinstance(to, list) else ()):
        if isinstance(address, str) and not _MAIL_ADDRESS.fullmatch(address):
            faults.add(("alerts", "email", "to", place), "is no e-mail address")
    if isinstance(sender, str) and sender and not _MAIL_ADDRESS.fullmatch(sender):
        faults.add(("alerts", "email", "sender"), "is no e-mail address")
    if to and not email.get("host"):
        faults.add(("alerts", "email"), "has addresses to write to but no `host`: name your provider's outgoing mail server")


def service_fault(url: str) -> str | None:
    """Return what is wrong with the address of a web service; repeats nothing of it."""
    try:
        parts = urlsplit(url)
        is_right = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_right = False
    if not is_right or not url.isascii() or not url.isprintable() or " " in url:
        return "must be an address such as https://example.org/path"
    return "holds a password or user name: secrets do not belong in this file" if "@" in parts.netloc else None


def _is_zone(name: str) -> bool:
    try:
        zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


def _is_network(text: str) -> bool:
    try:
        ipaddress.ip_network(text, strict=False)
    except ValueError:
        numbers = text.removesuffix(".").split(".")
        return len(numbers) < 4 and all(number.isascii() and number.isdigit() and int(number) < 256 for number in numbers)
    return True


def url_fault(url: str, *, camera: str, allow_loopback: bool) -> str | None:
    """Return what is wrong with a stream's address, None when nothing is; repeats nothing of it, a password may stand there.

    Allow-list (SEC-16): known schemes, no control characters or spaces, no leading '-', no credentials, no loopback host.
    """
    if len(url) > _MAX_URL or not url.isprintable() or not url.isascii() or any(char in url for char in " \\\"'<>`"):
        return "has a space, a quote, a backslash or another character that no address has (write it as %20 and the like)"
    scheme, separator, rest = url.partition("://")
    scheme = scheme.lower()
    if not separator or scheme not in SCHEMES:
        near = difflib.get_close_matches(scheme, SCHEMES, n=1) if separator else []
        hint = f'; did you mean "{near[0]}://"?' if near else ""
        return f"must begin with one of {', '.join(f'{known}://' for known in SCHEMES)}{hint}"
    if scheme == "picamera":
        return picamera_fault(url)
    if scheme in _LOCAL:
        is_right, example = _LOCAL[scheme]
        return None if is_right(rest) else f"must look like {example}"
    return _network_fault(url, rest, camera=camera, allow_loopback=allow_loopback)


def _is_absolute(path: str) -> bool:
    return path.startswith("/") and ".." not in path.split("/")


_LOCAL: Mapping[str, tuple[Callable[[str], object], str]] = {
    "v4l2": (_VIDEO_DEVICE.fullmatch, "v4l2:///dev/video0"),
    "file": (_is_absolute, "file:///home/me/clip.mp4"),
    "demo": (re.compile(r"[a-z0-9-]+(\?[a-z0-9_=&.-]*)?").fullmatch, "demo://street?seed=1"),
}
"""Sources that are no network address: what must follow the scheme."""


def _network_fault(url: str, rest: str, *, camera: str, allow_loopback: bool) -> str | None:
    credentials = (
        'holds a password or user name: take it out of the address, write user = "…" beside it and run '
        f"`hearthwatch secrets set camera.{camera}.password`"
    )
    authority = re.split(r"[/?#]", rest, maxsplit=1)[0]
    if "@" in authority or ("@" in rest and re.search(r":[^0-9\]]", authority.rpartition("]")[2])):
        return credentials
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        return "has no valid host and port: rtsp://192.168.1.20:554/path"
    if not host or not _HOST.fullmatch(host) or port == 0:
        return "has no valid host and port: rtsp://192.168.1.20:554/path"
    if _SECRET_IN_QUERY.search(parts.query):
        return credentials
    return _host_fault(parts, host, allow_loopback=allow_loopback)


def _host_fault(parts: SplitResult, host: str, *, allow_loopback: bool) -> str | None:
    address: ipaddress.IPv4Address | ipaddress.IPv6Address | None = None
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        if _NUMERIC_HOST.fullmatch(host):  # 127.1, 2130706433, 0x7f.1: some resolvers read these as addresses
            return "has a number for a host that is no address: write four numbers, as in 192.168.1.20"
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped:
        address = address.ipv4_mapped
    if address is not None and (address.is_unspecified or address.is_multicast):
        return "is not the address of a device"
    name = host.lower().removesuffix(".")
    local = name in _LOCAL_NAMES or name.endswith(".localhost") or (address is not None and address.is_loopback)
    if local and not allow_loopback:
        return "is this very machine; if that is meant, write allow_loopback = true beside it"
    return None
