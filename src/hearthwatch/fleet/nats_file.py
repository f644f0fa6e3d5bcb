"""The configuration file of the hub's NATS server, kept in step with the nodes that are wanted."""

from __future__ import annotations

import contextlib
import logging
import os
import signal
from collections.abc import Callable, Collection
from pathlib import Path

from hearthwatch.fleet.nats_config import HubServer, May, User, hub_config
from hearthwatch.fleet.node import NodeId
from hearthwatch.kit.files import storage_failed, write_atomic

log = logging.getLogger(__name__)

_PROGRAM = "nats-server"


class NatsFile:
    """Blocking, a millisecond."""

    def __init__(self, path: Path, server: HubServer, may: Callable[[NodeId], May], users: Collection[User] = ()) -> None:
        self._path = path
        self._server = server
        self._may = may
        self._users = users
        self._nodes: frozenset[NodeId] | None = None

    def follow(self, nodes: Collection[NodeId]) -> bool:
        """Have the server take these nodes and no others; False when it does not run: it will at its next start.

        A node that is new needs the file read again. One that is gone needs the server started anew, which its service does
        within seconds: to read the file again cuts nobody who called before (NATS 2.9). Nothing is lost by that; the lines of
        the other nodes are dialled again. Raises StorageFailed.
        """
        wanted = frozenset(nodes)
        text = hub_config(self._server, [(node, self._may(node)) for node in wanted], self._users).encode()
        known, self._nodes = self._nodes, wanted
        if text != self._kept():
            write_atomic(self._path, text)
            return self._tell(signal.SIGHUP if known is not None and known <= wanted else signal.SIGTERM)
        if self._was_read(self._server.certificate) and (known is not None or self._was_read(self._path)):
            return True
        return self._tell(signal.SIGTERM)

    def _was_read(self, path: Path) -> bool:
        """Whether the server started after the file was written; what it only read again counts as not read."""
        try:
            return self._server.pid_file.stat().st_mtime_ns >= path.stat().st_mtime_ns
        except OSError:
            return False

    def _kept(self) -> bytes:
        try:
            return self._path.read_bytes()
        except FileNotFoundError:
            return b""
        except OSError as error:
            raise storage_failed(error, f"reading {self._path}") from error

    def _tell(self, number: signal.Signals) -> bool:
        """Only to what is a NATS server: a number in a file may be another process' by now."""
        with contextlib.suppress(OSError, ValueError):
            pid = int(self._server.pid_file.read_text("ascii"))
            if Path(f"/proc/{pid}/comm").read_text("utf-8").strip() == _PROGRAM:
                os.kill(pid, number)
                return True
        log.warning("the NATS server does not run, or not as this user: it reads %s at its next start", self._path)
        return False
