"""The broker in the configuration: mistakes, the default that obeys nobody, what the doctor warns of, where it is listed."""

from __future__ import annotations

from pathlib import Path

import pytest

from hearthwatch.kit.errors import ConfigFault
from hearthwatch.kit.secrets import Secrets
from hearthwatch.run.check import Verdict
from hearthwatch.run.config import parse
from hearthwatch.run.doctor_mqtt import mqtt
from hearthwatch.run.outbound import outbound
from hearthwatch.run.secret_names import unused


def test_without_a_host_nothing_is_there_and_with_one_nobody_is_obeyed() -> None:
    assert parse("").mqtt.host == ""
    options = parse('[mqtt]\nhost = "broker.lan"\n').mqtt
    assert (options.commands, options.pictures, options.tls, options.alerts) == (False, False, False, True)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('host = "mqtt://broker"', "a name or an address alone"),
        ('host = "a b"', "a name or an address alone"),
        ('topic = "house/#"', "mqtt.topic: must be letters"),
        ('topic = "/house"', "mqtt.topic: must be letters"),
        ('topic = ""', "mqtt.topic: must be letters"),
        ('topic = "$SYS"', "mqtt.topic: must be letters"),
        ('discovery = "a+b"', "mqtt.discovery: must be letters"),
        ('topic = "homeassistant"', "is the one for discovery already"),
        ('client_id = "a/b"', "mqtt.client_id: must be 1 to 64"),
        ('user = "a\\nb"', "mqtt.user: must be one line"),
        ('ca = "/etc/ca.pem"', "means nothing without tls = true"),
        ('tls = true\ncertificate = "/etc/a.pem"', "needs its `key` beside it"),
        ('tls = true\nkey = "/etc/a.key"', "needs its `certificate` beside it"),
        ("port = 0", "mqtt.port"),
        ('commands = "yes"', "mqtt.commands"),
        ('password = "sesame"', "mqtt.password"),
    ],
)
def test_mistakes_are_told(line: str, said: str) -> None:
    with pytest.raises(ConfigFault) as caught:
        parse(f"[mqtt]\n{line}\n")
    assert said in str(caught.value)
    assert "sesame" not in str(caught.value)


@pytest.mark.parametrize("line", ['host = "fe80::1%eth0"', 'host = "::1"', 'topic = "cabin/house-2"', 'discovery = ""'])
def test_what_is_right_is_taken(line: str) -> None:
    parse(f"[mqtt]\n{line}\n")


def test_the_owner_sees_where_it_goes_and_which_secrets_are_asked_for() -> None:
    config = parse('[mqtt]\nhost = "broker.lan"\n')
    listed = outbound(config, (), telegram=False, heartbeat="", watches_doors=False)
    assert [one.host for one in listed if one.setting == "mqtt"] == ["broker.lan"]
    assert unused(("mqtt.password", "mqtt.code"), config) == ()


@pytest.mark.wired  # it asks the broker, which is not there
@pytest.mark.parametrize(
    ("text", "names", "warned"),
    [
        ('user = "house"', {}, ["without a password"]),
        ("", {}, ["without a name"]),
        ('user = "house"\ncommands = true', {"mqtt.password": "sesame"}, ["can disarm the house"]),
        ('user = "house"\ncommands = true', {"mqtt.password": "sesame", "mqtt.code": "1234"}, []),
    ],
)
def test_the_doctor_warns(tmp_path: Path, text: str, names: dict[str, str], warned: list[str]) -> None:
    tmp_path.chmod(0o700)
    secrets = Secrets.open(tmp_path)
    for name, value in names.items():
        secrets.set(name, value)
    found = list(mqtt(parse(f'[mqtt]\nhost = "127.0.0.1"\nport = 1\n{text}\n'), secrets))
    assert [check.detail for check in found if check.verdict is Verdict.FAIL] == [
        "the MQTT broker at 127.0.0.1:1 does not answer: is it running?"
    ]
    warnings = [check.detail for check in found if check.verdict is Verdict.WARN]
    assert len(warnings) == len(warned)
    for words, detail in zip(warned, warnings, strict=True):
        assert words in detail


def test_the_doctor_says_nothing_of_a_broker_there_is_none_of(tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    assert list(mqtt(parse(""), Secrets.open(tmp_path))) == []
