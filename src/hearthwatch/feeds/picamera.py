"""The Raspberry Pi's own camera as an address, `picamera://0?width=1920&fps=25`, and the commands that read it. Pure.

Options of rpicam-apps (raspberrypi.com/documentation, "Camera software"; `libcamera-*` are the same programs under their
former name). MPEG-TS because it carries a time for every picture, which a bare H.264 stream does not.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlsplit

from hearthwatch.kit.errors import ConfigFault

VIDEO_PROGRAMS = ("rpicam-vid", "libcamera-vid")
STILL_PROGRAMS = ("rpicam-still", "libcamera-still")
INSTALL = "install the package rpicam-apps (sudo apt install rpicam-apps-lite) and restart Hearthwatch"

_KEY_EVERY_S = 2
_MAX_CAMERA = 7
_CODECS = ("h264", "libx264", "h264_v4l2m2m")
_LIMITS: Mapping[str, tuple[int, int]] = {
    "width": (64, 9152),
    "height": (64, 6944),
    "fps": (1, 120),
    "kbps": (100, 50_000),
    "hflip": (0, 1),
    "vflip": (0, 1),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class PicameraOptions:
    """`codec` is the encoder: `h264` leaves the choice to the program. `rotation` is 0 or 180 degrees: it can do no other."""

    camera: int = 0
    width: int = 1920
    height: int = 1080
    fps: int = 15
    kbps: int = 4000
    rotation: int = 0
    hflip: int = 0
    vflip: int = 0
    codec: str = "h264"


def parse_picamera(url: str) -> PicameraOptions:
    """Return what `url` asks for. Raises ConfigFault, naming the setting that cannot be."""
    parts = urlsplit(url)
    number = parts.netloc or "0"
    if not number.isdecimal() or int(number) > _MAX_CAMERA or parts.path not in {"", "/"}:
        raise ConfigFault("a Pi camera is picamera://0, the second one picamera://1")
    found: dict[str, int | str] = {"camera": int(number)}
    for name, value in parse_qsl(parts.query, keep_blank_values=True):
        found[name] = _value(name, value)
    options = PicameraOptions(**found)  # type: ignore[arg-type]  # _value returns what each name takes
    if options.width % 2 or options.height % 2:
        raise ConfigFault("width and height of a Pi camera must be even numbers")
    return options


def _value(name: str, value: str) -> int | str:
    if name == "codec":
        if value not in _CODECS:
            raise ConfigFault(f"codec must be one of {', '.join(_CODECS)}")
        return value
    if name == "rotation":
        if value not in {"0", "180"}:
            raise ConfigFault("rotation must be 0 or 180: the camera cannot turn its picture otherwise")
        return int(value)
    if name not in _LIMITS:
        known = ", ".join((*_LIMITS, "rotation", "codec"))
        raise ConfigFault(f"{name[:30]!r} is no setting of a Pi camera; there are {known}")
    low, high = _LIMITS[name]
    if not value.isdecimal() or len(value) > 6 or not low <= int(value) <= high:
        raise ConfigFault(f"{name} must be a whole number from {low} to {high}")
    return int(value)


def video_arguments(options: PicameraOptions) -> list[str]:
    """Return how the program is told to write MPEG-TS to its standard output until it is ended."""
    arguments = [*_common(options), "--timeout", "0", "--codec", "libav", "--libav-format", "mpegts"]
    if options.codec != "h264":
        arguments += ["--libav-video-codec", options.codec]
    arguments += ["--framerate", str(options.fps), "--bitrate", str(options.kbps * 1000)]
    arguments += ["--intra", str(options.fps * _KEY_EVERY_S), "--inline", "--flush"]
    return [*arguments, "--output", "-"]


def still_arguments(options: PicameraOptions) -> list[str]:
    """Return how the program is told to write one JPEG to its standard output."""
    return [*_common(options), "--timeout", "1", "--immediate", "--encoding", "jpg", "--output", "-"]


def _common(options: PicameraOptions) -> list[str]:
    arguments = ["--camera", str(options.camera), "--nopreview"]
    arguments += ["--width", str(options.width), "--height", str(options.height)]
    if options.rotation:
        arguments += ["--rotation", str(options.rotation)]
    return [*arguments, *(f"--{flip}" for flip in ("hflip", "vflip") if getattr(options, flip))]


_WORDS = (
    ("no cameras available", "no camera found: check the ribbon cable, then restart the Pi"),
    ("selected camera is not available", "there is no camera of that number: the first is picamera://0"),
    ("failed to acquire camera", "the camera is in use by another program: end that one first"),
    ("in use by another process", "the camera is in use by another program: end that one first"),
    ("unable to open video codec", "this Pi cannot encode so: try another size, or codec=libx264 in the address"),
    ("cannot allocate memory", "not enough memory for pictures of this size: choose a smaller one"),
    ("failed to allocate", "not enough memory for pictures of this size: choose a smaller one"),
    ("permission denied", "no permission to use the camera: add this user to the group 'video'"),
    ("unrecognised option", "the camera program is too old for what we ask of it: update the system"),
)
_SAID_CHARS = 160


def in_words(said: str) -> str:
    """Return the last thing the program said on standard error in the owner's words; as it is where we have none."""
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    for line in reversed(lines):
        for mark, words in _WORDS:
            if mark in line.lower():
                return words
    last = lines[-1].removeprefix("ERROR:").strip(" *") if lines else ""
    plain = "".join(char for char in last if char.isprintable())[:_SAID_CHARS]
    return f"the camera program says: {plain}" if plain else "the camera program ended without a word"
