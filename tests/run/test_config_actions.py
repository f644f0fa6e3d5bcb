"""Mistakes in `[action]` and `[connectivity]`, each told with its key."""

from __future__ import annotations

import pytest

from hearthwatch.actions.action import Way
from hearthwatch.arming.arming import Mode
from hearthwatch.kit.errors import ConfigFault
from hearthwatch.run.config import parse
from hearthwatch.run.secret_names import asked_for

CAMERA = """
[camera.front]
main = "rtsp://192.168.1.20/x"
[camera.front.zones.drive]
points = [[0.1, 0.5], [0.9, 0.5], [1.0, 1.0]]
"""


def test_a_whole_action_is_read() -> None:
    config = parse(
        CAMERA
        + """
[action.siren]
camera.camera = "front"
when = { labels = ["person", "crossing", "motion"], cameras = ["front"], zones = ["drive"], modes = ["away", "home"] }
[action.bell.webhook]
url = "http://192.168.1.4/ring"
"""
    )
    assert config.actions["siren"].way is Way.CAMERA
    assert config.actions["siren"].when.modes == (Mode.AWAY, Mode.HOME)
    assert config.actions["bell"].way is Way.WEBHOOK
    assert "action.bell.authorization" in asked_for(config)
    assert "action.siren.authorization" not in asked_for(config)


@pytest.mark.parametrize(
    ("text", "key", "words"),
    [
        ('[action."Big Siren"]\ngpio.pin = 3', 'action."Big Siren"', "no name for an action"),
        ("[action.a]\noff_after_s = 3", "action.a", "nothing to switch"),
        ('[action.a]\ngpio.pin = 3\nmqtt.topic = "x"', "action.a", "more than one thing to switch (mqtt, gpio)"),
        ('[action.a]\nwebhook.url = "ftp://x"', "action.a.webhook.url", "must be an address such as"),
        ('[action.a]\nwebhook.url = "http://me:pw@x/y"', "action.a.webhook.url", "holds a password"),
        ('[action.a]\nwebhook.url = "http://x"\nwebhook.off_url = "x"', "action.a.webhook.off_url", "must be an address"),
        ('[action.a]\nmqtt.topic = "a/#"', "action.a.mqtt.topic", "no topic to send to"),
        ('[action.a]\ncamera.camera = "fron"', "action.a.camera.camera", 'did you mean "front"?'),
        ("[action.a]\ngpio.pin = 40", "action.a.gpio.pin", "27"),
        ('[action.a]\ngpio.pin = 4\nwhen.labels = ["persn"]', "action.a.when.labels", 'did you mean "person"?'),
        ('[action.a]\ngpio.pin = 4\nwhen.labels = ["person"]\nwhen.zones = ["drve"]', "action.a.when.zones", '"drive"'),
        ('[action.a]\ngpio.pin = 4\nwhen.cameras = ["front"]', "action.a.when.cameras", "means nothing without `labels`"),
        ('[action.a]\ngpio.pin = 4\nwhen.modes = ["armed"]', "action.a.when.modes", "away"),
        ("[action.a]\ngpio.pin = 4\nwen = 1", "action.a.wen", "when"),
        ('[connectivity]\noutside = "example.org"', "connectivity.outside", "with its port"),
        ('[connectivity]\nrestart_unit = "reboot; rm"', "connectivity.restart_unit", "no name of a systemd unit"),
        ("[connectivity]\nrestart_every_hours = 0.1", "connectivity.restart_every_hours", "1"),
    ],
)
def test_each_mistake_is_told_with_its_key(text, key, words) -> None:
    with pytest.raises(ConfigFault) as told:
        parse(CAMERA + text)
    [line] = [line for line in str(told.value).splitlines() if key in line]
    assert words in line
