"""What stands in the documentation to be copied: settings are taken, topics are published, routes are there."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import tomlkit
import yaml
from scripts import docs_site, references

from hearthwatch.alerts.mqtt_commands import SetMode
from hearthwatch.alerts.mqtt_commands import parse as command
from hearthwatch.alerts.mqtt_topics import Topics
from hearthwatch.run.config import parse
from hearthwatch.run.config_faults import ConfigMistakes
from hearthwatch.web.description import description

ROOT = docs_site.ROOT
TOPICS = Topics("hearthwatch")
HOME_ASSISTANT = ROOT / "docs" / "home-assistant.md"
ELSEWHERE = re.compile(r": there is (none of that name|no \[camera\.\w+\])$")
A_CAMERA = "rtsp://192.168.1.20/stream"


def blocks(path: Path, language: str) -> Iterator[str]:
    for indent, text in re.findall(rf"^( *)```{language}\n(.*?)^\1```$", path.read_text(), re.MULTILINE | re.DOTALL):
        yield re.sub(rf"^{indent}", "", text, flags=re.MULTILINE)


def examples() -> list[tuple[str, str]]:
    pages = [*(page.source for page in docs_site.pages()), ROOT / "README.md"]
    return [
        (f"{path.relative_to(ROOT)}:{number}", text)
        for path in sorted(set(pages))
        for number, text in enumerate(blocks(path, "toml"), 1)
    ]


@pytest.mark.parametrize(("where", "text"), examples(), ids=[where for where, _ in examples()])
def test_settings_to_copy_are_taken(where: str, text: str) -> None:
    """An example that shows a part of a house gets the address of the camera, and may name what stands elsewhere in the file."""
    given: dict[str, Any] = tomllib.loads(text)
    for camera in given.get("camera", {}).values():
        if not {"main", "snapshot"} & camera.keys():
            camera["main"] = A_CAMERA
    try:
        parse(tomlkit.dumps(given))
    except ConfigMistakes as error:
        assert [each for each in str(error).splitlines() if not ELSEWHERE.search(each)] == [], where


class _Yaml(yaml.SafeLoader):
    """With the one tag of Home Assistant that stands in the examples."""


_Yaml.add_constructor("!secret", lambda _loader, node: f"secret {node.value}")


def home_assistant() -> list[dict[str, Any]]:
    return [yaml.load(text, _Yaml) for text in blocks(HOME_ASSISTANT, "yaml")]  # a SafeLoader


def parts(given: Any, key: str) -> Iterator[Any]:
    if isinstance(given, dict):
        if key in given:
            yield given
        given = list(given.values())
    if isinstance(given, list):
        for inside in given:
            yield from parts(inside, key)


def test_every_topic_of_the_automations_is_one_of_ours() -> None:
    known = {TOPICS.status, TOPICS.alert, TOPICS.label("drive", "person")}
    named = {part["topic"]: part.get("payload") for part in parts(home_assistant(), "topic")}
    heard = {topic: payload for topic, payload in named.items() if "/set/" not in topic}
    assert heard.keys() == known
    assert heard[TOPICS.status] == "offline"
    assert heard[TOPICS.label("drive", "person")] == "ON"
    for topic, payload in named.items():
        if "/set/" in topic:
            assert isinstance(command(topic, payload.encode(), TOPICS, ()), SetMode)


def test_every_address_of_the_rest_examples_is_a_route_that_takes_it() -> None:
    with references.fake_house() as built:
        described = description(built.app)
    shapes = described["components"]["schemas"]
    asked = [(each["resource"], "get", "") for each in parts(home_assistant(), "resource")]
    asked += [(each["url"], each["method"], each["payload"]) for each in parts(home_assistant(), "url")]
    assert len(asked) >= 3
    for url, way, payload in asked:
        path = re.sub(r"\{\{ (\w+) \}\}", r"{\1}", urlsplit(url).path)
        operation = described["paths"][path][way]
        if payload:
            shape = operation["requestBody"]["content"]["application/json"]["schema"]["$ref"].rpartition("/")[2]
            assert json.loads(payload).keys() <= shapes[shape]["properties"].keys()
            assert set(shapes[shape].get("required", ())) <= json.loads(payload).keys()
    assert "days_fit" in shapes["HouseReply"]["properties"]


def test_pages_are_read_alike_by_the_site_and_elsewhere() -> None:
    """The site's Markdown wants four spaces where others are content with two or three."""
    found = []
    for page in docs_site.pages():
        in_block, before = False, ""
        for number, line in enumerate(page.source.read_text().splitlines(), 1):
            if re.match(r" *```", line):
                if not in_block and re.match(r" {1,3}```", line):
                    found.append((page.source.name, number))
                in_block = not in_block
            elif not in_block and not before.strip() and re.match(r" {1,3}(?![-*\d])\S", line):
                found.append((page.source.name, number))
            before = line
    assert found == []
