"""Who answers the call for cameras is heard, however much somebody else says."""

from __future__ import annotations

from tests.devices.discoverable import match, nonsense

from hearthwatch.vendors.onvif_discovery import _Ear


def test_a_flood_of_answers_of_one_leaves_the_others_heard() -> None:
    ear = _Ear()
    for _ in range(4):
        for one in nonsense("10.0.0.66"):
            ear.datagram_received(one, ("10.0.0.66", 3702))
    for number in range(1000):
        ear.datagram_received(match(f"10.0.1.{number % 250}"), ("10.0.0.67", 3702))
    ear.datagram_received(match("10.0.0.21"), ("10.0.0.21", 3702))
    ear.datagram_received(match("10.0.0.21"), ("10.0.0.21", 3702))
    answers = ear.answers()
    assert [one.host for one in answers.cameras] == ["10.0.0.21"]
    assert answers.ignored > 900
