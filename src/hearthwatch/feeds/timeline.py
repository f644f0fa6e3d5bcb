"""Stamps that can be trusted: repairs what cameras get wrong and puts media time on the wall clock. Pure, no I/O."""

from __future__ import annotations

import heapq
from collections import deque

from hearthwatch.feeds.nal import reorder_pictures
from hearthwatch.feeds.packet import Codec, Kind, Packet, StreamInfo
from hearthwatch.kit.errors import HearthwatchError
from hearthwatch.kit.units import NS_PER_S, US_PER_S, MonoNs, WallUs

JUMP_S = 10.0
SLIGHT_S = 0.5
HOLE_S = 1.0
ADRIFT_S = 2.0
SLEW_PPM = 500
RUNAWAY_PPM = 10_000
_WRAPS = (1 << 32, 1 << 33)
_WINDOW_US = 30 * US_PER_S
_REORDER_WINDOW = 25
_REORDERING = frozenset({Codec.H264, Codec.H265})
_VIDEO = Kind.VIDEO
"""Reading a member off its class is a call into `enum`, which every packet would pay."""


class Discontinuity(HearthwatchError):
    """The camera's stamps jumped further than can be repaired: the run must end and a new one start with this packet."""


class TrackLine:
    """Decode and presentation stamps of one track: rebased to a start of our choice, rising, without wraps and small faults.

    A step that the receive clock does not confirm is taken out; one of more than 10 s is noted in `jumped_s`. RTP
    wraps at 2**32 ticks, MPEG-TS at 2**33. Where a feed knows only presentation stamps (dts equal to pts) and pictures
    come reordered, decode stamps are derived from them; `reorder_pictures` is how far, where the stream says so itself.
    """

    def __init__(self, ticks_per_s: int, start_ticks: int = 0, reorder_pictures: int = 0) -> None:
        self._rate = ticks_per_s
        self._start = start_ticks
        self._offset: int | None = None
        self._raw = 0
        self._out = start_ticks
        self._received_ns = MonoNs(0)
        self._step = max(1, ticks_per_s // 10)
        self._nudges = 0
        self._reorder = _Reorder(reorder_pictures)
        self.jumped_s: float | None = None
        """How far the stamps last jumped. What follows is placed by its time of arrival."""

    @property
    def step_ticks(self) -> int:
        """The distance between packets as last seen: what the last packet of a run is taken to last."""
        return self._step

    @property
    def end_ticks(self) -> int:
        return self._out + self._step

    def place(self, pts: int | None, dts: int | None, received_ns: MonoNs) -> tuple[int, int]:
        """Return the repaired (pts, dts) of the next packet in decode order."""
        if self._offset is not None and dts is not None and pts == dts and self._reorder.is_idle:
            step = dts - self._raw
            if 0 < step < self._rate:
                # as nearly all packets come: nothing below would change them
                self._raw, self._step, self._nudges, self._received_ns = dts, step, 0, received_ns
                self._reorder.last_pts = dts
                self._out = out = max(self._out + 1, dts + self._offset)
                return out, out
        given = dts if dts is not None else pts
        if self._offset is None:
            raw = given or 0
            self._offset = self._start - raw
            out = self._start
            if pts == dts or dts is None:
                self._reorder.begin(raw)
            else:
                self._reorder = _Reorder(0)  # this feed knows when to decode
        else:
            raw, out = self._follow(given, received_ns, only_pts=pts == dts or dts is None)
        self._raw, self._out, self._received_ns = raw, out, received_ns
        shown = out
        if pts is not None:
            shown = self._unwrap(pts, raw) + self._offset
            if abs(shown - out) > self._rate * JUMP_S / 2 or (shown < out and not self._reorder.active):
                shown = out
        return shown, out

    def _follow(self, given: int | None, received_ns: MonoNs, *, only_pts: bool) -> tuple[int, int]:
        assert self._offset is not None
        elapsed = max(0, (received_ns - self._received_ns) * self._rate // NS_PER_S)
        if given is None:
            raw = self._raw + self._step
            return raw, max(self._out + 1, raw + self._offset)
        raw = self._unwrap(given, self._raw)
        if only_pts:
            raw = self._reorder.decode_stamp(raw, self._raw, slight=int(self._rate * SLIGHT_S))
        step = raw - self._raw
        far = step < -self._rate * JUMP_S or (step > self._rate * JUMP_S and abs(step - elapsed) > self._rate * HOLE_S)
        if far:
            self.jumped_s = step / self._rate
        if far or step < -self._rate * SLIGHT_S or step > elapsed + self._rate * HOLE_S or (step <= 0 and self._nudges >= 5):
            out = self._out + max(1, elapsed)
            self._offset = out - raw
            return raw, out
        if step > 0:
            self._nudges = 0
            if step < self._rate:
                self._step = step
        else:
            self._nudges += 1
        return raw, max(self._out + 1, raw + self._offset)

    def _unwrap(self, raw: int, near: int) -> int:
        if abs(raw - near) <= self._rate * JUMP_S:
            return raw
        for wrap in _WRAPS:
            unwrapped = raw + round((near - raw) / wrap) * wrap
            if abs(unwrapped - near) <= self._rate * JUMP_S:
                return unwrapped
        return raw


class _Reorder:
    """Decode stamps for a stream that only tells when pictures are shown.

    One backward step is a fault of the camera's clock; several in a row of 25 are pictures sent out of order (B-frames).
    Then the decode stamp is the smallest of the last few presentation stamps not yet used.
    """

    def __init__(self, depth: int) -> None:
        self._count = 0
        self._backward: deque[int] = deque()
        self.last_pts: int | None = None
        self.is_idle = not depth
        """No backward step is remembered: a stamp that rises may be kept as `last_pts` without asking."""
        self._depth = depth
        self._waiting: list[int] = []
        self._last = 0

    @property
    def active(self) -> bool:
        return self._depth > 0

    def begin(self, pts: int) -> None:
        """Take the first stamp of a line: that of a key frame, which is shown first."""
        self._last = self.last_pts = pts
        if self._depth:
            self._waiting.append(pts)

    def decode_stamp(self, pts: int, previous: int, *, slight: int) -> int:
        back = self.last_pts is not None and -slight <= pts - self.last_pts < 0
        self.last_pts = pts
        if not self._depth:
            self._count += 1
            if back:
                self._backward.append(self._count)
            while self._backward and self._backward[0] <= self._count - _REORDER_WINDOW:
                self._backward.popleft()
            self.is_idle = not self._backward
            if len(self._backward) < 3:
                return pts
            self._depth, self._last = 1, previous
        if abs(pts - previous) > 2 * slight:
            self._waiting.clear()
            return pts
        heapq.heappush(self._waiting, pts)
        if len(self._waiting) <= self._depth:
            return previous
        stamp = heapq.heappop(self._waiting)
        if stamp < self._last and self._depth < 4:
            self._depth += 1
        self._last = stamp
        return stamp


class WallLine:
    """Wall time of a run: starts at the least-delayed packet and follows our clock by at most 500 ppm.

    A camera whose clock is worse is followed by a new run where it is slow, and faster where it is quick: a new run
    cannot start before the old one ended.

    The delay of a packet is never negative, so that (seen on the wall - media time) is smallest for the packet that
    waited least on its way: the minimum over the last half to one minute is what the camera's clock says.
    """

    def __init__(self, start_us: WallUs, least_us: int) -> None:
        """`start_us` is what media time 0 is called, `least_us` what the least-delayed packet seen so far says it was."""
        self._offset_us = float(start_us)
        self._previous_us = self._current_us = float(least_us)
        self._window_end_us = _WINDOW_US
        self._media_us = 0

    @property
    def adrift(self) -> bool:
        """Footage is stamped ever earlier than it came: the next key frame should start a new run, later."""
        return self._error_us() > ADRIFT_S * US_PER_S

    def see(self, media_us: int, seen_us: int) -> None:
        """Learn that the packet of `media_us` since the start of the run was received when the wall clock said `seen_us`."""
        offset = float(seen_us - media_us)
        if media_us >= self._window_end_us:
            self._previous_us, self._current_us = self._current_us, offset
            self._window_end_us = media_us + _WINDOW_US
        self._current_us = min(self._current_us, offset)
        error_us = self._error_us()
        ppm = SLEW_PPM if error_us > -ADRIFT_S * US_PER_S else RUNAWAY_PPM
        most = max(0, media_us - self._media_us) * ppm / 1_000_000
        self._media_us = max(self._media_us, media_us)
        self._offset_us += max(-most, min(most, error_us))

    def _error_us(self) -> float:
        return min(self._previous_us, self._current_us) - self._offset_us

    def at(self, media_us: int) -> WallUs:
        """Return the wall time of `media_us`."""
        return WallUs(round(self._offset_us) + media_us)


class Timeline:
    """Places the packets of one run: ticks near 0 at its start, wall time by `WallLine`, both tracks on one line.

    `first` are the packets held back until the stream arrived at its own pace, video first; `offset_us` is wall minus
    monotonic time in microseconds; `not_before_us` is where the footage before this run ended.
    """

    def __init__(self, info: StreamInfo, first: tuple[Packet, ...], offset_us: int, not_before_us: WallUs) -> None:
        self._info = info
        lead = first[0]
        self._origin_ns = lead.received_ns
        self._origin_s = lead.dts_ticks / info.video.ticks_per_s
        self._video_rate = info.video.ticks_per_s
        self._video_line = _video_line(info)
        self._audio_line: TrackLine | None = None
        least_us = _least_delayed_us(first, info) + offset_us
        self.start_us = WallUs(max(least_us, not_before_us))
        self._wall = WallLine(self.start_us, least_us)
        self._last_us = self.start_us

    @property
    def adrift(self) -> bool:
        return self._wall.adrift

    @property
    def end_us(self) -> WallUs:
        """Where the footage placed so far ends; the last packet is taken to last as long as the one before."""
        return WallUs(self._last_us + self._video_line.step_ticks * US_PER_S // self._video_rate)

    def place(self, packet: Packet, offset_us: int) -> Packet:
        """Return `packet` with its stamps repaired and its wall time set.

        After a jump of the stamps packets go on to be placed, so that none is lost, up to the next key frame: Discontinuity."""
        if packet.kind is _VIDEO:
            pts, dts = self._video_line.place(packet.pts_ticks, packet.dts_ticks, packet.received_ns)
            if packet.is_key and (jumped_s := self._jumped_s()) is not None:
                raise Discontinuity(f"the camera's time stamps jumped by {jumped_s:+.1f} s")
            media_us = dts * US_PER_S // self._video_rate
            self._wall.see(media_us, packet.received_ns // 1000 + offset_us)
            wall_us = self._last_us = max(self._wall.at(media_us), self._last_us)
        else:
            line, rate = self._sound(packet)
            pts, dts = line.place(packet.pts_ticks, packet.dts_ticks, packet.received_ns)
            wall_us = self._wall.at(dts * US_PER_S // rate)
        return Packet(
            camera=packet.camera,
            stream=packet.stream,
            kind=packet.kind,
            data=packet.data,
            pts_ticks=pts,
            dts_ticks=dts,
            is_key=packet.is_key,
            received_ns=packet.received_ns,
            wall_us=wall_us,
        )

    def _jumped_s(self) -> float | None:
        if self._video_line.jumped_s is None and self._audio_line is not None:
            return self._audio_line.jumped_s
        return self._video_line.jumped_s

    def _sound(self, packet: Packet) -> tuple[TrackLine, int]:
        assert self._info.audio is not None
        rate = self._info.audio.ticks_per_s
        if self._audio_line is None:
            self._audio_line = TrackLine(rate, self._audio_start(packet, rate))
        return self._audio_line, rate

    def _audio_start(self, packet: Packet, rate: int) -> int:
        """Keep the feed's relation of sound to picture where it is believable, else go by the time of arrival."""
        arrived_s = (packet.received_ns - self._origin_ns) / NS_PER_S
        stamped_s = packet.dts_ticks / rate - self._origin_s
        return max(0, round((stamped_s if abs(stamped_s - arrived_s) < HOLE_S else arrived_s) * rate))


def _video_line(info: StreamInfo) -> TrackLine:
    video = info.video
    depth = reorder_pictures(video.codec, video.extradata) if video.codec in _REORDERING else 0
    return TrackLine(video.ticks_per_s, reorder_pictures=depth)


def _least_delayed_us(first: tuple[Packet, ...], info: StreamInfo) -> int:
    """Return the monotonic time at which the run began, by the packet that waited least on its way."""
    line, rate = _video_line(info), info.video.ticks_per_s
    least_us = first[0].received_ns // 1000
    for packet in first:
        if packet.kind is Kind.VIDEO:
            _, dts = line.place(packet.pts_ticks, packet.dts_ticks, packet.received_ns)
            least_us = min(least_us, packet.received_ns // 1000 - dts * US_PER_S // rate)
    return least_us
