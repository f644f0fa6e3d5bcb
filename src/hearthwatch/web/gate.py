"""The gate every request passes first: known host, declared permission, session, same origin, security headers.

What a route does not declare is refused; what is no route never gets further.
"""

from __future__ import annotations

import functools
import hmac
import ipaddress
import logging
import re
import socket
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from http.cookies import CookieError, SimpleCookie
from typing import Any, TypeVar

from fastapi import FastAPI
from fastapi.routing import iter_route_contexts
from starlette.datastructures import Headers
from starlette.routing import compile_path
from starlette.types import ASGIApp, Receive, Scope, Send

from hearthwatch.fleet.asker import Asker, asker_of
from hearthwatch.kit.clock import Clock
from hearthwatch.kit.errors import StorageFailed
from hearthwatch.kit.units import CameraId
from hearthwatch.web import deeds, from_hub
from hearthwatch.web.auth import Auth, Denied, Permission, Session, Wanted
from hearthwatch.web.headers import once_done, with_headers
from hearthwatch.web.place import place_of
from hearthwatch.web.problem import refused
from hearthwatch.web.tokens import PREFIX
from hearthwatch.web.trail import Via
from hearthwatch.web.way import Ways, way_of

log = logging.getLogger(__name__)

F = TypeVar("F", bound=Callable[..., Any])

MAX_BODY_BYTES = 64 * 1024
TOKEN_HEADER = "x-hearthwatch-token"  # noqa: S105  # a header's name
EVERYTHING_ELSE = "/{path:path}"
"""The page's route, after all others: what an address before it takes is not hidden by it."""
_NO_DATABASE = "The house cannot look up who you are: its database does not answer."
_SEE_STATUS = "`hearthwatch status` on its machine says what is wrong. Recording and alerts go on."
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


def needs(
    permission: Permission,
    *,
    body_bytes: int = MAX_BODY_BYTES,
    from_page: bool = True,
    fresh: bool = False,
    noted: bool | None = None,
) -> Callable[[F], F]:
    """Declare what a route asks of whoever calls it, and how much it takes; a route without this is refused. Only what no page
    calls may do without the page's origin and token (`from_page`). `fresh`: the person must have proved within the last minutes
    who they are, so that a page left open cannot do it; a program manages nothing that asks for this. `noted`: whether the gate
    writes it into the trail, by default whatever may change something; a route that writes better words itself says False."""

    def declare(endpoint: F) -> F:
        endpoint.__hearthwatch_permission__ = permission  # type: ignore[attr-defined]
        endpoint.__hearthwatch_body_bytes__ = body_bytes  # type: ignore[attr-defined]
        endpoint.__hearthwatch_from_page__ = from_page  # type: ignore[attr-defined]
        endpoint.__hearthwatch_fresh__ = fresh  # type: ignore[attr-defined]
        endpoint.__hearthwatch_noted__ = noted  # type: ignore[attr-defined]
        return endpoint

    return declare


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One route as the gate sees it; `methods` empty for a WebSocket."""

    path: str
    pattern: re.Pattern[str]
    methods: frozenset[str]
    permission: Permission | None
    body_bytes: int
    from_page: bool
    fresh: bool
    name: str
    noted: bool | None


def rules(app: FastAPI) -> tuple[Rule, ...]:
    """Return a rule for each route of `app`, in the order the router tries them."""
    found = []
    for route in iter_route_contexts(app.routes):
        path = route.path or ""
        found.append(
            Rule(
                path=path,
                pattern=compile_path(path)[0],
                methods=frozenset(route.methods or ()),
                permission=getattr(route.endpoint, "__hearthwatch_permission__", None),
                body_bytes=getattr(route.endpoint, "__hearthwatch_body_bytes__", MAX_BODY_BYTES),
                from_page=getattr(route.endpoint, "__hearthwatch_from_page__", True),
                fresh=getattr(route.endpoint, "__hearthwatch_fresh__", False),
                name=getattr(route.endpoint, "__name__", ""),
                noted=getattr(route.endpoint, "__hearthwatch_noted__", None),
            )
        )
    return tuple(found)


def host_names(extra: Iterable[str]) -> frozenset[str]:
    """Return the names this machine may be called by; addresses are always right, as DNS rebinding needs a name."""
    own = socket.gethostname().lower()
    short = own.split(".", 1)[0]
    return frozenset({"localhost", own, short, f"{short}.local", *(name.lower() for name in extra)})


def split_host(host: str) -> str:
    """Return the name or address of a Host header without its port."""
    if host.startswith("["):
        return host[1:].split("]", 1)[0]
    return host.rsplit(":", 1)[0] if host.count(":") == 1 else host


def is_loopback(address: str) -> bool:
    """Tell whether a client address or the name in a Host header means this very machine."""
    if address == "localhost":
        return True
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False


def is_private_way(scope: Scope) -> bool:
    """Tell whether a password may travel this way: HTTPS, or a browser on this machine that asked for this machine."""
    if scope["scheme"] in {"https", "wss"}:
        return True
    way = way_of(scope)
    return not way.is_hidden and is_loopback(way.client) and is_loopback(split_host(Headers(scope=scope).get("host", "")))


def cookie_name(scope: Scope) -> str:
    """`__Host-` cookies need HTTPS; on loopback there is none to be had."""
    return "__Host-hearthwatch" if scope["scheme"] in {"https", "wss"} else "hearthwatch"


class Gate:
    """ASGI middleware. `metrics_token` opens /metrics to a bearer who is not on loopback; empty means loopback only."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        auth: Auth,
        table: tuple[Rule, ...],
        names: frozenset[str],
        metrics_token: str,
        clock: Clock,
        ways: Ways | None = None,
        guests: Callable[[Scope], Session | None] = lambda _: None,
    ) -> None:
        self._guests = guests
        self._clock = clock
        self._app = app
        self._ways = ways or Ways()
        self._auth = auth
        self._table = table
        self._literal = frozenset(rule.path for rule in table if "{" not in rule.path)
        self._names = names
        self._metrics_token = metrics_token

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in {"http", "websocket"}:
            await self._app(scope, receive, send)
            return
        try:
            asker = asker_of(scope)
            if asker is None:
                self._ways.find(scope)
                host = Headers(scope=scope).get("host", "").lower()
                self._check_host(host)
                rule = self._rule(scope)
                session = await self._admit(scope, rule, host)
            else:
                rule = self._rule(scope)
                session = self._visitor(scope, rule, asker)
        except Denied as denied:
            await _refuse(denied, scope, receive, send)
            return
        except StorageFailed as error:
            log.warning("nobody can be let in: %s", error)
            await _refuse(Denied(507, _NO_DATABASE, _SEE_STATUS), scope, receive, send)
            return
        scope["hearthwatch.session"] = session
        answer = with_headers(scope, send)
        if session is not None:
            answer = once_done(answer, functools.partial(self._note, scope, rule, session))
        await self._app(scope, receive, answer)

    async def _note(self, scope: Scope, rule: Rule, session: Session) -> None:
        """Write into the trail what was done, once in a while what was looked at."""
        way = "WEBSOCKET" if scope["type"] == "websocket" else scope["method"]
        told = deeds.of(way, rule.path, rule.name, noted=rule.noted)
        if told is None:
            return
        given = rule.pattern.match(scope["path"])
        named = given.groupdict() if given else {}
        camera = named.pop("camera", None)
        await self._auth.trail.note(
            told.deed,
            who=session.who,
            via=Via.HUB if session.at_hub else Via.TOKEN if session.is_program else Via.PAGE,
            address=way_of(scope).client,
            camera=CameraId(camera) if camera else None,
            subject=" ".join(str(value) for value in named.values()),
            once_in_s=told.once_in_s,
        )

    def _visitor(self, scope: Scope, rule: Rule, asker: Asker) -> Session:
        """Let somebody in who comes by the hub: its gate has seen that they are who they are and that its own page asks."""
        from_hub.check(rule.path, rule.permission)
        if scope["type"] == "http" and scope["method"] not in SAFE_METHODS:
            _check_body(Headers(scope=scope), rule.body_bytes)
        session = from_hub.session_of(asker, self._clock)
        assert rule.permission is not None
        self._check_rights(session, rule.permission)
        if rule.fresh:
            self._auth.check_fresh(session, rule.permission)
        return session

    async def _admit(self, scope: Scope, rule: Rule, host: str) -> Session | None:
        headers = Headers(scope=scope)
        permission = rule.permission
        assert permission is not None
        program = await _known(self._program(headers, scope), permission)
        if scope["type"] == "websocket":
            if program is None:
                _check_websocket_origin(headers, scope, host)
        elif scope["method"] not in SAFE_METHODS:
            _check_body(headers, rule.body_bytes)
            if rule.from_page and program is None:
                _check_same_origin(headers, scope, host)
        session = program or await _known(self._session(headers, scope), permission)
        if session is not None and permission is not Permission.PUBLIC:
            self._auth.check_place(session, place_of(scope))
        if permission is Permission.METRICS:
            self._check_metrics(headers, scope)
        elif permission is not Permission.PUBLIC:
            await self._check_person(session, rule)
        if scope["type"] == "http" and scope["method"] not in SAFE_METHODS and rule.from_page and program is None:
            _check_token(headers, session)
        return session

    async def _check_person(self, session: Session | None, rule: Rule) -> None:
        assert rule.permission is not None
        if session is None:
            if not await self._auth.is_claimed():
                raise Denied(401, "This house has no owner yet.", "Open the page and enter the code from the console.")
            raise Denied(401, "Nobody is logged in.", "Log in and try again.")
        self._check_rights(session, rule.permission)
        if rule.fresh:
            self._auth.check_fresh(session, rule.permission)

    def _check_rights(self, session: Session, permission: Permission) -> None:
        if not session.may(permission):
            if session.is_program:
                raise Denied(403, "This token may not do this.", "The owner of the house can make one that may.")
            raise Denied(403, "Your account may not do this.", "Ask the owner of the house.")

    def _check_host(self, host: str) -> None:
        name = split_host(host)
        try:
            ipaddress.ip_address(name)
        except ValueError:
            if name not in self._names:
                raise Denied(
                    421,
                    "Hearthwatch is not known under this name.",
                    'Add the name to `hosts = ["…"]` in section [web] of the configuration, or use the address.',
                ) from None

    def _rule(self, scope: Scope) -> Rule:
        """Return the rule of the route, one that declares what it asks for."""
        allow: set[str] = set()
        path = scope["path"]
        for rule in self._table:
            if not rule.pattern.match(path) or (path in self._literal and rule.path not in {path, EVERYTHING_ELSE}):
                continue
            if (scope["type"] == "websocket") != (not rule.methods):
                continue
            if rule.path == EVERYTHING_ELSE and allow:
                break
            if rule.methods and scope["method"] not in rule.methods:
                allow |= rule.methods
                continue
            if rule.permission is None:
                raise Denied(403, "This address declares no permission, so nobody may use it.", "This is a bug: report it.")
            return rule
        if allow:
            raise Denied(405, "This address takes no such request.", f"It takes {', '.join(sorted(allow))}.", allow=allow)
        raise Denied(404, "There is nothing at this address.")

    async def _program(self, headers: Headers, scope: Scope) -> Session | None:
        """Return the program that sends a token; no browser ever sends one by itself, so that no page can misuse it."""
        kind, _, token = headers.get("authorization", "").partition(" ")
        if kind.lower() != "bearer" or not token.startswith(PREFIX):
            return self._guests(scope)
        found = await self._auth.program(token.strip(), way_of(scope).client)
        if found is None:
            raise Denied(401, "This token opens nothing (any more).", "The owner of the house can make a new one.")
        return found

    async def _session(self, headers: Headers, scope: Scope) -> Session | None:
        try:
            cookie = SimpleCookie(headers.get("cookie", "")).get(cookie_name(scope))
        except CookieError:
            return None
        return await self._auth.session(cookie.value) if cookie else None

    def _check_metrics(self, headers: Headers, scope: Scope) -> None:
        way = way_of(scope)
        bearer = headers.get("authorization", "").removeprefix("Bearer ")
        if self._metrics_token and _same(bearer, self._metrics_token):
            return
        if way.is_proxied or way.is_hidden or not is_loopback(way.client):
            raise Denied(
                403, "Metrics are for this machine.", "Set the secret `web.metrics_token` to read them from elsewhere."
            )


def _same(given: str, expected: str) -> bool:
    return hmac.compare_digest(given.encode(), expected.encode())


def _own_origin(scope: Scope, host: str) -> str:
    scheme = {"ws": "http", "wss": "https"}.get(scope["scheme"], scope["scheme"])
    return f"{scheme}://{host}"


def _check_websocket_origin(headers: Headers, scope: Scope, host: str) -> None:
    if headers.get("origin", "").lower() != _own_origin(scope, host):
        raise Denied(403, "A page from elsewhere may not open this connection.")


def _check_same_origin(headers: Headers, scope: Scope, host: str) -> None:
    origin = headers.get("origin")
    site = headers.get("sec-fetch-site")
    right = origin.lower() == _own_origin(scope, host) if origin is not None else site == "same-origin"
    if not right or (site is not None and site != "same-origin"):
        raise Denied(403, "A page from elsewhere may not change anything here.", "Programs: send an Origin header.")


def _check_token(headers: Headers, session: Session | None) -> None:
    given = headers.get(TOKEN_HEADER, "")
    if not given or (session is not None and not _same(given, session.csrf)):
        raise Denied(403, "The page is out of date.", "Reload it and try again.", wanted=Wanted.TOKEN)


def _check_body(headers: Headers, limit_bytes: int) -> None:
    if "transfer-encoding" in headers:
        raise Denied(411, "Requests need a Content-Length.")
    length = headers.get("content-length", "0")
    if not length.isdecimal() or len(length) > 12 or int(length) > limit_bytes:
        raise Denied(413, f"Such a request may have at most {limit_bytes} bytes.")


async def _known(found: Awaitable[Session | None], permission: Permission) -> Session | None:
    """Where nobody has to be known, a database that does not answer keeps nobody out: a bell must ring."""
    try:
        return await found
    except StorageFailed:
        if permission is not Permission.PUBLIC:
            raise
        return None


async def _refuse(denied: Denied, scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.close", "code": 1008, "reason": str(denied)})
        return
    await refused(denied)(scope, receive, with_headers(scope, send))
