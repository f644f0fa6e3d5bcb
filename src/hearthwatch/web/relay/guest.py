"""Who comes to a camera's address by user name and password (Basic), knowing nothing better: software, never a person."""

from __future__ import annotations

import logging
from collections.abc import Callable

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from hearthwatch.kit.clock import Clock
from hearthwatch.web.accounts import Role, User
from hearthwatch.web.person import Denied, Permission, Session
from hearthwatch.web.relay.doors import RelayDoor
from hearthwatch.web.relay.rtsp_login import Tries, is_basic
from hearthwatch.web.way import way_of

log = logging.getLogger(__name__)

PREFIX = "/cam/"
CHALLENGE = 'Basic realm="Hearthwatch cameras", charset="UTF-8"'
_ID = "proxy"


class Guests:
    """Lets in who knows the proxy's user name and password, at the cameras' addresses alone.

    `is_private_way` tells whether a password may travel the way a request came."""

    def __init__(self, relay: RelayDoor, clock: Clock, is_private_way: Callable[[Scope], bool]) -> None:
        self._relay = relay
        self._tries = Tries(clock)
        self._is_private_way = is_private_way

    def find(self, scope: Scope) -> Session | None:
        """Return the guest who asks; None for whoever does not come as one. Raises Denied: 401, 403 on an open way, 429."""
        authorization = Headers(scope=scope).get("authorization", "")
        if scope["type"] != "http" or not scope["path"].startswith(PREFIX) or not authorization.lower().startswith("basic "):
            return None
        if not self._is_private_way(scope):
            raise Denied(
                403, "A password does not travel in plain text.", "Use the https:// address, or ask from this machine."
            )
        address = way_of(scope).client
        if self._tries.are_too_many(address):
            raise Denied(429, "Too many tries.", "Wait 15 minutes and try again.", retry_after_s=900)
        key = self._relay.key()
        if key is None or not is_basic(key, authorization):
            self._tries.wrong(address)
            log.warning("a log-in to the cameras' addresses from %s was refused", address)
            raise Denied(401, "The name or the password is wrong.")
        self._tries.right(address)
        scopes = frozenset({Permission.LOOK, Permission.DECIDE} if self._relay.controls else {Permission.LOOK})
        return Session(id=_ID, user=User(id=0, name=key.user, role=Role.MEMBER), token="", scopes=scopes)

    def challenges(self, scope: Scope) -> bool:
        """Tell whether a refusal should ask for user name and password: there is one, and it may travel this way."""
        return scope["path"].startswith(PREFIX) and self._relay.key() is not None and self._is_private_way(scope)


class Challenge:
    """ASGI middleware around the gate: where it refuses one who may be a guest, it says that one can log in as such."""

    def __init__(self, app: ASGIApp, guests: Guests) -> None:
        self._app = app
        self._guests = guests

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def add(message: Message) -> None:
            if message["type"] == "http.response.start" and message["status"] == 401 and self._guests.challenges(scope):
                message["headers"] = [*message["headers"], (b"www-authenticate", CHALLENGE.encode())]
            await send(message)

        await self._app(scope, receive, add if scope["type"] == "http" else send)


def is_guest(session: Session) -> bool:
    return session.id == _ID and session.user.id == 0
