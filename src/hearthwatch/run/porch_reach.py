"""Connections the porch may not make itself: where a camera waits for its data connection (FTP in active mode), the house
connects and hands the descriptor over. The porch is not trusted: only cameras that may use it are connected with, at high
ports.
"""

from __future__ import annotations

import contextlib
import ipaddress
import logging
import socket
import threading
from collections.abc import Callable, Collection
from concurrent.futures import Future
from itertools import count
from typing import Any

from hearthwatch.kit.channel import Channel
from hearthwatch.kit.errors import BadReply, Refused, Unreachable
from hearthwatch.run.porch_messages import Reach, Reached

log = logging.getLogger(__name__)

_LOWEST_PORT = 1024
_CONNECT_S = 10.0
_AT_ONCE = 16


class Reaching:
    """The house's end. `networks` tells where cameras with an account may be."""

    def __init__(self, networks: Callable[[], Collection[str]]) -> None:
        self._networks = networks
        self._turns = threading.Semaphore(_AT_ONCE)

    def answer(self, channel: Channel[Any], wish: Reach) -> None:
        """Connect as wished, in a thread of its own, and tell the porch how it went."""
        try:
            self._check(wish)
        except Refused as error:
            log.warning("the porch asks for a connection it may not have: %s", error)
            self._send(channel, Reached(token=wish.token, error=str(error)))
            return
        threading.Thread(target=self._connect, args=(channel, wish), name="porch-data", daemon=True).start()

    def _check(self, wish: Reach) -> None:
        try:
            address = ipaddress.ip_address(wish.address)
        except ValueError:
            raise Refused("no address of a camera") from None
        address = getattr(address, "ipv4_mapped", None) or address
        if not _LOWEST_PORT <= wish.port <= 65_535:
            raise Refused(f"port {wish.port} is below {_LOWEST_PORT}, or none")
        if not any(address in ipaddress.ip_network(network) for network in self._networks()):
            raise Refused(f"no camera with an account is at {address}")
        if not self._turns.acquire(blocking=False):
            raise Refused("too many at once")

    def _connect(self, channel: Channel[Any], wish: Reach) -> None:
        try:
            with socket.create_connection((wish.address, wish.port), timeout=_CONNECT_S) as sock:
                sock.setblocking(False)
                self._send(channel, Reached(token=wish.token), (sock.fileno(),))
        except OSError as error:
            self._send(channel, Reached(token=wish.token, error=error.strerror or str(error)))
        finally:
            self._turns.release()

    def _send(self, channel: Channel[Any], answer: Reached, fds: tuple[int, ...] = ()) -> None:
        with contextlib.suppress(Unreachable):  # the next porch asks anew
            channel.send(answer, fds)


class Asking:
    """The porch's end: asks the house on whatever line there is, and hands each answer to who waits for it."""

    def __init__(self) -> None:
        self._channel: Channel[Reached] | None = None
        self._tokens = count(1)
        self._waiting: dict[int, Future[socket.socket]] = {}

    def connect(self, channel: Channel[Reached]) -> None:
        """Use this line from now on."""
        self._channel = channel
        threading.Thread(target=self._listen, args=(channel,), name="from-house", daemon=True).start()

    def reach(self, address: str, port: int) -> Future[socket.socket]:
        """Ask for a connection; the answer may fail with Unreachable."""
        future: Future[socket.socket] = Future()
        channel, token = self._channel, next(self._tokens)
        self._waiting[token] = future
        try:
            if channel is None:
                raise Unreachable("the house is not there yet")
            channel.send(Reach(token=token, address=address, port=port))
        except Unreachable as error:
            self._end(token, error)
        return future

    def _listen(self, channel: Channel[Reached]) -> None:
        try:
            while True:
                answer, fds = channel.receive_with_fds()
                socks = [socket.socket(fileno=fd) for fd in fds]
                self._end(answer.token, socks.pop() if socks else Unreachable(answer.error or "nothing came"))
                for sock in socks:
                    sock.close()
        except (Unreachable, BadReply) as error:
            log.debug("the house is gone: %s", error)
            for token in tuple(self._waiting):
                self._end(token, Unreachable("the house is gone"))

    def _end(self, token: int, how: socket.socket | Unreachable) -> None:
        future = self._waiting.pop(token, None)
        if isinstance(how, socket.socket):
            if future is None or not future.set_running_or_notify_cancel():
                how.close()
            else:
                future.set_result(how)
        elif future is not None and future.set_running_or_notify_cancel():
            future.set_exception(how)
