from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC

import pytest
from tests.cli.conftest import Home

from hearthwatch.arming import machine
from hearthwatch.cli.status import lines
from hearthwatch.feeds.packet import Codec, Gap, GapReason, Stream
from hearthwatch.health.outage import Fault, Outage
from hearthwatch.kit.mailbox import BoxCount
from hearthwatch.kit.units import US_PER_S, CameraId, WallUs
from hearthwatch.recording.forecast import Bound, CameraForecast, Forecast, Stay
from hearthwatch.recording.segment import FootageClass
from hearthwatch.run.status import GapSum, Status, gap_sum
from hearthwatch.web.doors import CameraNow, CameraState, DetectorNow, StreamNow

NOW = WallUs(1_700_000_000 * US_PER_S)
FRONT = CameraId("front")
BOX = BoxCount(name="looker/front", put=900, dropped=7, waiting=0)


def stream(kind: Stream, width_px: int, height_px: int) -> StreamNow:
    return StreamNow(
        stream=kind,
        state=CameraState.LIVE,
        codec=Codec.H264,
        width_px=width_px,
        height_px=height_px,
        fps=9.97,
        kbit_per_s=789.9,
        last_us=NOW,
        has_audio=False,
        boxes=(BOX,),
    )


STATUS = Status(
    name="Home",
    version="1.2.3",
    arming=machine.first(WallUs(NOW - 93_784 * US_PER_S)),
    now_us=NOW,
    started_us=WallUs(NOW - 93_784 * US_PER_S),
    cameras=(
        CameraNow(
            id=FRONT,
            name="Front door",
            state=CameraState.LIVE,
            cause="",
            since_us=NOW,
            streams=(stream(Stream.MAIN, 1280, 720), stream(Stream.SUB, 640, 360)),
            kept_from_us=WallUs(NOW - 86_400 * US_PER_S),
        ),
        CameraNow(
            id=CameraId("garden"),
            name="Garden",
            state=CameraState.REFUSED,
            cause="the camera refuses the password",
            since_us=NOW,
            streams=(),
            recorded=False,
        ),
    ),
    gaps=(GapSum(camera=FRONT, count=2, lost_us=65 * US_PER_S, reason="network"),),
    outages=(Outage(fault=Fault.DISK_FULL, camera=None, subject="footage", start_us=NOW, end_us=None, detail="Make room."),),
    detector=DetectorNow(
        name="hog",
        basic=True,
        labels=("person",),
        fetching=False,
        fetch_name="best",
        fetch_bytes=1,
        fetch_licence="",
        fetch_host="",
        error="",
    ),
    channels=("telegram", "email"),
    footage_folder="/data/footage",
    footage_used_bytes=2_500_000_000,
    footage_free_bytes=80_000_000_000,
    days_fit=7.0,
    forecast=Forecast(
        days=7.0,
        bound=Bound.RULES,
        disk_days=571.4,
        room_bytes=4_000_000_000_000,
        bytes_per_day=7_000_000_000,
        cameras=(
            CameraForecast(
                camera=FRONT,
                days=7.0,
                bound=Bound.RULES,
                stays=(
                    Stay(footage_class=FootageClass.CONTINUOUS, bytes_per_day=6_000_000_000, days=7.0, bound=Bound.RULES),
                    Stay(footage_class=FootageClass.EVENT, bytes_per_day=1_000_000_000, days=29.6, bound=Bound.DISK),
                ),
            ),
        ),
    ),
)


RULED = (
    "    7.0 GB a day: all of the last 7.0 days will be there, then the rules take it (storage.keep_…_days); "
    "the disk alone would hold 571 days"
)


def test_the_status_on_one_screen() -> None:
    assert list(lines(STATUS, UTC)) == [
        "Home: Hearthwatch 1.2.3, running for 1 d 2 h",
        "Armed since Mon 13 Nov 20:10:16, as ever while nobody is set up.",
        "camera front: live",
        "    main h264 1280x720, 10 a second, 790 kbit/s; sub h264 640x360, 10 a second, 790 kbit/s",
        "    recorded since 2023-11-13 22:13:20; last 24 h: 1 min 5 s lost in 2 gaps (last: network); 7 packets skipped in looking",
        "camera garden: refused, not recorded (record = never): the camera refuses the password",
        "    last 24 h: nothing lost; 0 packets skipped in looking",
        "detector: hog; basic: people only, `hearthwatch models fetch` gets the better one",
        "footage: 2.5 GB in /data/footage, 80.0 GB free",
        RULED,
        "    front: 7.0 GB a day; without motion 7.0 days (rules); events 30 days (disk)",
        "copies elsewhere: none ([offsite] says where to)",
        "alerts go to: telegram, email",
        "! footage: disk-full since 2023-11-14 22:13:20: Make room.",
    ]


def test_a_quiet_house_without_channels() -> None:
    quiet = replace(STATUS, gaps=(), outages=(), channels=(), days_fit=None, forecast=None, cameras=())
    assert list(lines(quiet, UTC))[3:] == [
        "footage: 2.5 GB in /data/footage, 80.0 GB free",
        "copies elsewhere: none ([offsite] says where to)",
        "alerts go to: the page alone (no channel is set up)",
    ]


def test_gaps_count_within_the_day_alone() -> None:
    def gap(start_s: int, end_s: int | None) -> Gap:
        end_us = None if end_s is None else WallUs(NOW + end_s * US_PER_S)
        return Gap(
            camera=FRONT,
            stream=Stream.MAIN,
            start_us=WallUs(NOW + start_s * US_PER_S),
            end_us=end_us,
            reason=GapReason.NETWORK if end_s is not None else GapReason.US,
        )

    since_us = WallUs(NOW - 100 * US_PER_S)
    summed = gap_sum(FRONT, [gap(-500, -90), gap(-50, -45), gap(-3, None)], since_us, NOW)
    assert summed == GapSum(camera=FRONT, count=3, lost_us=18 * US_PER_S, reason="us")


@pytest.mark.wired
def test_no_house_runs(empty_home: Home) -> None:
    ran = empty_home.run("status")
    assert (ran.code, ran.out) == (1, "")
    assert ran.err == f"Hearthwatch is not running with the data folder {empty_home.data}, or is just starting\n"
    assert json.loads(empty_home.run("status", "--json").out) == {"running": False}
