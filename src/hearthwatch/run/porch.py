"""The porch: takes what cameras push, by SMTP and FTP. It hears the network, writes to its inbox, and can do nothing else."""

from __future__ import annotations

import asyncio
import contextlib
import encodings.idna  # noqa: F401 names of hosts go through it, and inside the box nothing can be loaded
import logging
import os
import re
import socket
import sys
import threading
from pathlib import Path
from typing import Any

from hearthwatch.ingest import ftp, smtp
from hearthwatch.ingest.doorkeeping import Doorkeeping
from hearthwatch.ingest.drop import DropId
from hearthwatch.ingest.inbox import Inbox, open_folders
from hearthwatch.ingest.letter import read_letter
from hearthwatch.kit import logs
from hearthwatch.kit.channel import Channel
from hearthwatch.kit.clock import Clock, SystemClock
from hearthwatch.kit.errors import HearthwatchError, Unreachable
from hearthwatch.kit.ids import Ulids
from hearthwatch.kit.units import CameraId
from hearthwatch.run import sandbox
from hearthwatch.run.child import Child, leave
from hearthwatch.run.cold_pages import give_back, trim
from hearthwatch.run.messages import Renew, Restarted, Role
from hearthwatch.run.plan import PorchPlan
from hearthwatch.run.porch_messages import HouseToPorch, Left, PorchState
from hearthwatch.run.porch_reach import Asking

log = logging.getLogger(__name__)

_MEMORY_BYTES = 1 << 30
_BACKLOG = 32
_REHEARSAL = (
    b"Subject: =?UTF-8?B?SVBD?=\r\nContent-type: multipart/mixed;boundary=x\r\n\r\n--x\r\n\r\na\r\n--x\r\n"
    b"Content-Transfer-Encoding: base64\r\nContent-Disposition: attachment; filename*=utf-8''a\r\n\r\nAA==\r\n--x--\r\n"
)
"""Read once before the box closes, so that all that reading a mail takes is loaded."""


class Porch:
    """Two servers, each in a thread of its own, and the line to the house."""

    def __init__(self, plan: PorchPlan, folders: dict[CameraId, int], clock: Clock) -> None:
        self._errors: list[str] = []
        self._house: Channel[Any] | None = None
        self._asking = Asking()
        inbox = Inbox(folders)
        inbox.tidy()
        self._keeping = Doorkeeping(plan.accounts, inbox, clock, Ulids(clock), max_bytes=plan.max_bytes, left=self._left)
        self._smtp = self._listen(plan.address, plan.smtp_port, "mails")
        self._ftp = self._listen(plan.address, plan.ftp_port, "files")
        self._ports = tuple(sock.getsockname()[1] if sock else 0 for sock in (self._smtp, self._ftp))
        self.passive = range(plan.passive_ports[0], plan.passive_ports[1] + 1)

    def _listen(self, address: str, port: int, what: str) -> socket.socket | None:
        if not port:
            return None
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        sock = socket.socket(family, socket.SOCK_STREAM)
        try:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            sock.bind((address, port))
            sock.listen(_BACKLOG)
        except OSError as error:
            sock.close()
            self._errors.append(f"{what} cannot be taken at {address} port {port} ({error.strerror})")
            log.error("%s", self._errors[-1])  # noqa: TRY400 the text says it all
            return None
        sock.setblocking(False)
        return sock

    def start(self) -> None:
        """Open the doors; the box is closed by then."""
        if self._ftp is not None:
            server = ftp.server(self._ftp, self._keeping, self.passive, self._asking.reach)
            threading.Thread(target=server.serve_forever, kwargs={"handle_exit": False}, name="ftp", daemon=True).start()
        if self._smtp is not None:
            work = smtp.serve(self._smtp, self._keeping)
            threading.Thread(target=asyncio.run, args=(work,), name="smtp", daemon=True).start()

    def link(self, peer: Role, name: str, sock: socket.socket) -> None:
        """See child.Handlers."""
        del name
        if peer is Role.HOUSE:
            self._house = Channel(sock, HouseToPorch)
            self._asking.connect(self._house)
            self.tell()

    def renew(self, message: Renew) -> None:
        """A porch is replaced, never renewed."""

    def restarted(self, message: Restarted) -> None:
        """Nothing of another process concerns the porch."""

    def _left(self, camera: CameraId, drop: DropId) -> None:
        self._send(Left(camera=camera, id=drop))

    def tell(self) -> bool:
        """Tell the house how things stand."""
        self._send(
            PorchState(
                smtp_port=self._ports[0],
                ftp_port=self._ports[1],
                error="; ".join(self._errors),
                strangers=self._keeping.strangers,
                counts=self._keeping.counts(),
            )
        )
        return True

    def _send(self, message: object) -> None:
        house = self._house
        if house is not None:
            with contextlib.suppress(Unreachable):  # the house's next link finds what lies in the inbox
                house.send(message)


def main() -> None:
    child = Child(sys.argv)
    start, _fds = child.start("porch")
    plan = start.plan
    assert isinstance(plan, PorchPlan)
    for account in plan.accounts:
        logs.hide(account.password)
    read_letter(_REHEARSAL)
    root = Path(plan.inbox)
    try:
        owner = sandbox.NOBODY if os.geteuid() == 0 else None
        folders = open_folders(root, tuple(account.camera for account in plan.accounts), owner)
        porch = Porch(plan, folders, SystemClock())
        inbox = os.open(root, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    except HearthwatchError as error:
        log.error("the porch cannot be opened: %s", error)  # noqa: TRY400 the text says it all
        raise SystemExit(1) from None
    os.chdir("/")
    door = sandbox.Door(root=inbox, folders=tuple(folders.values()), ports=porch.passive)
    give_back()
    walls = sandbox.enter(memory_bytes=_MEMORY_BYTES, door=door)
    os.close(inbox)
    log.info("the porch is open; %s", walls.told())
    if not walls.landlock:
        log.warning("this kernel has no landlock: the porch's files are kept by user rights alone")
    porch.start()
    child.serve(porch, porch.tell, tidy)
    leave()


def tidy() -> None:
    """Forget what nobody needs again: a mail's boundary stays with `re` as a pattern, and no two mails have the same."""
    re.purge()
    trim()


if __name__ == "__main__":
    main()
