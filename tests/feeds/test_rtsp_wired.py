"""Our RTSP client against GStreamer's server: real pictures and sound, log-in, death and silence of the camera."""

from __future__ import annotations

import hashlib
import random
import subprocess
import threading
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import av
import pytest
from tests.feeds.rtsp_viewer import feed, taken, watching

from hearthwatch.bench.rtsp_server import Mount, RtspServer, encoded
from hearthwatch.feeds.nal import split_annexb, split_length_prefixed
from hearthwatch.feeds.packet import Codec, Gap, GapReason, Kind, Packet, Run, RunId, Stream, StreamInfo
from hearthwatch.feeds.pump import Pump
from hearthwatch.kit.clock import Stop, SystemClock
from hearthwatch.kit.errors import BadReply, HearthwatchError, Refused, Unreachable
from hearthwatch.kit.units import CameraId, camera_id

pytestmark = [pytest.mark.wired, pytest.mark.waits]

H264 = Mount(path="/h264", fps=25, length_s=4, gop_s=1)
H265 = Mount(path="/h265", codec="h265", fps=25, length_s=4, gop_s=1)
LARGE = Mount(path="/large", width_px=1920, height_px=1080, fps=15, bitrate_kbps=4000, length_s=4, gop_s=1)
AAC = Mount(path="/aac", audio="aac", fps=25, length_s=4, gop_s=1)
PCMU = Mount(path="/pcmu", audio="pcmu", fps=25, length_s=4, gop_s=1)
PCMA = Mount(path="/pcma", audio="pcma", fps=25, length_s=4, gop_s=1)


@pytest.fixture(scope="module")
def camera() -> Iterator[RtspServer]:
    with RtspServer([H264, H265, LARGE, AAC, PCMU, PCMA]) as server:
        yield server


def decoded(info: StreamInfo, packets: list[Packet]) -> int:
    """Return how many pictures libav makes of our packets with our extradata, every error an error."""
    context = av.CodecContext.create("hevc" if info.video.codec is Codec.H265 else "h264", "r")
    context.extradata = info.video.extradata
    context.options = {"err_detect": "explode"}
    pictures = 0
    for packet in packets:
        piece = av.Packet(packet.data)
        piece.pts, piece.dts = packet.pts_ticks, packet.dts_ticks
        frames = context.decode(piece)
        assert all((frame.width, frame.height) == (info.video.width_px, info.video.height_px) for frame in frames)
        pictures += len(frames)
    return pictures + len(context.decode(None))


@pytest.mark.parametrize("mount", [H264, H265, LARGE], ids=lambda mount: mount.path)
def test_every_packet_decodes_to_a_picture(camera: RtspServer, mount: Mount) -> None:
    with watching(camera.url(mount.path)) as opened:
        packets = taken(opened, 40)
        info = opened.info
    assert packets[0].is_key
    assert packets[0].pts_ticks == 0
    assert info.video.codec is Codec(mount.codec)
    assert (info.video.width_px, info.video.height_px) == (mount.width_px or 640, mount.height_px or 480)
    assert decoded(info, packets) == 40
    stamps = [packet.dts_ticks for packet in packets]
    assert stamps == sorted(set(stamps))
    step = round(90_000 / (mount.fps or 10))
    assert all(abs(after - before - step) <= 1 for before, after in pairwise(stamps))
    assert opened.lost_packets == 0


@pytest.mark.parametrize("mount", [H264, H265], ids=lambda mount: mount.path)
def test_units_are_the_bytes_that_ffmpeg_copies_from_the_same_clip(camera: RtspServer, mount: Mount) -> None:
    muxer = "hevc" if mount.codec == "h265" else "h264"
    command = ["ffmpeg", "-v", "error", "-i", str(encoded(mount)), "-map", "0:v", "-c", "copy", "-f", muxer, "-"]
    copied = subprocess.run(command, check=True, capture_output=True, stdin=subprocess.DEVNULL).stdout
    theirs = [hashlib.sha256(unit).hexdigest() for unit in split_annexb(copied) if is_slice(mount, unit)]
    with watching(camera.url(mount.path)) as opened:
        packets = taken(opened, 60)
    units = [unit for packet in packets for unit in split_length_prefixed(packet.data)]
    ours = [hashlib.sha256(unit.rstrip(b"\0")).hexdigest() for unit in units if is_slice(mount, unit)]
    assert len(ours) >= 60
    first = theirs.index(ours[0])
    expected = (theirs * 3)[first : first + len(ours)]
    assert ours == expected


def is_slice(mount: Mount, unit: bytes) -> bool:
    return (unit[0] >> 1 & 0x3F) < 32 if mount.codec == "h265" else 1 <= unit[0] & 0x1F <= 5


@pytest.mark.parametrize(
    ("mount", "codec", "hz", "samples"),
    [(AAC, Codec.AAC, 16_000, 1024), (PCMU, Codec.PCMU, 8000, 160), (PCMA, Codec.PCMA, 8000, 160)],
)
def test_sound_comes_with_the_picture(camera: RtspServer, mount: Mount, codec: Codec, hz: int, samples: int) -> None:
    with watching(camera.url(mount.path)) as opened:
        packets = taken(opened, 20, Kind.AUDIO)
        audio = opened.info.audio
    assert audio is not None
    assert (audio.codec, audio.sample_hz, audio.channels) == (codec, hz, 1)
    sound = [packet for packet in packets if packet.kind is Kind.AUDIO]
    steps = [after.pts_ticks - before.pts_ticks for before, after in pairwise(sound)]
    assert all(abs(step - samples) <= 2 for step in steps)
    assert abs(sound[0].pts_ticks) < hz
    context = av.CodecContext.create({"aac": "aac", "pcmu": "pcm_mulaw", "pcma": "pcm_alaw"}[codec], "r")
    if codec is Codec.AAC:
        context.extradata = audio.extradata
    else:
        context.sample_rate, context.layout = hz, "mono"
    heard = sum(frame.samples for packet in sound for frame in context.decode(av.Packet(packet.data)))
    assert heard >= samples * 19


def test_two_viewers_share_a_stream(camera: RtspServer) -> None:
    with watching(camera.url("/h264")) as one, watching(camera.url("/h264")) as two:
        assert decoded(one.info, taken(one, 30)) == 30
        assert decoded(two.info, taken(two, 30)) == 30


def test_the_cameras_clock_is_learnt(camera: RtspServer) -> None:
    with watching(camera.url("/h264")) as opened:
        for _ in opened:
            if opened.camera_clock is not None:
                break
        clock = opened.camera_clock
    assert clock is not None
    assert abs(clock.offset_us) < 5_000_000


@pytest.mark.parametrize("basic", [False, True], ids=["digest", "basic"])
def test_log_in(basic: bool) -> None:
    with RtspServer([H264], user="admin", password='pa"s: wört', basic=basic) as camera:
        with watching(camera.url("/h264"), user="admin", password='pa"s: wört') as opened:
            assert taken(opened, 3)[0].is_key
        with pytest.raises(Refused, match="wrong user name or password") as caught:
            feed(camera.url("/h264"), user="admin", password="else-where").open(Stop())
        assert "else-where" not in str(caught.value)
        assert "front/main" in str(caught.value)


def test_unknown_path_names_the_path(camera: RtspServer) -> None:
    with pytest.raises(BadReply, match="no stream at '/nowhere'"):
        feed(camera.url("/nowhere")).open(Stop())


def test_camera_that_dies_is_unreachable_and_comes_back_on_the_same_port() -> None:
    with RtspServer([H264]) as camera:
        with watching(camera.url("/h264")) as opened:
            assert taken(opened, 5)
            camera.kill()
            with pytest.raises(Unreachable):
                taken(opened, 10_000)
        with pytest.raises(Unreachable, match="refuses connections"):
            feed(camera.url("/h264")).open(Stop())
        camera.start()
        with watching(camera.url("/h264")) as opened:
            assert taken(opened, 5)[0].is_key


def test_frozen_camera_is_unreachable_after_the_read_timeout() -> None:
    # the first viewer has the patience for a cold server to make its stream, which the second shares
    with (
        RtspServer([H264]) as camera,
        watching(camera.url("/h264")),
        watching(camera.url("/h264"), read_timeout_s=5.0) as opened,
    ):
        assert taken(opened, 5)
        camera.pause()
        with pytest.raises(Unreachable, match="sent nothing for 5 s"):
            taken(opened, 10_000)
        camera.resume()


def test_stop_ends_a_blocked_read() -> None:
    with RtspServer([H264]) as camera:
        stop = Stop()
        with watching(camera.url("/h264"), stop, read_timeout_s=60.0) as opened:
            assert taken(opened, 5)
            camera.pause()
            came, ended = threading.Event(), threading.Event()

            def watch() -> None:
                for _ in opened:
                    came.set()
                ended.set()

            watcher = threading.Thread(target=watch)
            watcher.start()
            while came.wait(1.0):  # what was under way when the camera froze; then the read is blocked
                came.clear()
            stop.set()
            assert ended.wait(30), "ended by nothing but the camera's minute of silence"
            watcher.join()
            camera.resume()


def test_session_is_kept_alive_beyond_its_timeout() -> None:
    with RtspServer([H264], session_timeout_s=2) as camera:
        for _ in range(3):
            with watching(camera.url("/h264")) as opened:
                assert opened.session_timeout_s == 2
        # GStreamer ends no session whose pictures come over its own connection, and others only 5 s late: 12 s of datagrams
        with watching(camera.url("/h264"), transport="udp") as opened:
            assert len(taken(opened, 300)) >= 300


def test_reordered_pictures_keep_their_own_stamps(test_data: Path) -> None:
    mount = Mount(path="/b", clip=test_data / "videos" / "worker_zone.mp4", length_s=8)
    with RtspServer([mount]) as camera, watching(camera.url("/b")) as opened:
        packets = taken(opened, 40)
        info = opened.info
    assert decoded(info, packets) >= 38
    stamps = [packet.pts_ticks for packet in packets]
    assert stamps != sorted(stamps)


class _Keeper:
    """A sink and a health report that remember."""

    def __init__(self) -> None:
        self.runs: list[list[Packet]] = []
        self.gaps: list[Gap] = []
        self.outages: list[str] = []
        self.enough = threading.Event()
        self.lost = threading.Event()

    def begin(self, run: Run, info: StreamInfo) -> None:
        self.runs.append([])
        self.enough.clear()

    def take(self, packet: Packet) -> None:
        self.runs[-1].append(packet)
        if len(self.runs[-1]) >= 50:
            self.enough.set()

    def end(self, gap: Gap) -> None:
        self.gaps.append(gap)

    def stream_lost(self, camera: CameraId, stream: Stream, reason: GapReason, error: HearthwatchError) -> None:
        self.outages.append(f"lost {reason}")
        self.lost.set()

    def stream_back(self, camera: CameraId, stream: Stream, lasted_s: float) -> None:
        self.outages.append("back")


def test_through_the_pump_a_dead_camera_is_one_gap_and_comes_back() -> None:
    with RtspServer([H264]) as camera:
        keeper, stop = _Keeper(), Stop()
        ids = (RunId(f"run{number}") for number in range(100))
        pump = Pump(
            camera_id("front"),
            Stream.MAIN,
            feed(camera.url("/h264")),
            [keeper],
            clock=SystemClock(),
            stop=stop,
            rng=random.Random(1),
            ids=lambda: next(ids),
            health=keeper,
        )
        thread = threading.Thread(target=pump.run)
        thread.start()
        try:
            assert keeper.enough.wait(60)
            camera.kill()
            assert keeper.lost.wait(60)
            keeper.enough.clear()
            camera.start()
            assert keeper.enough.wait(60)
        finally:
            stop.set()
            thread.join(30)
    assert not thread.is_alive()
    assert len(keeper.runs) == 2
    assert keeper.outages == ["lost camera", "back"]
    assert keeper.gaps[-1].reason is GapReason.STOPPED
    for packets in keeper.runs:
        stamps = [packet.dts_ticks for packet in packets]
        assert packets[0].is_key
        assert stamps[0] == 0
        assert stamps == sorted(set(stamps))
