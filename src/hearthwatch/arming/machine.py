"""What the house's arming becomes when somebody comes, goes, says so, or a time has come. Pure: no clock, no disk, no network.

A person wins until the next arrival or departure or the time they gave; where nobody is set up who could arrive, until the
next time of the schedule. The schedule wins over presence. `disabled` ends by a person or the time they gave alone.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import tzinfo

from hearthwatch.arming import schedule
from hearthwatch.arming.arming import ArmChange, ArmingOptions, ArmState, Cause, Disarm, Mode, PersonNow, Question
from hearthwatch.kit.errors import Unsupported
from hearthwatch.kit.units import US_PER_S, WallUs, from_datetime, to_datetime

QUESTION_US = 15 * 60 * US_PER_S
"""A question nobody answers lapses: who came in the meantime is not who stands at the door later."""
_DAY_US = 86_400 * US_PER_S
_LONGEST_US = 366 * _DAY_US


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """What the machine looks at."""

    now_us: WallUs
    people: tuple[PersonNow, ...]
    options: ArmingOptions
    zone: tzinfo


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """From one state to the next. `doubts` are people of whom only an active scan can tell whether they came or went."""

    before: ArmState
    state: ArmState
    doubts: frozenset[str] = frozenset()

    @property
    def is_news(self) -> bool:
        """True when something changed that must outlive a power cut."""
        return replace(self.state, number=0, planned_us=WallUs(0)) != replace(self.before, number=0, planned_us=WallUs(0))

    @property
    def change(self) -> ArmChange | None:
        """The line for the ledger; None when nobody holds the house otherwise than before."""
        if _hold(self.before) == _hold(self.state):
            return None
        return ArmChange(at_us=self.state.at_us, before=self.before.mode, state=self.state)

    @property
    def asks(self) -> Question | None:
        """The question that is new."""
        return self.state.question if self.state.question != self.before.question else None


def first(now_us: WallUs) -> ArmState:
    """Return the state of a house that never had one."""
    return ArmState(number=0, mode=Mode.AWAY, since_us=now_us, at_us=now_us, cause=Cause.START, planned_us=now_us)


def look(state: ArmState, scene: Scene, *, scanned: bool = False) -> Step:
    """Return what becomes of `state`. Only what the people are right after an active scan is believed of who came and went."""
    facts, doubts = _facts(state, scene, scanned=scanned)
    due = schedule.newest(scene.options.schedule, facts.planned_us, scene.now_us, scene.zone)
    facts = replace(facts, planned_us=_mark(facts.planned_us, scene.now_us))
    if due is not None:
        facts = replace(facts, planned=due.mode)
    elif facts.planned is not None and not scene.options.schedule:
        facts = replace(facts, planned=None)
    came, empty = facts.home - state.home, bool(state.home) and not facts.home
    over = _is_over(state, scene.now_us)
    if state.cause is Cause.PERSON:
        alone = not scene.people and state.until_us is None and due is not None
        free = over or (state.mode is not Mode.DISABLED and (bool(came) or empty or alone))
    else:
        free = bool(came) or empty or due is not None or facts.planned != state.planned or _is_orphaned(state, scene)
    if not free:
        return Step(before=state, state=_numbered(state, facts), doubts=doubts)
    evidence = _evidence(state, facts, scene, over=over)
    settled = _settle(facts, scene, evidence, who=due.name if due else "")
    if _is_disarmed_by_presence(state, settled) and scene.options.disarm is not Disarm.AUTOMATIC:
        settled = _held_back(facts, settled, scene, came)
    return Step(before=state, state=_numbered(state, settled), doubts=doubts)


def wish(state: ArmState, scene: Scene, mode: Mode, *, who: str, via: str, until_us: WallUs | None) -> Step:
    """Return what becomes of it when a person says so. Raises Unsupported."""
    if state.mode is Mode.DISABLED and mode is not Mode.DISABLED:
        raise Unsupported("Intrusion alerts are disabled. Enable them first.")
    if until_us is not None and not scene.now_us < until_us <= scene.now_us + _LONGEST_US:
        raise Unsupported("That time is over already." if until_us <= scene.now_us else "That is more than a year from now.")
    wanted = replace(state, mode=mode, cause=Cause.PERSON, who=who, via=via, until_us=until_us, evidence=(), question=None)
    return Step(before=state, state=_numbered(state, _since(state, wanted, scene.now_us)))


def enable(state: ArmState, scene: Scene, *, who: str, via: str) -> Step:
    """Return what becomes of it when a person hands the house back. Raises Unsupported."""
    if state.cause is not Cause.PERSON:
        raise Unsupported("Nothing was set by hand: Hearthwatch decides itself already.")
    facts = replace(state, question=None)
    evidence = (_who_is_home(facts, scene),) if scene.people else ()
    settled = replace(_settle(facts, scene, evidence, who=""), who=who, via=via)
    return Step(before=state, state=_numbered(state, settled))


def answer(state: ArmState, scene: Scene, number: int, *, yes: bool, who: str, via: str) -> Step:
    """Return what becomes of it when a person answers the question. Raises Unsupported."""
    question = state.question
    if question is None or question.number != number or _is_lapsed(question, scene.now_us):
        raise Unsupported("This question is not open any more.")
    if not yes:
        return Step(before=state, state=_numbered(state, replace(state, question=None, at_us=scene.now_us)))
    names = ", ".join(sorted(question.people))
    settled = replace(
        state,
        mode=Mode.HOME,
        cause=Cause.PRESENCE,
        who=who,
        via=via,
        until_us=None,
        evidence=(f"{names} came home; asked, {who} said yes",),
        question=None,
    )
    return Step(before=state, state=_numbered(state, _since(state, settled, scene.now_us)))


def skip(state: ArmState, now_us: WallUs) -> Step:
    """Return what becomes of it when the schedule was changed: times before `now_us` do not count."""
    return Step(before=state, state=replace(state, number=state.number + 1, planned_us=now_us))


def move(state: ArmState, before: tzinfo, zone: tzinfo) -> Step:
    """Return what becomes of it in another zone: local times that were leapt over are still to come, as when the clocks change;
    those that come again come."""
    local = to_datetime(state.planned_us, before).replace(tzinfo=zone)
    return Step(
        before=state, state=replace(state, number=state.number + 1, planned_us=min(state.planned_us, from_datetime(local)))
    )


def _facts(state: ArmState, scene: Scene, *, scanned: bool) -> tuple[ArmState, frozenset[str]]:
    """Return the state with the people who are home now, and those of whom a scan must tell."""
    people = {person.id: person for person in scene.people}
    home = state.home & people.keys()
    came = {id_ for id_, person in people.items() if person.known and person.home and id_ not in home}
    left = {id_ for id_ in home if people[id_].known and not people[id_].home}
    doubts = frozenset() if scanned else frozenset(came | left)
    if scanned:
        home = (home - left) | {id_ for id_ in came if people[id_].answered}
    question = state.question
    if question is not None and (not home or _is_lapsed(question, scene.now_us)):
        question = None
    return replace(state, home=frozenset(home), question=question), doubts


def _settle(facts: ArmState, scene: Scene, evidence: tuple[str, ...], *, who: str) -> ArmState:
    """Return the state no person holds."""
    if facts.planned is not None:
        mode, cause = facts.planned, Cause.SCHEDULE
    elif not scene.people:
        mode, cause = Mode.AWAY, Cause.START
    else:
        mode, cause = Mode.HOME if facts.home else Mode.AWAY, Cause.PRESENCE
    settled = replace(facts, mode=mode, cause=cause, who=who, via="", until_us=None, evidence=evidence)
    settled = replace(settled, question=facts.question if mode is facts.mode else None)
    return _since(facts, settled, scene.now_us)


def _is_disarmed_by_presence(before: ArmState, settled: ArmState) -> bool:
    return before.mode is Mode.AWAY and settled.mode is Mode.HOME and settled.cause is Cause.PRESENCE


def _held_back(facts: ArmState, settled: ArmState, scene: Scene, came: frozenset[str]) -> ArmState:
    """The house stays armed, with a question where the owner wants to be asked. A person's wish stands until the answer."""
    armed = replace(settled, mode=Mode.AWAY, since_us=facts.since_us)
    if scene.options.disarm is Disarm.NEVER:
        return armed
    names = frozenset(person.name for person in scene.people if person.id in (came or facts.home))
    earlier = facts.question.people if facts.question else frozenset()
    question = Question(number=facts.number + 1, people=names | earlier, at_us=scene.now_us)
    held = facts if facts.cause is Cause.PERSON and not _is_over(facts, scene.now_us) else armed
    return replace(held, question=question)


def _is_orphaned(state: ArmState, scene: Scene) -> bool:
    """True when presence holds the house and nobody is set up any more."""
    return state.cause is Cause.PRESENCE and not scene.people


def _is_over(state: ArmState, now_us: WallUs) -> bool:
    return state.until_us is not None and now_us >= state.until_us


def _evidence(state: ArmState, facts: ArmState, scene: Scene, *, over: bool) -> tuple[str, ...]:
    people = {person.id: person for person in scene.people}
    lines = []
    for id_ in sorted(facts.home ^ state.home):
        person = people.get(id_)
        lines.append(f"{person.name}: {person.evidence}" if person else f"{id_} is not set up any more")
    if not scene.people:
        lines.append("nobody is set up whose coming and going could be seen")
    elif not lines:
        lines.append(_who_is_home(facts, scene))
    return (f"the time {state.who} gave is over", *lines) if over else tuple(lines)


def _who_is_home(facts: ArmState, scene: Scene) -> str:
    home = sorted(person.name for person in scene.people if person.id in facts.home)
    return f"at home: {', '.join(home)}" if home else "nobody is at home"


def _since(before: ArmState, after: ArmState, now_us: WallUs) -> ArmState:
    return replace(after, at_us=now_us, since_us=before.since_us if after.mode is before.mode else now_us)


def _numbered(before: ArmState, after: ArmState) -> ArmState:
    """Only what must be kept gets a number of its own."""
    step = Step(before=before, state=after)
    return replace(after, number=before.number + 1) if step.is_news else after


def _hold(state: ArmState) -> tuple[object, ...]:
    return state.mode, state.cause, state.until_us, state.via if state.cause is Cause.PERSON else ""


def _mark(planned_us: WallUs, now_us: WallUs) -> WallUs:
    """A clock that was set back a little repeats no time; one that was a day or more ahead was wrong altogether."""
    return now_us if planned_us > now_us + _DAY_US else max(planned_us, now_us)


def _is_lapsed(question: Question, now_us: WallUs) -> bool:
    return abs(now_us - question.at_us) > QUESTION_US
