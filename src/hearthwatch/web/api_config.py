"""Every setting of the configuration file, and changes to it: checked as a whole, written with its comments, counting at once.

A secret is set here and never answered."""

from __future__ import annotations

import asyncio
from typing import Annotated, Self

from fastapi import APIRouter, Path, Request, Response
from pydantic import BaseModel, ConfigDict, Field, StrictBool, StrictFloat, StrictInt, StrictStr

from hearthwatch.kit.secrets import NAME_PATTERN
from hearthwatch.web.auth import Permission
from hearthwatch.web.config_doors import (
    Change,
    Changed,
    ConfigNow,
    KeyInfo,
    Mistake,
    SecretNow,
    SectionInfo,
    SectionNow,
    SettingsMoved,
    SettingsRefused,
    Source,
    Value,
    ValueKind,
    ValueNow,
    When,
)
from hearthwatch.web.gate import needs
from hearthwatch.web.place import place_of
from hearthwatch.web.problem import Problem, answered, problem
from hearthwatch.web.replies import Reply
from hearthwatch.web.site import PersonDep, SiteDep

router = APIRouter(prefix="/api/v1/config")

_Scalar = StrictBool | StrictInt | StrictFloat | StrictStr
_MANY = 2000
_SHOWN = 80
"""Most characters of a value that the trail repeats."""
_GUARDED = frozenset(
    {
        "alerts",
        "mqtt",
        "syslog",
        "heartbeat",
        "offsite",
        "web",
        "proxy",
        "restream",
        "people",
        "arming",
        "presence",
        "hub",
        "node",
    }
)
_GUARDED_KEY = ("home", "networks")
"""Sections that say where evidence goes, who is believed, and by what the house disarms."""
_Pair = Annotated[list[_Scalar], Field(max_length=_MANY)]
_Outline = Annotated[list[_Scalar | _Pair], Field(max_length=_MANY)]
_Lists = Annotated[list[_Scalar | _Pair | _Outline], Field(max_length=_MANY)]
_Any = _Scalar | _Lists
_Part = Annotated[str, Field(min_length=1, max_length=100)]
_AnyReply = bool | int | float | str | list[object] | None


class KeyReply(Reply):
    """One key: what kind of value it takes (`choices` of a `choice`), what it is without one, when a change of it counts."""

    name: str
    kind: ValueKind
    choices: list[str]
    least: float | None
    most: float | None
    limits: str
    default: _AnyReply
    is_needed: bool
    doc: str
    when: When

    @classmethod
    def of(cls, key: KeyInfo) -> Self:
        return cls(
            name=key.name,
            kind=key.kind,
            choices=list(key.choices),
            least=key.least,
            most=key.most,
            limits=key.limits,
            default=_listed(key.default),
            is_needed=key.is_needed,
            doc=key.doc,
            when=key.when,
        )


class SectionInfoReply(Reply):
    """One kind of section; NAME in its `pattern` stands for what the owner calls it."""

    pattern: list[str]
    doc: str
    keys: list[KeyReply]

    @classmethod
    def of(cls, info: SectionInfo) -> Self:
        return cls(pattern=list(info.pattern), doc=info.doc, keys=[KeyReply.of(key) for key in info.keys])


class ValueReply(Reply):
    value: _AnyReply
    source: Source

    @classmethod
    def of(cls, now: ValueNow) -> Self:
        return cls(value=_listed(now.value), source=now.source)


class SectionReply(Reply):
    path: list[str]
    pattern: list[str]
    values: dict[str, ValueReply]

    @classmethod
    def of(cls, now: SectionNow) -> Self:
        values = {name: ValueReply.of(value) for name, value in now.values.items()}
        return cls(path=list(now.path), pattern=list(now.pattern), values=values)


class SecretReply(Reply):
    """Whether a password or token is set; never which."""

    name: str
    is_set: bool
    given: bool

    @classmethod
    def of(cls, now: SecretNow) -> Self:
        return cls(name=now.name, is_set=now.is_set, given=now.given)


class MistakeReply(Reply):
    key: str
    line: int
    text: str

    @classmethod
    def of(cls, mistake: Mistake) -> Self:
        return cls(key=mistake.key, line=mistake.line, text=mistake.text)


class ConfigReply(Reply):
    """`mark` goes with a change, so that nobody's edit by hand is overwritten. With `mistakes` the file was broken by hand:
    `sections` are what is in force, and nothing can be changed until it is mended."""

    file: str
    mark: str
    infos: list[SectionInfoReply]
    sections: list[SectionReply]
    secrets: list[SecretReply]
    mistakes: list[MistakeReply]

    @classmethod
    def of(cls, now: ConfigNow) -> Self:
        return cls(
            file=now.file,
            mark=now.mark,
            infos=[SectionInfoReply.of(info) for info in now.infos],
            sections=[SectionReply.of(section) for section in now.sections],
            secrets=[SecretReply.of(secret) for secret in now.secrets],
            mistakes=[MistakeReply.of(mistake) for mistake in now.mistakes],
        )


class ChangeAsk(BaseModel):
    """Set the key at `path` to `value`, or take it out (`reset`), which gives it its default back; a section with a name may
    be taken out as a whole."""

    model_config = ConfigDict(extra="forbid")

    path: Annotated[list[_Part], Field(min_length=2, max_length=8)]
    value: _Any | None = None
    reset: StrictBool = False


class ChangesAsk(BaseModel):
    """With `dry` it is checked and not made."""

    model_config = ConfigDict(extra="forbid")

    mark: Annotated[str, Field(min_length=1, max_length=64)]
    changes: Annotated[list[ChangeAsk], Field(min_length=1, max_length=500)]
    dry: StrictBool = False


class ChangedReply(Reply):
    """`lines` of the file that go (`-`) and come (`+`); `after_restart` are keys that count after a restart of Hearthwatch."""

    mark: str
    lines: list[str]
    after_restart: list[str]

    @classmethod
    def of(cls, changed: Changed) -> Self:
        return cls(mark=changed.mark, lines=list(changed.lines), after_restart=list(changed.after_restart))


class RefusedReply(Problem):
    """Nothing was written; `mistakes` say why, each at its key. There are none where the request itself was not understood."""

    mistakes: list[MistakeReply] = Field(default_factory=list)


class SecretAsk(BaseModel):
    """Null takes it away."""

    model_config = ConfigDict(extra="forbid")

    value: Annotated[str, Field(max_length=65_536)] | None


def _listed(value: Value | None) -> _AnyReply:
    return [_listed(inner) for inner in value] if isinstance(value, tuple) else value


def _tupled(value: object) -> Value:
    if isinstance(value, list):
        return tuple(_tupled(inner) for inner in value)
    assert isinstance(value, bool | int | float | str)
    return value


def _told(change: Change) -> str:
    key = ".".join(change.path)
    if change.value is None:
        return f"{key} taken out"
    text = repr(change.value)  # on one line, whatever is in it
    return f"{key} = {text if len(text) <= _SHOWN else text[:_SHOWN] + '…'}"


def _refused(error: SettingsRefused) -> Response:
    said = problem(
        422,
        "Nothing was saved: " + ("this is wrong." if len(error.mistakes) == 1 else "these are wrong."),
        "; ".join(f"{each.key}: {each.text}" if each.key else each.text for each in error.mistakes[:5]),
    )
    return answered(RefusedReply(**said.model_dump(), mistakes=[MistakeReply.of(mistake) for mistake in error.mistakes]))


def _moved() -> Response:
    return answered(
        problem(
            409,
            "The file was changed meanwhile, by hand or by somebody else, so nothing was saved.",
            "Load it anew: your own changes stay on the page, and can be saved on top of it.",
        )
    )


@router.get("")
@needs(Permission.MANAGE)
def config(site: SiteDep) -> ConfigReply:
    """Every setting: what it means, what it is, where that comes from. Of secrets only whether they are set."""
    return ConfigReply.of(site.doors.config.now())


@router.post("", responses={422: {"model": RefusedReply}}, response_model=ChangedReply)
@needs(Permission.MANAGE, body_bytes=256 * 1024, noted=False)
async def change(ask: ChangesAsk, request: Request, site: SiteDep, person: PersonDep) -> ChangedReply | Response:
    """Change settings, all or none. Where alerts and copies go, and by which ways the page is reached, is changed only by who
    proved just now who they are."""
    asked = []
    for each in ask.changes:
        if (each.value is None) != each.reset:
            said = "give a value, or reset it" if not each.reset else "give no value where it is reset"
            return _refused(SettingsRefused((Mistake(key=".".join(each.path), line=0, text=said),)))
        asked.append(Change(path=tuple(each.path), value=None if each.value is None else _tupled(each.value)))
    if not ask.dry and any(each.path[0] in _GUARDED or each.path[:2] == _GUARDED_KEY for each in asked):
        site.auth.check_fresh(person, Permission.MANAGE)
    try:
        if ask.dry:
            return ChangedReply.of(await asyncio.to_thread(site.doors.config.rehearse, asked, ask.mark))
        changed = ChangedReply.of(await site.doors.config.change(asked, ask.mark))
    except SettingsRefused as error:
        return _refused(error)
    except SettingsMoved:
        return _moved()
    address = place_of(request.scope).address
    await site.auth.trail.note("changed-settings", who=person.who, address=address, subject="; ".join(map(_told, asked)))
    return changed


@router.put("/secrets/{name}", responses={422: {"model": RefusedReply}}, response_model=SecretReply)
@needs(Permission.MANAGE, body_bytes=512 * 1024, fresh=True, noted=False)
async def set_secret(
    name: Annotated[str, Path(pattern=NAME_PATTERN)], ask: SecretAsk, request: Request, site: SiteDep, person: PersonDep
) -> SecretReply | Response:
    """Keep a password or token sealed, or take it away. It is never answered."""
    try:
        kept = SecretReply.of(await site.doors.config.set_secret(name, ask.value))
    except SettingsRefused as error:
        return _refused(error)
    deed = "set-secret" if ask.value is not None else "removed-secret"
    await site.auth.trail.note(deed, who=person.who, address=place_of(request.scope).address, subject=name)
    return kept
