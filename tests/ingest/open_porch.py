"""A porch in this process, without its box: real sockets, real clients, an inbox in a temporary folder."""

from __future__ import annotations

import asyncio
import contextlib
import ftplib
import os
import smtplib
import socket
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path

from hearthwatch.ingest import ftp, smtp
from hearthwatch.ingest.doorkeeping import Doorkeeping
from hearthwatch.ingest.drop import Account, Drop, DropId
from hearthwatch.ingest.inbox import Inbox, Shelf, open_folders
from hearthwatch.kit.clock import SystemClock
from hearthwatch.kit.errors import Unreachable
from hearthwatch.kit.ids import Ulids
from hearthwatch.kit.units import CameraId

PASSWORD = "porch-Secret-4711"
HERE = ("127.0.0.0/8",)


def account(name: str, *, networks: tuple[str, ...] = HERE, waiting_bytes: int = 64 << 20, per_minute: int = 1000) -> Account:
    return Account(
        camera=CameraId(name),
        user=name,
        password=PASSWORD,
        networks=networks,
        waiting_bytes=waiting_bytes,
        max_per_minute=per_minute,
    )


@dataclass
class OpenPorch:
    root: Path
    smtp_port: int
    ftp_port: int
    keeping: Doorkeeping
    shelf: Shelf
    left: list[tuple[CameraId, DropId]] = field(default_factory=list)

    def ftp(self, user: str = "gate", password: str = PASSWORD, *, passive: bool = True) -> ftplib.FTP:
        client = ftplib.FTP(timeout=20, encoding="utf-8")
        client.connect("127.0.0.1", self.ftp_port)
        try:
            client.login(user, password)
        except ftplib.Error:
            client.close()
            raise
        client.set_pasv(passive)
        return client

    def smtp(self, user: str = "gate", password: str = PASSWORD) -> smtplib.SMTP:
        client = smtplib.SMTP("127.0.0.1", self.smtp_port, timeout=20)
        try:
            if user:
                client.login(user, password)
        except smtplib.SMTPException:
            client.close()
            raise
        return client

    def drops(self) -> list[Drop]:
        return [self.shelf.card(camera, drop) for camera, drop in self.shelf.all()]

    def until(self, ready: Callable[[], bool]) -> None:
        """Look again and again until it is so."""
        pause = threading.Event()
        for _ in range(2000):
            if ready():
                return
            pause.wait(0.01)
        raise AssertionError("not in 20 s")

    def files(self) -> list[Path]:
        return sorted(path for path in self.root.rglob("*") if path.is_file())


@contextlib.contextmanager
def open_porch(folder: Path, *accounts: Account, max_bytes: int = 32 << 20) -> Iterator[OpenPorch]:
    root = folder / "inbox"
    given = accounts or (account("gate"), account("yard"))
    folders = open_folders(root, tuple(one.camera for one in given), None)
    inbox = Inbox(folders)
    inbox.tidy()
    left: list[tuple[CameraId, DropId]] = []
    clock = SystemClock()
    keeping = Doorkeeping(
        given, inbox, clock, Ulids(clock), max_bytes=max_bytes, left=lambda camera, drop: left.append((camera, drop))
    )
    mail, files = _listener(), _listener()
    loop = asyncio.new_event_loop()
    serving = loop.create_task(smtp.serve(mail, keeping))
    mails = threading.Thread(target=_until_cancelled, args=(loop, serving))
    server = ftp.server(files, keeping, range(0), _reach)
    stop = threading.Event()
    uploads = threading.Thread(target=_serve_ftp, args=(server, stop))
    mails.start()
    uploads.start()
    try:
        yield OpenPorch(
            root=root,
            smtp_port=mail.getsockname()[1],
            ftp_port=files.getsockname()[1],
            keeping=keeping,
            shelf=Shelf(root),
            left=left,
        )
    finally:
        loop.call_soon_threadsafe(serving.cancel)
        stop.set()
        mails.join(10)
        uploads.join(10)
        for fd in folders.values():
            os.close(fd)


def _reach(address: str, port: int) -> Future[socket.socket]:
    """Connect as the house does for the porch."""
    future: Future[socket.socket] = Future()
    try:
        sock = socket.create_connection((address, port), timeout=10)
    except OSError as error:
        future.set_exception(Unreachable(str(error)))
    else:
        sock.setblocking(False)
        future.set_result(sock)
    return future


def _listener() -> socket.socket:
    sock = socket.socket()
    sock.bind(("127.0.0.1", 0))
    sock.listen()
    sock.setblocking(False)
    return sock


def _until_cancelled(loop: asyncio.AbstractEventLoop, task: asyncio.Task[None]) -> None:
    with contextlib.suppress(asyncio.CancelledError):
        loop.run_until_complete(task)
    loop.run_until_complete(loop.shutdown_default_executor())
    loop.close()


def _serve_ftp(server: ftp.FTPServer, stop: threading.Event) -> None:
    while not stop.is_set():
        server.ioloop.loop(0.05, blocking=False)
        stop.wait(0.005)
    server.close_all()
