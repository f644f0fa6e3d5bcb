"""F12: packets are lost, doubled and swapped on their way, lengths lie; the scene itself is still."""

from __future__ import annotations

import functools
import io
import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from fractions import Fraction

import av
import numpy as np

from hearthwatch.feeds.packet import Feed, Gap, Kind, Packet, Run, StreamInfo
from hearthwatch.feeds.rtsp import RtspFeed
from hearthwatch.frames.decode import Decoder
from hearthwatch.kit.units import CameraId
from hearthwatch.motion.motion import MotionOptions
from hearthwatch.tracks.eye import Eye
from hearthwatch.tracks.track import EyeOptions
from tests.devices.rtp_maker import interleaved
from tests.faults.bent_camera import BENT, BentCamera, Part, QuickClock, Show, record, source
from tests.faults.fault import Fault, Outcome, Terms
from tests.recording.packet_maker import Made, read_back

_FPS, _GOP, _WIDTH, _HEIGHT = 10, 20, 320, 180
_SECONDS = 30


@functools.cache
def still_room() -> Made:
    """A room in which nothing moves, with the noise every lens has; its key pictures are many packets long."""
    rng = np.random.default_rng(1)
    room = np.linspace(60, 180, _WIDTH)[None, :] + np.linspace(0, 40, _HEIGHT)[:, None]
    room[40:100, 60:110] = 200
    room[70:140, 190:260] = 40
    room[100:170, 20:50:6] = 220
    buffer = io.BytesIO()
    with av.open(buffer, "w", format="mov") as out:
        stream = out.add_stream("libx264", rate=_FPS)
        stream.width, stream.height, stream.pix_fmt = _WIDTH, _HEIGHT, "yuv420p"
        stream.codec_context.gop_size = _GOP
        stream.codec_context.thread_count = 1
        stream.codec_context.options = {"preset": "ultrafast", "tune": "zerolatency", "x264-params": "scenecut=0", "crf": "18"}
        for number in range(2 * _GOP):
            picture = np.full((_HEIGHT * 3 // 2, _WIDTH), 128, np.uint8)
            picture[:_HEIGHT] = np.clip(room + rng.normal(0, 2, room.shape), 0, 255)
            frame = av.VideoFrame.from_ndarray(picture, format="yuv420p")
            frame.pts, frame.time_base = number, Fraction(1, _FPS)
            for packet in stream.encode(frame):
                out.mux(packet)
        for packet in stream.encode():
            out.mux(packet)
    return read_back(buffer, _WIDTH, _HEIGHT)


@dataclass
class BadLine:
    """Loses, doubles and swaps packets by seeded chance; `lie` also cuts one frame's length short, now and then."""

    rng: random.Random
    lose: float = 0.0
    double: float = 0.0
    swap: float = 0.0
    lie: float = 0.0
    done: int = 0
    held: bytes = b""
    spared: int = 60
    """The first packets pass: a room must be learnt before anything can be told of it."""

    def __call__(self, channel: int, packet: bytes) -> Iterable[bytes]:
        data = interleaved(channel, packet)
        if self.spared > 0:
            self.spared -= 1
            yield data
            return
        chance = self.rng.random()
        if chance < self.lose:
            self.done += 1
        elif chance < self.lose + self.double:
            self.done += 1
            yield data
            yield data
        elif chance < self.lose + self.double + self.swap:
            self.done += 1
            if self.held:
                yield self.held
            self.held = data
            return
        elif chance < self.lose + self.double + self.swap + self.lie:
            self.done += 1
            yield data[:2] + (len(packet) - self.rng.randrange(1, 13)).to_bytes(2, "big") + packet
        else:
            yield data
        if self.held:
            held, self.held = self.held, b""
            yield held


@dataclass
class Looking:
    """Looks at what the feed gives, as the looker does."""

    seed: int
    decoder: Decoder | None = None
    seen: int = 0
    broken: int = 0
    false_pictures: int = 0
    eye: Eye = field(init=False)

    def __post_init__(self) -> None:
        options = EyeOptions(motion=MotionOptions(), labels={}, zones={}, detect=False)
        self.eye = Eye(CameraId(BENT), options, rng=random.Random(self.seed))
        self._least_frac = options.motion.sensitivity_frac

    def begin(self, run: Run, info: StreamInfo) -> None:
        del run
        self._close()
        self.decoder = Decoder(BENT, info.video, fast=True)

    def take(self, packet: Packet) -> None:
        if self.decoder is None or packet.kind is not Kind.VIDEO:
            return
        for frame in self.decoder.decode(packet):
            self.seen += 1
            self.eye.see(frame)
            motion = self.eye.motion
            self.false_pictures += motion is not None and motion.settled and motion.area_frac >= self._least_frac

    def end(self, gap: Gap) -> None:
        del gap
        self._close()

    def _close(self) -> None:
        if self.decoder is not None:
            self.broken += self.decoder.count.broken
            self.decoder = None


_WAYS: dict[str, Callable[[random.Random], BadLine]] = {
    "lost over UDP": lambda rng: BadLine(rng, lose=rng.uniform(0.002, 0.02)),
    "lying lengths": lambda rng: BadLine(rng, lie=rng.uniform(0.001, 0.004)),
    "lost over TCP": lambda rng: BadLine(rng, lose=rng.uniform(0.002, 0.02)),
    "swapped and doubled over UDP": lambda rng: BadLine(rng, swap=rng.uniform(0.005, 0.05), double=rng.uniform(0.005, 0.05)),
    "swapped and doubled over TCP": lambda rng: BadLine(rng, swap=rng.uniform(0.001, 0.005), double=rng.uniform(0.005, 0.05)),
}


async def run(terms: Terms) -> Outcome:
    way = list(_WAYS)[(terms.number - 1) % len(_WAYS)]
    line = _WAYS[way](terms.random)
    over_udp = way.endswith("UDP")
    clock = QuickClock(6.0 if over_udp else 8.0)
    camera = BentCamera(
        show=Show([Part(made=still_room(), count=_SECONDS * _FPS, fps=_FPS)]),
        clock=clock,
        wire=line,
        sequence=terms.random.randrange(1 << 16),
    )
    looking = Looking(terms.seed)

    def by_datagrams(url: str) -> Feed:
        return RtspFeed(source(url, transport="udp"), clock=clock, rng=terms.random, read_timeout_s=60.0)

    kept = await record(camera, terms.folder, terms.seed, by_datagrams if over_udp else None, sinks=(looking,))
    looking.eye.close()
    spans = looking.eye.take_spans()
    broken = [*kept.findings]
    if way != "lying lengths":  # a picture cut short by a lie looks whole until it is decoded
        broken += kept.unplayable
    if spans or looking.false_pictures:
        broken.append(f"nothing moved, and motion was seen in {looking.false_pictures} pictures, {len(spans)} times told")
    if kept.overlaps or kept.doubled:
        broken.append(f"{kept.overlaps} files overlap, {kept.doubled} pictures are kept twice")
    if not line.done or looking.seen < _GOP:
        broken.append(f"the trial tried nothing: {line.done} packets were bent, {looking.seen} pictures seen")
    figures = {
        "false_alerts": len(spans),
        "false_motion_pictures": looking.false_pictures,
        "pictures_lost": kept.lost,
        "unplayable_files": len(kept.unplayable),
        "damaged_pictures_met": looking.broken,
        "packets_bent": line.done,
    }
    return Outcome(figures=figures, broken=tuple(broken), notes={"way": way})


FAULT = Fault(
    id="F12",
    what="Packets are lost, swapped and doubled on their way, lengths of interleaved frames lie",
    promise="P7",
    short=1,
    full=55,
    trial=run,
)
