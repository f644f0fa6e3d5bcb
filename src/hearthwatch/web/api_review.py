"""Going through the events: filters, search, pages that never jump, marks, notes, and what false alarms teach."""

from __future__ import annotations

import asyncio
from typing import Annotated, Self

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field, StrictBool, StrictFloat, StrictInt

from hearthwatch.events.event import Event, EventId, EventKind
from hearthwatch.events.suggestion import Suggestion, SuggestionKind
from hearthwatch.events.wanted import MAX_NOTE_CHARS, Place, Wanted, Word, asked_words, folded
from hearthwatch.kit.units import CAMERA_ID_PATTERN, CameraId, WallUs
from hearthwatch.web.api import CameraQuery, MomentQuery, find_event
from hearthwatch.web.auth import Denied, Permission
from hearthwatch.web.gate import needs
from hearthwatch.web.replies import BoxFrac, EventReply, EventsReply, Reply
from hearthwatch.web.site import PersonDep, Site, SiteDep

router = APIRouter(prefix="/api/v1")

_MOST_AT_ONCE = 500
_Text = Annotated[str | None, Query(max_length=64)]
_Id = Annotated[str, Field(min_length=1, max_length=64)]


class Choice(BaseModel):
    """Which events are meant; what is left out is not asked. `search` are words that must all be found, in the camera's name,
    the label, the zones, the detail or the note; case, accents and umlauts do not matter."""

    model_config = ConfigDict(extra="forbid")

    camera: Annotated[str | None, Field(pattern=CAMERA_ID_PATTERN)] = None
    label: Annotated[str | None, Field(max_length=64)] = None
    kind: EventKind | None = None
    zone: Annotated[str | None, Field(max_length=64)] = None
    start_us: Annotated[StrictInt | None, Field(ge=0, le=2**53)] = None
    end_us: Annotated[StrictInt | None, Field(ge=0, le=2**53)] = None
    reviewed: StrictBool | None = None
    false_alarm: StrictBool | None = None
    search: Annotated[str, Field(max_length=200)] = ""


class SeenAsk(BaseModel):
    model_config = ConfigDict(extra="forbid")

    events: Annotated[list[_Id], Field(min_length=1, max_length=_MOST_AT_ONCE)]
    reviewed: StrictBool = True


class SeenDownToAsk(BaseModel):
    """All of `choice` from `first`, the newest that was shown, down to `last`; without `last` to the oldest there is."""

    model_config = ConfigDict(extra="forbid")

    choice: Choice
    first: _Id | None = None
    last: _Id | None = None


class NoteAsk(BaseModel):
    model_config = ConfigDict(extra="forbid")

    note: Annotated[str, Field(max_length=MAX_NOTE_CHARS)]


class SeenReply(Reply):
    """How many events are marked otherwise than before."""

    changed: int


class ChoicesReply(Reply):
    """What there are events of."""

    labels: list[str]
    zones: list[str]


class UnseenReply(Reply):
    """`count` stops at a thousand."""

    count: int


class SuggestionReply(Reply):
    """Of the last `of` false alarms like this it would have kept `covers` away, and `also` others that nobody has judged.
    `region` is the part of the picture to ignore (`mask`), `value` the least share of the picture (`min-area`) or the least
    certainty (`min-score`)."""

    kind: SuggestionKind
    camera: str
    label: str
    of: int
    covers: int
    also: int
    region: BoxFrac | None
    value: float

    @classmethod
    def of_one(cls, one: Suggestion) -> Self:
        return cls(
            kind=one.kind,
            camera=one.camera,
            label=one.label,
            of=one.of,
            covers=one.covers,
            also=one.also,
            region=BoxFrac.of(one.region) if one.region else None,
            value=one.value,
        )


class SuggestionsReply(Reply):
    """Best first. `boxes` is where the false alarms were that it is learnt from."""

    suggestions: list[SuggestionReply]
    boxes: list[BoxFrac]


class AcceptAsk(BaseModel):
    """The suggestion as it was shown; one that has become another meanwhile is not written."""

    model_config = ConfigDict(extra="forbid")

    kind: SuggestionKind
    region: BoxFrac | None = None
    value: StrictFloat = 0.0


@router.get("/events")
@needs(Permission.LOOK)
def events(
    *,
    site: SiteDep,
    camera: CameraQuery = None,
    label: _Text = None,
    kind: EventKind | None = None,
    zone: _Text = None,
    start_us: MomentQuery = None,
    end_us: MomentQuery = None,
    reviewed: bool | None = None,
    false_alarm: bool | None = None,
    search: Annotated[str, Query(max_length=200)] = "",
    after: _Text = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 60,
) -> EventsReply:
    """Events whose start lies in [start_us, end_us), newest first; for older ones pass the last one's id as `after`."""
    choice = Choice(
        camera=camera,
        label=label,
        kind=kind,
        zone=zone,
        start_us=start_us,
        end_us=end_us,
        reviewed=reviewed,
        false_alarm=false_alarm,
        search=search,
    )
    place = _place(find_event(site, after)) if after else None
    found = site.doors.review.page(wanted(site, choice), after=place, limit=limit + 1)
    house = site.doors.house.now()
    return EventsReply(
        events=[EventReply.of(event, house) for event in found[:limit]],
        labels=sorted(site.doors.events.labels()),
        more=len(found) > limit,
    )


@router.get("/review/choices")
@needs(Permission.LOOK)
def choices(site: SiteDep) -> ChoicesReply:
    """The labels and zones one can filter by."""
    return ChoicesReply(labels=sorted(site.doors.events.labels()), zones=list(site.doors.review.zones()))


@router.post("/review/unseen")
@needs(Permission.LOOK)
def unseen(choice: Choice, site: SiteDep) -> UnseenReply:
    """How many of these nobody has looked at. It changes nothing: it is a POST because a choice is a body."""
    return UnseenReply(count=site.doors.review.unseen(wanted(site, choice)))


@router.post("/review/seen")
@needs(Permission.DECIDE)
async def seen(ask: SeenAsk, site: SiteDep) -> SeenReply:
    """Note that a person has seen these events, or wants to see them again."""
    some = [EventId(event) for event in ask.events]
    return SeenReply(changed=await site.doors.review.set_reviewed(some, reviewed=ask.reviewed))


@router.post("/review/seen-down-to")
@needs(Permission.DECIDE)
async def seen_down_to(ask: SeenDownToAsk, site: SiteDep) -> SeenReply:
    """Note that a person has seen everything of this choice down to one event; what came after `first` is left alone."""
    last = _place(await asyncio.to_thread(find_event, site, ask.last)) if ask.last else None
    first = _place(await asyncio.to_thread(find_event, site, ask.first)) if ask.first else None
    return SeenReply(changed=await site.doors.review.review_down_to(wanted(site, ask.choice), last, first=first))


@router.post("/events/{event}/note")
@needs(Permission.DECIDE)
async def note(event: str, ask: NoteAsk, site: SiteDep) -> EventReply:
    """Keep a few words about an event; they are found by the search."""
    known = await asyncio.to_thread(find_event, site, event)
    await site.doors.review.set_note(known.id, ask.note)
    return EventReply.of(await asyncio.to_thread(find_event, site, event), site.doors.house.now())


@router.get("/events/{event}/suggestions")
@needs(Permission.MANAGE)
def suggestions(event: str, site: SiteDep) -> SuggestionsReply:
    """What would keep false alarms like this one away; nothing where there is too little to learn from."""
    found = find_event(site, event)
    return SuggestionsReply(
        suggestions=[SuggestionReply.of_one(one) for one in site.doors.review.suggestions(found)],
        boxes=[BoxFrac.of(one.box) for one in _like(site, found) if one.box],
    )


@router.post("/events/{event}/suggestions/accept")
@needs(Permission.MANAGE)
async def accept(event: str, ask: AcceptAsk, site: SiteDep, person: PersonDep) -> SuggestionReply:
    """Write the suggestion into the configuration file."""
    known = await asyncio.to_thread(find_event, site, event)
    for one in await asyncio.to_thread(site.doors.review.suggestions, known):
        shown = SuggestionReply.of_one(one)
        if (shown.kind, shown.region, shown.value) == (ask.kind, ask.region, ask.value):
            await site.doors.review.accept(one, who=person.user.name)
            return shown
    raise Denied(409, "That has changed meanwhile.", "Look at the suggestion again: more was marked, or it counts already.")


def wanted(site: Site, choice: Choice) -> Wanted:
    """Return what is asked as the ledger understands it; words are looked for in the cameras' names here."""
    names = {camera.id: folded(camera.name) for camera in site.doors.cameras.all()}
    return Wanted(
        cameras=frozenset({CameraId(choice.camera)}) if choice.camera else None,
        label=choice.label or None,
        kind=choice.kind,
        zone=choice.zone or None,
        since_us=WallUs(choice.start_us) if choice.start_us is not None else None,
        until_us=WallUs(choice.end_us) if choice.end_us is not None else None,
        reviewed=choice.reviewed,
        false_alarm=choice.false_alarm,
        words=tuple(
            Word(text=word, cameras=frozenset(camera for camera, name in names.items() if word in name))
            for word in asked_words(choice.search)
        ),
    )


def _like(site: Site, event: Event) -> list[Event]:
    same = Wanted(cameras=frozenset({event.camera}), label=event.label, false_alarm=True)
    return list(site.doors.review.page(same, after=None, limit=5))


def _place(event: Event) -> Place:
    return Place(start_us=event.start_us, id=event.id)
