"""Which alert goes which way: a table of rules and alerts."""

from __future__ import annotations

from itertools import count

import pytest
from tests.alerts.house import BERLIN, FRONT, an_event

from hearthwatch.alerts.alert import Alert, AlertId, Severity
from hearthwatch.alerts.policy import CameraAlerts, Policy
from hearthwatch.alerts.route import RouteOptions, Topic
from hearthwatch.alerts.routing import Routing, topic_of, way_fault
from hearthwatch.arming.arming import Mode
from hearthwatch.events.event import Change, ChangeKind
from hearthwatch.health.outage import Fault, Outage
from hearthwatch.kit.units import CameraId, MonoNs, WallUs

EVENING = WallUs(1_700_000_000_000_000)  # Tuesday 2023-11-14 23:13:20 in Berlin
MORNING = WallUs(EVENING - 14 * 3_600_000_000)  # 09:13:20
NAMES = {"telegram:2000": "Anna", "telegram:3000": "Tom", "push:k9": "Anna"}


def policy() -> Policy:
    numbers = count(1)
    cameras = {FRONT: CameraAlerts(name="Front"), CameraId("yard"): CameraAlerts(name="Yard")}
    return Policy(home="Home", zone=BERLIN, cameras=cameras, ids=lambda: f"A{next(numbers)}")


def visitor(label: str = "person", camera: str = FRONT, at_us: WallUs = EVENING) -> Alert:
    change = Change(kind=ChangeKind.OPENED, event=an_event(label=label, camera=CameraId(camera)), tell=True)
    alert = policy().on_event(change, Mode.AWAY, snoozed_until_us=WallUs(0), now_us=at_us, decided_ns=MonoNs(0))
    assert alert is not None
    return alert


def outage(camera: str | None) -> Alert:
    fault = Fault.CAMERA_UNREACHABLE if camera else Fault.DISK_FULL
    found = Outage(
        fault=fault, camera=CameraId(camera) if camera else None, subject=camera or "disk", start_us=EVENING, end_us=None,
        detail="",
    )  # fmt: skip
    return policy().on_outage(found, now_us=EVENING)


def door(key: str = "login/front/7", severity: Severity = Severity.WARN) -> Alert:
    return Alert(id=AlertId("L"), event="", camera=FRONT, severity=severity, title="", text="", at_us=EVENING, dedupe_key=key)


@pytest.mark.parametrize(
    ("alert", "topic"),
    [
        (visitor(), Topic.VISITORS),
        (outage(FRONT), Topic.CAMERAS),
        (outage(None), Topic.HOUSE),
        (door(), Topic.DOORS),
        (door("copy/8"), Topic.DOORS),
        (policy().notice("runs", "", key="start", now_us=EVENING), Topic.HOUSE),
    ],
)
def test_an_alert_is_about_one_thing(alert: Alert, topic: Topic) -> None:
    assert topic_of(alert) is topic


ALL = ("visitors", "cameras", "doors", "house")


@pytest.mark.parametrize(
    ("route", "alert", "goes"),
    [
        pytest.param({}, visitor(), True, id="nothing said: everything goes"),
        pytest.param({}, outage(None), True, id="nothing said: the house, too"),
        pytest.param({"topics": ()}, outage(None), False, id="no topic: nothing"),
        pytest.param({"topics": (Topic.DOORS,)}, visitor(), False, id="only doors: no visitor"),
        pytest.param({"topics": (Topic.DOORS,)}, door(), True, id="only doors: a log-in"),
        pytest.param({"cameras": (FRONT,)}, visitor(), True, id="this camera"),
        pytest.param({"cameras": (FRONT,)}, visitor(camera="yard"), False, id="another camera"),
        pytest.param({"cameras": (FRONT,)}, outage("yard"), False, id="another camera that is away"),
        pytest.param({"cameras": (FRONT,)}, outage(None), True, id="what is about no camera"),
        pytest.param({"labels": ("person",)}, visitor(), True, id="this label"),
        pytest.param({"labels": ("person",)}, visitor("dog"), False, id="another label"),
        pytest.param({"labels": ("person",)}, outage(FRONT), True, id="labels are of visitors alone"),
        pytest.param({"importance": Severity.URGENT}, visitor(), True, id="a person is urgent"),
        pytest.param({"importance": Severity.URGENT}, visitor("dog"), False, id="a dog is not"),
        pytest.param({"importance": Severity.WARN}, door(severity=Severity.INFO), False, id="for information only"),
        pytest.param({"times": ("22:00-06:00",)}, visitor(), True, id="at night"),
        pytest.param({"times": ("22:00-06:00",)}, visitor(at_us=MORNING), False, id="in the morning"),
        pytest.param({"times": ("sat,sun 00:00-24:00",)}, visitor(), False, id="not on a Tuesday"),
    ],
)
def test_a_way_takes_what_its_section_says(route: dict, alert: Alert, goes: bool) -> None:
    routing = Routing({"email": RouteOptions(**route)}, BERLIN)
    assert routing.takes("email", alert) is goes
    assert routing.takes("webhook", alert)


def test_what_is_said_of_a_person_goes_before_what_is_said_of_all() -> None:
    ways = {
        "telegram": RouteOptions(topics=(Topic.HOUSE,)),
        "telegram:Anna": RouteOptions(labels=("dog",)),
        "push:Tom": RouteOptions(topics=()),
    }
    routing = Routing(ways, BERLIN, lambda channel: NAMES.get(channel, ""))
    assert [routing.takes(way, visitor("dog")) for way in ("telegram:2000", "telegram:3000", "telegram:4000")] == [
        True,
        False,
        False,
    ]
    assert routing.takes("telegram:3000", outage(None))
    assert routing.takes("push:k9", visitor())
    assert not routing.takes("telegram:2000", visitor())


@pytest.mark.parametrize(
    ("way", "said"),
    [
        ("telegram", None),
        ("telegram:Anna", None),
        ("push:Anna", None),
        ("mqtt", None),
        ("sms", "no way"),
        ("email:Anna", "by person"),
        ("telegram:", "nobody"),
        ("", "no way"),
    ],
)
def test_the_name_of_a_way_is_checked(way: str, said: str | None) -> None:
    fault = way_fault(way)
    assert (fault is None) if said is None else (fault is not None and said in fault)
