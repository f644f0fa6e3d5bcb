"""Findings become events, alerts and pictures: in order, once, and no text waits for a picture."""

from __future__ import annotations

import asyncio
import threading
from itertools import count

import pytest
from tests.alerts.house import House
from tests.run.findings import BASE_US, FRONT, JPEG, YARD, a_picture, moved, seen

from hearthwatch.alerts import ledger as alert_ledger
from hearthwatch.alerts.alert import Part
from hearthwatch.alerts.policy import CameraAlerts, Policy
from hearthwatch.alerts.snooze import Snoozes
from hearthwatch.arming.arming import ArmState, Cause, Mode
from hearthwatch.events import ledger
from hearthwatch.events.alarms import Heard, Sensed, SensedPhase
from hearthwatch.events.event import Change, Event, EventId, EventKind
from hearthwatch.events.report import Report
from hearthwatch.frames.geometry import Box
from hearthwatch.kit.errors import StorageFailed, StorageFault
from hearthwatch.kit.units import US_PER_S, CameraId, WallUs
from hearthwatch.recording.segment import FootageClass
from hearthwatch.run.config import Config, parse
from hearthwatch.run.entry_delay import EntryDelay
from hearthwatch.run.event_news import EventNews
from hearthwatch.run.happenings import Happenings
from hearthwatch.tracks.track import TrackState
from hearthwatch.vendors.device import AlarmKind, AlarmPhase, AlarmSignal

CONFIG = """
[camera_defaults]
main = "rtsp://192.168.1.9/main"
events.cooldown_s = 0
alerts.send_picture = true
[camera.front]
name = "Front"
[camera.yard]
[storage]
pre_roll_s = 3
post_roll_s = 4
"""


class Keeper:
    """A FootageKeeper that remembers, or whose recorder is away."""

    def __init__(self) -> None:
        self.marks: asyncio.Queue[tuple] = asyncio.Queue()
        self.away = False

    async def keep(self, camera, start_us, end_us, *, pinned):
        raise AssertionError("nobody pins here")

    async def mark(self, camera, start_us, end_us, footage_class):
        self.marks.put_nowait((camera, start_us, end_us, footage_class))
        if self.away:
            raise StorageFailed(StorageFault.MISSING, "the recorder is away")


class Bench:
    """A real database, outbox and policy; `told` brings every event as it is told to pages, `stored` every id reread."""

    def __init__(self, house: House, text: str = CONFIG) -> None:
        self.house = house
        self.keeper = Keeper()
        self.told: asyncio.Queue[Event] = asyncio.Queue()
        self.stored: asyncio.Queue[EventId] = asyncio.Queue()
        self.clips: list[Event] = []
        self.pictures: list[Event] = []
        self.acted: list[Change] = []
        self._ids = count(1)
        self._passed_s = 1000.0
        self.snoozes = Snoozes(house.db)
        self.mode = Mode.AWAY
        config = parse(text)
        self.delay_s = 0.0
        self.since_us = WallUs(0)
        self.asked = 0
        self.entry = EntryDelay(
            house.db,
            house.clock,
            house.outbox,
            house.files,
            delay_s=lambda: self.delay_s,
            state=self.state,
            ask_phones=self._ask,
        )
        self.happenings = Happenings(
            config,
            policy=self.policy(config),
            outbox=house.outbox,
            snoozes=self.snoozes,
            mode=lambda: self.mode,
            entry=self.entry,
            keeper=self.keeper,
            clock=house.clock,
            ids=self._id,
            changed=self.told.put_nowait,
            stored=self._stored,
            want_clip=self.clips.append,
            want_picture=self.pictures.append,
            act=self.acted.append,
        )
        self._tasks = [asyncio.create_task(self.happenings.run()), asyncio.create_task(self.happenings.run_pictures())]

    async def _stored(self, event: EventId) -> None:
        """As the house does: read the event anew, then tell it."""
        await EventNews(self.house.db, lambda _event: None).tell(event)
        self.stored.put_nowait(event)

    def _ask(self) -> None:
        self.asked += 1

    def state(self) -> ArmState:
        since_us = self.since_us
        return ArmState(number=1, mode=self.mode, since_us=since_us, at_us=since_us, cause=Cause.START, planned_us=WallUs(0))

    def _id(self) -> str:
        return f"I{next(self._ids):04}"

    def policy(self, config: Config) -> Policy:
        from zoneinfo import ZoneInfo

        cameras = {name: CameraAlerts(name=each.name or name, options=each.alerts) for name, each in config.cameras.items()}
        return Policy(home="Home", zone=ZoneInfo("UTC"), cameras=cameras, ids=self._id)

    def renew(self, text: str) -> None:
        config = parse(text)
        self.happenings.renew(config, self.policy(config))

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def events(self) -> list[Event]:
        return sorted(await self.house.db.run(ledger.recent), key=lambda event: event.id)

    async def settled(self, label: str = "person") -> None:
        """Return when everything put so far was taken: findings are taken in order, and this one is told."""
        self._passed_s += 100
        self.happenings.put(seen(self._id(), at_s=self._passed_s, camera=YARD, label=label))
        while (await self.told.get()).camera != YARD:
            pass

    async def closed(self, seconds: float) -> EventId:
        """Let time pass and return the event that is over then; a finding of no camera has the rules look at the clock."""
        self.house.clock.advance(seconds)
        self.happenings.put(moved(camera="attic"))
        return await self.stored.get()

    async def alerts(self):
        return sorted(await self.house.db.run(alert_ledger.recent), key=lambda one: one.alert.id)


@pytest.fixture
async def bench(tmp_path):
    house = House(tmp_path)
    await house.start("phone")
    bench = Bench(house)
    yield bench
    await bench.close()
    house.close()


async def test_a_track_becomes_an_event_an_alert_and_then_a_picture(bench):
    bench.happenings.put(seen())
    event = await bench.told.get()
    (told,) = await bench.alerts()
    assert (told.alert.event, told.alert.title) == (event.id, "Front: person")
    assert [delivery.part for delivery in bench.house.outbox.waiting("phone")] == [Part.TEXT]
    bench.happenings.put(a_picture())
    assert await bench.stored.get() == event.id
    assert [delivery.part for delivery in bench.house.outbox.waiting("phone")] == [Part.TEXT, Part.PICTURE]
    assert bench.house.files.picture(event.id) == JPEG
    assert (await bench.events())[0].picture


async def test_a_picture_that_comes_before_its_track_waits_for_it(bench):
    bench.happenings.put(a_picture())
    bench.happenings.put(seen(state=TrackState.TENTATIVE))
    bench.happenings.put(seen())
    event = await bench.told.get()
    assert await bench.stored.get() == event.id
    assert bench.house.files.picture(event.id) == JPEG


async def test_of_many_early_pictures_the_oldest_are_given_up(bench):
    for number in range(33):
        bench.happenings.put(a_picture(f"t{number}", f"{number}".encode()))
    bench.happenings.put(seen("t0"))
    first = await bench.told.get()
    bench.happenings.put(seen("t32", label="dog"))
    second = await bench.told.get()
    assert await bench.stored.get() == second.id
    assert bench.house.files.picture(second.id) == b"32"
    assert bench.house.files.picture(first.id) is None


async def test_a_better_picture_replaces_the_kept_one_and_is_not_sent_again(bench):
    bench.happenings.put(seen())
    event = await bench.told.get()
    for jpeg in (b"first", b"better"):
        bench.happenings.put(a_picture(jpeg=jpeg))
        assert await bench.stored.get() == event.id
    assert bench.house.files.picture(event.id) == b"better"
    assert [delivery.part for delivery in bench.house.outbox.waiting("phone")] == [Part.TEXT, Part.PICTURE]


async def test_the_picture_of_who_came_along_stays_aside_until_he_is_the_better_seen(bench, monkeypatch):
    write, shown = bench.house.files.write_picture, []
    monkeypatch.setattr(
        bench.house.files, "write_picture", lambda event, jpeg: (write(event, jpeg), shown.append((event, jpeg)))
    )
    bench.happenings.put(seen("first"))
    event = await bench.told.get()
    bench.happenings.put(a_picture("first", b"first"))
    bench.happenings.put(seen("second", at_s=0.5, score=0.6, best_score=0.6))
    bench.happenings.put(a_picture("second", b"second, far"))
    bench.happenings.put(a_picture("first", b"first, nearer"))
    bench.happenings.put(seen("second", at_s=1.0, score=0.9, best_score=0.9, best_box=Box(x0=0.6, y0=0.3, x1=0.7, y1=0.8)))
    bench.happenings.put(a_picture("second", b"second"))
    bench.happenings.put(seen("first", at_s=1.5, state=TrackState.LOST))
    bench.happenings.put(a_picture("first", b"first, leaving"))
    bench.happenings.put(a_picture("second", b"second, nearer"))
    while (event.id, b"second, nearer") not in shown:
        await bench.stored.get()
    assert shown == [(event.id, jpeg) for jpeg in (b"first", b"first, nearer", b"second", b"second, nearer")]
    assert [one.id for one in await bench.events()] == [event.id]


async def test_a_picture_never_delays_a_text(bench, monkeypatch):
    """The disk takes no pictures for now: it hangs, which no shipped fake does, so the files' method is replaced."""
    reached, free = threading.Event(), threading.Event()
    write = bench.house.files.write_picture

    def hang(event, jpeg):
        reached.set()
        free.wait()
        write(event, jpeg)

    monkeypatch.setattr(bench.house.files, "write_picture", hang)
    bench.happenings.put(seen())
    first = await bench.told.get()
    bench.happenings.put(a_picture())
    await asyncio.to_thread(reached.wait)
    bench.happenings.put(seen("t2", label="dog"))
    second = await bench.told.get()
    assert not free.is_set()
    assert [bench.house.outbox.alert(delivery).event for delivery in bench.house.outbox.waiting("phone")] == [
        first.id,
        second.id,
    ]
    free.set()
    assert await bench.stored.get() == first.id


async def test_an_event_closes_when_its_visitor_stayed_away(bench):
    bench.happenings.put(seen())
    event = await bench.told.get()
    bench.happenings.put(seen(at_s=4, state=TrackState.ENDED))
    assert await bench.stored.get() == event.id
    assert await bench.closed(30) == event.id
    assert [event.end_us for event in await bench.events() if event.camera == FRONT] == [WallUs(BASE_US + 4 * US_PER_S)]


async def test_footage_is_marked_with_what_comes_before_and_after(bench):
    bench.happenings.put(seen())
    await bench.told.get()
    camera, start_us, end_us, footage_class = await bench.keeper.marks.get()
    assert (camera, footage_class) == (FRONT, FootageClass.EVENT)
    assert start_us == BASE_US - 3 * US_PER_S
    assert end_us == BASE_US + (60 + 4) * US_PER_S
    bench.happenings.put(seen(at_s=90, state=TrackState.ENDED))
    await bench.stored.get()
    await bench.closed(120)
    assert await bench.keeper.marks.get() == (FRONT, start_us, BASE_US + 94 * US_PER_S, FootageClass.EVENT)


async def test_a_recorder_that_is_away_costs_no_alert(bench):
    bench.keeper.away = True
    bench.happenings.put(seen())
    await bench.told.get()
    await bench.keeper.marks.get()
    assert len(await bench.alerts()) == 1


async def test_nameless_motion_is_an_event_where_the_owner_wants_it(tmp_path):
    house = House(tmp_path)
    await house.start("phone")
    bench = Bench(house, CONFIG.replace("[camera.yard]", "events.motion = true\n[camera.yard]"))
    bench.happenings.put(moved())
    event = await bench.told.get()
    assert event.label == ""
    assert (await bench.keeper.marks.get())[3] is FootageClass.MOTION
    assert await bench.alerts() == []
    await bench.close()
    house.close()


async def test_findings_of_a_camera_that_is_gone_are_nothing(bench):
    bench.happenings.put(seen(camera="attic"))
    bench.happenings.put(a_picture(camera="attic"))
    await bench.settled()
    assert {event.camera for event in await bench.events()} == {YARD}


async def test_a_clip_is_wanted_only_with_the_alert_that_may_carry_one(tmp_path):
    house = House(tmp_path)
    await house.start("phone")
    bench = Bench(house, CONFIG.replace("[camera.yard]", "alerts.send_clip = true\n[camera.yard]"))
    bench.happenings.put(seen())
    event = await bench.told.get()
    await bench.settled()
    assert [each.id for each in bench.clips] == [event.id]
    await bench.close()
    house.close()


async def test_actions_hear_what_happens_now_and_nothing_of_a_snoozed_camera_or_of_long_ago(bench):
    bench.happenings.put(seen())
    await bench.told.get()
    await bench.settled()

    def asked() -> list[str]:
        return [change.event.label for change in bench.acted if change.tell and change.event.camera == FRONT]

    assert asked() == ["person"]
    bench.acted.clear()
    told: asyncio.Queue[EventId | None] = asyncio.Queue()
    sensed = Sensed(
        source="mail",
        labels=("alarm",),
        kind=EventKind.ALARM,
        phase=SensedPhase.BEGAN,
        at_once=True,
        box=None,
        detail="",
    )
    long_ago_us = WallUs(BASE_US - 7200 * US_PER_S)
    bench.happenings.put(
        Report(id=EventId("R1"), camera=FRONT, sensed=sensed, start_us=long_ago_us, end_us=long_ago_us, told=told.put_nowait)
    )
    assert await told.get() == EventId("R1")
    assert asked() == []
    await bench.snoozes.set([FRONT], WallUs(BASE_US + 3600 * US_PER_S))
    bench.happenings.put(seen("t2", label="car"))
    await bench.told.get()
    await bench.settled()
    assert asked() == []


async def test_a_snoozed_camera_keeps_its_events_and_tells_nobody(bench):
    await bench.snoozes.set([FRONT], WallUs(BASE_US + 60 * US_PER_S))
    bench.happenings.put(seen())
    await bench.told.get()
    assert len(await bench.events()) == 1
    assert await bench.alerts() == []


@pytest.mark.parametrize(
    "more",
    ["", "\n[home]\nname = 'Elsewhere'\n", "\n[camera.attic]\n", "\n[camera.front.alerts]\nenabled = false\n"],
    ids=["nothing", "house", "another camera", "alerts"],
)
async def test_a_changed_configuration_keeps_the_open_events(bench, more):
    bench.happenings.put(seen())
    event = await bench.told.get()
    bench.renew(CONFIG + more)
    bench.happenings.put(seen(at_s=9, best_score=0.99))
    assert await bench.stored.get() == event.id
    assert (await bench.events())[0].score == 0.99


async def test_changed_rules_go_on_with_what_is_open(bench):
    """Watchers close their tracks when the options change; who still stands there comes back as a new track."""
    bench.happenings.put(seen())
    event = await bench.told.get()
    bench.renew(CONFIG.replace("cooldown_s = 0", "cooldown_s = 20"))
    bench.happenings.put(seen(at_s=1, state=TrackState.ENDED))
    bench.happenings.put(seen("t2", at_s=1, best_score=0.95))
    assert await bench.stored.get() == event.id
    bench.happenings.put(seen("t2", at_s=5, best_score=0.95, state=TrackState.ENDED))
    assert await bench.stored.get() == event.id
    assert await bench.closed(60) == event.id
    (front,) = [each for each in await bench.events() if each.camera == FRONT]
    assert (front.id, front.end_us) == (event.id, BASE_US + 5 * US_PER_S)
    assert len([one for one in await bench.alerts() if one.alert.camera == FRONT]) == 1


async def test_changed_rules_close_the_event_of_one_who_left_meanwhile(bench):
    bench.happenings.put(seen())
    event = await bench.told.get()
    bench.renew(CONFIG.replace("cooldown_s = 0", "cooldown_s = 20"))
    bench.happenings.put(seen(at_s=1, state=TrackState.ENDED))
    assert await bench.stored.get() == event.id
    assert await bench.closed(60) == event.id
    (front,) = await bench.events()
    assert front.end_us is not None


async def test_after_the_looker_died_who_stands_there_goes_on_with_his_event(bench):
    bench.happenings.put(seen())
    event = await bench.told.get()
    bench.house.clock.advance(2)
    bench.happenings.looker_restarted()
    bench.happenings.put(seen("new", at_s=3, best_score=0.95))
    assert await bench.stored.get() == event.id
    assert len([one for one in await bench.alerts() if one.alert.camera == FRONT]) == 1


async def test_after_the_looker_died_the_event_of_one_who_left_is_closed(bench):
    bench.happenings.put(seen())
    event = await bench.told.get()
    bench.happenings.looker_restarted()
    assert await bench.closed(30) == event.id
    assert [each.end_us for each in await bench.events()] == [event.start_us]


async def test_events_a_former_house_left_open_are_taken_up(bench):
    bench.happenings.put(seen())
    event = await bench.told.get()
    await bench.close()
    house = await bench.house.again("phone")
    after = Bench(house)
    after.happenings.resume(await house.db.run(ledger.left_open))
    after.happenings.put(seen("t2", at_s=1, best_score=0.97))
    assert await after.stored.get() == event.id
    assert [(each.id, each.score) for each in await after.events()] == [(event.id, 0.97)]
    assert len(await after.alerts()) == 1
    await after.close()
    house.close()


async def test_a_full_disk_delays_no_alert(bench):
    bench.house.db.full = True
    bench.happenings.put(seen())
    event = await bench.told.get()
    (delivery,) = bench.house.outbox.waiting("phone")
    assert bench.house.outbox.alert(delivery).event == event.id
    assert bench.house.outbox.alert(delivery).degraded


def sensed(kind: AlarmKind) -> Heard:
    signal = AlarmSignal(kind=kind, code=kind.value, phase=AlarmPhase.PULSE, channel=0)
    return Heard(camera=CameraId(FRONT), signal=signal)


async def test_of_a_private_camera_only_tampering_is_heard_and_no_picture_wanted(bench):
    bench.renew(CONFIG.replace('name = "Front"', 'name = "Front"\nmodes.home.private = true\nalarms.objects = "instead"'))
    bench.mode = Mode.HOME
    bench.happenings.put(sensed(AlarmKind.PERSON))
    bench.happenings.put(sensed(AlarmKind.TAMPER))
    event = await bench.told.get()
    assert (event.kind, bench.pictures) == (EventKind.TAMPER, [])
    bench.mode = Mode.AWAY
    bench.happenings.put(sensed(AlarmKind.PERSON))
    event = await bench.told.get()
    assert (event.label, [one.id for one in bench.pictures]) == ("person", [event.id])


async def test_a_visitor_on_two_cameras_is_one_alert_that_names_both(bench):
    bench.happenings.put(seen("a", at_s=0))
    await bench.told.get()
    bench.happenings.put(seen("b", at_s=3, camera=YARD))
    await bench.told.get()
    await bench.events()
    (one,) = await bench.alerts()
    assert one.alert.title == "Front, yard: person"
    assert one.alert.text.splitlines()[1].startswith("yard: ")
    assert len(await bench.events()) == 2, "each camera keeps its own event"


async def test_a_way_to_tell_that_was_just_added_hears_of_the_next_camera(bench):
    """A new owner connects the phone and walks past: what the demo camera told nobody of must not swallow it."""
    bench.house.outbox.routes.set({})
    bench.happenings.put(seen("a", at_s=0))
    await bench.told.get()
    bench.house.outbox.routes.set({"phone": frozenset({Part.TEXT})})
    bench.happenings.put(seen("b", at_s=3, camera=YARD))
    event = await bench.told.get()
    (delivery,) = bench.house.outbox.waiting("phone")
    assert bench.house.outbox.alert(delivery).event == event.id


async def test_a_camera_that_is_added_while_an_event_is_being_closed_disturbs_nothing(bench):
    bench.happenings.put(seen())
    event = await bench.told.get()
    bench.happenings.looker_restarted()
    record = bench.house.outbox.record

    async def add_one(change, alert):
        bench.renew(CONFIG + "[camera.garage]\n")
        await record(change, alert)

    bench.house.outbox.record = add_one
    assert await bench.closed(30) == event.id
    bench.happenings.put(seen("b", at_s=40, camera=CameraId("garage")))
    assert (await bench.told.get()).camera == "garage"


async def test_without_incidents_each_camera_tells(bench):
    bench.renew(CONFIG + "[alerts]\nincident_s = 0\n")
    bench.happenings.put(seen("a", at_s=0))
    await bench.told.get()
    bench.happenings.put(seen("b", at_s=3, camera=YARD))
    await bench.told.get()
    assert [one.alert.title for one in await bench.alerts()] == ["Front: person", "yard: person"]


REMINDED = CONFIG.replace("alerts.send_picture = true", "alerts.remind_s = 300")


async def passes(bench: Bench, seconds: float) -> list[str]:
    """Let time pass and return the titles of all alerts there are then."""
    bench.house.clock.advance(seconds)
    for _ in range(2):  # the second is taken after all that came of the first
        await bench.settled(label="car")
    return [one.alert.title for one in await bench.alerts()]


async def test_a_visitor_who_stays_is_told_again_until_he_goes(bench):
    bench.renew(REMINDED)
    bench.happenings.put(seen())
    await bench.told.get()
    assert await passes(bench, 290) == ["Front: person"]
    assert await passes(bench, 11) == ["Front: person", "Front: person still there"]
    assert len(await passes(bench, 290)) == 2
    bench.mode = Mode.DISARMED
    assert len(await passes(bench, 11)) == 2
    bench.mode = Mode.AWAY
    assert len(await passes(bench, 301)) == 3
    assert [delivery.part for delivery in bench.house.outbox.waiting("phone")] == [Part.TEXT] * 3
    bench.happenings.put(seen(state=TrackState.LOST, at_s=905))
    assert len(await passes(bench, 6)) == 3
    assert len(await passes(bench, 900)) == 3


async def test_without_a_wish_nobody_is_told_twice(bench):
    bench.happenings.put(seen())
    await bench.told.get()
    assert await passes(bench, 3600) == ["Front: person"]


async def test_a_house_that_was_restarted_knows_when_it_told_last(bench):
    bench.renew(REMINDED)
    bench.happenings.put(seen())
    await bench.told.get()
    await passes(bench, 250)
    await bench.close()
    again = Bench(bench.house, REMINDED)
    again.house.outbox._alerts.clear()
    again.happenings.resume(await bench.house.db.run(ledger.left_open))
    again.happenings.put(seen("other-name", at_s=250.5))
    assert await passes(again, 20) == ["Front: person"]
    assert await passes(again, 35) == ["Front: person", "Front: person still there"]
    await again.close()


async def test_no_alert_waits_for_a_disk_that_hangs(bench):
    bench.happenings.put(seen())
    await bench.told.get()
    bench.house.wait_for_the_disk(0.5)
    bench.house.db.thaws = asyncio.Event()
    async with asyncio.timeout(60):
        bench.happenings.put(seen(state=TrackState.ENDED, at_s=5))
        bench.happenings.put(seen("t2", at_s=40, camera=YARD, label="dog"))
        second = await bench.told.get()
    titles = [bench.house.outbox.alert(each).title for each in bench.house.outbox.waiting("phone")]
    assert (second.camera, titles) == (YARD, ["Front: person", "yard: dog"])
    assert bench.stored.empty(), "the first event's end is read when the disk answers"
    bench.house.db.thaws.set()
