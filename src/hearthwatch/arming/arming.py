"""The ArmState: how the house is armed, who or what decided it, and on what evidence; and what each mode means."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Annotated, Any, ClassVar, Protocol

from annotated_types import Ge, Le

from hearthwatch.kit.units import WallUs


class Mode(StrEnum):
    """`away` is armed. `home` is what presence says while somebody is in, `disarmed` what a person says.
    `disabled`: no intrusion alerts until somebody enables them again; what concerns the cameras themselves goes on."""

    DISARMED = "disarmed"
    HOME = "home"
    AWAY = "away"
    DISABLED = "disabled"


class Cause(StrEnum):
    """What holds the mode. A person wins over the schedule, the schedule over presence."""

    START = "start"
    PERSON = "person"
    SCHEDULE = "schedule"
    PRESENCE = "presence"


class Disarm(StrEnum):
    AUTOMATIC = "automatic"
    CONFIRM = "confirm"
    NEVER = "never"


class Telling(StrEnum):
    USUAL = "usual"
    ALL = "all"
    NONE = "none"


class ModeRecord(StrEnum):
    USUAL = "usual"
    ALWAYS = "always"
    EVENTS = "events"
    NEVER = "never"


class Weekday(StrEnum):
    """In the order of `datetime.weekday`."""

    MON = "mon"
    TUE = "tue"
    WED = "wed"
    THU = "thu"
    FRI = "fri"
    SAT = "sat"
    SUN = "sun"


class Planned(StrEnum):
    """What the schedule can ask for; `auto` hands the house back to presence."""

    AWAY = "away"
    HOME = "home"
    DISARMED = "disarmed"
    AUTO = "auto"


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleOptions:
    """Section `[arming.schedule.NAME]`: one time of the week. Change: live."""

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}

    at: str
    """Local time as `22:30`. One that a change of the clocks skips comes that much later, one that comes twice counts the first
    time."""
    days: tuple[Weekday, ...] = tuple(Weekday)
    """Days of the week."""
    mode: Planned
    """What the house goes to, until the next time of the schedule; `auto` lets presence decide again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ArmingOptions:
    """Section `[arming]`. Until people are set up the house is `away`: every rule alerts. Change: live."""

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}

    silence_minutes: Annotated[float, Ge(1), Le(240)] = 10.0
    """A person whose devices gave no sign for so long, and then do not answer when asked, has left; when all have, the house
    arms itself."""
    disarm: Disarm = Disarm.AUTOMATIC
    """What happens when a phone of the household answers on the home network again: `automatic` disarms, `confirm` asks on the
    phone, `never` leaves it to a person. A phone's address can be forged by somebody who is in your Wi-Fi already: `confirm`
    is the safer choice."""
    entry_delay_s: Annotated[float, Ge(0), Le(300)] = 0.0
    """Over 0: an alert in mode `away` waits so long for whoever came home to disarm, by hand or by a phone that answers
    (give that a minute at least); disarmed in time, nothing is told. Alerts about the camera itself never wait."""
    schedule: Mapping[str, ScheduleOptions] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class ModeOptions:
    """What a mode means for one camera. Change: live."""

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}

    alerts: Telling = Telling.USUAL
    """`all` tells of this camera's events in this mode, `none` does not; `usual` tells in `away` alone. Alerts about the
    camera itself (log-ins, tampering, outages) are told in every mode. In `disabled` nothing else ever is."""
    labels: tuple[str, ...] = ()
    """Labels that are told in this mode; empty means those of `[camera.NAME.alerts]`."""
    zones: tuple[str, ...] = ()
    """Zones whose visitors are told of in this mode; empty means the whole picture."""
    record: ModeRecord = ModeRecord.USUAL
    """Whether `main` is kept in this mode: `always`, `events` or `never`; `usual` as `camera.NAME.record` says."""
    private: bool = False
    """Leave people in private in this mode: nothing of this camera is recorded, looked at, shown live or fetched from its card,
    and the page says so. The connection stays, so that an outage is told; every picture is thrown away as it arrives. Alerts
    about the camera itself go on, as far as they need no picture."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModesOptions:
    """Section `[camera.NAME.modes]`: one table a mode."""

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}

    away: ModeOptions = ModeOptions()
    home: ModeOptions = ModeOptions()
    disarmed: ModeOptions = ModeOptions()
    disabled: ModeOptions = ModeOptions()

    def of(self, mode: Mode) -> ModeOptions:
        """Return what `mode` means."""
        found: ModeOptions = getattr(self, mode.value)
        return found

    def is_private(self, mode: Mode | None) -> bool:
        """Tell whether people are left in private; None, a mode nobody knows yet, is every one of them."""
        return self.of(mode).private if mode else any(self.of(each).private for each in Mode)

    def tells(self, mode: Mode) -> bool:
        """Tell whether events are told at all in `mode`."""
        if mode is Mode.DISABLED:
            return False
        wanted = self.of(mode).alerts
        return mode is Mode.AWAY if wanted is Telling.USUAL else wanted is Telling.ALL


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """Somebody came home and the house asks whether to disarm; `number` names the question, `people` are their names."""

    number: int
    people: frozenset[str]
    at_us: WallUs


@dataclass(frozen=True, slots=True, kw_only=True)
class ArmState:
    """`number` grows with every state that is kept, `at_us` is when that one came about, `since_us` when its mode did.
    `who` is a person or the name of the schedule's time, `via` the way they said it. `until_us` is when a person's wish ends
    by itself. `evidence` is a line a fact, fit for anybody's eyes.

    `home` are the ids of the people who answered and did not leave since. `planned` is what the schedule says now (None:
    nothing), `planned_us` until when it was followed. `question` waits for an answer."""

    number: int
    mode: Mode
    since_us: WallUs
    at_us: WallUs
    cause: Cause
    who: str = ""
    via: str = ""
    until_us: WallUs | None = None
    evidence: tuple[str, ...] = ()
    home: frozenset[str] = frozenset()
    planned: Mode | None = None
    planned_us: WallUs
    question: Question | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ArmChange:
    """One line of the ledger: the house went from `before` to what `state` says. The two modes are the same where only the
    one who holds it changed."""

    at_us: WallUs
    before: Mode
    state: ArmState


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonNow:
    """What presence makes of one person. `home`: some device of theirs was noticed and none of the silences since was long
    enough; `answered`: in this stay one answered us on the home network or proved a key, which an overheard frame does not.
    `known` is False while nothing can be said yet. `evidence` says by what, in words without any address."""

    id: str
    name: str
    home: bool
    answered: bool
    known: bool
    evidence: str


class WhoIsHome(Protocol):
    """Presence, as arming needs it."""

    def people(self) -> tuple[PersonNow, ...]:
        """Return everybody who is set up; from memory, at once."""
        ...

    async def scan(self) -> tuple[PersonNow, ...]:
        """Ask every device that can be asked, now; return what is known afterwards. Raises kit errors."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Acknowledged:
    """The state after what a person asked for. Not `stored`: it counts, but the disk does not take it for now, and after a
    power cut it would be forgotten."""

    state: ArmState
    stored: bool


class ArmingDoor(Protocol):
    """What a person may do about arming, by whatever way; see keeper.ArmKeeper. `who` they are, `via` which way they came."""

    @property
    def state(self) -> ArmState: ...

    async def wish(self, mode: Mode, *, who: str, via: str, until_us: WallUs | None = None) -> Acknowledged:
        """Do as a person says. Raises Unsupported, saying why it cannot be done."""
        ...

    async def enable(self, *, who: str, via: str) -> Acknowledged:
        """End what a person set, `disabled` too: the house decides itself again. Raises Unsupported when nobody did."""
        ...

    async def answer(self, number: int, *, yes: bool, who: str, via: str) -> Acknowledged:
        """Answer the question of that number. Raises Unsupported when it is not open any more."""
        ...
