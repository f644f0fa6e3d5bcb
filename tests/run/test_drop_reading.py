"""What mails and uploads mean: which alarm, when it was, and which pictures belong together."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from tests.ingest.letters import OLDER_DIALECT

from hearthwatch.events.event import EventKind
from hearthwatch.ingest.drop import Drop, DropId, Media, Via
from hearthwatch.kit.units import CameraId, WallUs, from_datetime
from hearthwatch.run.drop_reading import meaning, moment, start_of_clip, tampering
from hearthwatch.run.drop_series import series_of

S = 1_000_000
BERLIN = ZoneInfo("Europe/Berlin")
NOW_US = from_datetime(dt.datetime(2024, 1, 10, 14, 48, 50, tzinfo=dt.UTC))
"""15:48:50 in Berlin."""


def drop(
    number: int = 1,
    *,
    via: Via = Via.MAIL,
    media: Media = Media.JPEG,
    text: str = "",
    subject: str = "",
    name: str = "",
    at_us: int = NOW_US,
    took_s: float = 1,
) -> Drop:
    return Drop(
        id=DropId(f"{number:026d}"),
        camera=CameraId("gate"),
        via=via,
        media=media,
        size_bytes=1,
        begun_us=WallUs(at_us - round(took_s * S)),
        received_us=WallUs(at_us),
        address="10.0.0.7",
        name=name,
        subject=subject,
        text=text,
    )


def alarm_text(event: str, when: str = "10/01/2024 15:48:47") -> str:
    return f"Alarm Event: {event}\r\nAlarm Input Channel: 1\r\nAlarm Start Time(D/M/Y H:M:S): {when}\r\n"


@pytest.mark.parametrize(
    ("mail", "kind", "label"),
    [
        (drop(text=alarm_text("Motion Detection")), EventKind.MOTION, ""),
        (drop(text=alarm_text("Motion Detection Start")), EventKind.MOTION, ""),
        (drop(text=alarm_text("Tamper Detect")), EventKind.TAMPER, "tamper"),
        (drop(text=alarm_text("Intrusion")), EventKind.ALARM, "crossing"),
        (drop(text=alarm_text("Something New")), EventKind.ALARM, "alarm"),
        (drop(text=OLDER_DIALECT), EventKind.MOTION, ""),
        (drop(subject="Reolink alert", text="Motion detected on Front"), EventKind.MOTION, ""),
        (drop(subject="IPCamera: sound alarm"), EventKind.ALARM, "audio"),
        (drop(subject="Alarm"), EventKind.ALARM, "alarm"),
        (drop(), EventKind.ALARM, "alarm"),
    ],
)
def test_a_mail_says_what_happened(mail: Drop, kind: EventKind, label: str) -> None:
    sensed = meaning(mail)
    assert sensed is not None
    assert (sensed.kind, sensed.labels) == (kind, (label,))
    assert (tampering(mail) is not None) is (kind is EventKind.TAMPER)


def test_the_tape_of_a_real_mail(test_data: Path) -> None:
    text = (test_data / "tapes" / "dahua" / "dahua-ipcmanview" / "mail-body-intrusion.txt").read_text()
    sensed = meaning(drop(text=text))
    assert sensed is not None
    assert (sensed.labels, sensed.detail) == (("crossing",), "the camera says by mail: Intrusion")
    assert moment(drop(text=text), BERLIN) == NOW_US - 3 * S, "15:48:47 by the camera's clock, within five seconds"
    assert moment(drop(text=text, at_us=NOW_US + 60 * S), BERLIN) == NOW_US + 60 * S, "else the arrival"


def test_an_upload_by_the_clock_is_no_event() -> None:
    assert meaning(drop(via=Via.FTP, media=Media.CLIP, name="/15.28.40-15.29.10[R][0@0][0].dav")) is None
    sensed = meaning(drop(via=Via.FTP, media=Media.CLIP, name="/x/15.28.40-15.29.10[M][0@0][0].dav"))
    assert sensed is not None
    assert (sensed.kind, sensed.detail) == (EventKind.MOTION, "the camera says by a file: 15.28.40-15.29.10[M][0@0][0].dav")


@pytest.mark.parametrize(
    ("name", "length_s", "took_s", "ago_s"),
    [
        ("/2024-01-10/001/dav/15/15.40.00-15.41.00[M][0@0][0].dav", 60, 5, 530),
        ("/Front_01_20240110154000.mp4", 60, 5, 530),
        ("/Front_01_20240110154840.mp4", 60, 5, 10),
        ("/Front_01_20240110170000.mp4", 60, 5, 65),
        ("/Front_01_19700101000012.mp4", 60, 5, 65),
        ("/Front_01_20230110154000.mp4", 60, 5, 65),
        ("/clip.mp4", 60, 5, 65),
        ("/clip.mp4", 60, 58, 60),
        ("/clip.mp4", 0, 5, 0),
    ],
)
def test_a_clip_is_placed_by_its_name_or_its_arrival(name: str, length_s: int, took_s: float, ago_s: int) -> None:
    clip = drop(via=Via.FTP, media=Media.CLIP, name=name, took_s=took_s)
    assert NOW_US - start_of_clip(clip, length_s * S, BERLIN) == ago_s * S


def test_pictures_shortly_after_each_other_belong_together() -> None:
    def picture(number: int, at_s: float) -> Drop:
        return drop(number, via=Via.FTP, at_us=NOW_US + round(at_s * S))

    mail = drop(4, at_us=NOW_US + 3 * S)
    found = list(series_of([picture(1, 0), picture(2, 1), picture(3, 2), mail, picture(5, 4), picture(6, 20)]))
    assert [[int(one.id) for one in series.drops] for series in found] == [[1, 2, 3], [4], [5], [6]]
    assert [series.is_pictures for series in found] == [True, False, True, True]
    assert found[-1].rests_in_s(WallUs(NOW_US + 21 * S)) == 4.0
    assert found[-1].rests_in_s(WallUs(NOW_US + 26 * S)) == 0.0
    assert found[-1].rests_in_s(WallUs(NOW_US - 26 * S)) == 0.0, "a clock that was set back keeps nobody waiting"
