"""What left this house is counted truly, and what cannot be counted says so."""

from __future__ import annotations

from hearthwatch.kit.clock import FakeClock
from hearthwatch.kit.traffic import Sent, Traffic, request_bytes


def test_sums_and_the_last_time():
    clock = FakeClock()
    traffic = Traffic(clock)
    traffic.sent("mqtt", 10)
    clock.advance(5)
    traffic.sent("mqtt", 32)
    traffic.sent("alerts.apprise", None)
    traffic.sent("alerts.apprise", 9)
    assert traffic.now() == {
        "mqtt": Sent(times=2, sent_bytes=42, last_us=clock.wall_us()),
        "alerts.apprise": Sent(times=2, sent_bytes=None, last_us=clock.wall_us()),
    }


def test_ways_without_end_are_not_kept():
    traffic = Traffic(FakeClock())
    for number in range(1000):
        traffic.sent(f"host-{number}", 1)
    assert len(traffic.now()) == 256
    traffic.sent("host-0", 1)
    assert traffic.now()["host-0"].times == 2


def test_a_request_is_as_long_as_it_goes_out():
    sent = b"POST /a/b?c=1 HTTP/1.1\r\nHost: x.org\r\nContent-Length: 5\r\n\r\nhello"
    headers = {"Host": "x.org", "Content-Length": "5"}
    assert request_bytes("POST", "https://x.org/a/b?c=1", headers, 5) == len(sent)
    assert request_bytes("GET", "http://x.org", {}) == len(b"GET / HTTP/1.1\r\n\r\n")
