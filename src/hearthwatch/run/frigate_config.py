"""Reads a Frigate configuration: its cameras with streams, log-ins, masks, zones, labels and days of footage.

Facts: Frigate's reference of its configuration, versions 0.12 to 0.17. What is not understood is named, never guessed.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

import yaml

from hearthwatch.detect.model import COCO_LABELS
from hearthwatch.kit.errors import ConfigFault
from hearthwatch.kit.secrets import Secret
from hearthwatch.run.config import BUILT_IN
from hearthwatch.run.frigate_values import items, number, points, shapes, size_px, table
from hearthwatch.run.taking_over import Address, NewCamera, Takeover, address_of, is_loopback, log_in

_MAX_CAMERAS = 64
_MAX_MERGED = 200_000
_GO2RTC_PORTS = frozenset({8554})
_NAME = re.compile(r"[a-z0-9]+")
_ELSEWHERE: Mapping[str, str] = {
    "mqtt": "set [mqtt] up in the page or the file; Home Assistant finds Hearthwatch by itself",
    "detectors": "Hearthwatch's detector runs on the processor and needs no entry",
    "model": "`hearthwatch models` lists what can be used",
    "birdseye": "the wall of the page shows all cameras",
    "snapshots": "every event has its picture",
    "audio": "sound is recorded, but not listened to",
    "ui": "the page has its own",
    "review": "which labels are told is `alerts.labels` of a camera",
    "notifications": "see [alerts]",
    "semantic_search": "there is no such search",
    "face_recognition": "faces are not recognised",
    "lpr": "number plates are not read",
    "genai": "pictures are not sent to anybody to be described",
    "classification": "models of your own come by `hearthwatch models`",
    "camera_groups": "the wall shows all cameras",
    "auth": "accounts are Hearthwatch's own: `hearthwatch users`",
    "tls": "Hearthwatch makes a certificate of its own",
    "database": "Hearthwatch has its own",
    "telemetry": "there is none",
}
_OF_CAMERA: Mapping[str, str] = {
    "audio": "sound is recorded, but not listened to",
    "snapshots": "every event has its picture",
    "birdseye": "the wall of the page shows all cameras",
    "mqtt": "see [mqtt]",
    "best_image_timeout": "the best picture of an event is kept by itself",
    "timestamp_style": "exports can have the time drawn in",
    "review": "which labels are told is `alerts.labels`",
    "notifications": "see [alerts]",
    "lpr": "number plates are not read",
    "face_recognition": "faces are not recognised",
    "genai": "pictures are not sent to anybody to be described",
}


class _Loader(yaml.SafeLoader):  # type: ignore[misc]
    """Makes plain data only; a tag of somebody's own (`!secret`) becomes its text. Merges that multiply are refused."""

    _merged = 0

    def flatten_mapping(self, node: yaml.MappingNode) -> None:
        super().flatten_mapping(node)
        self._merged += len(node.value)
        if self._merged > _MAX_MERGED:
            raise yaml.constructor.ConstructorError(problem="it merges too much into itself", problem_mark=node.start_mark)


def _unknown_tag(loader: yaml.SafeLoader, _suffix: str, node: yaml.Node) -> Any:
    return loader.construct_scalar(node) if isinstance(node, yaml.ScalarNode) else None


_Loader.add_multi_constructor("!", _unknown_tag)


def read(text: str, environment: Mapping[str, str] = os.environ) -> Takeover:
    """Return what can be taken over of a Frigate configuration. Raises ConfigFault for what is none."""
    try:
        raw = yaml.load(text, Loader=_Loader)  # noqa: S506 a SafeLoader with unknown tags as text
    except yaml.MarkedYAMLError as error:
        line = f" at line {error.problem_mark.line + 1}" if error.problem_mark else ""
        raise ConfigFault(f"this is no YAML{line}: {error.problem or 'it cannot be read'}") from error
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise ConfigFault("this is no YAML that can be read") from error
    cameras = table(raw).get("cameras")
    if not isinstance(cameras, Mapping) or not cameras:
        raise ConfigFault("this is no Frigate configuration: it has no cameras")
    whole = table(raw)
    into = Takeover()
    _house(whole, into)
    for name, camera in list(cameras.items())[:_MAX_CAMERAS]:
        if not isinstance(camera, Mapping) or not isinstance(name, str):
            into.leave(str(name)[:60], "it is no camera")
            continue
        _camera(name, camera, whole, into, environment)
    for key in whole:
        if key in _ELSEWHERE:
            into.leave(str(key), _ELSEWHERE[key])
    return into


def _house(whole: Mapping[str, Any], into: Takeover) -> None:
    for key, days in _days(table(whole.get("record"))):
        into.house["storage", f"keep_{key}"] = days
        into.take(f"{key.removesuffix('_days')} footage stays {days:g} days")


def _camera(
    name: str, raw: Mapping[str, Any], whole: Mapping[str, Any], into: Takeover, environment: Mapping[str, str]
) -> None:
    made = NewCamera(name=name)
    called = raw.get("friendly_name") or name.replace("_", " ").replace("-", " ").strip().capitalize()
    made.values["name",] = str(called)[:60]
    if not _streams(made, raw, whole, into, environment):
        return
    if raw.get("enabled") is False:
        made.values["enabled",] = False
        into.take(f"{name}: switched off, as there")
    detect = {**table(whole.get("detect")), **table(raw.get("detect"))}
    size = size_px(detect)
    if detect.get("enabled") is False:
        into.leave(f"{name}: detect.enabled = false", "Frigate's own default since 0.14; here labels are looked for")
    _masks(made, {**table(whole.get("motion")), **table(raw.get("motion"))}, size, into)
    labels = _labels(made, whole, raw, size, into)
    _zones(made, table(raw.get("zones")), size, labels, into)
    _recording(made, raw, whole, into)
    _onvif(made, table(raw.get("onvif")), into, environment)
    for key in raw:
        if key in _OF_CAMERA:
            into.leave(f"{name}: {key}", _OF_CAMERA[key])
    into.cameras.append(made)


def _streams(
    made: NewCamera, raw: Mapping[str, Any], whole: Mapping[str, Any], into: Takeover, environment: Mapping[str, str]
) -> bool:
    """Tell whether there is a stream that Hearthwatch can read."""
    inputs = [one for one in items(table(raw.get("ffmpeg")).get("inputs")) if isinstance(one, Mapping)]
    by_role: dict[str, Mapping[str, Any]] = {}
    for one in inputs:
        for role in items(one.get("roles")) or ["detect"]:
            by_role.setdefault(str(role), one)
    large, small = by_role.get("record") or by_role.get("detect"), by_role.get("detect")
    if large is None:
        into.leave(made.name, "it has no stream to record or to look at")
        return False
    found = _stream(made, large, whole, into, environment)
    if isinstance(found, str):
        into.leave(made.name, found)
        return False
    made.values["main",] = found.url
    log_in(made, found, into)
    if "jpeg" in str(large.get("input_args", "")) and found.url.startswith("http"):
        made.values["poll_s",] = 1.0
    if small is not None and small is not large:
        other = _stream(made, small, whole, into, environment)
        if isinstance(other, str):
            into.leave(f"{made.name}: its small stream", other)
        elif other.url != found.url:
            made.values["sub",] = other.url
            log_in(made, other, into)
    if any(is_loopback(str(made.values.get((key,), ""))) for key in ("main", "sub")):
        made.values["allow_loopback",] = True
    into.take(f"{made.name}: {'both streams' if ('sub',) in made.values else 'its stream'}")
    return True


def _stream(
    made: NewCamera, one: Mapping[str, Any], whole: Mapping[str, Any], into: Takeover, environment: Mapping[str, str]
) -> Address | str:
    """Return the camera's own address; Frigate often names its own restreamer, which knows the camera's."""
    path = one.get("path")
    if not isinstance(path, str) or not path.strip():
        return "it has no address"
    text = path.strip()
    for _ in range(4):
        behind = _restreamed(text, whole)
        if behind is None:
            break
        text = behind
        into.take(f"{made.name}: the camera's own address instead of the restreamer's")
    text = text.removeprefix("ffmpeg:").partition("#")[0]
    scheme = text.partition("://")[0].lower()
    if scheme not in {"rtsp", "rtsps", "http", "https"}:
        return f"a stream by {scheme[:12]} cannot be read: use the camera's rtsp address"
    if re.search(r"(?i)[/?](flv|bcs)\b|\.flv\b", text):
        return "FLV cannot be read: use the camera's rtsp address (Reolink: rtsp://ADDRESS:554/h264Preview_01_main)"
    return address_of(text, environment)


def _restreamed(text: str, whole: Mapping[str, Any]) -> str | None:
    """Return what go2rtc has behind an address of its own, None for another's."""
    bare = text.removeprefix("ffmpeg:").partition("#")[0]
    streams = table(table(whole.get("go2rtc")).get("streams"))
    name = bare
    if "://" in bare:
        try:
            parts = urlsplit(bare)
            if not is_loopback(bare) or parts.port not in _GO2RTC_PORTS:
                return None
        except ValueError:
            return None
        name = parts.path.strip("/")
    behind = next(iter(items(streams.get(name))), None)
    return behind if isinstance(behind, str) and behind != text else None


def _masks(made: NewCamera, motion: Mapping[str, Any], size: tuple[int, int] | None, into: Takeover) -> None:
    masks: list[Any] = []
    for one in shapes(motion.get("mask")):
        corners = points(one, size)
        if isinstance(corners, str):
            into.leave(f"{made.name}: a mask", corners)
        else:
            masks.append(corners)
    if masks:
        made.values["motion", "masks"] = masks
        into.take(f"{made.name}: {len(masks)} {'mask' if len(masks) == 1 else 'masks'}")
    if motion.get("enabled") is False:
        into.leave(f"{made.name}: motion.enabled = false", "without motion nothing is looked at here; it is left on")
    for key in ("threshold", "contour_area"):
        if key in motion:
            into.leave(f"{made.name}: motion.{key}", "see `motion.sensitivity_frac`; the page has a live meter for it")


def _zones(
    made: NewCamera, zones: Mapping[str, Any], size: tuple[int, int] | None, labels: frozenset[str], into: Takeover
) -> None:
    for name, zone in zones.items():
        what = f"{made.name}: the zone {name}"
        slug = "-".join(_NAME.findall(str(name).lower()))[:32].strip("-")
        corners = points(table(zone).get("coordinates"), size)
        if not slug or isinstance(corners, str):
            into.leave(what, corners if isinstance(corners, str) else "its name cannot be used")
            continue
        made.values["zones", slug, "points"] = [[*corner] for corner in corners]
        wanted = [str(one) for one in items(table(zone).get("objects"))]
        if known := [one for one in wanted if one in labels]:
            made.values["zones", slug, "labels"] = list(known)
        for one in wanted:
            if one not in labels:
                into.leave(f"{what}, label {one}", "this camera does not look for it")
        into.take(what)
        for key in ("inertia", "loitering_time", "speed_threshold", "distances", "filters"):
            if table(zone).get(key):
                into.leave(f"{what}, {key}", "a zone has corners and labels here")


def _labels(
    made: NewCamera, whole: Mapping[str, Any], raw: Mapping[str, Any], size: tuple[int, int] | None, into: Takeover
) -> frozenset[str]:
    """Take which labels are looked for, and return them."""
    everywhere, here = table(whole.get("objects")), table(raw.get("objects"))
    tracked = [str(one) for one in items(here.get("track", everywhere.get("track", ["person"])))]
    filters = {**table(everywhere.get("filters")), **table(here.get("filters"))}
    known = frozenset(one for one in tracked if one in COCO_LABELS)
    for one in BUILT_IN["labels"]:
        if one not in known:
            made.values["labels", one] = False
    for one in tracked:
        if one not in COCO_LABELS:
            into.leave(f"{made.name}: label {one[:40]}", "no model here knows it")
            continue
        asked = table(filters.get(one))
        if one not in BUILT_IN["labels"] and not asked:
            made.values["labels", one] = True
        for key, value in _filter(asked, size).items():
            made.values["labels", one, key] = value
        for key in ("max_area", "min_ratio", "max_ratio", "threshold", "mask"):
            if key in asked:
                into.leave(f"{made.name}: {one}.{key}", "there is `min_score` and `min_area_frac` here")
        if one not in BUILT_IN["labels"] and not any(key[:2] == ("labels", one) for key in made.values):
            made.values["labels", one] = True
    into.take(f"{made.name}: looks for {', '.join(sorted(known)) or 'nothing'}")
    if shapes(here.get("mask", everywhere.get("mask"))):
        into.leave(f"{made.name}: object masks", "draw a zone where the label counts instead")
    return known


def _filter(asked: Mapping[str, Any], size: tuple[int, int] | None) -> dict[str, float]:
    found: dict[str, float] = {}
    score, area = asked.get("min_score"), asked.get("min_area")
    if isinstance(score, int | float) and 0 < score <= 1:
        found["min_score"] = float(score)
    if isinstance(area, int | float) and area > 0:
        if area < 1:
            found["min_area_frac"] = round(float(area), 6)
        elif size is not None and area < size[0] * size[1]:
            found["min_area_frac"] = round(area / (size[0] * size[1]), 6)
    return found


def _recording(made: NewCamera, raw: Mapping[str, Any], whole: Mapping[str, Any], into: Takeover) -> None:
    own = table(raw.get("record"))
    record = {**table(whole.get("record")), **own}
    if record.get("enabled") is False:
        made.values["record",] = "never"
        into.take(f"{made.name}: not recorded, as there")
        return
    if record.get("enabled") is None:
        into.leave(f"{made.name}: recording", 'it is off in Frigate unless switched on; here it is on (`record = "never"`)')
        return
    if _keeps_events_only(record):
        made.values["record",] = "events"
        into.take(f"{made.name}: only footage of events is kept, as there")
    for key, days in _days(own):
        made.values["keep", key] = days
        into.take(f"{made.name}: {key.removesuffix('_days')} footage stays {days:g} days")


def _keeps_events_only(record: Mapping[str, Any]) -> bool:
    said = [record.get("retain"), record.get("continuous"), record.get("motion")]
    return not any(number(table(one).get("days")) for one in said)


def _days(record: Mapping[str, Any]) -> Iterator[tuple[str, float]]:
    """Yield how many days which class of footage stays; 0 means none there and no limit here, and is left out."""
    retain = table(record.get("retain"))
    plain = number(retain.get("days"))
    if plain:
        mode = str(retain.get("mode", "all"))
        yield ("continuous_days" if mode == "all" else "motion_days"), plain
    for key in ("continuous", "motion"):
        if days := number(table(record.get(key)).get("days")):
            yield f"{key}_days", days
    events = [
        number(
            table(table(record.get(key)).get("retain")).get("days", table(table(record.get(key)).get("retain")).get("default"))
        )
        for key in ("alerts", "detections", "events")
    ]
    if longest := max(events):
        yield "event_days", longest


def _onvif(made: NewCamera, raw: Mapping[str, Any], into: Takeover, environment: Mapping[str, str]) -> None:
    host, user, password = (str(raw.get(key) or "") for key in ("host", "user", "password"))
    if not host:
        return
    found = address_of(f"http://{user}:{password}@{host.removeprefix('http://')}/", environment)
    if isinstance(found, str):
        into.leave(f"{made.name}: onvif", found)
        return
    if found.user and found.user != made.values.get(("user",)):
        made.values["door", "user"] = found.user
        if found.password is not None:
            made.secrets["door.password"] = Secret(found.password)
    if (name := urlsplit(found.url).hostname) and name != urlsplit(str(made.values["main",])).hostname:
        made.values["door", "host"] = name
    into.take(f"{made.name}: the way to its own door")
