"""Every key of the reference can be set by the desk of settings, and what is set is what the loader reads."""

from __future__ import annotations

import asyncio
import tomllib
from pathlib import Path

import pytest
import tomlkit
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hearthwatch.kit.secrets import Secrets
from hearthwatch.run.config import load, parse
from hearthwatch.run.config_desk import ConfigDesk
from hearthwatch.run.config_faults import ConfigMistakes
from hearthwatch.run.config_present import sections
from hearthwatch.run.config_schema import infos, plain
from hearthwatch.web.config_doors import Change, KeyInfo, SettingsRefused, Source, ValueKind

BEFORE = """# the house
[home]
name = "Lodge" # an old name

[camera_defaults] # for all
motion = { sensitivity_frac = 0.04 } # windy

[camera.front]
main = "rtsp://192.168.1.20/main" # at the gate
labels.bus = true

[camera.front.zones.gate]
points = [[0, 0.5], [1, 0.5], [1, 1]]
"""
RICH = (
    BEFORE
    + """
[mqtt]
host = "192.168.1.50"
tls = true

[alerts.email]
host = "mail.example.org"

[action.siren]
webhook.url = "http://192.168.1.40/on"
when.labels = ["person"]

[arming.schedule.night]
at = "22:00"
mode = "home"

[offsite]
recipients = ["age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p"]

[offsite.targets.nas]
kind = "sftp"
host = "192.168.1.3"
user = "watch"
path = "copies"
on_lan = true

[porch]
address = "192.168.1.2"
"""
)
FITTING = {  # what only a certain text can be, by key
    "timezone": "Europe/Berlin",
    "networks": ("192.168.7.0/24",),
    "main": "rtsp://192.168.1.21/other",
    "sub": "rtsp://192.168.1.21/small",
    "labels": ("person",),
    "zones": ("gate",),
    "restarts": "sun 02:00",
    "digest": "08:00",
    "times": ("22:00-06:00",),
    "url": "http://192.168.1.40/hook",
    "api_base": "https://telegram.example.org",
    "at": "22:15",
    "devices": ("phone",),
    "camera": "front",
}


class Desk:
    def __init__(self, folder: Path, text: str = BEFORE) -> None:
        self.path = folder / "hearthwatch.toml"
        self.path.write_text(text)
        self.in_force = load(self.path)
        self.desk = ConfigDesk(self.path, Secrets(folder), config=lambda: self.in_force, take_over=self._take_over)

    async def _take_over(self) -> None:
        self.in_force = load(self.path)

    def set(self, *changes: Change) -> None:
        asyncio.run(self.desk.change(changes, self.desk.now().mark))

    def value(self, *path: str):
        section = next(each for each in self.desk.now().sections if each.path == path[:-1])
        return section.values[path[-1]]


def keys() -> list[tuple[tuple[str, ...], KeyInfo]]:
    """All, of `camera_defaults` only some: they are those of a camera."""
    found = [((*info.pattern, key.name), key) for info in infos() for key in info.keys]
    return [one for at, one in enumerate(found) if one[0][0] != "camera_defaults" or at % 9 == 0]


def value_for(key: KeyInfo):
    """Something else than the default."""
    text = FITTING.get(key.name)
    match key.kind:
        case ValueKind.SWITCH:
            return not key.default
        case ValueKind.WHOLE | ValueKind.NUMBER:
            least, most = key.least or 0.0, key.most if key.most is not None else (key.least or 0) + 100.0
            middle = least + (most - least) * 0.37
            return round(middle) if key.kind is ValueKind.WHOLE else round(middle, 3)
        case ValueKind.CHOICE:
            return next(choice for choice in reversed(key.choices) if choice != key.default)
        case ValueKind.CHOICES:
            return key.choices[:1]
        case ValueKind.POLYGON:
            return ((0.1, 0.1), (0.9, 0.1), (0.5, 0.9))
        case ValueKind.POLYGONS:
            return (((0.1, 0.1), (0.9, 0.1), (0.5, 0.9)),)
        case ValueKind.TEXTS:
            return text if text is not None else ("one", "two")
        case _:
            return text if text is not None else "words"


NAMES = {
    "camera": "front",
    "labels": "person",
    "zones": "gate",
    "schedule": "night",
    "people": "anna",
    "action": "siren",
    "targets": "nas",
}


def filled(path: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(NAMES.get(path[at - 1], "some") if part == "NAME" else part for at, part in enumerate(path))


def with_value(text: str, path: tuple[str, ...], value: object) -> str:
    """The same change by other means: no comment and no order is kept."""
    document = tomllib.loads(text)
    table = document
    for name in path[:-1]:
        table = table.setdefault(name, {})
    table[path[-1]] = value
    return tomlkit.dumps(document)


@pytest.mark.long
def test_every_key_can_be_set_and_is_read_as_set_or_refused_in_the_checkers_words(tmp_path: Path) -> None:
    """A key that means something only beside another is refused alone, as the loader refuses such a file."""
    taken = refused = 0
    for pattern, key in keys():
        desk, path, value = Desk(tmp_path, RICH), filled(pattern), value_for(key)
        wished = with_value(RICH, path, value)
        try:
            expected = parse(wished)
        except ConfigMistakes as mistakes:
            with pytest.raises(SettingsRefused) as caught:
                desk.set(Change(path=path, value=value))
            assert {(each.key, each.text) for each in caught.value.mistakes} == {
                (each.key, each.text) for each in mistakes.mistakes
            }
            assert desk.path.read_text() == RICH
            refused += 1
            continue
        desk.set(Change(path=path, value=value))
        assert desk.in_force == expected, path
        found = desk.value(*path)
        assert (found.value, found.source) == (value, Source.FILE), path
        assert desk.path.read_text().count(" # ") == RICH.count(" # "), path
        taken += 1
    assert taken > 4 * refused


@pytest.mark.parametrize(
    ("changes", "wanted"),
    [
        ({("camera", "front", "labels", "person", "min_score"): 0.5}, "labels.person = {min_score = 0.5}"),
        ({("camera", "front", "labels", "car"): False}, "labels.car = false"),
        (
            {
                ("offsite", "targets", "nas", "kind"): "folder",
                ("offsite", "targets", "nas", "path"): "/srv/copies",
                ("offsite", "targets", "nas", "on_lan"): True,
                ("offsite", "targets", "nas", "sealed"): False,
            },
            "[offsite.targets.nas]",
        ),
        (
            {("arming", "schedule", "night", "at"): "22:00", ("arming", "schedule", "night", "mode"): "home"},
            "[arming.schedule.night]",
        ),
        ({("alerts", "email", "to"): ("a@example.org",), ("alerts", "email", "host"): "mail.example.org"}, "[alerts.email]"),
        ({("action", "siren", "camera", "camera"): "front", ("action", "siren", "camera", "output"): "light"}, "action.siren"),
    ],
)
def test_keys_that_belong_together_are_set_together(tmp_path: Path, changes: dict, wanted: str) -> None:
    desk = Desk(tmp_path)
    desk.set(*(Change(path=path, value=value) for path, value in changes.items()))
    assert wanted in desk.path.read_text()
    for path, value in changes.items():
        if value is not False or path[-1] == "sealed":
            assert desk.value(*path).value == value
    assert desk.path.read_text().count("#") == BEFORE.count("#")


def test_what_is_shown_is_what_the_loader_reads(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    front = desk.in_force.cameras["front"]
    assert desk.value("camera", "front", "motion", "sensitivity_frac").value == front.motion.sensitivity_frac == 0.04
    assert desk.value("camera", "front", "motion", "sensitivity_frac").source is Source.CAMERA_DEFAULTS
    assert {each.path[3] for each in sections({}, desk.in_force) if each.path[2:3] == ("labels",)} == set(front.labels)


TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]), max_size=40)


@given(name=TEXTS, masks=st.lists(st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1)), min_size=3, max_size=6), max_size=3))
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
def test_any_text_and_any_drawing_comes_back_as_it_was(tmp_path: Path, name: str, masks: list) -> None:
    desk = Desk(tmp_path)
    drawn = tuple(tuple(tuple(point) for point in mask) for mask in masks)
    desk.set(
        Change(path=("camera", "front", "power", "on_body"), value=name or "x"),
        Change(path=("camera", "front", "motion", "masks"), value=drawn),
    )
    assert desk.in_force.cameras["front"].power.on_body == (name or "x")
    assert plain(desk.in_force.cameras["front"].motion.masks) == drawn
    assert desk.path.read_text().count("\n# ") + desk.path.read_text().count(" # ") >= 4


def test_a_zone_on_the_demo_street_writes_the_street_down_too(tmp_path: Path) -> None:
    desk = Desk(tmp_path, "# nothing yet\n")
    desk.set(Change(path=("camera", "demo", "zones", "gate", "points"), value=((0.1, 0.1), (0.9, 0.1), (0.5, 0.9))))
    assert list(desk.in_force.cameras["demo"].zones) == ["gate"]
    assert desk.in_force.cameras["demo"].main.startswith("demo://")
    assert desk.path.read_text().startswith("# nothing yet\n")
    desk.set(Change(path=("camera", "demo", "zones", "gate"), value=None))
    assert desk.in_force.cameras["demo"].zones == {}
