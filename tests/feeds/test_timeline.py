"""Stamps of every bad kind, and two days of a camera whose clock is off."""

from __future__ import annotations

import random
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.feeds.packet_maker import START_NS, START_US, ListSink, PacketMaker

from hearthwatch.feeds.packet import Kind, Packet, Run, RunId, StreamInfo
from hearthwatch.feeds.runs import Runs
from hearthwatch.feeds.timeline import TrackLine, WallLine
from hearthwatch.kit.clock import FakeClock
from hearthwatch.kit.units import NS_PER_S, US_PER_S, CameraId, MonoNs, WallUs

FRAME = 9_000


def _ns(index: int) -> MonoNs:
    return MonoNs(START_NS + index * NS_PER_S // 10)


def _place(stamps: list[int | None]) -> list[int]:
    """Return the decode stamps of a 10 fps track that comes at its own pace."""
    line = TrackLine(90_000)
    return [line.place(stamp, stamp, _ns(index))[1] for index, stamp in enumerate(stamps)]


def test_first_packet_is_zero_and_steps_are_kept() -> None:
    assert _place([5_000_000, 5_009_000, 5_018_500]) == [0, 9_000, 18_500]


def test_missing_stamp_follows_the_step_seen_before() -> None:
    assert _place([100, 9_100, None, 27_100]) == [0, 9_000, 18_000, 27_000]


def test_equal_and_slightly_backward_stamps_rise_by_a_tick_and_the_line_heals() -> None:
    assert _place([0, 9_000, 9_000, 27_000]) == [0, 9_000, 9_001, 27_000]
    assert _place([0, 18_000, 9_000, 27_000]) == [0, 18_000, 18_001, 27_000]


def test_stamps_that_never_change_follow_the_clock_of_arrival() -> None:
    placed = _place([7] * 100)
    assert placed[-1] == pytest.approx(99 * FRAME, abs=7 * FRAME)


@pytest.mark.parametrize("bits", [32, 33])
def test_wrap_is_not_seen(bits: int) -> None:
    top = 1 << bits
    assert _place([top - 9_000, 0, 9_000]) == [0, 9_000, 18_000]


@pytest.mark.parametrize("jump_s", [10.5, 36_000.0, -10.5, -36_000.0])
def test_long_jump_is_noted_and_the_line_goes_on_by_the_clock_of_arrival(jump_s: float) -> None:
    base, line = 90_000 * 50_000, TrackLine(90_000)
    shift = round(jump_s * 90_000)
    stamps = [base, base + FRAME, base + 2 * FRAME + shift, base + 3 * FRAME + shift]
    assert [line.place(stamp, stamp, _ns(index))[1] for index, stamp in enumerate(stamps)] == [0, FRAME, 2 * FRAME, 3 * FRAME]
    assert line.jumped_s == pytest.approx(jump_s, abs=0.2)


@pytest.mark.parametrize("jump_s", [1.5, 9.5, -0.7, -9.5])
def test_shorter_jump_that_arrival_does_not_confirm_is_taken_out(jump_s: float) -> None:
    base, shift = 90_000 * 50_000, round(jump_s * 90_000)
    assert _place([base, base + FRAME, base + 2 * FRAME + shift, base + 3 * FRAME + shift]) == [0, FRAME, 2 * FRAME, 3 * FRAME]


def test_real_hole_is_kept_however_long() -> None:
    line = TrackLine(90_000)
    line.place(0, 0, MonoNs(START_NS))
    for hole_s in (5, 30):
        start = line.end_ticks - line.step_ticks
        placed = line.place(
            start + hole_s * 90_000, start + hole_s * 90_000, MonoNs(START_NS + (start // 90_000 + hole_s) * NS_PER_S)
        )
        assert placed == (start + hole_s * 90_000,) * 2


def test_reordered_pictures_get_decode_stamps_that_rise_and_keep_when_they_are_shown() -> None:
    maker = PacketMaker(b_frames=2, gop=31)
    shown = [maker.video(index).pts_ticks for index in range(30)]
    line = TrackLine(90_000)
    placed = [line.place(pts, pts, _ns(index)) for index, pts in enumerate(shown)]
    assert all(before[1] < after[1] for before, after in pairwise(placed))
    late = placed[10:]
    assert [pts + shown[0] for pts, _ in late] == shown[10:]
    assert all(pts >= dts for pts, dts in late)


def test_a_stream_that_says_how_it_reorders_is_in_order_from_its_first_picture() -> None:
    maker = PacketMaker(b_frames=2, gop=31)
    shown = [maker.video(index).pts_ticks for index in range(30)]
    line = TrackLine(90_000, reorder_pictures=1)
    placed = [line.place(pts, pts, _ns(index)) for index, pts in enumerate(shown)]
    assert [pts + shown[0] for pts, _ in placed] == shown
    assert all(before[1] < after[1] for before, after in pairwise(placed))
    assert all(pts >= dts for pts, dts in placed)


def test_given_decode_stamps_are_believed() -> None:
    maker = PacketMaker(b_frames=2, start_ticks=1_000_000)
    line = TrackLine(90_000, reorder_pictures=1)
    for index in range(40):
        packet = maker.video(index)
        assert line.place(packet.pts_ticks, packet.dts_ticks, packet.received_ns) == (
            packet.pts_ticks - 1_000_000,
            packet.dts_ticks - 1_000_000,
        )


@given(
    steps=st.lists(
        st.one_of(st.integers(-(1 << 33), 1 << 33), st.integers(-90_000, 180_000), st.none(), st.just(0)),
        min_size=2,
        max_size=60,
    ),
    gaps=st.lists(st.integers(0, 12_000), min_size=60, max_size=60),
)
def test_whatever_comes_is_rising(steps: list[int | None], gaps: list[int]) -> None:
    line, raw, now_ns, last = TrackLine(90_000), 0, START_NS, -1
    for step, gap_ms in zip(steps, gaps, strict=False):
        raw += step or 0
        now_ns += gap_ms * 1_000_000
        stamp = None if step is None else raw
        pts, dts = line.place(stamp, stamp, MonoNs(now_ns))
        assert dts > last
        assert abs(pts - dts) <= 5 * 90_000
        last = dts


def test_wall_time_starts_at_the_least_delayed_packet() -> None:
    """A server that first sends the 2 s it kept must not make everything 2 s late."""
    packets = []
    maker = PacketMaker()
    for index in range(25):
        packet = maker.video(index)
        arrived_ns = START_NS + max(0, index - 20) * NS_PER_S // 10
        packets.append(_received(packet, arrived_ns))
    sink = _pumped(packets, maker.info)
    assert sink.runs[0].start_us == START_US - 2 * US_PER_S
    assert sink.packets[-1].wall_us == START_US + 400_000


def test_wall_time_follows_by_at_most_500_ppm() -> None:
    wall = WallLine(WallUs(START_US), START_US)
    wall.see(0, START_US)
    before = wall.at(0)
    for second in range(1, 200):
        wall.see(second * US_PER_S, START_US + second * US_PER_S + 300_000)
        now = wall.at(second * US_PER_S)
        assert abs(now - before - US_PER_S) <= 501
        before = now


def test_sound_keeps_its_place_beside_the_picture() -> None:
    maker = PacketMaker(audio_hz=8_000)
    sink = _pumped(list(maker.packets(3)), maker.info)
    sound = [packet for packet in sink.packets if packet.kind is Kind.AUDIO]
    assert sound
    for packet in sound:
        true_us = START_US + (packet.received_ns - START_NS) // 1000
        assert abs(packet.wall_us - true_us) < 20_000
        assert abs(packet.pts_ticks / 8_000 - (packet.received_ns - START_NS) / NS_PER_S) < 0.001


def _received(packet: Packet, at_ns: int) -> Packet:
    return Packet(
        camera=packet.camera,
        stream=packet.stream,
        kind=packet.kind,
        data=packet.data,
        pts_ticks=packet.pts_ticks,
        dts_ticks=packet.dts_ticks,
        is_key=packet.is_key,
        received_ns=MonoNs(at_ns),
        wall_us=packet.wall_us,
    )


def _pumped(packets: list[Packet], info: StreamInfo) -> ListSink:
    sink, clock = ListSink(), FakeClock(START_US, START_NS)
    runs = Runs(CameraId("front"), packets[0].stream, [sink], clock=clock, ids=_ids())
    for packet in packets:
        clock.advance((packet.received_ns - clock.mono_ns()) / NS_PER_S)
        runs.take(packet, info)
    return sink


def _ids():
    count = iter(range(1_000_000))
    return lambda: RunId(f"run-{next(count)}")


@pytest.mark.long
@settings(max_examples=3, deadline=None)
@given(seed=st.integers(0, 10_000), ppm=st.integers(-400, 400))
def test_two_days_of_drift_reconnects_and_clock_steps(seed: int, ppm: int) -> None:
    """48 h at one frame in 4 s: wall stamps within 100 ms of the truth, nothing overlaps, every hole has a gap before it, no frame
    is lost. Up to the next key frame the truth is what the clock showed before it was set."""
    rng = random.Random(seed)
    clock, sink = FakeClock(START_US, START_NS), ListSink()
    maker = PacketMaker(fps=0.25, gop=4)
    runs = Runs(CameraId("front"), maker.stream, [sink], clock=clock, ids=_ids())
    truth: dict[int, int] = {}
    index, base, set_by_us = 0, rng.getrandbits(32), 0
    reconnects = sorted(rng.sample(range(43_200), 12))
    steps = sorted(rng.sample(range(43_200), 4))
    for tick in range(43_200):
        clock.advance(4.0)
        if steps and tick == steps[0]:
            steps.pop(0)
            step_s = rng.choice([-3600.0, -1.0, 1.0, 3600.0])
            clock.step_wall(step_s)
            set_by_us += round(step_s * US_PER_S)
        if reconnects and tick == reconnects[0]:
            reconnects.pop(0)
            runs.end("camera", "gone", maker.info)
            clock.advance(rng.uniform(1, 60))
            index, base = 0, rng.getrandbits(32)
        delay_s = 0.002 + min(rng.expovariate(100), 0.5)
        packet = maker.video(index)
        stamp = (base + round(index * 360_000 * (1 + ppm / 1e6))) % (1 << 32)
        received_ns = clock.mono_ns() + round(delay_s * NS_PER_S)
        set_by_us = 0 if packet.is_key else set_by_us
        truth[received_ns] = clock.wall_us() - set_by_us
        index += 1
        runs.take(
            Packet(
                camera=packet.camera,
                stream=packet.stream,
                kind=packet.kind,
                data=b"x",
                pts_ticks=stamp,
                dts_ticks=stamp,
                is_key=packet.is_key,
                received_ns=MonoNs(received_ns),
                wall_us=WallUs(0),
            ),
            maker.info,
        )
    runs.end("stopped", "", maker.info)
    worst = max(abs(packet.wall_us - truth[packet.received_ns]) for packet in sink.packets)
    assert worst < 100_000
    end_us, last = 0, None
    for item in sink.log:
        if isinstance(item, Run):
            assert item.start_us >= end_us
            last = None
        elif isinstance(item, Packet):
            assert last is None or (item.dts_ticks > last.dts_ticks and item.wall_us > last.wall_us)
            end_us, last = item.wall_us, item
        else:
            assert item.start_us >= end_us
            end_us = 0 if item.reason == "clock-step" else item.start_us
    assert len(sink.runs) == len(sink.gaps)
    assert len(sink.packets) == 43_200
