"""Packets to order: GOP shape, jumps, missing and reordered stamps, changes of size; and a sink that keeps what it gets."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from hearthwatch.feeds.packet import AudioInfo, Codec, Gap, Kind, Packet, Run, Stream, StreamInfo, VideoInfo
from hearthwatch.kit.units import NS_PER_S, CameraId, MonoNs, WallUs

AVCC_320X180 = bytes.fromhex("0142c00bffe100166742c00bda05067e7840000003004000000503c50aa801000468ce0fc8")
"""The avcC record of a real 320x180 Baseline encoder; the pictures themselves are filler."""

START_US = 1_700_000_000_000_000
START_NS = 1_000 * NS_PER_S


@dataclass(slots=True, kw_only=True)
class PacketMaker:
    """Makes the packets of one run. `jumps` adds seconds to the stamps from the frame on; `stamps` overrides single ones.

    `b_frames` of 2 sends I P B B P B B ... with decode stamps one frame early, as an encoder would.
    """

    camera: str = "front"
    stream: Stream = Stream.MAIN
    codec: Codec = Codec.H264
    fps: float = 10.0
    gop: int = 20
    width_px: int = 320
    height_px: int = 180
    frame_bytes: int = 400
    key_bytes: int = 4000
    start_ticks: int = 0
    audio_hz: int = 0
    b_frames: int = 0
    jumps: dict[int, float] = field(default_factory=dict)
    stamps: dict[int, int] = field(default_factory=dict)
    start_us: int = START_US
    start_ns: int = START_NS

    @property
    def info(self) -> StreamInfo:
        audio = AudioInfo(codec=Codec.PCMU, extradata=b"", sample_hz=self.audio_hz, channels=1) if self.audio_hz else None
        extradata = AVCC_320X180 if self.codec is Codec.H264 else b""
        video = VideoInfo(codec=self.codec, extradata=extradata, width_px=self.width_px, height_px=self.height_px)
        return StreamInfo(video=video, audio=audio)

    def resized(self, width_px: int, height_px: int) -> PacketMaker:
        """Return a maker of the same camera after its resolution changed."""
        return replace(self, width_px=width_px, height_px=height_px)

    def video(self, index: int) -> Packet:
        """Return frame `index` in decode order."""
        shift = sum(seconds for at, seconds in self.jumps.items() if index >= at)
        ticks = self.start_ticks + round(90_000 * (index / self.fps + shift))
        shown = ticks
        if self.b_frames:
            shown += round(90_000 * self._shown_later(index) / self.fps)
        is_key = index % self.gop == 0
        ticks = self.stamps.get(index, ticks)
        size = self.key_bytes if is_key else self.frame_bytes
        return self._packet(
            Kind.VIDEO, index / self.fps, self._picture(index, size, is_key), shown if self.b_frames else ticks, ticks, is_key
        )

    def _shown_later(self, index: int) -> int:
        place = index % self.gop % (self.b_frames + 1)
        if index % self.gop == 0:
            return 1
        return 1 + self.b_frames if place == 1 else 0

    def _picture(self, index: int, size: int, is_key: bool) -> bytes:
        if self.codec is Codec.MJPEG:
            return b"\xff\xd8" + index.to_bytes(4, "big") * (size // 4) + b"\xff\xd9"
        nal = (b"\x65" if is_key else b"\x41") + index.to_bytes(4, "big") + b"\x55" * (size - 9)
        return len(nal).to_bytes(4, "big") + nal

    def _packet(self, kind: Kind, at_s: float, data: bytes, pts: int, dts: int, is_key: bool) -> Packet:
        return Packet(
            camera=CameraId(self.camera),
            stream=self.stream,
            kind=kind,
            data=data,
            pts_ticks=pts,
            dts_ticks=dts,
            is_key=is_key,
            received_ns=MonoNs(self.start_ns + round(at_s * NS_PER_S)),
            wall_us=WallUs(self.start_us + round(at_s * 1_000_000)),
        )

    def sound(self, index: int) -> Packet:
        """Return the audio packet `index`, 20 ms each."""
        samples = self.audio_hz // 50
        return self._packet(Kind.AUDIO, index / 50, b"\xff" * samples, index * samples, index * samples, False)

    def packets(self, seconds: float) -> Iterator[Packet]:
        """Yield the packets of `seconds` in the order in which they arrive."""
        sound = 0
        for index in range(round(seconds * self.fps)):
            while self.audio_hz and sound / 50 < index / self.fps:
                yield self.sound(sound)
                sound += 1
            yield self.video(index)


@dataclass(slots=True)
class ListSink:
    """A PacketSink that keeps everything: `log` in order, and each kind on its own."""

    log: list[Run | Packet | Gap] = field(default_factory=list)
    infos: list[StreamInfo] = field(default_factory=list)

    def begin(self, run: Run, info: StreamInfo) -> None:
        self.log.append(run)
        self.infos.append(info)

    def take(self, packet: Packet) -> None:
        self.log.append(packet)

    def end(self, gap: Gap) -> None:
        self.log.append(gap)

    @property
    def runs(self) -> list[Run]:
        return [item for item in self.log if isinstance(item, Run)]

    @property
    def packets(self) -> list[Packet]:
        return [item for item in self.log if isinstance(item, Packet)]

    @property
    def gaps(self) -> list[Gap]:
        return [item for item in self.log if isinstance(item, Gap)]
