"""The table of ways: what it shows is what the routing does, and one changed row changes nothing else in the file."""

from __future__ import annotations

import dataclasses
import itertools
from pathlib import Path

import pytest

from hearthwatch.alerts.alert import Severity
from hearthwatch.alerts.route import RouteOptions, Topic
from hearthwatch.kit.errors import ConfigFault, Unsupported
from hearthwatch.run import way_matrix
from hearthwatch.run.config import load, parse
from hearthwatch.run.config_file import set_values

CONFIG = """
[camera.front]
main = "rtsp://192.168.1.9/main"
[alerts.to.telegram]
topics = ["visitors"]   # the owner's remark
[alerts.to.mqtt]
importance = "urgent"
[alerts.to."push:Gone"]
topics = []
"""
PEOPLE = {"telegram:2000": "Anna", "push:a": "Tom", "push:b": "Tom"}
CHANNELS = ("telegram:2000", "telegram:3000", "email", "push:a", "push:b")


def who(channel: str) -> str:
    return PEOPLE.get(channel, "")


def test_each_way_has_a_row_and_people_have_their_own() -> None:
    rows = way_matrix.rows(parse(CONFIG), CHANNELS, who)
    visitors = RouteOptions(topics=(Topic.VISITORS,))
    assert [(row.way, row.who, row.is_used) for row in rows] == [
        ("email", "", True),
        ("push:Tom", "Tom", True),
        ("telegram", "", True),
        ("telegram:Anna", "Anna", True),
        ("mqtt", "", False),
        ("push:Gone", "Gone", False),
    ]
    found = {row.way: row.route for row in rows}
    assert found["email"] == found["push:Tom"] == RouteOptions()
    assert found["telegram"] == found["telegram:Anna"] == visitors
    assert found["push:Gone"].topics == ()


WISHES = (
    RouteOptions(),
    RouteOptions(topics=()),
    RouteOptions(topics=(Topic.HOUSE, Topic.DOORS), cameras=("front",), labels=("dog",)),
    RouteOptions(importance=Severity.URGENT, times=("22:00-06:00",)),
)


@pytest.mark.parametrize("way", ["telegram", "telegram:Anna", "email", "push:Tom"])
def test_a_changed_row_is_read_back_as_it_was_wished(tmp_path: Path, way: str) -> None:
    path = tmp_path / "hearthwatch.toml"
    path.write_text(CONFIG)
    for first, second in itertools.pairwise((*WISHES, *WISHES[::-1])):
        for wish in (first, second):
            before = load(path)
            set_values(path, way_matrix.changed(before, way, wish))
            after = load(path)
            assert after.alerts.to[way] == wish
            assert {key: each for key, each in after.alerts.to.items() if key != way} == {
                key: each for key, each in before.alerts.to.items() if key != way
            }
            assert dataclasses.replace(after, alerts=before.alerts) == before
    assert "# the owner's remark" in path.read_text()


def test_what_cannot_be_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "hearthwatch.toml"
    path.write_text(CONFIG)
    with pytest.raises(Unsupported, match="is no way alerts can take"):
        way_matrix.changed(load(path), "sms", RouteOptions())
    with pytest.raises(ConfigFault, match="is no time of the week"):
        set_values(path, way_matrix.changed(load(path), "email", RouteOptions(times=("at night",))))
    assert path.read_text() == CONFIG
