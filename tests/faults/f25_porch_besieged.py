"""F25: two hundred connections at the porch that do nothing, or drip; files cut off in every way; a flood of one camera."""

from __future__ import annotations

import asyncio
import contextlib
import ftplib
import io
import itertools
import logging
import random
import smtplib
import socket
import struct
import threading
import time
from dataclasses import dataclass, field

from hearthwatch.ingest.drop import Turned
from tests.faults.fault import Fault, Outcome, Terms
from tests.ingest.letters import OLDER_DIALECT, alarm_letter
from tests.ingest.open_porch import PASSWORD, OpenPorch, account, open_porch

CROWD = 200
GOOD_ALARMS = 8
_KINDS = ("idle", "drip", "cut", "flood", "strangers")
_JPEG = b"\xff\xd8\xff\xe0" + bytes(20_000) + b"\xff\xd9"
_QUOTA_BYTES = 2 << 20
_GOOD_S = 15.0
"""A camera's own patience with a server."""


def clip(rng: random.Random) -> bytes:
    """An MP4 by its boxes, its index at the end as cameras write it."""
    pictures = rng.randbytes(rng.randrange(200_000, 600_000))
    boxes = ((b"ftyp", b"isom" + bytes(12)), (b"mdat", pictures), (b"moov", rng.randbytes(3000)))
    return b"".join((8 + len(data)).to_bytes(4) + kind + data for kind, data in boxes)


@dataclass(slots=True)
class Crowd:
    """Connections that hold on: each address has as many as one may have. They come again when they are sent away."""

    ports: tuple[int, ...]
    net: int
    drips: bool
    open: list[socket.socket] = field(default_factory=list)
    came: int = 0
    _stop: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    def come(self) -> None:
        for number in range(CROWD):
            self._one(number)

    def _one(self, number: int) -> None:
        with contextlib.suppress(OSError):
            near = f"127.0.{self.net}.{1 + number // 8}"
            self.open.append(socket.create_connection(("127.0.0.1", self.ports[number % len(self.ports)]), 5, (near, 0)))
            self.open[-1].setblocking(False)
            self.came += 1

    def hold(self) -> None:
        """Keep at it in a thread until `leave`."""
        self._thread = threading.Thread(target=self._go_on)
        self._thread.start()

    def _go_on(self) -> None:
        for number in itertools.count():
            if self._stop.wait(0.02):
                return
            for one in list(self.open):
                try:
                    if self.drips:
                        one.send(b"X")
                    gone = one.recv(4096) == b""
                except BlockingIOError:
                    continue
                except OSError:
                    gone = True
                if gone:
                    one.close()
                    self.open.remove(one)
                    self._one(number % CROWD)

    def leave(self) -> None:
        self._stop.set()
        if self._thread is not None:
            self._thread.join()
        for one in self.open:
            one.close()


def _good_alarm(porch: OpenPorch, number: int, *, user: str, address: str) -> float:
    """An alarm as a camera leaves it, by mail or by file; return how long it took. Tries again as cameras do."""
    began_s = time.monotonic()
    while True:
        try:
            if number % 2:
                with smtplib.SMTP("127.0.0.1", porch.smtp_port, timeout=_GOOD_S, source_address=(address, 0)) as mail:
                    mail.login(user, PASSWORD)
                    mail.sendmail("a@x", ["o@x"], alarm_letter(OLDER_DIALECT.encode(), _JPEG, name=f"good-{number}.jpg"))
            else:
                ftp = ftplib.FTP(timeout=_GOOD_S, source_address=(address, 0))
                with ftp:
                    ftp.connect("127.0.0.1", porch.ftp_port)
                    ftp.login(user, PASSWORD)
                    ftp.storbinary(f"STOR good-{number}.jpg", io.BytesIO(_JPEG))
        except (OSError, EOFError, smtplib.SMTPException, ftplib.Error):
            if time.monotonic() - began_s > _GOOD_S:
                return float("inf")
            time.sleep(0.05)
        else:
            return time.monotonic() - began_s


def _besieged(terms: Terms, kind: str) -> Outcome:
    yard = account("yard", networks=("127.0.0.11",)), account("gate", networks=("127.0.0.10",))
    wide = account("yard"), account("gate")
    with open_porch(terms.folder, *(yard if kind == "strangers" else wide)) as porch:
        crowd = Crowd((porch.smtp_port, porch.ftp_port), 1 + terms.number % 200, drips=kind == "drip")
        crowd.come()
        crowd.hold()
        try:
            took_s = [_good_alarm(porch, number, user="yard", address="127.0.0.11") for number in range(GOOD_ALARMS)]
        finally:
            crowd.leave()
        good = sum("good-" in drop.name for drop in porch.drops())
        came = crowd.came
    broken = []
    if good < GOOD_ALARMS:
        broken.append(f"{GOOD_ALARMS - good} of {GOOD_ALARMS} alarms of a good camera did not get in")
    if came < CROWD:
        broken.append(f"only {came} of {CROWD} connections were made: the trial proves nothing")
    figures = {"good_alarm_s": max(took_s), "connections": came, "good_alarms_lost": GOOD_ALARMS - good}
    return Outcome(figures=figures, broken=tuple(broken), notes={"kind": kind})


def _cut(terms: Terms) -> Outcome:
    """Files of every kind are cut at any place; each good one between them has to be there whole, and no other."""
    rng = terms.random
    whole: list[bytes] = []
    with open_porch(terms.folder, account("gate"), account("yard")) as porch:
        for way in rng.sample(("reset", "end", "control", "mail"), 4) * 2:
            data = _JPEG if way == "mail" or rng.random() < 0.5 else clip(rng)
            at = rng.randrange(1, len(data) - 1)
            _leave_half(porch, way, data[:at])
            good = clip(rng)
            with porch.ftp("yard") as camera:
                camera.storbinary("STOR good.mp4", io.BytesIO(good))
            whole.append(good)
        porch.until(lambda: len(porch.files()) == 2 * len(porch.drops()))
        drops = porch.drops()
        kept = [(porch.root / drop.camera / drop.id).read_bytes() for drop in drops]
        left = len(porch.files()) - 2 * len(drops)
    partial = [data for data in kept if data not in whole]
    broken = []
    if partial:
        broken.append(f"{len(partial)} files that were cut off lie there as if they were whole")
    if lost := [data for data in whole if data not in kept]:
        broken.append(f"{len(lost)} whole files are not there")
    if left:
        broken.append(f"{left} leftovers of files that were cut off")
    return Outcome(
        figures={"partial_files": len(partial), "whole_files_lost": len(lost)}, broken=tuple(broken), notes={"kind": "cut"}
    )


def _leave_half(porch: OpenPorch, way: str, half: bytes) -> None:
    if way == "mail":
        with socket.create_connection(("127.0.0.1", porch.smtp_port), 10) as raw:
            lines = alarm_letter(OLDER_DIALECT.encode(), half)
            with contextlib.suppress(OSError), smtplib.SMTP() as mail:
                mail.sock, mail.file = raw, None
                mail.getreply()
                mail.login("gate", PASSWORD)
                for command in ("MAIL FROM:<a@x>", "RCPT TO:<o@x>", "DATA"):
                    mail.docmd(command)
                raw.sendall(lines)
                raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                mail.close()  # what reads of it keeps it open
        return
    camera = porch.ftp("gate")
    line = camera.transfercmd("STOR half.bin")
    line.sendall(half)
    if way == "reset":
        line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    if way == "control":
        assert camera.sock is not None
        camera.sock.close()
    line.close()
    with contextlib.suppress(OSError, EOFError, ftplib.Error):
        camera.voidresp()
    camera.close()


def _flood(terms: Terms) -> Outcome:
    """One camera leaves all it can, the other its alarms."""
    accounts = (
        account("gate", waiting_bytes=_QUOTA_BYTES, per_minute=60),
        account("yard", waiting_bytes=_QUOTA_BYTES),
    )
    stop = threading.Event()
    with open_porch(terms.folder, *accounts) as porch:
        bulky = _JPEG[:-2] + terms.random.randbytes(100_000) + _JPEG[-2:]

        def flood() -> None:
            while not stop.is_set():
                with contextlib.suppress(OSError, EOFError, ftplib.Error), porch.ftp("gate") as camera:
                    for _ in range(20):
                        if stop.is_set():
                            return
                        with contextlib.suppress(ftplib.Error):
                            camera.storbinary("STOR a.jpg", io.BytesIO(bulky))

        threads = [threading.Thread(target=flood) for _ in range(3)]
        for thread in threads:
            thread.start()
        try:
            porch.until(lambda: sum(porch.keeping.counts()[0].turned.values()) >= 20)
            took_s = [_good_alarm(porch, number, user="yard", address="127.0.0.11") for number in range(GOOD_ALARMS)]
        finally:
            stop.set()
            for thread in threads:
                thread.join()
        used = sum(path.stat().st_size for path in (porch.root / "gate").iterdir())
        good = sum(drop.camera == "yard" for drop in porch.drops())
        turned = porch.keeping.counts()[0].turned
    broken = []
    if used > _QUOTA_BYTES + 50_000:
        broken.append(f"the flood took {used} bytes of its {_QUOTA_BYTES}")
    if good < GOOD_ALARMS:
        broken.append(f"{GOOD_ALARMS - good} alarms of the other camera did not get in")
    if not turned.get(Turned.FULL, 0) + turned.get(Turned.TOO_MANY, 0):
        broken.append("nothing was turned away")
    figures = {
        "good_alarm_s": max(took_s),
        "good_alarms_lost": GOOD_ALARMS - good,
        "over_quota_bytes": max(0, used - _QUOTA_BYTES),
    }
    return Outcome(figures=figures, broken=tuple(broken), notes={"kind": "flood"})


async def run(terms: Terms) -> Outcome:
    kind = _KINDS[terms.number % len(_KINDS)]
    logging.getLogger("pyftpdlib").addHandler(logging.NullHandler())  # else it logs to the console
    if kind == "cut":
        return await asyncio.to_thread(_cut, terms)
    if kind == "flood":
        return await asyncio.to_thread(_flood, terms)
    return await asyncio.to_thread(_besieged, terms, kind)


FAULT = Fault(
    id="F25",
    what="200 connections at the porch that idle, drip or belong to nobody; files and mails cut off at any byte; a flood of one camera",
    promise="P6 P13",
    short=3,
    full=60,
    trial=run,
    limit_s=240.0,
)
