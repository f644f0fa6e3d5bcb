from __future__ import annotations

import dataclasses
import io
import json
import subprocess

import av
import numpy as np
import pytest
from tests.recording.packet_maker import Made, make

from hearthwatch.feeds.packet import Codec, Kind
from hearthwatch.recording.boxes import codec_string, fragment, init_segment


def as_file(made: Made, per_fragment: int = 15) -> bytes:
    """Fragments of a fixed number of video packets, with the audio that arrived meanwhile."""
    data = init_segment(made.info)
    video, audio, sequence = [], [], 1
    for packet in made.packets:
        if packet.kind is Kind.VIDEO and len(video) == per_fragment:
            data += fragment(sequence, video, audio, next_video_dts=packet.dts_ticks)
            video, audio, sequence = [], [], sequence + 1
        (video if packet.kind is Kind.VIDEO else audio).append(packet)
    return data + fragment(sequence, video, audio)


def decoded(data: bytes) -> list[np.ndarray]:
    with av.open(io.BytesIO(data)) as file:
        return [frame.to_ndarray(format="rgb24") for frame in file.decode(video=0)]


def reference(made: Made) -> list[np.ndarray]:
    name = {Codec.H264: "h264", Codec.H265: "hevc", Codec.MJPEG: "mjpeg", Codec.MPEG4: "mpeg4"}[made.info.video.codec]
    decoder = av.CodecContext.create(name, "r")
    if made.info.video.extradata:
        decoder.extradata = made.info.video.extradata
    frames = []
    for packet in [p for p in made.packets if p.kind is Kind.VIDEO]:
        given = av.Packet(packet.data)
        given.pts, given.dts = packet.pts_ticks, packet.dts_ticks
        frames += [frame.to_ndarray(format="rgb24") for frame in decoder.decode(given)]
    return frames + [frame.to_ndarray(format="rgb24") for frame in decoder.decode(None)]


@pytest.mark.parametrize("codec", [Codec.H264, Codec.H265, Codec.MJPEG, Codec.MPEG4])
def test_libav_decodes_every_frame_as_it_was_encoded(codec: Codec) -> None:
    made = make(codec)
    frames = decoded(as_file(made))
    expected = reference(made)
    assert len(frames) == len(expected) == 60
    assert all(np.array_equal(one, other) for one, other in zip(frames, expected, strict=True))


def test_frames_out_of_order_keep_their_presentation_times() -> None:
    made = make(bframes=2)
    video = [p for p in made.packets if p.kind is Kind.VIDEO]
    assert any(p.pts_ticks != p.dts_ticks for p in video)
    with av.open(io.BytesIO(as_file(made))) as file:
        found = [packet.pts for packet in file.demux(video=0) if packet.pts is not None]
    assert found == [p.pts_ticks for p in video]


@pytest.mark.parametrize("audio", [Codec.AAC, Codec.PCMU, Codec.PCMA])
def test_sound_is_kept_beside_the_picture(audio: Codec) -> None:
    made = make(audio=audio)
    sound = [p for p in made.packets if p.kind is Kind.AUDIO]
    with av.open(io.BytesIO(as_file(made))) as file:
        packets = [packet for packet in file.demux(audio=0) if packet.size]
        assert b"".join(bytes(p) for p in packets) == b"".join(p.data for p in sound)
        assert packets[0].pts == 0
        file.seek(0)
        samples = sum(frame.samples for frame in file.decode(audio=0))
    assert samples >= 0.95 * 4 * made.info.audio.sample_hz
    assert len(decoded(as_file(made))) == 60


@pytest.mark.wired
@pytest.mark.parametrize(
    ("codec", "audio", "name", "tag"),
    [
        (Codec.H264, Codec.AAC, "h264", "avc1"),
        (Codec.H265, Codec.PCMU, "hevc", "hvc1"),
        (Codec.MJPEG, Codec.PCMA, "mjpeg", "mp4v"),
        (Codec.MPEG4, None, "mpeg4", "mp4v"),
    ],
)
def test_ffprobe_names_the_tracks_and_their_length(codec: Codec, audio: Codec | None, name: str, tag: str, tmp_path) -> None:
    path = tmp_path / "clip.mp4"
    path.write_bytes(as_file(make(codec, audio=audio)))
    done = subprocess.run(
        ["ffprobe", "-v", "error", "-of", "json", "-show_streams", "-show_format", "-count_packets", str(path)],
        capture_output=True,
        check=True,
        text=True,
    )
    assert done.stderr == ""
    found = json.loads(done.stdout)
    video = found["streams"][0]
    assert (video["codec_name"], video["codec_tag_string"]) == (name, tag)
    assert (video["width"], video["height"], video["nb_read_packets"]) == (160, 120, "60")
    assert abs(float(found["format"]["duration"]) - 4.0) < 0.1
    assert len(found["streams"]) == (1 if audio is None else 2)


def test_codec_string_is_what_a_browser_asks_for() -> None:
    assert codec_string(make(Codec.H264, audio=Codec.AAC).info).startswith("avc1.42c0")
    assert codec_string(make(Codec.H264, audio=Codec.AAC).info).endswith(",mp4a.40.2")
    assert codec_string(make(Codec.H265).info).startswith("hvc1.1.6.L")
    assert codec_string(make(Codec.MJPEG).info) == "mp4v.6C"


def test_codec_string_of_hevc_main_level_3_1() -> None:
    """The example of ISO/IEC 14496-15 annex E, and one of Main 10 in the high tier."""
    info = make(Codec.H265).info
    record = bytes.fromhex("01 01 60000000 900000000000 5d") + bytes(10)
    video = dataclasses.replace(info.video, extradata=record)
    assert codec_string(dataclasses.replace(info, video=video)) == "hvc1.1.6.L93.90"
    record = bytes.fromhex("01 22 20000000 b00000000000 99") + bytes(10)
    video = dataclasses.replace(info.video, extradata=record)
    assert codec_string(dataclasses.replace(info, video=video)) == "hvc1.2.4.H153.B0"


def test_a_fragment_of_nothing_and_one_before_the_start_are_refused() -> None:
    made = make()
    with pytest.raises(ValueError, match="needs a packet"):
        fragment(1, [])
    with pytest.raises(ValueError, match="before the start"):
        fragment(1, made.packets[:3], video_base_ticks=90_000)


def test_an_audio_codec_has_no_place_in_a_video_track() -> None:
    info = make().info
    with pytest.raises(ValueError, match="no video codec"):
        init_segment(dataclasses.replace(info, video=dataclasses.replace(info.video, codec=Codec.AAC)))
