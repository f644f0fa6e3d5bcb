from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from hearthwatch.feeds.packet import AudioInfo, Codec, Kind, Packet, Stream, StreamInfo, VideoInfo
from hearthwatch.kit.units import CameraId, MonoNs, WallUs
from hearthwatch.recording import cut
from hearthwatch.recording.cut import Cutter, stagger_frac
from hearthwatch.recording.segment import StorageOptions

INFO = StreamInfo(
    video=VideoInfo(codec=Codec.H264, extradata=b"", width_px=2, height_px=2),
    audio=AudioInfo(codec=Codec.PCMU, extradata=b"", sample_hz=8000, channels=1),
)


def packet(dts: int, *, is_key: bool = False, kind: Kind = Kind.VIDEO, size: int = 10) -> Packet:
    return Packet(
        camera=CameraId("front"),
        stream=Stream.MAIN,
        kind=kind,
        data=bytes(size),
        pts_ticks=dts,
        dts_ticks=dts,
        is_key=is_key,
        received_ns=MonoNs(0),
        wall_us=WallUs(dts),
    )


steps = st.lists(st.tuples(st.integers(0, 40_000), st.booleans(), st.sampled_from(Kind)), max_size=200)


@given(steps, st.floats(0.2, 3), st.floats(1.1, 10))
def test_nothing_after_the_first_key_frame_is_lost_or_reordered(given_steps, fragment_s: float, segment_s: float) -> None:
    cutter = Cutter(INFO, StorageOptions(fragment_s=fragment_s, segment_s=segment_s))
    dts, sent, batches = 0, [], []
    for step, is_key, kind in given_steps:
        dts += step
        one = packet(dts, is_key=is_key, kind=kind)
        if sent or one.starts_gop:
            sent.append(one)
        if batch := cutter.take(one):
            batches.append(batch)
    if batch := cutter.flush():
        batches.append(batch)
    for kind, name in ((Kind.VIDEO, "video"), (Kind.AUDIO, "audio")):
        assert [p for b in batches for p in getattr(b, name)] == [p for p in sent if p.kind is kind]
    for number, batch in enumerate(batches):
        assert batch.starts == (number == 0) or (batch.starts and batch.video[0].is_key)
        assert batch.size_bytes == sum(p.size_bytes for p in batch.video + batch.audio)
        if batch.video and batch.next_video_dts is not None:
            before_last = batch.video[-1].dts_ticks - batch.video[0].dts_ticks
            assert before_last < fragment_s * 90_000 + 1


def test_a_file_ends_at_the_first_key_frame_past_its_length() -> None:
    cutter = Cutter(INFO, StorageOptions(segment_s=10))
    starts = []
    for second in range(60):
        batch = cutter.take(packet(second * 90_000, is_key=second % 4 == 0))
        if batch and batch.starts:
            starts.append(batch.video[0].dts_ticks // 90_000)
    assert starts == [0, 12, 24, 36, 48]


def test_a_file_that_grows_too_big_ends_early(monkeypatch) -> None:
    monkeypatch.setattr(cut, "MAX_SEGMENT_BYTES", 1000)
    cutter = Cutter(INFO, StorageOptions(segment_s=1000))
    batches = [cutter.take(packet(second * 90_000, is_key=second % 2 == 0, size=300)) for second in range(20)]
    assert sum(batch.starts for batch in batches if batch) == 5


def test_a_flood_of_sound_is_written_although_no_picture_comes(monkeypatch) -> None:
    monkeypatch.setattr(cut, "MAX_PENDING_BYTES", 1000)
    cutter = Cutter(INFO, StorageOptions())
    cutter.take(packet(0, is_key=True))
    batches = [cutter.take(packet(at * 160, kind=Kind.AUDIO, size=160, is_key=True)) for at in range(50)]
    assert sum(batch is not None for batch in batches) >= 6


def test_a_camera_without_key_frames_is_noticed(monkeypatch) -> None:
    monkeypatch.setattr(cut, "OVERRUN_BYTES", 1000)
    cutter = Cutter(INFO, StorageOptions())
    cutter.take(packet(0, is_key=True))
    assert not cutter.overrun
    for at in range(120):
        cutter.take(packet(at * 3000))
    assert cutter.overrun


def test_streams_end_their_first_files_at_different_times() -> None:
    fracs = {stagger_frac(CameraId(f"cam{number}"), stream) for number in range(8) for stream in Stream}
    assert len(fracs) == 16
    assert all(0.25 <= frac <= 1 for frac in fracs)
