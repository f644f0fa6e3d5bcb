from __future__ import annotations

import io
import json
import subprocess
from itertools import pairwise
from pathlib import Path

import av
import numpy as np
import pytest
from tests.recording.conftest import FRONT, Bench
from tests.recording.packet_maker import START_US, looped, make

from hearthwatch.feeds.packet import Codec, GapReason, Kind, Stream
from hearthwatch.kit.errors import Unsupported
from hearthwatch.kit.units import WallUs, iso
from hearthwatch.recording.clip import ClipReport, export, fragments
from hearthwatch.recording.playback import playback
from hearthwatch.recording.segment import Span, StorageOptions


def span(start_s: float, end_s: float) -> Span:
    return Span(
        camera=FRONT,
        stream=Stream.MAIN,
        start_us=WallUs(START_US + round(start_s * 1e6)),
        end_us=WallUs(START_US + round(end_s * 1e6)),
    )


def cut(bench: Bench, start_s: float, end_s: float) -> tuple[ClipReport, bytes]:
    out = io.BytesIO()
    report = export(bench.reader, bench.folder, span(start_s, end_s), out)
    assert report.size_bytes == len(out.getvalue())
    return report, out.getvalue()


def probe(data: bytes, tmp_path: Path) -> dict:
    path = tmp_path / "clip.mp4"
    path.write_bytes(data)
    done = subprocess.run(
        ["ffprobe", "-v", "error", "-of", "json", "-show_streams", "-show_format", "-show_packets", str(path)],
        capture_output=True,
        check=True,
        text=True,
    )
    assert done.stderr == ""
    return json.loads(done.stdout)


def pictures(data: bytes) -> list[np.ndarray]:
    with av.open(io.BytesIO(data)) as file:
        return [frame.to_ndarray(format="gray") for frame in file.decode(video=0)]


def test_a_clip_over_segment_borders_is_one_ordinary_mp4(bench: Bench, tmp_path: Path) -> None:
    bench.record(20)
    report, data = cut(bench, 2.4, 13.8)
    assert b"moof" not in data
    assert report.segments >= 3
    found = probe(data, tmp_path)
    assert float(found["format"]["duration"]) == pytest.approx(11.4, abs=0.07)
    assert float(found["format"].get("start_time", 0)) == pytest.approx(0, abs=0.07)
    times = [int(packet["dts"]) for packet in found["packets"]]
    assert all(after - before == 6000 for before, after in pairwise(times))
    assert report.frames == 207 - 30 == len(times)
    assert report.duration_us == pytest.approx(11_400_000, abs=70_000)
    assert report.gaps == ()


def test_a_clip_shows_the_very_frames_that_were_recorded(bench: Bench) -> None:
    bench.record(12)
    _report, data = cut(bench, 3, 9)
    once = b"".join(packet.data for packet in looped(make(), 12) if 3 * 90_000 <= packet.dts_ticks < 9 * 90_000)
    with av.open(io.BytesIO(data)) as file:
        assert b"".join(bytes(packet) for packet in file.demux(video=0)) == once
    assert len(pictures(data)) == 90


def test_the_edit_list_starts_at_the_exact_moment(bench: Bench, tmp_path: Path) -> None:
    bench.record(8)
    _report, data = cut(bench, 1.6, 3)
    path = tmp_path / "clip.mp4"
    path.write_bytes(data)
    done = subprocess.run(
        ["ffmpeg", "-v", "error", "-i", str(path), "-f", "rawvideo", "-pix_fmt", "gray", "-"], capture_output=True, check=True
    )
    shown = np.frombuffer(done.stdout, np.uint8).reshape(-1, 120, 160)
    assert len(shown) == 21
    bench_report, whole = cut(bench, 0, 8)
    assert bench_report.frames == 120
    assert np.array_equal(shown[0], pictures(whole)[24])


def test_a_gap_takes_no_time_and_is_told(bench: Bench, tmp_path: Path) -> None:
    bench.options = StorageOptions(segment_s=60, free_gib=0)
    bench.record(4)
    bench.record(4, start_us=START_US + 30_000_000)
    report, data = cut(bench, 1, 33)
    assert float(probe(data, tmp_path)["format"]["duration"]) == pytest.approx(6, abs=0.07)
    assert [gap.reason for gap in report.gaps] == [GapReason.NETWORK]
    assert (report.start_us, report.end_us) == (START_US + 1_000_000, START_US + 33_000_000)
    assert len(pictures(data)) == 90


@pytest.mark.parametrize("audio", [Codec.AAC, Codec.PCMU])
def test_sound_stays_with_the_picture(bench: Bench, tmp_path: Path, audio: Codec) -> None:
    made = make(audio=audio)
    bench.record(12, made=made)
    report, data = cut(bench, 2, 11)
    found = probe(data, tmp_path)
    video, sound = found["streams"]
    assert float(video["duration"]) == pytest.approx(9, abs=0.07)
    assert float(sound["duration"]) == pytest.approx(9, abs=0.15)
    kept = [packet for packet in looped(made, 12) if packet.kind is Kind.AUDIO]
    hz = made.info.audio.sample_hz
    expected = b"".join(packet.data for packet in kept if 2 * hz <= packet.dts_ticks < 11 * hz)
    with av.open(io.BytesIO(data)) as file:
        assert b"".join(bytes(packet) for packet in file.demux(audio=0)) == expected
    assert report.notes == ()


def test_frames_out_of_order_survive_the_export(bench: Bench, tmp_path: Path) -> None:
    made = make(bframes=2)
    bench.record(8, made=made)
    _report, data = cut(bench, 0, 8)
    found = probe(data, tmp_path)
    assert min(int(packet["pts"]) for packet in found["packets"]) == 0
    assert float(found["format"]["duration"]) == pytest.approx(8, abs=0.2)
    with av.open(io.BytesIO(data)) as file:
        times = [frame.pts for frame in file.decode(video=0)]
    assert times == sorted(set(times))
    assert len(times) == 120


def test_what_lasts_longest_is_taken_when_the_camera_changed(bench: Bench) -> None:
    bench.record(4, made=make(Codec.H265))
    bench.record(8, start_us=START_US + 10_000_000)
    report, data = cut(bench, 0, 20)
    assert len(report.notes) == 1
    assert report.frames == 120
    assert report.start_us == START_US + 10_000_000
    assert len(pictures(data)) == 120


def test_a_range_without_footage_is_refused(bench: Bench) -> None:
    bench.record(4)
    with pytest.raises(Unsupported, match="no footage of front"):
        cut(bench, 100, 110)
    with pytest.raises(Unsupported):
        fragments(bench.reader, bench.folder, span(100, 110))


def test_a_file_still_being_written_gives_its_whole_fragments(bench: Bench) -> None:
    bench.options = StorageOptions(segment_s=60, free_gib=0)
    writer = bench.writer()
    bench.begin(writer, make())
    bench.feed(writer, looped(make(), 8))
    report, data = cut(bench, 4, 8)
    assert report.frames == 45
    assert len(pictures(data)) == 45
    bench.end(writer)


def test_playback_keeps_gaps_as_holes_so_that_a_position_is_a_wall_time(bench: Bench) -> None:
    bench.options = StorageOptions(segment_s=3, free_gib=0)
    bench.record(8, made=make(audio=Codec.AAC))
    bench.record(4, made=make(audio=Codec.AAC), start_us=START_US + 30_000_000)
    pieces = list(fragments(bench.reader, bench.folder, span(2.5, 40)))
    assert all(piece[4:8] == b"moof" for piece in pieces[1:])
    with av.open(io.BytesIO(b"".join(pieces))) as file:
        packets = [packet for packet in file.demux(video=0) if packet.size]
        times = [float(packet.dts * packet.time_base) for packet in packets]
        file.seek(0)
        assert len(list(file.decode(video=0))) == len(packets)
        file.seek(0)
        sound = [float(packet.dts * packet.time_base) for packet in file.demux(audio=0) if packet.size]
    assert times == sorted(times)
    assert times[0] == 0
    assert times[89] == pytest.approx(89 / 15)
    assert times[90] == pytest.approx(28)
    assert sound == sorted(sound)
    assert max(sound) == pytest.approx(32, abs=0.2)


def test_playback_leaves_out_sound_no_browser_plays(bench: Bench) -> None:
    bench.record(4, made=make(audio=Codec.PCMU))
    data = b"".join(fragments(bench.reader, bench.folder, span(0, 4)))
    with av.open(io.BytesIO(data)) as file:
        assert [stream.type for stream in file.streams] == ["video"]
        assert len(list(file.decode(video=0))) == 60


def test_footage_that_is_not_what_was_recorded_is_never_given_out_as_if_it_were(bench: Bench) -> None:
    bench.record(20)
    harmed, moved = bench.segments()[1], bench.segments()[3]
    path = bench.folder / harmed.path
    data = bytearray(path.read_bytes())
    data[-100] ^= 1
    path.write_bytes(data)
    (bench.folder / moved.path).write_bytes((bench.folder / bench.segments()[0].path).read_bytes())
    report, _data = cut(bench, 0, 20)
    assert [note for note in report.notes if "damaged" in note and str(iso(harmed.start_us)) in note]
    assert [note for note in report.notes if "other footage" in note and str(iso(moved.start_us)) in note]
    assert report.segments == len(bench.segments()) - 1
    shown = playback(bench.reader, bench.folder, span(0, 20), keys_only=False)
    assert shown.harmed == ((harmed.start_us, harmed.end_us),)
    whole = playback(bench.reader, bench.folder, span(0, (harmed.start_us - START_US) / 1e6 - 0.1), keys_only=False)
    assert whole.harmed == ()
