"""Leases in the files of DHCP servers: dnsmasq, ISC dhcpd and Kea. A lease says who was there when; never who has left.

What is no lease is left out: the file belongs to another program, may be half written, and holds what strangers called
their devices.
"""

from __future__ import annotations

import csv
import ipaddress
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from hearthwatch.kit.errors import StorageFailed, StorageFault
from hearthwatch.kit.files import storage_failed
from hearthwatch.kit.units import US_PER_S, WallUs

MAX_FILE_BYTES = 4 << 20
"""Of a longer file the newest part is read: ISC dhcpd and Kea write to its end."""
_MAC = re.compile(r"(?:[0-9a-f]{2}:){5}[0-9a-f]{2}")
_ISC_LEASE = re.compile(r"^lease\s+(\S{3,45})\s*\{([^}]{0,4000})\}", re.MULTILINE)
_ISC_MAC = re.compile(r"^\s*hardware\s+ethernet\s+([0-9A-Fa-f:]{17})\s*;", re.MULTILINE)
_ISC_TIME = re.compile(
    r"^\s*(starts|cltt|ends)\s+(?:\d\s+(\d{4})/(\d\d)/(\d\d)\s+(\d\d):(\d\d):(\d\d)|epoch\s+(\d{1,11}))", re.MULTILINE
)
_ISC_STATE = re.compile(r"^\s*binding\s+state\s+(\w+)\s*;", re.MULTILINE)
_KEA_HEAD = "address,"
_LATEST_S = 1 << 34


@dataclass(frozen=True, slots=True, kw_only=True)
class Lease:
    """`mac` is 6 bytes. `renewed_us` is when the server heard the device last, None where the file does not say (dnsmasq);
    `expires_us` is None for a lease without end."""

    mac: bytes
    ip: str
    renewed_us: WallUs | None
    expires_us: WallUs | None


def read_leases(path: Path) -> tuple[Lease, ...]:
    """Return the newest lease of each address in the file. Raises StorageFailed when it cannot be read or is none."""
    try:
        with path.open("rb") as file:
            size = file.seek(0, 2)
            file.seek(max(0, size - MAX_FILE_BYTES))
            data = file.read(MAX_FILE_BYTES)
            file.seek(0)
            head = file.read(64)
    except OSError as error:
        raise storage_failed(error, f"reading the lease file {path}") from error
    if b"\0" in data:
        raise StorageFailed(StorageFault.BROKEN, f"{path} is no lease file of dnsmasq, ISC dhcpd or Kea")
    text = data.decode("utf-8", errors="replace")
    if head.startswith(_KEA_HEAD.encode()) and not text.startswith(_KEA_HEAD):
        text = file_head(path) + text.partition("\n")[2]
    return parse(text)


def file_head(path: Path) -> str:
    """Return the first line: of a long Kea file, what its columns are."""
    try:
        with path.open("rb") as file:
            return file.readline(4096).decode("utf-8", errors="replace")
    except OSError as error:
        raise storage_failed(error, f"reading the lease file {path}") from error


def parse(text: str) -> tuple[Lease, ...]:
    """Return the newest lease of each address in `text`, whichever of the three servers wrote it."""
    if text.startswith(_KEA_HEAD):
        found = _kea(text)
    elif _ISC_LEASE.search(text):
        found = _isc(text)
    else:
        found = _dnsmasq(text)
    newest = dict(found)  # a later line about an address takes the place of an earlier one
    return tuple(lease for lease in newest.values() if lease is not None)


def _dnsmasq(text: str) -> Iterator[tuple[str, Lease | None]]:
    """`EXPIRES MAC IP NAME CLIENT-ID`; a MAC of another kind of network has its type before it, as `06-…`."""
    for line in text.splitlines():
        columns = line.split()
        if len(columns) >= 4 and columns[0].isdecimal() and len(columns[0]) < 12:
            yield from _lease(columns[2], columns[1], None, _us(int(columns[0])) if int(columns[0]) else None)


def _isc(text: str) -> Iterator[tuple[str, Lease | None]]:
    """`lease IP { … }`, the same address once more with each renewal; times are UTC (dhcpd.leases(5))."""
    for match in _ISC_LEASE.finditer(text):
        ip, body = match.groups()
        times = {found[0]: _isc_time(found[1:]) for found in _ISC_TIME.findall(body)}
        mac, state = _ISC_MAC.search(body), _ISC_STATE.search(body)
        if mac is None or (state is not None and state[1] != "active"):
            yield ip, None
            continue
        yield from _lease(ip, mac[1], times.get("cltt") or times.get("starts"), times.get("ends"))


def _isc_time(parts: tuple[str, ...]) -> WallUs | None:
    *date, epoch = parts
    if epoch:
        return _us(int(epoch))
    try:
        year, month, day, hour, minute, second = (int(part) for part in date)
        return _us(int(datetime(year, month, day, hour, minute, second, tzinfo=UTC).timestamp()))
    except ValueError:
        return None


def _kea(text: str) -> Iterator[tuple[str, Lease | None]]:
    """The memfile of lease4 or lease6: a head line that names the columns, then a line a change; state 0 is a lease."""
    lines = text.splitlines()
    columns = {name: at for at, name in enumerate(lines[0].split(","))}
    wanted = [columns.get(name, -1) for name in ("address", "hwaddr", "valid_lifetime", "expire", "state")]
    if min(wanted) < 0:
        return
    for row in _rows(lines[1:]):
        if len(row) <= max(wanted):
            continue
        ip, mac, lifetime, expire, state = (row[at].strip() for at in wanted)
        if state != "0" or not expire.isdecimal() or not lifetime.isdecimal() or len(expire) > 11 or len(lifetime) > 11:
            yield ip, None
            continue
        yield from _lease(ip, mac, _us(int(expire) - int(lifetime)), _us(int(expire)))


def _rows(lines: Iterable[str]) -> Iterator[list[str]]:
    """Kea escapes commas itself and quotes nothing, so a line is a row, whatever stands in it."""
    return csv.reader(lines, quoting=csv.QUOTE_NONE)


def _us(seconds: int) -> WallUs | None:
    return WallUs(seconds * US_PER_S) if 0 < seconds < _LATEST_S else None


def _lease(ip: str, mac: str, renewed_us: WallUs | None, expires_us: WallUs | None) -> Iterator[tuple[str, Lease | None]]:
    mac = mac.lower()
    try:
        address = str(ipaddress.ip_address(ip))
    except ValueError:
        return
    if _MAC.fullmatch(mac) and mac.strip("0:"):
        packed = bytes.fromhex(mac.replace(":", ""))
        yield address, Lease(mac=packed, ip=address, renewed_us=renewed_us, expires_us=expires_us)
