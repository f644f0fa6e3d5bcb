"""The API asked by schemathesis what its own description allows and forbids, over HTTP, as people of four kinds."""

from __future__ import annotations

import asyncio
import collections
import gc
import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import schemathesis
from schemathesis.config import SchemathesisConfig
from schemathesis.engine import from_schema
from schemathesis.engine.events import NonFatalError, ScenarioFinished
from tests.web.fake_house import Built
from tests.web.running import new_house, running_house

from hearthwatch.kit.units import CameraId
from hearthwatch.web import accounts
from hearthwatch.web.accounts import Role
from hearthwatch.web.auth import Session
from hearthwatch.web.description import description
from hearthwatch.web.gate import TOKEN_HEADER
from hearthwatch.web.place import Place
from hearthwatch.web.sessions import Factor

_REFUSED = (400, 401, 403, 404, 405, 406, 409, 415, 422, 428, 429)
SAYS_MORE = {
    "POST /api/v1/shares": "the end comes after the start",
    "GET /cam/{camera}/cgi/{command}": "commands of plain characters",
    "POST /cam/{camera}/cgi/{command}": "commands of plain characters",
    "GET /cam/{camera}/ptz": "one of three things to do",
    "POST /cam/{camera}/ptz": "one of three things to do",
    "POST /api/v1/cameras/{camera}/keep": "the end comes after the start",
    "POST /api/v1/access/leave": "somebody has to leave",
    "POST /api/v1/access/people": "not a password that is guessed first",
    "POST /api/v1/access/people/{user_id}/password": "not a password that is guessed first",
    "POST /api/v1/own/password": "not a password that is guessed first",
    "POST /api/v1/own/proof": "one of three ways to prove it",
    "POST /api/v1/push/devices": "keys of a curve",
    "POST /api/v1/setup/look": "an address one can look at",
    "POST /api/v1/setup/try": "an address one can look at",
    "POST /api/v1/house/ways": "ways alerts can take, cameras there are and times of the week",
    "POST /api/v1/config": "what each setting takes",
    "PUT /api/v1/config/secrets/{name}": "names of secrets there are",
    "POST /api/v1/access/tokens": "what manages the house sees all of it",
}
"""Operations that refuse some of what their schema allows, by rules a schema cannot say."""
ROLES = ("anonymous", "viewer", "member", "owner")
HERE = CameraId("garden")
_PLACE = Place(address="127.0.0.1", browser="Firefox on Linux")


@dataclass
class Lasting:
    """Sessions under a fixed word that outlast what is done with them: logged out, taken away or removed, they come back."""

    built: Built
    role: Role
    word: str
    token: str = ""

    async def session(self, token: str) -> Session | None:
        if token != self.word:
            return await self._real(token)
        found = await self._real(self.token)
        if found is None or not self.built.auth.is_fresh(found) or found.user.role is not self.role:
            found = await self._open()
        return replace(found, token=self.word, strong=True)

    async def _open(self) -> Session:
        cameras = (HERE,) if self.role is Role.VIEWER else None
        users = await self.built.db.run(accounts.list_users)
        if not any(user.role is Role.OWNER for user in users):
            await self.built.add_user("ada", Role.OWNER)
        name = f"their-{self.role}"
        await self.built.db.run(lambda c: accounts.remove_user(c, name))
        user = await self.built.add_user(name, self.role, cameras=cameras)
        found = await self.built.auth.open(user, _PLACE, Factor.PASSWORD)
        self.token = found.token
        return found

    def __post_init__(self) -> None:
        self._real = self.built.auth.session


@dataclass
class Asked:
    """What came of asking as one role."""

    requests: int = 0
    statuses: collections.Counter[int] = field(default_factory=collections.Counter)
    operations: set[str] = field(default_factory=set)
    findings: dict[str, str] = field(default_factory=dict)


@dataclass
class Served:
    """A house that can be asked: where, what it says of itself, and the cookie and the token of each role."""

    base: str
    spec: dict[str, Any]
    words: dict[str, str]
    csrf: dict[str, str]


@contextmanager
def served(folder: Path, *, endless: bool = False) -> Iterator[Served]:
    """Serve a house from a thread of its own until the block ends; its endless answers end at once, unless `endless`."""
    ready: threading.Event = threading.Event()
    found: list[Served] = []
    ended = threading.Event()

    async def serve() -> None:
        async with running_house(folder, new_house(cameras_on=("front-door", "driveway", "garden"))) as running:
            built = running.built
            await built.add_user("ada", Role.OWNER)
            spec = description(built.app)
            words, csrf = {}, {}
            for role in Role:
                lasting = Lasting(built, role, f"the-lasting-word-of-{role}")
                built.auth.session = lasting.session
                words[str(role)] = lasting.word
                session = await lasting.session(lasting.word)
                csrf[str(role)] = session.csrf
            if not endless:
                built.auth.stopping.set()
            found.append(Served(running.base, spec, words, csrf))
            ready.set()
            await asyncio.to_thread(ended.wait)

    thread = threading.Thread(target=lambda: asyncio.run(serve()), name="served")
    thread.start()
    try:
        assert ready.wait(60)
        yield found[0]
    finally:
        ended.set()
        thread.join(20)
        with warnings.catch_warnings():  # a connection may be left whose answer was cut in the middle
            warnings.simplefilter("ignore", ResourceWarning)
            gc.collect()


def _with_a_span(spec: dict[str, Any]) -> list[str]:
    """Operations that want an end after its start, and not too far from it."""
    return [
        f"{way.upper()} {path}"
        for path, operations in spec["paths"].items()
        for way, operation in operations.items()
        if {"start_us", "end_us"} <= {each["name"] for each in operation.get("parameters", ())}
    ]


def config(served: Served, role: str, examples: int, phases: tuple[str, ...]) -> SchemathesisConfig:
    auth = {"session": {"api_key": served.words[role]}, "page": {"api_key": served.csrf[role]}} if role in served.words else {}
    return SchemathesisConfig.from_dict(
        {
            "base-url": served.base,
            "headers": {"Origin": served.base, "Sec-Fetch-Site": "same-origin", TOKEN_HEADER: served.csrf.get(role, "none")},
            **({"auth": {"openapi": auth}} if auth else {}),
            "workers": 1,
            "continue-on-failure": True,
            "request-timeout": 60,
            "max-redirects": 0,
            "seed": 1,
            "generation": {
                "mode": "all",
                "max-examples": examples,
                "deterministic": True,
                "no-shrink": True,
                "database": "none",
                "with-security-parameters": False,
            },
            "phases": {
                "enabled": False,
                **{phase: {"enabled": True} for phase in phases},
            },
            "checks": {"negative_data_rejection": {"expected-statuses": [*_REFUSED, 411, 413]}},
            "operations": [
                {
                    "include-name": [*SAYS_MORE, *_with_a_span(served.spec)],
                    "checks": {
                        "positive_data_acceptance": {"enabled": False},
                        "negative_data_rejection": {"expected-statuses": [*_REFUSED, 411, 413]},
                    },
                }
            ],
            "warnings": False,
            "cache": {"enabled": False},
        }
    )


def _whole(_context: object, body: object) -> object:
    """To JSON Schema 1.0 is an integer; no program writes one so."""
    if isinstance(body, dict):
        return {key: _whole(_context, value) for key, value in body.items()}
    if isinstance(body, list):
        return [_whole(_context, value) for value in body]
    return int(body) if isinstance(body, float) and body.is_integer() else body


def ask(
    served: Served,
    role: str,
    *,
    examples: int,
    phases: tuple[str, ...] = ("examples", "coverage", "fuzzing"),
    only: str = "",
    but: str = "",
    read: Callable[[bytes], None] = lambda _reply: None,
) -> Asked:
    """Ask every operation whose path matches `only` and not `but`; `read` gets every reply, head and body."""
    schema = schemathesis.openapi.from_dict(served.spec, config=config(served, role, examples, phases))
    schema.hooks.hook("map_body")(_whole)
    if only:
        schema = schema.include(path_regex=only)
    if but:
        schema = schema.exclude(path_regex=but)
    asked = Asked()
    for event in from_schema(schema).execute():
        if isinstance(event, NonFatalError):
            asked.findings[f"{event.label}: {event.info.title}"] = str(event.info.message)
        if not isinstance(event, ScenarioFinished):
            continue
        recorder = event.recorder
        asked.operations.add(recorder.label)
        asked.requests += len(recorder.interactions)
        for interaction in recorder.interactions.values():
            if interaction.response is not None:
                asked.statuses[interaction.response.status_code] += 1
                read(repr(interaction.response.headers).encode() + interaction.response.content)
        for case_id, checks in recorder.checks.items():
            for check in checks:
                if check.failure_info is None:
                    continue
                failure = check.failure_info.failure
                case = recorder.cases[case_id].value
                key = f"{case.method} {case.operation.path}: {check.name}: {failure.title}"
                asked.findings.setdefault(key, f"{failure.message}\n{check.failure_info.code_sample}")
    return asked
