"""The ten parsers that strangers reach first, each as a function of bytes that raises our own errors only.

`RULES` beyond that stand here as assertions: what a parser makes of bytes must be fit for what the product does with it next.
"""

from __future__ import annotations

import io
import json
import random
from collections.abc import Callable, Mapping
from datetime import UTC
from pathlib import PurePosixPath
from types import SimpleNamespace

import msgspec

from hearthwatch.alerts import telegram_update
from hearthwatch.alerts.telegram_update import Incoming
from hearthwatch.feeds.http_stream import HttpCamera
from hearthwatch.feeds.jpeg import jpeg_size
from hearthwatch.feeds.mjpeg import pictures
from hearthwatch.feeds.packet import Stream
from hearthwatch.feeds.rtsp_message import Message, parse_message, parse_session, parse_transport
from hearthwatch.feeds.rtsp_offer import audio_of, video_of
from hearthwatch.feeds.sdp import parse_sdp
from hearthwatch.feeds.source import Source, SourceKind
from hearthwatch.ingest.doorkeeping import printable
from hearthwatch.ingest.drop import MAX_NAME_CHARS, Drop, DropId, Media, Via
from hearthwatch.ingest.ftp import _Nowhere
from hearthwatch.ingest.letter import read_letter
from hearthwatch.kit.clock import Stop, SystemClock
from hearthwatch.kit.digest import Authenticator
from hearthwatch.kit.errors import ConfigFault, HearthwatchError, Unreachable
from hearthwatch.kit.units import CameraId, WallUs
from hearthwatch.recording.walk import cut_zeroed_tail, read_footage
from hearthwatch.run.config import parse as parse_config
from hearthwatch.run.drop_reading import meaning, moment, start_of_clip, tampering
from hearthwatch.vendors import onvif_event, onvif_xml

CANARY = "canary-Xk4711-Secret"
BASE = "rtsp://192.0.2.7:554/live/"
_NOW_US = WallUs(1_800_000_000_000_000)


def sdp(data: bytes, base: str = BASE) -> object:
    offer = parse_sdp(data, base)
    sound = audio_of(offer)
    media, video = video_of(offer)
    return media.control, sound and sound[2], video.sets.is_complete and video.sets.video_info()


def rtsp(data: bytes) -> object:
    """A conversation as the client reads it: message after message, their fields, the answer to a challenge."""
    at, found = 0, []
    while at < len(data) and len(found) < 50 and (read := parse_message(data, at, len(data))):
        message, end = read
        assert end > at
        at = end
        found.append((message.status, message.cseq, _fields(message)))
    return found


def _fields(message: Message) -> list[object]:
    found: list[object] = []
    for name, read in (("transport", parse_transport), ("session", parse_session)):
        for value in message.all(name):
            try:
                found.append(read(value))
            except HearthwatchError as error:
                found.append(str(error))
    if message.all("www-authenticate"):
        found.append(_answer(message.all("www-authenticate")))
    if message.body:
        found.append(sdp(message.body, message.field("content-base") or BASE))
    return found


def _answer(challenges: list[str]) -> str:
    auth = Authenticator("admin", CANARY, random.Random(1))
    for _ in range(3):
        auth.challenge(challenges)
        header = auth.header("DESCRIBE", BASE)
        auth.accepted()
    assert header is not None
    assert CANARY not in header
    assert not any((ord(char) < 32 and char != "\t") or ord(char) == 127 for char in header), (
        "a control character would end its line"
    )
    return header


def digest(data: bytes) -> object:
    """A 401's header fields, one a line."""
    return _answer(data.decode("utf-8", "replace").split("\n")[:20])


class SaidCamera(HttpCamera):
    """The HTTP client of the feeds with bytes in the place of a socket, in pieces as they come."""

    def __init__(self, data: bytes, piece_bytes: int = 1500) -> None:
        source = Source(camera=CameraId("front"), stream=Stream.MAIN, kind=SourceKind.MJPEG, url="http://192.0.2.7/x")
        super().__init__(source, clock=SystemClock(), rng=random.Random(1), stop=Stop())
        self._said = memoryview(data)
        self._piece_bytes = piece_bytes

    def more(self) -> bool:
        if self._at_end:
            return False
        piece, self._said = self._said[: self._piece_bytes], self._said[self._piece_bytes :]
        self._at_end = not piece
        self._buffer += piece
        return bool(piece)


def mjpeg(data: bytes) -> object:
    """A whole answer of a camera: head, then pictures."""
    camera = SaidCamera(data)
    reply = camera._read_head()
    sizes = []
    try:
        for picture in pictures(camera, reply):
            sizes.append(jpeg_size(picture))
            if len(sizes) >= 100:
                break
    except Unreachable as error:  # how every such stream ends
        sizes.append(str(error))
    return sizes


def mp4(data: bytes) -> object:
    """What is found is a beginning of the file, in order, and the same when it is read again from that beginning alone."""
    found = read_footage(io.BytesIO(data))
    assert found.init_bytes <= found.whole_bytes <= found.size_bytes == len(data)
    end = cut_zeroed_tail(io.BytesIO(data), found)
    assert found.init_bytes <= end <= found.whole_bytes
    at = found.init_bytes
    for one in found.fragments:
        assert at == one.start < one.data <= one.end <= len(data)
        at = one.end
    again = read_footage(io.BytesIO(data[: found.whole_bytes]))
    assert again.fragments == found.fragments
    return found.frames, found.keyframes, found.duration_us, found.first_ticks, found.end_ticks


def onvif(data: bytes) -> object:
    said = onvif_event.notifications(onvif_xml.parse(data))
    found = [onvif_event.signal(one, {"000": 0}) for one in said]
    msgspec.json.encode(found)
    return found


def mail(data: bytes) -> object:
    """A mail as the porch takes it in, and what the house makes of it."""
    letter = read_letter(data)
    if letter.picture:
        assert letter.picture in data or len(letter.picture) <= len(data)
    drop = _drop(Via.MAIL, letter.picture_name, subject=letter.subject, text=letter.text)
    return letter.subject, letter.picture_name, _read(drop)


def ftp(data: bytes) -> object:
    """A name as a camera stores by it: what is shown of it and read from it; it may never be more than a word to us."""
    name = data.decode("utf-8", "replace")
    room = _Nowhere("/", SimpleNamespace())
    for line in name.split("\n")[:5]:
        room.chdir(room.ftp2fs(line))
        assert room.cwd.startswith("/")
        assert ".." not in PurePosixPath(room.cwd).parts
    return _read(_drop(Via.FTP, room.ftp2fs(name)))


def _drop(via: Via, name: str, *, subject: str = "", text: str = "") -> Drop:
    made = Drop(
        id=DropId("01M7YSSKBW7Z40JGE61APB4RHB"),
        camera=CameraId("gate"),
        via=via,
        media=Media.CLIP if via is Via.FTP else Media.NONE,
        size_bytes=0,
        begun_us=WallUs(_NOW_US - 5_000_000),
        received_us=_NOW_US,
        address="192.0.2.7",
        name=printable(name, MAX_NAME_CHARS),
        subject=printable(subject, MAX_NAME_CHARS),
        text=text[:65_536],
    )
    card = msgspec.json.encode(made)
    assert msgspec.json.decode(card, type=Drop) == made
    return made


def _read(drop: Drop) -> object:
    sensed = meaning(drop)
    if sensed is not None:
        assert "\n" not in sensed.detail
        sensed.detail.encode()
    alarm = tampering(drop)
    at = moment(drop, UTC), start_of_clip(drop, 10_000_000, UTC)
    assert all(abs(one - _NOW_US) < 9 * 86_400_000_000 for one in at), "footage of a time that cannot be"
    return sensed, alarm, at


def telegram(data: bytes) -> object:
    """An update, and every way a command of it is looked at."""
    try:
        raw = json.loads(data)
    except (ValueError, RecursionError):
        return None
    found = telegram_update.incoming(raw)
    if found is None:
        return None
    assert isinstance(found, Incoming)
    assert not any(ord(char) < 32 for char in found.name + found.chat_name)
    (found.name + found.chat_name).encode()
    assert found.first_hand or found.kind != telegram_update.PRESS
    return found.command, found.addressee, found.words


def config(data: bytes) -> object:
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return None
    try:
        made = parse_config(text)
    except ConfigFault as fault:
        assert all(line.startswith("hearthwatch.toml") for line in str(fault).splitlines()), str(fault)
        raise
    return sorted(made.cameras)


TARGETS: Mapping[str, Callable[[bytes], object]] = {
    "sdp": sdp,
    "rtsp": rtsp,
    "mjpeg": mjpeg,
    "mp4": mp4,
    "digest": digest,
    "onvif": onvif,
    "mail": mail,
    "ftp": ftp,
    "telegram": telegram,
    "config": config,
}


def try_one(name: str, data: bytes) -> object:
    """Hand `data` to a target; our own errors are an answer like any other, and must be words without a secret."""
    try:
        return TARGETS[name](data)
    except HearthwatchError as error:
        text = str(error)
        text.encode()
        assert CANARY not in text, text
        return text
