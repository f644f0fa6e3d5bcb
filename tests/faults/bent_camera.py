"""An RTSP camera of numbered pictures that does what it is told to, and the recorder that keeps it, both by one quick clock.

The pictures never rest: each has its moment, whether or not somebody looks. What is missing between the first and the last that
was kept is counted by the numbers inside the video.
"""

from __future__ import annotations

import asyncio
import random
import socket
import subprocess
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import Path
from typing import Self

import av

from hearthwatch.feeds.packet import Codec, Feed, Gap, Kind, Packet, PacketSink, Run, RunId, Stream, StreamInfo
from hearthwatch.feeds.packetize import RtpTrack
from hearthwatch.feeds.pump import Pump
from hearthwatch.feeds.rtsp import RtspFeed
from hearthwatch.feeds.sdp_offer import payload_type, tracks, write_sdp
from hearthwatch.feeds.source import Source, SourceKind
from hearthwatch.kit.clock import Clock, Stop, SystemClock
from hearthwatch.kit.units import NS_PER_S, CameraId, MonoNs, WallUs
from hearthwatch.recording.disk_thread import DiskThread
from hearthwatch.recording.index import IndexReader
from hearthwatch.recording.segment import Segment, StorageOptions
from hearthwatch.recording.store import open_store
from hearthwatch.recording.verify import verify
from hearthwatch.recording.walk import read_footage_at
from tests.devices.hostile_rtsp import PUBLIC, Gone, Hostile, Talk
from tests.devices.rtp_maker import interleaved
from tests.faults.numbered import samples_of
from tests.recording.packet_maker import Made

BENT = CameraId("bent")
_MARK = b"picture number: "
_FAR_US = WallUs(1 << 60)
_LONG = 20
"""Looks of 0.15 s."""


class QuickClock(SystemClock):
    """Wall and monotonic clock run `speed` times as fast as the machine's, waits are that much shorter."""

    def __init__(self, speed: float) -> None:
        self._speed = speed
        self._wall_us, self._mono_ns = super().wall_us(), super().mono_ns()

    def wall_us(self) -> WallUs:
        return WallUs(self._wall_us + (self.mono_ns() - self._mono_ns) // 1000)

    def mono_ns(self) -> MonoNs:
        return MonoNs(self._mono_ns + round((super().mono_ns() - self._mono_ns) * self._speed))

    def sleep(self, stop: Stop, seconds: float) -> bool:
        return stop.wait(seconds / self._speed)

    def until(self, at_ns: int, stop: Stop) -> bool:
        """Wait for a moment of `mono_ns`; True when stopped."""
        left_ns = at_ns - self.mono_ns()
        return stop.wait(left_ns / NS_PER_S / self._speed) if left_ns > 0 else stop.is_set()


@dataclass(frozen=True, slots=True, kw_only=True)
class Shot:
    """One packet of the camera and its moment, seconds after the first. `number` is None for sound."""

    at_s: float
    packet: Packet
    info: StreamInfo
    number: int | None
    stamp_s: float
    """What its time stamp says."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A stretch of the show: `count` pictures of a clip at a rate. `anew`: the camera ends its sessions before it."""

    made: Made
    count: int
    fps: float
    anew: bool = False
    stamp_shift_s: float = 0.0


@dataclass
class Show:
    """Everything the camera will ever send."""

    parts: Sequence[Part]
    shots: list[Shot] = field(default_factory=list)
    renewals_s: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        at_s, number = 0.0, 0
        for part in self.parts:
            if part.anew:
                self.renewals_s.append(at_s)
            begin_s = at_s
            video = [one for one in part.made.packets if one.kind is Kind.VIDEO]
            step_ticks = 90_000 / part.fps
            for index in range(part.count):
                one = video[index % len(video)]
                shown_later = one.pts_ticks - one.dts_ticks
                later_s = shown_later / max(1, _step_of(video)) / part.fps
                data = mark(part.made.info.video.codec, number) + one.data
                packet = replace(one, camera=BENT, data=data, dts_ticks=round(index * step_ticks), pts_ticks=0)
                stamp_s = at_s + later_s + part.stamp_shift_s
                self.shots.append(Shot(at_s=at_s, packet=packet, info=part.made.info, number=number, stamp_s=stamp_s))
                number += 1
                at_s = begin_s + (index + 1) / part.fps
            self._add_sound(part, begin_s, at_s)
        self.shots.sort(key=lambda shot: shot.at_s)
        self.ends_s = at_s

    def _add_sound(self, part: Part, begin_s: float, end_s: float) -> None:
        audio = part.made.info.audio
        sound = [one for one in part.made.packets if one.kind is Kind.AUDIO]
        if audio is None or len(sound) < 2:
            return
        step_s = (sound[1].dts_ticks - sound[0].dts_ticks) / audio.sample_hz
        for index in range(int((end_s - begin_s) / step_s)):
            at_s = begin_s + index * step_s
            one = replace(sound[index % len(sound)], camera=BENT, pts_ticks=0, dts_ticks=0)
            self.shots.append(Shot(at_s=at_s, packet=one, info=part.made.info, number=None, stamp_s=at_s + part.stamp_shift_s))


def _step_of(video: list[Packet]) -> int:
    return min(after.dts_ticks - before.dts_ticks for before, after in pairwise(video))


def mark(codec: Codec, number: int) -> bytes:
    """Return a message NAL that carries the number: user data, unregistered, which no decoder shows."""
    body = _MARK + f"{number:012d}".encode()
    head = bytes([6]) if codec is Codec.H264 else bytes([39 << 1, 1])
    nal = head + bytes([5, len(body)]) + body + b"\x80"
    return len(nal).to_bytes(4, "big") + nal


def marked(data: bytes) -> int | None:
    """Return the number a picture carries."""
    at = data.find(_MARK, 0, 2000)
    digits = data[at + len(_MARK) :][:12] if at >= 0 else b""
    return int(digits) if digits.isdigit() else None


Wire = Callable[[int, bytes], Iterable[bytes]]
"""Given the channel and an RTP packet: what goes over the wire in its place."""


def honest(channel: int, packet: bytes) -> Iterable[bytes]:
    yield interleaved(channel, packet)


@dataclass
class BentCamera:
    """Serves the show to one viewer at a time. `before` may bend the tracks before each shot; `reports` says what sender reports
    to send (bytes) and when; `udp` sends RTP by datagrams where the viewer wants that."""

    show: Show
    clock: QuickClock
    wire: Wire = honest
    before: Callable[[Shot, list[RtpTrack]], None] = lambda _shot, _tracks: None
    report: Callable[[Shot, list[RtpTrack]], bytes | None] = lambda _shot, _tracks: None
    start_stamp: int = 0
    sequence: int = 0
    zero_ns: int | None = None
    sent: dict[int, float] = field(default_factory=dict)
    over: threading.Event = field(default_factory=threading.Event)
    stop: Stop = field(default_factory=Stop)
    sessions: int = 0
    datagrams: list[tuple[str, int]] = field(default_factory=list)
    """Where the viewer wants each track, when it wants datagrams."""

    def serve(self, talk: Talk) -> None:
        """One connection; the show begins with the first PLAY."""
        info = self._info_now()
        channels: list[int] = []
        self.datagrams = datagrams = []
        while True:
            method, _url, fields = talk.request()
            if method == "OPTIONS":
                fields[">Public"] = PUBLIC
            elif method == "SETUP":
                fields[">Session"] = "77;timeout=600"
                wanted = fields["transport"]
                if "client_port=" in wanted:
                    ports = wanted.partition("client_port=")[2].partition(";")[0]
                    datagrams.append(("127.0.0.1", int(ports.partition("-")[0])))
                    fields[">Transport"] = f"RTP/AVP;unicast;client_port={ports};server_port=50000-50001"
                else:
                    channels.append(int(wanted.partition("interleaved=")[2].partition("-")[0]))
                    fields[">Transport"] = wanted
            talk.reply(fields, body=write_sdp(info, BENT).decode() if method == "DESCRIBE" else "")
            if method == "PLAY":
                break
        if self.zero_ns is None:
            self.zero_ns = self.clock.mono_ns()
        self.sessions += 1
        listening = threading.Thread(target=self._listen, args=(talk,), daemon=True)
        listening.start()
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            self._play(talk, info, channels, datagrams, sock)

    def _listen(self, talk: Talk) -> None:
        """Answer what the viewer asks meanwhile, such as keep-alive."""
        try:
            talk.until_gone()
        except (Gone, OSError, ValueError):
            return

    def _info_now(self) -> StreamInfo:
        now_s = self._now_s()
        return next((shot.info for shot in self.show.shots if shot.at_s >= now_s), self.show.shots[-1].info)

    def _now_s(self) -> float:
        return 0.0 if self.zero_ns is None else (self.clock.mono_ns() - self.zero_ns) / NS_PER_S

    def _tracks(self, info: StreamInfo, ssrc: int = 0xBE27) -> list[RtpTrack]:
        return [
            RtpTrack(one, payload_type=payload_type(one), ssrc=ssrc + at, sequence=self.sequence, start=self.start_stamp)
            for at, one in enumerate(tracks(info))
        ]

    def _play(
        self, talk: Talk, info: StreamInfo, channels: list[int], datagrams: list[tuple[str, int]], sock: socket.socket
    ) -> None:
        assert self.zero_ns is not None
        lanes, sending = self._tracks(info), info
        begun_s = self._now_s()
        ends_s = next((at for at in self.show.renewals_s if at > begun_s + 0.001), None)
        for shot in [one for one in self.show.shots if one.at_s >= begun_s - 0.001]:
            if ends_s is not None and shot.at_s >= ends_s:
                return
            if self.clock.until(self.zero_ns + round(shot.at_s * NS_PER_S), self.stop):
                return
            if shot.info != sending:
                sending = shot.info
                lanes = [_succeeding(old, new) for old, new in zip(lanes, self._tracks(sending), strict=False)]
            self.before(shot, lanes)
            at = 0 if shot.number is not None else 1
            if at >= max(len(channels), len(datagrams)):
                continue
            lane = lanes[at]
            packet = replace(shot.packet, pts_ticks=round(shot.stamp_s * lane.info.ticks_per_s))
            for one in lane.packets(packet, 0):
                if datagrams:
                    for data in self.wire(0, one):
                        sock.sendto(data[4:], datagrams[at])
                else:
                    for data in self.wire(channels[at], one):
                        talk.send(data)
            if shot.number is not None:
                self.sent[shot.number] = shot.at_s
                if (said := self.report(shot, lanes)) and channels:
                    talk.send(interleaved(channels[0] + 1, said))
        self.over.set()
        self.stop.wait()


def _succeeding(old: RtpTrack, new: RtpTrack) -> RtpTrack:
    """An encoder that was set anew sends on with the numbers it had."""
    new.ssrc, new.sequence, new._start = old.ssrc, old.sequence, old._start
    return new


class _NoHealth:
    def stream_lost(self, *_: object) -> None:
        """Nobody asks."""

    def stream_back(self, *_: object) -> None:
        """Nobody asks."""


class _Newest:
    """A PacketSink that notes the number of the newest picture; it comes to this one after the recorder's writer had it."""

    number = -1

    def begin(self, run: Run, info: StreamInfo) -> None:
        """A run is as good as another."""

    def take(self, packet: Packet) -> None:
        number = marked(packet.data) if packet.kind is Kind.VIDEO else None
        self.number = self.number if number is None else max(self.number, number)

    def end(self, gap: Gap) -> None:
        """A run is as good as another."""


class Keeping:
    """The recorder's own way from a feed to the disk, in threads of this process."""

    def __init__(
        self, folder: Path, feed: Feed, clock: Clock, seed: int, *, segment_s: float = 20.0, sinks: Sequence[PacketSink] = ()
    ) -> None:
        self.footage, self.index = folder / "footage", folder / "index.db"
        options = StorageOptions(segment_s=segment_s, free_gib=0)
        self._clock = clock
        self._disk = DiskThread(open_store(self.footage, self.index, clock), options, clock, lambda _failure: None)
        self._stop = Stop()
        ids = iter(range(10_000))
        self.pump = Pump(
            BENT,
            Stream.MAIN,
            feed,
            [self._disk.writer(BENT, Stream.MAIN), *sinks],
            clock=clock,
            stop=self._stop,
            rng=random.Random(seed),
            ids=lambda: RunId(f"run{next(ids)}"),
            health=_NoHealth(),
        )
        self._thread = threading.Thread(target=self.pump.run, name="pump", daemon=True)

    def __enter__(self) -> Self:
        self._disk.start()
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join(20)
        self._disk.close()

    def segments(self) -> tuple[Segment, ...]:
        with IndexReader(self.index) as reader:
            return reader.segments(BENT, Stream.MAIN, WallUs(-_FAR_US), _FAR_US)

    def gaps(self) -> tuple[Gap, ...]:
        with IndexReader(self.index) as reader:
            return reader.gaps(BENT, Stream.MAIN, WallUs(-_FAR_US), _FAR_US)


def source(url: str, kind: SourceKind = SourceKind.RTSP, transport: str = "tcp") -> Source:
    return Source(camera=BENT, stream=Stream.MAIN, kind=kind, url=url, transport=transport, allow_loopback=True)


@dataclass(slots=True)
class Kept:
    """What the disk holds in the end, held against what was sent."""

    lost: int = 0
    gap_s: float = 0.0
    doubled: int = 0
    overlaps: int = 0
    files: int = 0
    runs: int = 0
    unplayable: list[str] = field(default_factory=list)
    findings: list[str] = field(default_factory=list)
    gaps: list[str] = field(default_factory=list)
    numbers: list[int] = field(default_factory=list)


async def record(
    camera: BentCamera,
    folder: Path,
    seed: int,
    feed: Callable[[str], Feed] | None = None,
    *,
    segment_s: float = 20.0,
    sinks: Sequence[PacketSink] = (),
) -> Kept:
    """Let the show pass before the recorder, and return what was kept. `sinks` get its packets, too."""
    with Hostile(camera.serve) as server:
        make_feed = feed or (
            lambda url: RtspFeed(source(url), clock=camera.clock, rng=random.Random(seed), read_timeout_s=60.0)
        )
        newest = _Newest()
        keeping = Keeping(folder, make_feed(server.url), camera.clock, seed, segment_s=segment_s, sinks=[*sinks, newest])
        with keeping:
            over = await asyncio.to_thread(camera.over.wait, 120.0)
            settled = await asyncio.to_thread(_wait_for_packets, keeping, camera, newest)
        camera.stop.set()
    found = await asyncio.to_thread(judged, keeping, camera)
    if not over or not settled:
        found.findings.append(f"the show did not come to its end: {keeping.pump.state}")
    return found


def _wait_for_packets(keeping: Keeping, camera: BentCamera, newest: _Newest) -> bool:
    """The last picture was sent: wait until it came, and nothing after it; one that was lost, until nothing comes for long."""
    stop, last, quiet = Stop(), max(camera.sent, default=-1), 0
    for _ in range(400):
        before = keeping.pump._packets
        stop.wait(0.15)
        quiet = quiet + 1 if keeping.pump._packets == before else 0
        if quiet >= (1 if newest.number >= last else _LONG):
            return True
    return False


def judged(keeping: Keeping, camera: BentCamera) -> Kept:
    found = Kept()
    segments = keeping.segments()
    found.files, found.runs = len(segments), len({one.run for one in segments})
    for one in segments:
        path = keeping.footage / one.path
        numbers = [number for data in samples_of(path, read_footage_at(path)) if (number := marked(data)) is not None]
        found.numbers += numbers
        found.unplayable += played_wrong(path, one.frames)
    found.overlaps = sum(after.start_us < before.end_us - 1000 for before, after in pairwise(segments))
    with IndexReader(keeping.index) as reader:
        report = verify(keeping.footage, reader, now_us=_FAR_US, deep=True)
    found.findings = [f"{one.flaw} {one.path}: {one.detail}" for one in report.findings]
    found.gaps = [gap.reason.value for gap in keeping.gaps()]
    found.doubled = len(found.numbers) - len(set(found.numbers))
    if found.numbers:
        wanted = {number for number in camera_numbers(camera) if number >= min(found.numbers)}
        missing = sorted(wanted - set(found.numbers))
        found.lost = len(missing)
        times = {shot.number: shot.at_s for shot in camera.show.shots if shot.number is not None}
        kept_s = sorted(times[number] for number in set(found.numbers) if number in times)
        usual_s = min((after - before for before, after in pairwise(kept_s)), default=0.0)
        found.gap_s = max([after - before for before, after in pairwise(kept_s)], default=0.0) - usual_s if missing else 0.0
    return found


def camera_numbers(camera: BentCamera) -> Iterator[int]:
    """Yield the number of every picture of the show, sent or not: a camera that nobody listens to films on."""
    return (shot.number for shot in camera.show.shots if shot.number is not None)


def played_wrong(path: Path, frames: int) -> list[str]:
    """Play a file with PyAV and with ffmpeg, and return what each did not like."""
    wrong = []
    try:
        with av.open(str(path)) as file:
            shown = [picture.pts for picture in file.decode(video=0)]
        if len(shown) != frames:
            wrong.append(f"{path.name}: PyAV shows {len(shown)} of {frames} pictures")
        if any(after <= before for before, after in pairwise(shown)):
            wrong.append(f"{path.name}: PyAV shows pictures out of order")
    except av.FFmpegError as error:
        wrong.append(f"{path.name}: PyAV says {error}")
    command = ["ffmpeg", "-v", "error", "-nostdin", "-threads", "1", "-i", str(path)]
    command += ["-fps_mode", "passthrough", "-enc_time_base", "-1", "-f", "null", "-"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode or done.stderr.strip():
        wrong.append(f"{path.name}: ffmpeg ends with {done.returncode}: {done.stderr.strip()[:300]}")
    return wrong
