"""The libav feed: files of every kind, what is encoded anew, and errors that never show a password."""

from __future__ import annotations

import socket
import threading
import traceback
from collections.abc import Iterator
from fractions import Fraction
from itertools import islice, pairwise
from pathlib import Path

import av
import numpy as np
import pytest

from hearthwatch.feeds import nal
from hearthwatch.feeds.guest import guest_feed_for
from hearthwatch.feeds.packet import Codec, Kind, Packet, Stream
from hearthwatch.feeds.source import Source, SourceKind
from hearthwatch.kit.clock import FakeClock, Stop
from hearthwatch.kit.errors import BadReply, ConfigFault, HearthwatchError, Refused, Unreachable, Unsupported
from hearthwatch.kit.units import NS_PER_S, CameraId, MonoNs

FRAMES = 30
SECRET = "hunter" + "2%/@"
"""In two parts: a traceback shows the line."""


def film(path: Path, codec: str, pix_fmt: str = "yuv420p", container: str | None = None, **options: str) -> Path:
    """Write 3 s of a moving bar at 10 fps."""
    with av.open(str(path), "w", format=container) as output:
        stream = output.add_stream(codec, rate=10, options={"g": "10", **options})
        stream.width, stream.height, stream.pix_fmt = 160, 120, pix_fmt
        for index in range(FRAMES):
            image = np.zeros((120, 160, 3), np.uint8)
            image[:, index * 5 : index * 5 + 20] = 200
            frame = av.VideoFrame.from_ndarray(image, format="rgb24").reformat(format=pix_fmt)
            frame.pts, frame.time_base = index, Fraction(1, 10)
            output.mux(stream.encode(frame))
        output.mux(stream.encode(None))
    return path


def source(path: Path | str, **more: object) -> Source:
    url = path if isinstance(path, str) else path.as_uri()
    settings: dict[str, object] = {"speed": 0.0, "loop": False, **more}
    kind = settings.pop("kind", SourceKind.FILE)
    return Source(camera=CameraId("film"), stream=Stream.MAIN, kind=kind, url=url, **settings)  # type: ignore[arg-type]


def opened(path: Path | str, clock: FakeClock | None = None, stop: Stop | None = None, **more: object):
    feed = guest_feed_for(source(path, **more), clock=clock or FakeClock(), started_ns=MonoNs(0))
    return feed.open(stop or Stop())


def all_of(feed) -> list[Packet]:
    packets: list[Packet] = []
    with pytest.raises(Unsupported, match="played to its end"):
        packets.extend(feed)
    feed.close()
    return packets


@pytest.mark.parametrize(
    ("name", "codec", "kept"),
    [
        ("a.mp4", "libx264", Codec.H264),
        ("a.mkv", "libx264", Codec.H264),
        ("a.ts", "libx264", Codec.H264),
        ("a.mp4", "libx265", Codec.H265),
        ("a.ts", "libx265", Codec.H265),
        ("a.avi", "mpeg4", Codec.MPEG4),
        ("a.avi", "mjpeg", Codec.MJPEG),
        ("a.avi", "rawvideo", Codec.H264),
        ("a.mkv", "ffv1", Codec.H264),
    ],
)
def test_every_file_becomes_packets_of_our_form(tmp_path: Path, name: str, codec: str, kept: Codec) -> None:
    pix_fmt = "yuvj420p" if codec == "mjpeg" else "yuv420p"
    more = {"x265-params": "log-level=none"} if codec == "libx265" else {}
    feed = opened(film(tmp_path / name, codec, pix_fmt, **more))
    video = feed.info.video
    packets = all_of(feed)
    assert (video.codec, video.width_px, video.height_px) == (kept, 160, 120)
    assert len(packets) == FRAMES
    assert packets[0].is_key
    assert all(before.dts_ticks < after.dts_ticks for before, after in pairwise(packets))
    assert max(packet.pts_ticks for packet in packets) - packets[0].pts_ticks == pytest.approx(29 * 9_000, abs=2)
    decoder = av.CodecContext.create({"h265": "hevc"}.get(kept, str(kept)), "r")
    decoder.extradata = video.extradata or None
    pictures = [frame for packet in packets for frame in decoder.decode(av.Packet(packet.data))] + decoder.decode(None)
    assert len(pictures) == FRAMES
    shown = pictures[-1].to_ndarray(format="gray")
    assert shown[60, 150] > 120
    assert shown[60, 20] < 60


def test_byte_stream_units_are_stripped_of_parameter_sets_and_delimiters(tmp_path: Path) -> None:
    feed = opened(film(tmp_path / "a.ts", "libx264", **{"x264-params": "aud=1:repeat-headers=1"}))
    assert feed.info.video.extradata[0] == 1
    for packet in all_of(feed):
        assert all(nal.is_slice(Codec.H264, one) for one in nal.split_length_prefixed(packet.data))


def test_looped_file_goes_on_with_rising_stamps(tmp_path: Path) -> None:
    feed = opened(film(tmp_path / "a.mp4", "libx264", bf="0"), loop=True)
    packets = list(islice(feed, FRAMES * 3))
    feed.close()
    assert [packet.dts_ticks for packet in packets] == [index * 9_000 for index in range(FRAMES * 3)]
    assert packets[FRAMES].is_key
    assert packets[FRAMES].data == packets[0].data


@pytest.mark.parametrize("speed", [0.5, 1.0, 4.0])
def test_paced_file_comes_at_its_speed(tmp_path: Path, speed: float) -> None:
    clock = FakeClock()
    feed = opened(film(tmp_path / "a.mp4", "libx264", bf="0"), clock=clock, speed=speed)
    start_ns = clock.mono_ns()
    packets = all_of(feed)
    assert (packets[-1].received_ns - start_ns) / NS_PER_S == pytest.approx(2.9 / speed, abs=0.01)
    assert packets[-1].dts_ticks == pytest.approx(2.9 / speed * 90_000, abs=2)


def test_stop_ends_a_file(tmp_path: Path) -> None:
    stop = Stop()
    feed = opened(film(tmp_path / "a.mp4", "libx264"), stop=stop, loop=True)
    reading = iter(feed)
    next(reading)
    stop.set()
    assert list(reading) == []
    feed.close()


def test_sound_of_real_footage_is_kept(test_data: Path) -> None:
    feed = opened(test_data / "videos" / "walkway_people.mp4")
    packets = all_of(feed)
    assert feed.info.audio is not None
    assert (feed.info.audio.codec, feed.info.audio.sample_hz, feed.info.audio.channels) == (Codec.AAC, 44_100, 2)
    sound = [packet for packet in packets if packet.kind is Kind.AUDIO]
    pictures = [packet for packet in packets if packet.kind is Kind.VIDEO]
    assert len(pictures) > 600
    assert sound[-1].dts_ticks / 44_100 == pytest.approx(pictures[-1].dts_ticks / 90_000, abs=0.5)
    assert all(pair[1].dts_ticks - pair[0].dts_ticks == 1024 for pair in pairwise(sound))


@pytest.mark.parametrize(
    ("url", "kind", "fault", "words"),
    [
        ("file:///nowhere/a.mp4", SourceKind.FILE, Unsupported, "there is no file /nowhere/a.mp4"),
        ("v4l2:///dev/video97", SourceKind.V4L2, Unreachable, "is the camera plugged in"),
        ("v4l2:///etc/passwd", SourceKind.V4L2, ConfigFault, "device below /dev"),
        ("v4l2:///dev/../etc/passwd", SourceKind.V4L2, ConfigFault, "device below /dev"),
        ("v4l2:///dev/video97?szie=1", SourceKind.V4L2, ConfigFault, "unknown setting 'szie'"),
        ("gopher://camera/1", SourceKind.LIBAV, ConfigFault, "the libav reader takes"),
        ("rtsp://127.0.0.1/1", SourceKind.LIBAV, Unsupported, "allow_loopback"),
        ("http://169.254.169.254/latest", SourceKind.LIBAV, Unsupported, "link-local"),
    ],
)
def test_source_that_cannot_be_has_a_clear_error(url: str, kind: SourceKind, fault: type[HearthwatchError], words: str) -> None:
    with pytest.raises(fault, match=words):
        opened(url, kind=kind)


def test_file_that_is_no_video_or_a_playlist_is_a_bad_reply(tmp_path: Path) -> None:
    text = tmp_path / "a.mp4"
    text.write_text("no video here\n" * 100)
    with pytest.raises(BadReply, match="not a video stream"):
        opened(text)
    film(tmp_path / "real.ts", "libx264")
    playlist = tmp_path / "list.m3u8"
    playlist.write_text(f"#EXTM3U\n#EXT-X-TARGETDURATION:3\n#EXTINF:3,\nfile://{tmp_path}/real.ts\n#EXT-X-ENDLIST\n")
    with pytest.raises(BadReply):
        opened(playlist)


@pytest.fixture
def answering() -> Iterator[tuple[int, list[bytes]]]:
    """A server that answers every RTSP request with the next of the statuses put into the list, 401 when none is left."""
    statuses: list[bytes] = []
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                sock, _ = listener.accept()
            except OSError:
                return
            with sock, sock.makefile("rb") as reader:
                cseq = b"0"
                for line in reader:
                    if line.lower().startswith(b"cseq:"):
                        cseq = line.split(b":")[1].strip()
                    if line == b"\r\n":
                        status = statuses[0] if statuses else b'401 Unauthorized\r\nWWW-Authenticate: Basic realm="x"'
                        sock.sendall(b"RTSP/1.0 " + status + b"\r\nCSeq: " + cseq + b"\r\n\r\n")

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    yield listener.getsockname()[1], statuses
    listener.shutdown(socket.SHUT_RDWR)
    listener.close()
    thread.join(60)


@pytest.mark.wired
@pytest.mark.parametrize(
    ("status", "fault"),
    [(b"", Refused), (b"404 Not Found", BadReply), (b"500 Oops", HearthwatchError), (b"\xff\xfe", HearthwatchError)],
)
def test_no_error_holds_the_password(
    answering: tuple[int, list[bytes]], status: bytes, fault: type[HearthwatchError], capfd: pytest.CaptureFixture[str]
) -> None:
    port, statuses = answering
    if status:
        statuses.append(status)
    with pytest.raises(fault) as caught:
        opened(f"rtsp://127.0.0.1:{port}/live", kind=SourceKind.LIBAV, user="admin", password=SECRET, allow_loopback=True)
    shown = "".join(traceback.format_exception(caught.value)) + repr(caught.value) + "".join(capfd.readouterr())
    assert "hunter2" not in shown
    assert "film/main" in str(caught.value)


@pytest.mark.wired
def test_nobody_listening_is_unreachable_with_the_reason() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(Unreachable, match="Connection refused") as caught:
        opened(f"rtsp://127.0.0.1:{port}/live", kind=SourceKind.LIBAV, allow_loopback=True)
    assert isinstance(caught.value.__cause__, OSError)
