"""Asking once more: a question with a button that works once, for a minute, for the one who asked; and the signature that
makes up every button, so that nobody else can."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from hearthwatch.alerts.enrolment import Enrolments
from hearthwatch.alerts.remote import Role
from hearthwatch.alerts.telegram import Button
from hearthwatch.kit.clock import Clock
from hearthwatch.kit.units import NS_PER_S, MonoNs

_LIFE_S = 60
_MAX_ASKED = 32


class Action(StrEnum):
    """What a button is for: the first part of what it carries. That of an offer is followed by its number."""

    DO = "a"
    CLIP = "c"
    DISARM = "d"
    KEEP = "e"
    FALSE_ALARM = "f"
    LET_GO = "g"
    AGREE = "h"
    REJECT = "k"
    ARM = "m"
    NO = "n"
    PICTURE = "p"
    QUIET = "q"
    OFFER = "r"
    SHORTER_CLIP = "t"
    ALERT_AGAIN = "u"
    NO_FALSE_ALARM = "w"
    YES = "y"


class Answer(NamedTuple):
    """A reply and the buttons under it; no text for what answers later by itself."""

    text: str
    buttons: tuple[Button, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Asker:
    """Who wants something, in which chat, of which message."""

    user_id: int
    chat_id: int
    name: str
    message_id: int = 0


class Signer:
    """Signs what a button carries for one chat: the action, what it is about, and 15 bytes of an HMAC."""

    def __init__(self) -> None:
        self.key = b""

    def data(self, action: str, about: str, chat_id: int) -> str:
        return f"{action}:{about}:{self._nonce(action, about, chat_id)}"

    def read(self, data: str, chat_id: int) -> tuple[str, str] | None:
        """Return action and subject of a button of ours in that chat, None for any other."""
        action, _, rest = data.partition(":")
        about, _, nonce = rest.partition(":")
        expected = self._nonce(action, about, chat_id)
        return (action, about) if hmac.compare_digest(nonce.encode("utf-8", "replace"), expected.encode()) else None

    def _nonce(self, action: str, about: str, chat_id: int) -> str:
        digest = hmac.new(self.key, f"{action}:{about}:{chat_id}".encode("utf-8", "replace"), hashlib.sha256).digest()
        return base64.urlsafe_b64encode(digest[:15]).decode()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    do: Callable[[], Awaitable[str]]
    role: Role
    user_id: int
    chat_id: int
    at_ns: MonoNs


class Questions:
    """What waits for a yes; forgotten by a restart."""

    def __init__(self, enrolments: Enrolments, signer: Signer, clock: Clock) -> None:
        self._enrolments = enrolments
        self._signer = signer
        self._clock = clock
        self._asked: OrderedDict[str, _Asked] = OrderedDict()

    def ask(self, text: str, asker: Asker, role: Role, do: Callable[[], Awaitable[str]]) -> Answer:
        """Return the question; `do` runs when the same person says yes in time and still has that role."""
        nonce = secrets.token_urlsafe(9)
        self._asked[nonce] = _Asked(do=do, role=role, user_id=asker.user_id, chat_id=asker.chat_id, at_ns=self._clock.mono_ns())
        while len(self._asked) > _MAX_ASKED:
            self._asked.popitem(last=False)
        return Answer(text, (Button(label="Yes", data=self._signer.data(Action.DO, nonce, asker.chat_id)),))

    async def pressed(self, nonce: str, asker: Asker) -> str:
        """Take a yes whose signature is right; return what is shown. Raises kit errors."""
        asked = self._asked.get(nonce)
        if asked is not None and (asked.user_id, asked.chat_id) != (asker.user_id, asker.chat_id):
            return "Only who asked may press this."
        self._asked.pop(nonce, None)
        if asked is None or self._clock.mono_ns() - asked.at_ns > _LIFE_S * NS_PER_S:
            return "This button is too old: please send the command again."
        if not self._enrolments.may(asker.user_id, asked.role):
            return "You may not do that any more."
        return await asked.do()
