"""The way in by the API: claim, log-in with password, code or passkey, and out."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from hearthwatch.web.auth import Denied, HalfWay, Permission, Session
from hearthwatch.web.entry_replies import AskedReply, SessionReply
from hearthwatch.web.gate import cookie_name, is_private_way, needs
from hearthwatch.web.passkeys import WebSite, site_of
from hearthwatch.web.place import place_of
from hearthwatch.web.sessions import Factor
from hearthwatch.web.site import PersonDep, SessionDep, SiteDep

router = APIRouter(prefix="/api/v1")

COOKIE_MAX_AGE_S = 30 * 24 * 3600
MAX_CREDENTIAL = 16_384


class _Ask(BaseModel):
    model_config = ConfigDict(extra="forbid")


class LoginAsk(_Ask):
    name: Annotated[str, Field(max_length=128)]
    password: Annotated[str, Field(max_length=512)]


class ClaimAsk(LoginAsk):
    code: Annotated[str, Field(max_length=32)]


class SecondAsk(_Ask):
    """`code` is what the app shows, or a recovery code."""

    key: Annotated[str, Field(max_length=128)]
    code: Annotated[str, Field(max_length=64)]


class PasskeyAsk(_Ask):
    """`credential` is the browser's answer as JSON."""

    challenge: Annotated[str, Field(max_length=128)]
    credential: Annotated[str, Field(max_length=MAX_CREDENTIAL)]


@router.get("/session")
@needs(Permission.PUBLIC)
async def session(request: Request, site: SiteDep, session: SessionDep) -> SessionReply:
    """Who is logged in, and whether the house has an owner yet."""
    return reply(session, request, claimed=await site.auth.is_claimed())


@router.post("/claim")
@needs(Permission.PUBLIC)
async def claim(ask: ClaimAsk, request: Request, response: Response, site: SiteDep) -> SessionReply:
    """Make the owner's account with the one-time code from the console, and log in."""
    check_private(request)
    opened = await site.auth.claim(ask.code, ask.name, ask.password, place_of(request.scope))
    return welcome(opened, request, response)


@router.post("/login")
@needs(Permission.PUBLIC)
async def login(ask: LoginAsk, request: Request, response: Response, site: SiteDep) -> SessionReply:
    """Log in with name and password; any earlier session of this browser ends. Where `second` is given, go on with it."""
    check_private(request)
    found = await site.auth.login(ask.name, ask.password, place_of(request.scope))
    if isinstance(found, HalfWay):
        return reply(None, request, second=found)
    return await _enter(found, request, response, site)


@router.post("/login/second")
@needs(Permission.PUBLIC, noted=False)
async def second(ask: SecondAsk, request: Request, response: Response, site: SiteDep) -> SessionReply:
    """Go on to log in, with a code of the authenticator app or a recovery code."""
    check_private(request)
    opened = await site.auth.finish(ask.key, ask.code, place_of(request.scope))
    return await _enter(opened, request, response, site)


@router.post("/login/passkey/ask")
@needs(Permission.PUBLIC, noted=False)
async def ask_passkey(request: Request, site: SiteDep) -> AskedReply:
    """What to ask the browser for a log-in with a passkey."""
    return AskedReply.of(site.auth.passkeys.ask_login(site_at(request)))


@router.post("/login/passkey")
@needs(Permission.PUBLIC, noted=False)
async def passkey(ask: PasskeyAsk, request: Request, response: Response, site: SiteDep) -> SessionReply:
    """Log in with a passkey alone: it proves that somebody has the device, and that the device knows them."""
    user = await site.auth.passkeys.check(site_at(request), ask.challenge, ask.credential)
    opened = await site.auth.open(user, place_of(request.scope), Factor.PASSKEY)
    return await _enter(opened, request, response, site)


@router.post("/logout", status_code=204)
@needs(Permission.OWN, noted=False)
async def logout(request: Request, response: Response, site: SiteDep, person: PersonDep) -> None:
    """End this session; every open connection of it closes within a second."""
    await site.auth.logout(person)
    await site.auth.trail.note("logged-out", who=person.user.name, address=place_of(request.scope).address)
    response.delete_cookie(cookie_name(request.scope), path="/", secure=request.url.scheme == "https", httponly=True)


def site_at(request: Request) -> WebSite:
    """Return the site the person who asks sees in the address bar."""
    return site_of(request.scope["scheme"], request.headers.get("host", "").lower())


def check_private(request: Request) -> None:
    """Raises Denied where a password would travel in clear."""
    if not is_private_way(request.scope):
        raise Denied(
            403,
            "Passwords are not taken over plain HTTP.",
            "Use the https:// address Hearthwatch printed, or http://127.0.0.1 on the machine itself.",
        )


def reply(session: Session | None, request: Request, *, claimed: bool = True, second: HalfWay | None = None) -> SessionReply:
    """Return who is logged in."""
    private = is_private_way(request.scope)
    return SessionReply.of(session, claimed=claimed, private=private, passkeys=not site_at(request).why_not, second=second)


def welcome(opened: Session, request: Request, response: Response) -> SessionReply:
    """Hand out a session's cookie."""
    response.set_cookie(
        cookie_name(request.scope),
        opened.token,
        max_age=COOKIE_MAX_AGE_S,
        path="/",
        secure=request.url.scheme == "https",
        httponly=True,
        samesite="lax",
    )
    return reply(opened, request)


async def _enter(opened: Session, request: Request, response: Response, site: SiteDep) -> SessionReply:
    earlier: Session | None = request.scope["hearthwatch.session"]
    if earlier is not None and not earlier.is_program:
        await site.auth.logout(earlier)
    return welcome(opened, request, response)
