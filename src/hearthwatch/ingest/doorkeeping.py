"""Who may leave what at the porch: accounts, the address they come from, how much and how often. Used from several threads."""

from __future__ import annotations

import hmac
import ipaddress
import logging
import threading
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace

from hearthwatch.ingest.drop import (
    MAX_NAME_CHARS,
    MAX_TEXT_CHARS,
    Account,
    AccountCount,
    Drop,
    DropId,
    Media,
    Turned,
    Via,
)
from hearthwatch.ingest.inbox import Inbox, Incoming
from hearthwatch.ingest.media import END_OF_JPEG, is_cut_off, is_mp4, media_of
from hearthwatch.kit.clock import Clock
from hearthwatch.kit.errors import Refused
from hearthwatch.kit.logs import Interval
from hearthwatch.kit.units import NS_PER_S, CameraId, WallUs

log = logging.getLogger(__name__)

_MINUTE_NS = 60 * NS_PER_S
_MAX_FILES = 500
_MAX_WRONG = 10
_MAX_ADDRESSES = 256


@dataclass(slots=True)
class _Ledger:
    account: Account
    interval: Interval
    arrivals: deque[int] = field(default_factory=deque)
    coming_bytes: int = 0
    waiting_bytes: int = 0
    waiting_files: int = 0
    count: AccountCount = field(init=False)

    def __post_init__(self) -> None:
        self.count = AccountCount(
            camera=self.account.camera,
            taken=0,
            taken_bytes=0,
            last_us=WallUs(0),
            turned={},
            last_turned_us=WallUs(0),
            last_turned="",
        )


class Doorkeeping:
    """The one place that decides; SMTP and FTP only translate. Everything raises Refused with words for the log."""

    def __init__(
        self,
        accounts: tuple[Account, ...],
        inbox: Inbox,
        clock: Clock,
        ids: Callable[[], str],
        *,
        max_bytes: int,
        left: Callable[[CameraId, DropId], None],
    ) -> None:
        self._inbox = inbox
        self._clock = clock
        self._ids = ids
        self._max_bytes = max_bytes
        self._left = left
        self._lock = threading.Lock()
        self._ledgers = {account.user: _Ledger(account, Interval(clock, every_s=60)) for account in accounts}
        self._wrong: dict[str, deque[int]] = {}
        self.strangers = 0
        """Log-ins that belong to no account."""

    def counts(self) -> tuple[AccountCount, ...]:
        with self._lock:
            return tuple(ledger.count for ledger in self._ledgers.values())

    def is_known(self, address: str) -> bool:
        """Tell whether any account may come from that address."""
        return any(comes_from(address, ledger.account.networks) for ledger in self._ledgers.values())

    def log_in(self, user: str, password: bytes, address: str) -> str:
        """Return the account's user name. Raises Refused; who guesses is not listened to for a minute."""
        if self._guesses(address):
            raise Refused("too many wrong passwords came from there")
        try:
            return self._log_in(user, password, address)
        except Refused:
            self._note_guess(address)
            raise

    def _guesses(self, address: str) -> bool:
        now_ns = self._clock.mono_ns()
        with self._lock:
            made = self._wrong.get(address)
            while made and now_ns - made[0] > _MINUTE_NS:
                made.popleft()
            return made is not None and len(made) >= _MAX_WRONG

    def _note_guess(self, address: str) -> None:
        with self._lock:
            self._wrong.setdefault(address, deque(maxlen=_MAX_WRONG)).append(self._clock.mono_ns())
            while len(self._wrong) > _MAX_ADDRESSES:
                del self._wrong[next(iter(self._wrong))]

    def _log_in(self, user: str, password: bytes, address: str) -> str:
        ledger = self._ledgers.get(user)
        right = hmac.compare_digest(password, ledger.account.password.encode() if ledger is not None else b"")
        if ledger is None:
            self.strangers += 1
            raise Refused("there is no such account")
        if not right:
            raise self.turn(ledger, Turned.LOGIN, f"a wrong password came from {address}")
        if not comes_from(address, ledger.account.networks):
            raise self.turn(ledger, Turned.ADDRESS, f"its account was used from {address}, which is not its own address")
        return user

    def begin(self, user: str, via: Via, name: str, address: str) -> Arrival:
        """Take in one file or mail of a logged-in account. Raises Refused, StorageFailed."""
        ledger = self._ledgers[user]
        now_ns = self._clock.mono_ns()
        waiting = self._inbox.waiting(ledger.account.camera)
        with self._lock:
            while ledger.arrivals and now_ns - ledger.arrivals[0] > _MINUTE_NS:
                ledger.arrivals.popleft()
            too_many = len(ledger.arrivals) >= ledger.account.max_per_minute
            if not too_many:
                ledger.arrivals.append(now_ns)
            ledger.waiting_bytes = max(0, waiting.size_bytes - ledger.coming_bytes)
            ledger.waiting_files = waiting.files
        if too_many:
            why = f"it left more than {ledger.account.max_per_minute} mails or files in a minute"
            raise self.turn(ledger, Turned.TOO_MANY, why)
        if waiting.size_bytes >= ledger.account.waiting_bytes or waiting.files >= 2 * _MAX_FILES:
            raise self.turn(ledger, Turned.FULL, "it left more than its quota before it could be looked at")
        incoming = self._inbox.begin(ledger.account.camera, DropId(self._ids()))
        return Arrival(self, ledger, incoming, via=via, name=name, address=address, begun_us=self._clock.wall_us())

    def turn(self, ledger: _Ledger, why: Turned, words: str) -> Refused:
        with self._lock:
            turned = {**ledger.count.turned, why: ledger.count.turned.get(why, 0) + 1}
            ledger.count = replace(ledger.count, turned=turned, last_turned=words, last_turned_us=self._clock.wall_us())
        if (times := ledger.interval.due()) is not None:
            log.warning("%s: %s (turned away %d times)", ledger.account.camera, words, times)
        return Refused(words)

    def room(self, ledger: _Ledger, more_bytes: int, size_bytes: int) -> None:
        if size_bytes + more_bytes > self._max_bytes:
            raise self.turn(ledger, Turned.TOO_BIG, f"a file of more than {self._max_bytes >> 20} MiB")
        with self._lock:
            full = ledger.waiting_bytes + ledger.coming_bytes + more_bytes > ledger.account.waiting_bytes
            if not full:
                ledger.coming_bytes += more_bytes
        if full:
            raise self.turn(ledger, Turned.FULL, "it left more than its quota before it could be looked at")

    def release(self, ledger: _Ledger, size_bytes: int, *, kept: bool) -> None:
        """What was reserved lies in the inbox now, or is gone."""
        with self._lock:
            ledger.coming_bytes -= size_bytes
            ledger.waiting_bytes += size_bytes * kept

    def now_us(self) -> WallUs:
        return self._clock.wall_us()

    def taken(self, ledger: _Ledger, drop: Drop) -> None:
        with self._lock:
            ledger.count = replace(
                ledger.count,
                taken=ledger.count.taken + 1,
                taken_bytes=ledger.count.taken_bytes + drop.size_bytes,
                last_us=drop.received_us,
            )
        self._left(drop.camera, drop.id)


class Arrival:
    """One file or mail while it comes in: `write`, then `keep` or `break_off`."""

    def __init__(
        self, keeping: Doorkeeping, ledger: _Ledger, incoming: Incoming, *, via: Via, name: str, address: str, begun_us: WallUs
    ) -> None:
        self._keeping = keeping
        self._ledger = ledger
        self._incoming: Incoming | None = incoming
        self._via = via
        self._name = printable(name, MAX_NAME_CHARS)
        self._address = address
        self._begun_us = begun_us
        self._reserved_bytes = 0
        self.id = incoming.id

    @property
    def is_open(self) -> bool:
        return self._incoming is not None

    def write(self, data: bytes) -> None:
        """Raises Refused, StorageFailed; then it is gone."""
        if self._incoming is None:
            raise Refused("it was broken off")
        try:
            self._keeping.room(self._ledger, len(data), self._incoming.size_bytes)
            self._reserved_bytes += len(data)
            self._incoming.write(data)
        except BaseException:
            self.break_off()
            raise

    def keep(self, *, sender: str = "", subject: str = "", text: str = "") -> None:
        """Hand it over, if it is a mail or something to be seen. Raises Refused, StorageFailed; it is over either way."""
        incoming = self._incoming
        if incoming is None:
            raise Refused("it was broken off")
        media = media_of(incoming.head) or (Media.NONE if self._via is Via.MAIL else None)
        if media is None or (media is Media.NONE and incoming.size_bytes):
            self.break_off()
            raise self._keeping.turn(self._ledger, Turned.NOT_MEDIA, "a file that is neither a picture nor a clip")
        if media is Media.JPEG and END_OF_JPEG not in incoming.tail:
            self.break_off()
            raise self._keeping.turn(self._ledger, Turned.NOT_MEDIA, "a picture that was cut off")
        if media is Media.CLIP and is_mp4(incoming.head) and is_cut_off(incoming.size_bytes, incoming.read):
            self.break_off()
            raise self._keeping.turn(self._ledger, Turned.NOT_MEDIA, "a clip that was cut off")
        drop = Drop(
            id=incoming.id,
            camera=self._ledger.account.camera,
            via=self._via,
            media=media,
            size_bytes=incoming.size_bytes,
            begun_us=self._begun_us,
            received_us=self._keeping.now_us(),
            address=self._address,
            name=self._name,
            sender=printable(sender, MAX_NAME_CHARS),
            subject=printable(subject, MAX_NAME_CHARS),
            text=text[:MAX_TEXT_CHARS],
        )
        self._over(kept=True)
        incoming.keep(drop)
        self._keeping.taken(self._ledger, drop)

    def break_off(self) -> None:
        """Forget what came so far."""
        if self._incoming is not None:
            self._incoming.throw_away()
            self._over(kept=False)

    def _over(self, *, kept: bool) -> None:
        self._incoming = None
        self._keeping.release(self._ledger, self._reserved_bytes, kept=kept)


def printable(text: str, limit: int) -> str:
    """Return at most `limit` characters of one line that a terminal and a page show as they are."""
    return "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in text[:limit])


def comes_from(address: str, networks: Iterable[str]) -> bool:
    """Tell whether `address` lies in one of `networks`; a mapped IPv4 address is an IPv4 address."""
    try:
        ip = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(ip, ipaddress.IPv6Address) and ip.ipv4_mapped:
        ip = ip.ipv4_mapped
    return any(ip in ipaddress.ip_network(network, strict=False) for network in networks)
