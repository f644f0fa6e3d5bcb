"""Reads the configuration of Motion: `motion.conf` with the cameras' own files, and masks drawn as PGM pictures.

Facts: the options of Motion's guide, 4.0 to 5.0. What is not understood is named, never guessed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from hearthwatch.kit.errors import ConfigFault
from hearthwatch.run.mask_picture import MAX_BYTES as MAX_MASK_BYTES
from hearthwatch.run.mask_picture import polygons
from hearthwatch.run.taking_over import Address, NewCamera, Takeover, address_of, is_loopback, log_in, read_file

_LINE = re.compile(r"([a-z_0-9]{1,60})(?:\s*=\s*|\s+)(.*)")
_MAX_CAMERAS = 64
_DEFAULT_SIZE = (640, 480)
_MAIN = ("netcam_high_url", "netcam_highres", "netcam_url")
_DEVICES = ("video_device", "videodevice", "v4l2_device")
_SCHEMES: Mapping[str, str] = {"mjpg": "http", "mjpeg": "http", "jpeg": "http", "jpg": "http", "v4l2": "v4l2"}
_LEFT: Mapping[str, str] = {
    "mask_privacy": "parts of the picture cannot be blackened in recordings; a mask keeps them from being looked at",
    "area_detect": "draw a zone in the page instead",
    "text_left": "exports can have the time drawn in",
    "text_right": "exports can have the time drawn in",
    "on_event_start": "programs are not run: see [action], the webhook and MQTT",
    "on_event_end": "programs are not run: see [action], the webhook and MQTT",
    "on_motion_detected": "programs are not run: see [action], the webhook and MQTT",
    "on_picture_save": "programs are not run: see [action], the webhook and MQTT",
    "on_movie_end": "programs are not run: see [action], the webhook and MQTT",
    "target_dir": "say where footage lives in [storage]",
    "mmalcam_name": 'write main = "picamera://0?width=1920&height=1080&fps=15" for a Pi camera',
    "libcam_device": 'write main = "picamera://0?width=1920&height=1080&fps=15" for a Pi camera',
    "minimum_motion_frames": "a visitor is believed after two pictures",
    "noise_level": "noise is measured",
    "lightswitch_percent": "a switched light is noticed by itself",
    "webcontrol_port": "the page has accounts and TLS of its own",
    "stream_port": "the page shows live pictures",
    "database_type": "Hearthwatch has its own database",
}


def read(path: Path) -> Takeover:
    """Return what can be taken over of the file and the cameras' files it names. Raises ConfigFault for what is none."""
    whole = _options(read_file(path))
    if not whole:
        raise ConfigFault(f"{path}: this is no configuration of Motion: it has no lines of an option and a value")
    into = Takeover()
    files = list(_camera_files(path, whole, into))[:_MAX_CAMERAS]
    common = {key: values[-1] for key, values in whole.items() if key not in {"camera", "thread", "camera_dir"}}
    if not files:
        _camera(path, common, common, into)
    for number, file in enumerate(files, 1):
        try:
            own = {key: values[-1] for key, values in _options(read_file(file)).items()}
        except ConfigFault as fault:
            into.leave(f"camera {number}", str(fault))
            continue
        _camera(file, {**common, **own}, own, into)
    for key, why in _LEFT.items():
        if key in common and files and _says(common[key]):
            into.leave(key, why)
    if not into.cameras and not into.left:
        raise ConfigFault(f"{path}: this is no configuration of Motion: it names no camera")
    return into


def _options(text: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for line in text.splitlines():
        bare = line.strip()
        if not bare or bare[0] in "#;" or not (match := _LINE.fullmatch(bare)):
            continue
        value = match[2].strip()
        if len(value) > 1 and value[0] == value[-1] and value[0] in "\"'":
            value = value[1:-1]
        found.setdefault(match[1], []).append(value)
    return found


def _camera_files(path: Path, whole: Mapping[str, list[str]], into: Takeover) -> Iterator[Path]:
    """A file that was copied here without its folder is looked for beside the main one."""
    for text in (*whole.get("camera", ()), *whole.get("thread", ())):
        file = _there(path, text)
        if file is None:
            into.leave(text, f"there is no such file, neither there nor beside {path.name}")
        else:
            yield file
    for text in whole.get("camera_dir", ()):
        folder = Path(text) if Path(text).is_dir() else path.parent / Path(text).name
        if folder.is_dir():
            yield from sorted(folder.glob("*.conf"))
        else:
            into.leave(text, "there is no such folder")


def _there(path: Path, text: str) -> Path | None:
    for file in (Path(text), path.parent / text, path.parent / Path(text).name):
        if file.is_file():
            return file
    return None


def _camera(file: Path, options: Mapping[str, str], own: Mapping[str, str], into: Takeover) -> None:
    name = options.get("camera_name") or options.get("device_name") or file.stem
    made = NewCamera(name=name)
    made.values["name",] = name[:60]
    if not _streams(made, options, into):
        return
    if "mask_file" in options and _says(options["mask_file"]):
        _mask(made, file, options["mask_file"], into)
    _sensitivity(made, options, into)
    if options.get("pause", "").lower() in {"on", "yes", "1"}:
        into.leave(f"{name}: pause", "the house is quiet while it is disarmed")
    for key in own:
        if key in _LEFT and _says(own[key]):
            into.leave(f"{name}: {key}", _LEFT[key])
    into.cameras.append(made)


def _streams(made: NewCamera, options: Mapping[str, str], into: Takeover) -> bool:
    urls = [options[key] for key in _MAIN if _says(options.get(key, ""))]
    for key in _DEVICES:
        device = options.get(key, "")
        if not urls and device.startswith("/dev/"):
            made.values["main",] = f"v4l2://{device}"
            into.take(f"{made.name}: the webcam {device}")
            return True
    if not urls:
        into.leave(made.name, "it names no camera that can be read (netcam_url, video_device)")
        return False
    found = []
    for text in urls:
        kind, address = _address(text)
        if isinstance(address, str):
            into.leave(made.name, address)
            return False
        found.append((kind, address))
    kind, large = found[0]
    made.values["main",] = large.url
    if kind in {"jpeg", "jpg"}:
        made.values["poll_s",] = 1.0
    login = options.get("netcam_userpass", "")
    if _says(login):
        user, _, password = login.partition(":")
        log_in(made, Address(url="", user=user, password=password), into)
    for _, address in found:
        log_in(made, address, into)
    if found[-1][1].url != large.url:
        made.values["sub",] = found[-1][1].url
    if any(is_loopback(address.url) for _, address in found):
        made.values["allow_loopback",] = True
    into.take(f"{made.name}: {'both streams' if ('sub',) in made.values else 'its stream'}")
    return True


def _address(text: str) -> tuple[str, Address | str]:
    """Return the scheme as Motion has it, and the address as we have it, or why there is none."""
    scheme, _, rest = text.partition("://")
    kind = scheme.lower()
    return kind, address_of(f"{_SCHEMES.get(kind, kind)}://{'/' + rest.lstrip('/') if kind == 'file' else rest}", {})


def _mask(made: NewCamera, file: Path, text: str, into: Takeover) -> None:
    what = f"{made.name}: the mask {text}"
    found = _there(file, text)
    if found is None:
        into.leave(what, f"there is no such picture, neither there nor beside {file.name}")
        return
    try:
        if found.stat().st_size > MAX_MASK_BYTES:
            raise ConfigFault("it is too large for a mask")
        shapes = polygons(found.read_bytes())
    except ConfigFault as fault:
        into.leave(what, str(fault))
        return
    except OSError as error:
        into.leave(what, f"it cannot be read: {error.strerror or error}")
        return
    if not shapes:
        into.leave(what, "nothing of it is black, so it masks nothing")
        return
    made.values["motion", "masks"] = [[list(point) for point in shape] for shape in shapes]
    into.take(
        f"{what}, as {len(shapes)} {'shape' if len(shapes) == 1 else 'shapes'} with straight sides: look at it in the page"
    )


def _sensitivity(made: NewCamera, options: Mapping[str, str], into: Takeover) -> None:
    """`threshold` counts the pixels that must change; here it is their share of the picture."""
    threshold = options.get("threshold", "")
    if not re.fullmatch("[0-9]{1,9}", threshold):
        return
    sizes = [options.get(key, "") for key in ("width", "height")]
    width, height = (int(one) for one in sizes) if all(re.fullmatch("[1-9][0-9]{0,4}", one) for one in sizes) else _DEFAULT_SIZE
    frac = int(threshold) / (width * height)
    if 0.001 <= frac <= 0.5:
        made.values["motion", "sensitivity_frac"] = round(frac, 4)
        into.take(f"{made.name}: threshold {threshold}, which is {100 * frac:.2g} % of the picture")
    else:
        into.leave(f"{made.name}: threshold {threshold}", "it is no sensible share of the picture")


def _says(value: str) -> bool:
    return bool(value) and value.lower() not in {"(null)", "none", "off", "0", "value"}
