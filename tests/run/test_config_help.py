"""The settings in German: every option has its German name and meaning, and none is left of one that is gone."""

from __future__ import annotations

import json
import re
from pathlib import Path

from hearthwatch.run.config_schema import infos

UI = Path(__file__).parents[2] / "ui" / "src"
HELP = UI / "words" / "de" / "settings" / "help.json"
OPTION = re.compile(r"^  (\w+): said\(", re.MULTILINE)


def test_every_description_has_its_german() -> None:
    texts = json.loads(HELP.read_text())["texts"]
    wanted = {text for section in infos() for text in (section.doc, *(key.doc for key in section.keys)) if text}
    assert wanted - set(texts) == set(), f"write their German into {HELP.name}"
    assert set(texts) - wanted == set(), f"no option is described like this any more: take it out of {HELP.name}"


def test_every_option_has_a_german_name() -> None:
    titles = set(json.loads(HELP.read_text())["titles"])
    names, _, _ = (UI / "config" / "model.ts").read_text().partition("const NAMES")[2].partition("};")
    of_the_page = set(OPTION.findall(names))
    options = {key.name for section in infos() for key in section.keys}
    assert options - titles - of_the_page == set(), f"write their German names into {HELP.name}"
    assert titles - options == set(), f"there is no such option any more: take it out of {HELP.name}"


def test_what_is_typed_stays_as_it_is() -> None:
    for english, german in json.loads(HELP.read_text())["texts"].items():
        assert sorted(english.split("`")[1::2]) == sorted(german.split("`")[1::2]), german
