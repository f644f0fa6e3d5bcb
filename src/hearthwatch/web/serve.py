"""Serving: plain HTTP on loopback at once, HTTPS on every address as soon as the house has an owner."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
import ssl
from collections.abc import Callable, Iterator
from pathlib import Path

import uvicorn
from starlette.types import ASGIApp

from hearthwatch.kit.clock import Clock
from hearthwatch.kit.errors import ConfigFault
from hearthwatch.web.auth import Auth
from hearthwatch.web.listening import Crowd, Listening
from hearthwatch.web.options import WebOptions
from hearthwatch.web.reach import Reach, Tls

log = logging.getLogger(__name__)


_LOOK_S = 2.0
_GRACE_S = 2
"""How long streams and answers under way may take to end with the house, before they are cut."""
_SEND_BUFFER_BYTES = 512 * 1024
_UNSENT_BYTES = 32 * 1024
"""What has not even left for the viewer: more of it waiting in the kernel would only be old when it arrives."""


_CROWD = Crowd()


class _NoBug(logging.Filter):
    """uvicorn tells with a traceback of a viewer who sends half a character by a WebSocket, and stumbles over one who closes it
    in the same breath; the connection is closed for it."""

    def filter(self, record: logging.LogRecord) -> bool:
        if record.exc_info and type(record.exc_info[1]).__name__ == "InvalidState":
            return False
        return not record.getMessage().startswith("Invalid UTF-8 sequence received")


for _name in ("uvicorn.error", "asyncio"):
    logging.getLogger(_name).addFilter(_NoBug())


class Server(uvicorn.Server):
    """uvicorn without its signal handlers: the process has its own."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


async def serve(
    app: ASGIApp,
    options: WebOptions,
    *,
    auth: Auth,
    clock: Clock,
    data_folder: Path,
    say: Callable[[str], None],
    announce_port: Callable[[int], None] = lambda _port: None,
    reach: Reach | None = None,
) -> None:
    """Serve until cancelled. `say` prints a line for the owner; `announce_port` gets the HTTP port once it is open; `reach` is
    kept up to date with what is open.

    Raises ConfigFault when a port is taken or not allowed.
    """
    reach = reach or Reach()
    if options.behind_proxy:
        plain = listen_everywhere(options.port, "web.port")
    else:
        plain = [listen("127.0.0.1", options.port, "web.port")]
    try:
        port = plain[0].getsockname()[1]
        reach.plain = _places(plain)
        announce_port(port)
        say(f"Hearthwatch is at http://127.0.0.1:{port}")
        await auth.is_claimed()
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(_run(app, options, plain, auth))
            keeper = Tls(options, data_folder / "tls", clock, reach, auth.sealer)
            tasks.create_task(_serve_https(app, options, auth=auth, keeper=keeper, reach=reach, say=say))
    finally:
        for each in plain:
            each.close()


async def _serve_https(
    app: ASGIApp, options: WebOptions, *, auth: Auth, keeper: Tls, reach: Reach, say: Callable[[str], None]
) -> None:
    while not await auth.is_claimed():  # also by `hearthwatch users add` in a shell, which tells nobody here
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(auth.claimed.wait(), _LOOK_S)
    context = await asyncio.to_thread(keeper.open)
    reach.publish()
    shown = reach.certificate
    assert shown is not None
    listening = listen_everywhere(options.https_port, "web.https_port")
    try:
        reach.https = _places(listening)
        port = listening[0].getsockname()[1]
        if shown.is_made_here:
            say(f"From other devices: https://{socket.gethostname()}:{port} (the browser warns until it trusts this house;")
            say(f"the certificate's SHA-256 fingerprint is {shown.fingerprint},")
            say(f"that of the house's authority, to be trusted once on each device, {shown.authority};")
            say("Settings, `How you reach this page`, or `hearthwatch certificate` says how)")
        else:
            say(f"From other devices: https://{next(iter(shown.names), socket.gethostname())}:{port} (your own certificate)")
        watching = asyncio.create_task(keeper.watch(), name="certificate")
        try:
            await _run(app, options, listening, auth, context)
        finally:
            watching.cancel()
    finally:
        for each in listening:
            each.close()


async def _run(
    app: ASGIApp, options: WebOptions, listening: list[socket.socket], auth: Auth, context: ssl.SSLContext | None = None
) -> None:
    config = uvicorn.Config(
        app,
        log_config=None,
        log_level="warning",
        access_log=False,
        server_header=False,
        date_header=True,
        lifespan="off",
        proxy_headers=False,  # web.way reads them
        ws="websockets-sansio",
        ws_max_size=4096,
        ws_per_message_deflate=False,
        timeout_keep_alive=20,
        timeout_graceful_shutdown=_GRACE_S,
        limit_concurrency=256,
        h11_max_incomplete_event_size=16 * 1024,
        ssl_context_factory=(lambda _config, _default: context) if context else None,
    )
    server = Server(config)
    serving = asyncio.create_task(server.serve(sockets=listening))
    try:
        await asyncio.shield(serving)
    except asyncio.CancelledError:
        # cancelling uvicorn outright would cut every open stream with a traceback; asked, it lets them end
        auth.stopping.set()
        server.should_exit = True
        await serving
        raise


def listen(address: str, port: int, setting: str) -> socket.socket:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    listening = Listening(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)  # said, so that asyncio sends without delay
    listening.crowd = _CROWD
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        # accepted sockets inherit it: live pictures for a slow viewer wait in his GopBox, where they can be dropped
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SEND_BUFFER_BYTES)
        listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT, _UNSENT_BYTES)
        if family is socket.AF_INET6:
            listening.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        listening.bind((address, port))
        listening.listen(128)
        listening.setblocking(False)
    except OSError as error:
        listening.close()
        raise ConfigFault(
            f"port {port} cannot be opened ({error.strerror or error}): choose another with `{setting}` or end what uses it"
        ) from error
    return listening


def listen_everywhere(port: int, setting: str) -> list[socket.socket]:
    """Listen on IPv4 and, where the machine has it, on IPv6: two sockets, so that an IPv4 address stays one in every check."""
    found = [listen("0.0.0.0", port, setting)]  # noqa: S104  # HTTPS with an owner, or for a proxy, is meant for the network
    with contextlib.suppress(ConfigFault, OSError):  # a machine without IPv6 is served by IPv4 alone
        found.append(listen("::", found[0].getsockname()[1], setting))
    return found


def _places(listening: list[socket.socket]) -> tuple[tuple[str, int], ...]:
    return tuple(each.getsockname()[:2] for each in listening)
