"""One's own account by the API: password, second factor, passkeys, and where one is logged in."""

from __future__ import annotations

from typing import Annotated, Self

from fastapi import APIRouter, Path, Request, Response
from pydantic import BaseModel, ConfigDict, Field, model_validator

from hearthwatch.web import access_replies as replies
from hearthwatch.web.access import Account
from hearthwatch.web.api_entry import MAX_CREDENTIAL, check_private, site_at, welcome
from hearthwatch.web.auth import Denied, Permission, Session
from hearthwatch.web.entry_replies import AskedReply, SessionReply
from hearthwatch.web.gate import needs
from hearthwatch.web.passwords import MAX_LENGTH, MIN_LENGTH
from hearthwatch.web.place import place_of
from hearthwatch.web.sessions import Factor
from hearthwatch.web.site import PersonDep, Site, SiteDep

router = APIRouter(prefix="/api/v1/own")

NewPassword = Annotated[str, Field(max_length=512, json_schema_extra={"minLength": MIN_LENGTH, "maxLength": MAX_LENGTH})]
"""What is too short or too long is refused in better words where it is hashed."""
SessionId = Annotated[str, Path(pattern=r"^[0-9a-f]{1,16}$")]
Name = Annotated[str, Field(min_length=1, max_length=64)]


class _Ask(BaseModel):
    model_config = ConfigDict(extra="forbid")


class ProofAsk(_Ask):
    """One of: the password, a code of the app or a recovery code, or a passkey's answer with its challenge."""

    password: Annotated[str, Field(max_length=512)] = ""
    code: Annotated[str, Field(max_length=64)] = ""
    challenge: Annotated[str, Field(max_length=128)] = ""
    credential: Annotated[str, Field(max_length=MAX_CREDENTIAL)] = ""

    @model_validator(mode="after")
    def _one(self) -> Self:
        if sum(bool(each) for each in (self.password, self.code, self.credential)) != 1:
            raise ValueError("give one of password, code and credential")
        return self


class PasswordAsk(_Ask):
    password: NewPassword


class CodeAsk(_Ask):
    code: Annotated[str, Field(max_length=64)]


class NewPasskeyAsk(_Ask):
    """`name` is what its owner calls the device; `credential` the browser's answer as JSON."""

    name: Name
    challenge: Annotated[str, Field(max_length=128)]
    credential: Annotated[str, Field(max_length=MAX_CREDENTIAL)]


@router.get("")
@needs(Permission.OWN)
async def own(request: Request, site: SiteDep, person: PersonDep) -> replies.OwnReply:
    """One's own account, and what proves that one is oneself."""
    account = Account(user=person.user, factors=await site.auth.access.factors(person.user), sessions=0, last_us=None)
    return replies.OwnReply.of_own(
        account,
        why_no_passkey=site_at(request).why_not,
        at_home=site.auth.is_home(place_of(request.scope)),
        fresh=site.auth.is_fresh(person),
    )


@router.post("/proof")
@needs(Permission.OWN, noted=False)
async def proof(ask: ProofAsk, request: Request, response: Response, site: SiteDep, person: PersonDep) -> SessionReply:
    """Show once more that it is oneself: for a few minutes the gravest acts are open. The session gets a new cookie."""
    place = place_of(request.scope)
    if ask.credential:
        user = await site.auth.passkeys.check(site_at(request), ask.challenge, ask.credential)
        if user.id != person.user.id:
            raise Denied(403, "This is somebody else's passkey.")
        factor = Factor.PASSKEY
    else:
        check_private(request)
        if ask.code:
            factor = await site.auth.confirm_code(person, ask.code, place)
        else:
            await site.auth.confirm(person, ask.password, place)
            factor = Factor.PASSWORD
    return welcome(await site.auth.prove(person, factor), request, response)


@router.post("/password")
@needs(Permission.OWN, fresh=True, noted=False)
async def set_password(
    ask: PasswordAsk, request: Request, response: Response, site: SiteDep, person: PersonDep
) -> SessionReply:
    """Choose a new password: whoever is logged in with the old one elsewhere is logged out."""
    check_private(request)
    hashed = await site.auth.hash_new(ask.password, person.user.name)
    await site.auth.access.set_password(person.user.id, hashed, but=person.id)
    await _note(site, request, person, "changed-password")
    return welcome(await site.auth.prove(person, Factor.PASSWORD), request, response)


@router.post("/totp")
@needs(Permission.OWN, fresh=True, noted=False)
async def begin_totp(request: Request, site: SiteDep, person: PersonDep) -> replies.EnrolTotpReply:
    """Begin to use an authenticator app: what it has to scan. Nothing counts before its first code is confirmed."""
    check_private(request)
    return replies.EnrolTotpReply.of(site.auth.second_factors.begin(person, site.doors.house.now().name))


@router.post("/totp/confirm")
@needs(Permission.OWN, fresh=True, noted=False)
async def confirm_totp(
    ask: CodeAsk, request: Request, response: Response, site: SiteDep, person: PersonDep
) -> replies.ConfirmedReply:
    """The app works: log-ins need its codes from now on. Answers recovery codes, and a session with a new cookie."""
    codes = await site.auth.confirm_totp(person, ask.code, place_of(request.scope))
    await _note(site, request, person, "set-up-code-app")
    session = welcome(await site.auth.prove(person, Factor.TOTP), request, response)
    return replies.ConfirmedReply(codes=list(codes), session=session)


@router.delete("/totp")
@needs(Permission.OWN, fresh=True, noted=False)
async def remove_totp(request: Request, response: Response, site: SiteDep, person: PersonDep) -> SessionReply:
    """Log in without an app from now on."""
    await site.auth.access.remove_totp(person.user)
    await _note(site, request, person, "removed-code-app")
    return welcome(await site.auth.prove(person, Factor.PASSWORD), request, response)


@router.post("/recovery-codes")
@needs(Permission.OWN, fresh=True, noted=False)
async def renew_recovery_codes(request: Request, site: SiteDep, person: PersonDep) -> replies.RecoveryReply:
    """Make new recovery codes; the old ones open nothing any more."""
    if not (await site.auth.access.factors(person.user)).totp:
        raise Denied(409, "Recovery codes stand in for a code app, and there is none yet.", "Set up an app first.")
    codes = await site.auth.second_factors.renew_recovery_codes(person.user)
    await _note(site, request, person, "renewed-recovery-codes")
    return replies.RecoveryReply(codes=list(codes))


@router.post("/passkeys/ask")
@needs(Permission.OWN, fresh=True, noted=False)
async def ask_passkey(request: Request, site: SiteDep, person: PersonDep) -> AskedReply:
    """What to ask the browser for a new passkey."""
    house = site.doors.house.now().name
    return AskedReply.of(await site.auth.passkeys.ask_new(person, site_at(request), house))


@router.post("/passkeys")
@needs(Permission.OWN, fresh=True, noted=False)
async def add_passkey(
    ask: NewPasskeyAsk, request: Request, response: Response, site: SiteDep, person: PersonDep
) -> SessionReply:
    """Keep the passkey the browser made."""
    name = ask.name.strip() or "Passkey"
    await site.auth.passkeys.add(person, site_at(request), name, ask.challenge, ask.credential)
    await _note(site, request, person, "added-passkey", name)
    return welcome(await site.auth.prove(person, Factor.PASSKEY), request, response)


@router.delete("/passkeys/{passkey}", status_code=204)
@needs(Permission.OWN, fresh=True, noted=False)
async def remove_passkey(
    passkey: Annotated[int, Path(ge=1, le=2**31)], request: Request, site: SiteDep, person: PersonDep
) -> None:
    """Take a passkey away."""
    await site.auth.access.remove_passkey(person.user, passkey)
    await _note(site, request, person, "removed-passkey")


@router.get("/sessions")
@needs(Permission.OWN)
async def sessions(site: SiteDep, person: PersonDep) -> list[replies.OpenSessionReply]:
    """Where one is logged in, the last used first."""
    found = await site.auth.access.sessions(person.user)
    return [replies.OpenSessionReply.of(one, own=person.id, at_home=site.auth.is_near(one.address)) for one in found]


@router.delete("/sessions/{session}", status_code=204)
@needs(Permission.OWN, noted=False)
async def end_session(session: SessionId, request: Request, site: SiteDep, person: PersonDep) -> None:
    """Log out there; what is open there closes within a second."""
    await site.auth.access.end_session(session, person.user)
    await _note(site, request, person, "ended-log-in", person.user.name)


@router.post("/sessions/end-others")
@needs(Permission.OWN, noted=False)
async def end_other_sessions(request: Request, site: SiteDep, person: PersonDep) -> replies.EndedReply:
    """Log out everywhere but here."""
    ended = await site.auth.access.end_sessions(person.user, but=person.id)
    await _note(site, request, person, "ended-log-in", person.user.name)
    return replies.EndedReply(ended=ended)


async def _note(site: Site, request: Request, person: Session, deed: str, subject: str = "") -> None:
    await site.auth.trail.note(deed, who=person.who, address=place_of(request.scope).address, subject=subject)
