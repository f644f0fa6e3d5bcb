"""Live video: the hub's promise to viewers, and what a browser is sent."""

from __future__ import annotations

import asyncio
import io
import json
from dataclasses import replace
from itertools import pairwise
from types import SimpleNamespace

import av
from hypothesis import given
from hypothesis import strategies as st
from tests.web import scene

from hearthwatch.feeds.packet import AudioInfo, Codec, Gap, GapReason, Kind, Packet, Run, RunId, Stream, StreamInfo, VideoInfo
from hearthwatch.kit.clock import FakeClock
from hearthwatch.kit.units import NS_PER_S, US_PER_S, CameraId, MonoNs, WallUs
from hearthwatch.web.doors import CameraState, LiveEnd, LiveStart
from hearthwatch.web.fanout import LiveHub
from hearthwatch.web.live import Player, _Wall, _while_there

CAMERA = CameraId("front-door")
KEY = (CAMERA, Stream.SUB)
RUN = Run(id=RunId("r1"), camera=CAMERA, stream=Stream.SUB, start_us=WallUs(0))
INFO = StreamInfo(video=VideoInfo(codec=Codec.H264, extradata=bytes.fromhex("0142c01fffe1"), width_px=640, height_px=360))
GAP = Gap(camera=CAMERA, stream=Stream.SUB, start_us=WallUs(0), end_us=None, reason=GapReason.NETWORK, detail="no answer")


def packet(number: int, *, key: bool, size: int = 100, kind: Kind = Kind.VIDEO) -> Packet:
    return Packet(
        camera=CAMERA,
        stream=Stream.SUB,
        kind=kind,
        data=number.to_bytes(4, "big") + bytes(size - 4),
        pts_ticks=number * 9000,
        dts_ticks=number * 9000,
        is_key=key,
        received_ns=MonoNs(number),
        wall_us=WallUs(number),
    )


def number_of(item: Packet) -> int:
    return int.from_bytes(item.data[:4], "big")


class Asked:
    """What the hub asked of the recorder."""

    def __init__(self) -> None:
        self.calls: list[tuple[CameraId, Stream, bool]] = []

    def __call__(self, camera: CameraId, stream: Stream, wanted: bool) -> None:
        self.calls.append((camera, stream, wanted))


async def enter(hub: LiveHub):
    """Return a viewer that has entered, and the task of its first item."""
    viewer = hub.subscribe(*KEY)
    first = asyncio.create_task(anext(viewer))
    await asyncio.sleep(0)
    return viewer, first


async def test_the_recorder_is_asked_only_while_somebody_watches() -> None:
    asked = Asked()
    hub = LiveHub(asked)
    hub.begin(RUN, INFO)
    hub.take(packet(0, key=True))
    one, first = await enter(hub)
    two, second = await enter(hub)
    assert asked.calls == [(*KEY, True)]
    assert hub.wanted() == (KEY,)
    hub.begin(RUN, INFO)
    assert isinstance(await first, LiveStart)
    assert isinstance(await second, LiveStart)
    await one.aclose()
    assert asked.calls == [(*KEY, True)]
    await two.aclose()
    assert asked.calls == [(*KEY, True), (*KEY, False)]
    assert hub.counts() == ()


async def test_a_second_viewer_gets_the_opening_and_the_current_group_at_once() -> None:
    hub = LiveHub(Asked())
    viewer, first = await enter(hub)
    hub.begin(RUN, INFO)
    for number in range(25):
        hub.take(packet(number, key=number % 10 == 0))
    await first
    late = hub.subscribe(*KEY)
    got = [await anext(late) for _ in range(6)]
    assert isinstance(got[0], LiveStart)
    assert [number_of(item) for item in got[1:]] == [20, 21, 22, 23, 24]
    await late.aclose()
    await viewer.aclose()


async def test_a_slow_viewer_loses_whole_groups_and_holds_up_nobody() -> None:
    hub = LiveHub(Asked(), viewer_limit_bytes=2000)
    slow, first = await enter(hub)
    hub.begin(RUN, INFO)
    await first
    for number in range(300):
        hub.take(packet(number, key=number % 10 == 0))
    got = []
    while True:
        try:
            got.append(number_of(await asyncio.wait_for(anext(slow), 0.2)))
        except TimeoutError:
            break
    assert got[0] % 10 == 0
    for before, after in pairwise(got):
        assert after == before + 1 or after % 10 == 0
    assert len(got) < 300
    await slow.aclose()


async def test_the_end_and_a_new_start_reach_every_viewer() -> None:
    hub = LiveHub(Asked())
    viewer, first = await enter(hub)
    hub.begin(RUN, INFO)
    await first
    hub.take(packet(0, key=True))
    hub.end(GAP)
    assert isinstance(await anext(viewer), LiveEnd)
    late, early = await enter(hub)
    assert isinstance(await early, LiveEnd)
    hub.begin(RUN, INFO)
    assert isinstance(await anext(viewer), LiveStart)
    assert isinstance(await anext(late), LiveStart)
    await viewer.aclose()
    await late.aclose()


async def test_a_viewer_who_is_late_goes_on_at_the_next_key_frame() -> None:
    hub = LiveHub(Asked())
    viewer, first = await enter(hub)
    hub.begin(RUN, INFO)
    await first
    for number in range(40):  # ten a second, a key frame each second, nothing taken meanwhile
        hub.take(replace(packet(number, key=number % 10 == 0), received_ns=MonoNs(number * NS_PER_S // 10 + 1)))
    assert number_of(await anext(viewer)) == 30
    for number in range(40, 45):
        hub.take(replace(packet(number, key=number % 10 == 0), received_ns=MonoNs(number * NS_PER_S // 10 + 1)))
    assert [number_of(await anext(viewer)) for _ in range(14)] == list(range(31, 45))
    await viewer.aclose()


async def test_packets_from_another_thread_wake_the_viewer() -> None:
    hub = LiveHub(Asked())
    viewer, first = await enter(hub)
    await asyncio.to_thread(hub.begin, RUN, INFO)
    await asyncio.to_thread(hub.take, packet(0, key=True))
    assert isinstance(await asyncio.wait_for(first, 60), LiveStart)
    assert number_of(await asyncio.wait_for(anext(viewer), 60)) == 0
    await viewer.aclose()


@given(st.lists(st.tuples(st.booleans(), st.integers(4, 900)), max_size=80))
def test_what_a_newcomer_gets_always_starts_at_a_key_frame(shape: list[tuple[bool, int]]) -> None:
    hub = LiveHub(Asked(), viewer_limit_bytes=4000)

    async def scenario() -> list[Packet]:
        viewer, first = await enter(hub)
        hub.begin(RUN, INFO)
        await first
        for number, (key, size) in enumerate(shape):
            hub.take(packet(number, key=key, size=size))
        late = hub.subscribe(*KEY)
        await anext(late)
        got = []
        while (waiting := hub.counts()[-1].waiting) > 0:
            assert waiting > 0
            got.append(await anext(late))
        await late.aclose()
        await viewer.aclose()
        return got

    got = asyncio.run(scenario())
    assert not got or got[0].starts_gop
    numbers = [number_of(item) for item in got]
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers))) if numbers else True


def test_the_browser_gets_a_playable_stream() -> None:
    loop = scene.encode("garden", 320, 180)
    player = Player(FakeClock())
    sent = player.messages(LiveStart(run=RUN, info=loop.info))
    note = json.loads(sent[0])
    assert note["type"] == "start"
    assert note["mime"].startswith('video/mp4; codecs="avc1.')
    assert (note["width_px"], note["height_px"]) == (320, 180)
    data = bytearray(sent[1])
    for number in range(2 * scene.FRAMES):
        piece, *_ = player.messages(loop.packet(number, CAMERA, Stream.SUB, 0, 0))
        data += piece
    with av.open(io.BytesIO(bytes(data))) as container:
        frames = list(container.decode(video=0))
    assert len(frames) == 2 * scene.FRAMES
    steps = {round((b.time - a.time) * scene.FPS, 3) for a, b in pairwise(frames)}
    assert steps == {1.0}


def test_a_lossy_pause_keeps_the_clock_of_the_stream() -> None:
    loop = scene.encode("garden", 320, 180)
    player = Player(FakeClock())
    data = bytearray(player.messages(LiveStart(run=RUN, info=loop.info))[1])
    for number in (*range(5), *range(scene.GOP, scene.GOP + 5)):
        data += player.messages(loop.packet(number, CAMERA, Stream.SUB, 0, 0))[0]
    with av.open(io.BytesIO(bytes(data))) as container:
        times = [frame.time for frame in container.decode(video=0)]
    assert times[5] - times[0] == scene.GOP / scene.FPS


def test_what_no_browser_plays_is_said_and_not_sent() -> None:
    player = Player(FakeClock())
    mjpeg = StreamInfo(video=VideoInfo(codec=Codec.MJPEG, extradata=b"", width_px=640, height_px=480))
    assert [json.loads(each) for each in player.messages(LiveStart(run=RUN, info=mjpeg))] == [
        {"type": "picture-only", "codec": "mjpeg"}
    ]
    assert player.messages(packet(0, key=True)) == []


def test_the_page_can_tell_how_old_a_picture_is() -> None:
    clock = FakeClock()
    loop = scene.encode("garden", 320, 180)
    player = Player(clock)
    player.messages(LiveStart(run=RUN, info=loop.info))
    notes = []
    for number in range(2 * scene.FPS):
        taken_us = clock.wall_us() - 40_000
        notes += player.messages(loop.packet(number, CAMERA, Stream.SUB, taken_us, 0))[1:]
        clock.advance(1 / scene.FPS)
    told = [json.loads(note) for note in notes]
    assert [note["type"] for note in told] == ["clock", "clock"]
    assert [note["media_s"] for note in told] == [0.0, 1.0]
    assert all(note["now_us"] - note["wall_us"] == 40_000 for note in told)
    assert told[1]["now_us"] - told[0]["now_us"] == US_PER_S


AAC = AudioInfo(codec=Codec.AAC, extradata=bytes((0x14, 0x08)), sample_hz=16_000, channels=1)
PCMU = AudioInfo(codec=Codec.PCMU, extradata=b"", sample_hz=8000, channels=1)


def test_sound_in_aac_is_a_track_of_the_same_fragments() -> None:
    player = Player(FakeClock(), sound=True)
    note, opening = player.messages(LiveStart(run=RUN, info=replace(INFO, audio=AAC)))
    found = json.loads(note)
    assert (found["sound"], found["sample_hz"], found["channels"]) == ("aac", 16_000, 1)
    assert found["mime"].endswith(',mp4a.40.2"')
    assert b"mp4a" in opening
    (piece,) = player.messages(replace(packet(1, key=False, kind=Kind.AUDIO), pts_ticks=1024, dts_ticks=1024))
    assert piece[4:8] == b"moof"


def test_sound_in_g711_comes_beside_the_pictures() -> None:
    player = Player(FakeClock(), sound=True)
    note, opening = player.messages(LiveStart(run=RUN, info=replace(INFO, audio=PCMU)))
    assert json.loads(note)["sound"] == "pcmu"
    assert "mp4a" not in json.loads(note)["mime"]
    assert b"ulaw" not in opening
    (piece,) = player.messages(replace(packet(1, key=False, size=160, kind=Kind.AUDIO), pts_ticks=320))
    assert piece[:8] == (16 + 160).to_bytes(4, "big") + b"ulaw"
    assert int.from_bytes(piece[8:16], "big") == 320
    assert len(piece[16:]) == 160


def test_sound_nobody_asked_for_is_not_sent() -> None:
    player = Player(FakeClock())
    note, opening = player.messages(LiveStart(run=RUN, info=replace(INFO, audio=AAC)))
    assert json.loads(note)["sound"] is None
    assert b"mp4a" not in opening
    assert player.messages(packet(1, key=False, kind=Kind.AUDIO)) == []


def test_sound_and_what_comes_before_a_start_are_left_out() -> None:
    player = Player(FakeClock())
    assert player.messages(packet(0, key=True)) == []
    player.messages(LiveStart(run=RUN, info=INFO))
    assert player.messages(packet(1, key=True, kind=Kind.AUDIO)) == []


def test_the_end_says_why_without_secrets() -> None:
    player = Player(FakeClock())
    player.messages(LiveStart(run=RUN, info=INFO))
    note = json.loads(player.messages(LiveEnd(gap=replace(GAP, detail="rtsp://ada:hunter2@cam/ is gone")))[0])
    assert note == {"type": "end", "reason": "network", "detail": "rtsp://***@cam/ is gone"}
    assert player.messages(packet(2, key=True)) == []


async def test_a_viewer_the_server_hung_up_on_is_not_closed_a_second_time() -> None:
    """What uvicorn raises when a broken frame ended the connection just before the session does."""

    class HungUp:
        async def close(self, **_: object) -> None:
            raise RuntimeError("Unexpected ASGI message 'websocket.close', after sending 'websocket.close'.")

    auth = SimpleNamespace(ended=lambda _person: asyncio.sleep(0), stopping=asyncio.Event())
    watching = asyncio.create_task(asyncio.sleep(60))
    await _while_there(HungUp(), SimpleNamespace(auth=auth), None, watching)  # type: ignore[arg-type]
    assert watching.cancelled()


async def test_nothing_is_sent_once_the_connection_is_being_closed() -> None:
    """Each send of a wall's cameras after the close would end the wall with an error in the log."""
    said: list[str] = []
    asked: list[CameraId] = []
    sending = asyncio.Event()

    class Wire:
        async def send_text(self, _text: str) -> None:
            said.append("send")
            sending.set()
            await asyncio.sleep(0)

        async def receive_text(self) -> str:
            if not asked:
                asked.append(CAMERA)
                return json.dumps({"watch": CAMERA})
            await asyncio.sleep(60)
            raise AssertionError

        async def close(self, **_: object) -> None:
            said.append("close")
            await asyncio.sleep(0)
            await asyncio.sleep(0)

    class Busy:
        async def subscribe(self, _camera, _stream):
            while True:
                yield LiveEnd(gap=GAP)
                await asyncio.sleep(0)

    camera = SimpleNamespace(id=CAMERA, state=CameraState.LIVE)
    doors = SimpleNamespace(cameras=SimpleNamespace(all=lambda: [camera]), live=Busy())
    auth = SimpleNamespace(ended=lambda _person: sending.wait(), stopping=asyncio.Event())
    site = SimpleNamespace(auth=auth, doors=doors, clock=FakeClock())
    wall = _Wall(Wire(), site, Stream.SUB)  # type: ignore[arg-type]
    await _while_there(Wire(), site, None, asyncio.create_task(wall.listen()))  # type: ignore[arg-type]
    assert said.count("send") > 0
    assert said[-1] == "close"
