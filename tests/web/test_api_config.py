"""Settings by the API, on the real desk and the real checker: the same words, nobody's edit lost, no secret answered."""

from __future__ import annotations

import json
import tomllib

import tomlkit
from tests.web.conftest import Browser
from tests.web.fake_house import Built

from hearthwatch.kit.errors import ConfigFault
from hearthwatch.run.config import parse

PATH = "/api/v1/config"


async def now(owner: Browser) -> dict:
    return (await owner.get(PATH)).json()


async def change(owner: Browser, *changes: dict, mark: str = "", dry: bool = False):
    mark = mark or (await now(owner))["mark"]
    return await owner.send_json(PATH, {"mark": mark, "changes": list(changes), "dry": dry})


def value_of(found: dict, *path: str) -> dict:
    section = next(each for each in found["sections"] if each["path"] == list(path[:-1]))
    return section["values"][path[-1]]


async def test_every_setting_says_what_it_is_and_where_that_comes_from(owner: Browser, built: Built) -> None:
    found = await now(owner)
    assert value_of(found, "home", "name") == {"value": "Elm Street 12", "source": "file"}
    assert value_of(found, "camera", "garden", "alerts", "send_picture") == {"value": False, "source": "camera_defaults"}
    assert value_of(found, "camera", "garden", "motion", "sensitivity_frac") == {"value": 0.03, "source": "default"}
    assert value_of(found, "camera_defaults", "record") == {"value": "always", "source": "default"}
    assert [each["path"][3] for each in found["sections"] if each["pattern"] == ["camera", "NAME", "labels", "NAME"]][:4] == [
        "person",
        "car",
        "dog",
        "cat",
    ]
    info = next(each for each in found["infos"] if each["pattern"] == ["camera", "NAME", "motion"])
    key = next(each for each in info["keys"] if each["name"] == "sensitivity_frac")
    assert (key["kind"], key["least"], key["most"], key["when"], key["default"]) == ("number", 0, 1, "live", 0.03)
    assert "Share of the picture" in key["doc"]
    assert found["mistakes"] == []


async def test_a_change_is_written_with_the_comments_kept_and_counts_at_once(owner: Browser, built: Built) -> None:
    config = built.house.config
    answer = await change(
        owner,
        {"path": ["home", "name"], "value": "Villa"},
        {"path": ["camera", "garden", "zones", "gate", "points"], "value": [[0.1, 0.5], [0.5, 0.5], [0.5, 1]]},
    )
    assert answer.status_code == 200
    assert 'name = "Villa" # as on the letter box' in config.text
    assert config.text.count("# watched since spring") == len(built.house.cameras_on)
    assert config.in_force.cameras["garden"].zones["gate"].points == ((0.1, 0.5), (0.5, 0.5), (0.5, 1.0))
    assert config.taken == 1
    assert '+name = "Villa" # as on the letter box' in answer.json()["lines"]
    assert answer.json()["mark"] == (await now(owner))["mark"]


async def test_back_to_the_default_takes_the_key_out(owner: Browser, built: Built) -> None:
    await change(owner, {"path": ["camera", "garden", "record"], "value": "never"})
    assert value_of(await now(owner), "camera", "garden", "record") == {"value": "never", "source": "file"}
    await change(owner, {"path": ["camera", "garden", "record"], "reset": True})
    assert value_of(await now(owner), "camera", "garden", "record") == {"value": "always", "source": "default"}
    assert "record" not in built.house.config.text


async def test_a_section_with_a_name_comes_and_goes(owner: Browser, built: Built) -> None:
    points = [[0, 0], [1, 0], [1, 1]]
    await change(owner, {"path": ["camera", "garden", "zones", "gate", "points"], "value": points})
    await change(owner, {"path": ["camera", "garden", "zones", "gate"], "reset": True})
    assert built.house.config.in_force.cameras["garden"].zones == {}
    await change(owner, {"path": ["camera", "garden", "labels", "bus"], "value": True})
    assert "bus" in built.house.config.in_force.cameras["garden"].labels
    await change(owner, {"path": ["camera", "garden", "labels", "car"], "value": False})
    assert "car" not in built.house.config.in_force.cameras["garden"].labels


WRONG = [
    (["camera", "garden", "poll_s"], -1),
    (["camera", "garden", "record"], "sometimes"),
    (["camera", "garden", "recrod"], "never"),
    (["camera", "garden", "main"], "rtsp://admin:canary@192.168.1.20/"),
    (["camera", "garden", "main"], "gopher://192.168.1.20/"),
    (["camera", "garden", "password"], "canary"),
    (["camera", "garden", "enabled"], "yes"),
    (["camera", "garden", "motion", "masks"], [[[0, 0], [2, 0], [1, 1]]]),
    (["camera", "garden", "zones", "gate", "points"], [[0, 0], [1, 1]]),
    (["camera", "garden", "zones", "Zone 1", "points"], [[0, 0], [1, 0], [1, 1]]),
    (["camera", "garden", "zones", "gate", "labels"], ["person"]),
    (["camera", "garden", "labels", "yeti"], True),
    (["camera", "Bad Name", "main"], "rtsp://192.168.1.20/"),
    (["home", "timezone"], "Europe/Berln"),
    (["home", "networks"], ["192.168.1"]),
    (["home", "networks"], ["nowhere"]),
    (["storage", "keep_event_days"], "long"),
    (["storage", "keep_event_days"], 10**400),
    (["storage", "fragment_s"], 0),
    (["web", "port"], 70000),
    (["web", "port"], 8080.5),
    (["nothing", "here"], 1),
    (["alerts", "email", "to"], ["no address"]),
    (["offsite", "targets", "nas", "kind"], "sftp"),
    (["arming", "schedule", "night", "at"], "25:99"),
    (["action", "siren", "off_after_s"], 5),
    (["mqtt", "topic"], "#"),
    (["camera_defaults", "motion", "sensitivity_frac"], 0),
]


async def test_a_wrong_value_is_refused_in_the_checkers_words(owner: Browser, built: Built) -> None:
    config, before = built.house.config, built.house.config.text
    refused = 0
    for path, value in WRONG:
        wished = tomllib.loads(before)
        table = wished
        for name in path[:-1]:
            table = table.setdefault(name, {})
        table[path[-1]] = value
        expected = mistakes_of(tomlkit.dumps(wished))
        answer = await change(owner, {"path": path, "value": value}, dry=not expected)
        assert answer.status_code == (422 if expected else 200), path
        if expected:
            assert {f"{each['key']}: {each['text']}" for each in answer.json()["mistakes"]} == expected
            refused += 1
        assert "canary" not in answer.text
        assert config.text == before
    assert config.taken == 0
    assert refused >= len(WRONG) - 2


def mistakes_of(text: str) -> set[str]:
    """What `hearthwatch check` says of a file, without where in the file."""
    try:
        parse(text, "f")
    except ConfigFault as fault:
        return {line.partition(": ")[2] for line in str(fault).splitlines()}
    return set()


async def test_nobodys_edit_by_hand_is_overwritten(owner: Browser, built: Built) -> None:
    config, mark = built.house.config, (await now(owner))["mark"]
    config.path.write_text(config.text + "\n# and a word more\n")
    by_hand = config.text
    answer = await change(owner, {"path": ["home", "name"], "value": "Villa"}, mark=mark)
    assert answer.status_code == 409
    assert "changed meanwhile" in answer.json()["detail"]
    assert config.text == by_hand
    assert (await change(owner, {"path": ["home", "name"], "value": "Villa"})).status_code == 200
    assert "# and a word more" in config.text


async def test_a_file_broken_by_hand_is_shown_and_left_alone(owner: Browser, built: Built) -> None:
    config = built.house.config
    config.path.write_text("[home]\nnaem = 'x'\n")
    found = await now(owner)
    assert [(each["key"], each["line"]) for each in found["mistakes"]] == [("home.naem", 2)]
    assert 'did you mean "name"' in found["mistakes"][0]["text"]
    assert value_of(found, "home", "name")["value"] == "Elm Street 12"
    answer = await change(owner, {"path": ["home", "name"], "value": "Villa"})
    assert answer.status_code == 422
    assert config.text == "[home]\nnaem = 'x'\n"


async def test_a_rehearsal_shows_the_lines_and_writes_nothing(owner: Browser, built: Built) -> None:
    before = built.house.config.text
    answer = await change(owner, {"path": ["storage", "segment_s"], "value": 30}, dry=True)
    assert answer.json()["lines"] == [' main = "rtsp://192.168.1.63/main"', "+", "+[storage]", "+segment_s = 30"]
    assert answer.json()["after_restart"] == ["storage.segment_s"]
    assert built.house.config.text == before


async def test_sec_37_a_secret_is_set_and_never_answered(owner: Browser, built: Built) -> None:
    name = "camera.garden.password"
    put = lambda value: owner.put(f"{PATH}/secrets/{name}", json={"value": value}, headers=owner.page_headers())  # noqa: E731
    answer = await put("canary-7")
    assert answer.json() == {"name": name, "is_set": True, "given": False}
    assert built.house.config.secrets.get(name).reveal() == "canary-7"
    found = await owner.get(PATH)
    assert "canary" not in found.text
    assert {"name": name, "is_set": True, "given": False} in found.json()["secrets"]
    assert "canary" not in built.house.config.text
    assert (await put(None)).json()["is_set"] is False
    assert (await put("  ")).status_code == 422
    misspelt = await owner.put(f"{PATH}/secrets/camera.gardn.password", json={"value": "x"}, headers=owner.page_headers())
    assert misspelt.status_code == 422
    assert "did you mean camera.garden.password" in misspelt.text


NO_CHANGE = [
    {},
    {"mark": "x", "changes": []},
    {"mark": "x", "changes": [{"path": ["home"], "reset": True}]},
    {"mark": "x", "changes": [{"path": ["home", ""], "value": 1}]},
    {"mark": "x", "changes": [{"path": ["home", "name"], "value": {"a": 1}}]},
    {"mark": "x", "changes": [{"path": ["home", "name"]}]},
    {"mark": "x", "changes": [{"path": ["home", "name"], "value": 1, "reset": True}]},
    {"mark": "x", "changes": [{"path": ["home", "name"], "value": [[[[1]]]]}]},
    {"mark": "x", "changes": [{"path": ["home", "name"], "value": "a\x00b"}]},
    {"mark": "x", "changes": [{"path": ["home", "name\ud800"], "value": "a"}]},
    {"mark": "x", "changes": [{"path": ["home", "name"], "value": "a\ud800"}]},
]


async def test_what_is_no_change_is_refused(owner: Browser, built: Built) -> None:
    before = built.house.config.text
    for body in NO_CHANGE:
        headers = owner.page_headers() | {"Content-Type": "application/json"}
        answer = await owner.post(PATH, content=json.dumps(body), headers=headers)
        assert answer.status_code == 422, body
    assert built.house.config.text == before


async def test_only_the_owner_reads_and_changes(viewer: Browser, browser) -> None:
    for client, status in ((viewer, 403), (browser(), 401)):
        assert (await client.get(PATH)).status_code == status
        assert (await client.send_json(PATH, {"mark": "x", "changes": []})).status_code in {status, 403}


async def test_sec_07_a_page_left_open_changes_nothing_about_where_evidence_goes(owner: Browser, built: Built) -> None:
    built.house.clock.advance(3600)
    for changed in (
        await change(owner, {"path": ["alerts", "webhook", "url"], "value": "https://evil.example.org"}),
        await change(
            owner, {"path": ["home", "name"], "value": "V"}, {"path": ["web", "hosts"], "value": ["evil.example.org"]}
        ),
        await change(owner, {"path": ["home", "networks"], "value": ["203.0.113.0/24"]}),
        await change(owner, {"path": ["arming", "disarm"], "value": "automatic"}),
        await change(owner, {"path": ["proxy", "open_port"], "value": 8090}),
        await owner.put(f"{PATH}/secrets/alerts.telegram.token", json={"value": "x"}, headers=owner.page_headers()),
    ):
        assert changed.status_code == 403
        assert changed.json()["wanted"] == "proof"
    assert "evil" not in built.house.config.text
    assert (await change(owner, {"path": ["home", "name"], "value": "Villa"})).status_code == 200


async def test_who_changed_what_is_in_the_trail_and_never_a_secret(owner: Browser, built: Built) -> None:
    await change(owner, {"path": ["camera", "garden", "record"], "value": "never"})
    await owner.put(f"{PATH}/secrets/camera.garden.password", json={"value": "canary-8"}, headers=owner.page_headers())
    lines = await built.auth.trail.recent(before=None, camera=None, who=None, limit=2)
    assert [(line.deed.who, line.deed.deed, line.deed.subject) for line in lines] == [
        ("ada", "set-secret", "camera.garden.password"),
        ("ada", "changed-settings", "camera.garden.record = 'never'"),
    ]
