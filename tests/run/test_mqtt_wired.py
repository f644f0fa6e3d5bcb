"""The house at a real broker: what stands there, what comes back, and what happens when either of the two dies."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from tests.alerts import home_assistant
from tests.alerts.house import an_event
from tests.devices.mosquitto import Mosquitto
from tests.devices.mqtt_listener import Listener
from tests.run.mqtt_house import JPEG, House

from hearthwatch.alerts.mqtt_client import ask
from hearthwatch.alerts.options import MqttOptions
from hearthwatch.arming.arming import Mode
from hearthwatch.events.event import EventId, EventKind
from hearthwatch.kit.errors import Refused, Unreachable
from hearthwatch.kit.units import CameraId, WallUs

pytestmark = [pytest.mark.wired, pytest.mark.waits]

USERS = {"house": "sesame", "ha": "open"}
OBEYS = "[mqtt]\ncommands = true\npictures = true\n"
TWO = '\n[camera.front]\nmain = "rtsp://192.168.1.20/1"\n[camera.yard]\nmain = "rtsp://192.168.1.21/1"\n'


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Mosquitto]:
    folder = tmp_path / "broker"
    folder.mkdir()
    with Mosquitto(folder, users=USERS) as running:
        yield running


def listener(broker: Mosquitto) -> Listener:
    return Listener(broker, "ha", "open")


def discovered(seen: Listener) -> dict[str, bytes]:
    return {topic: payload for topic, payload in seen.kept.items() if topic.startswith("homeassistant/") and payload}


async def test_home_assistant_finds_the_house_as_it_is(tmp_path: Path, broker: Mosquitto) -> None:
    async with listener(broker) as seen, House(tmp_path, broker, OBEYS) as house:
        await seen.until_kept("hearthwatch/status", b"online")
        found = discovered(seen)
        for topic, payload in found.items():
            _, fields = home_assistant.check("homeassistant", topic, payload)
            for key in ("state_topic", "json_attributes_topic"):
                assert key not in fields or fields[key] in {*seen.kept, "hearthwatch/alert"}
        assert len(found) == 5 + 2 + 4 + 7 + 2 + 2
        assert seen.kept["hearthwatch/panel"] == b"disarmed"
        assert (seen.kept["hearthwatch/person/anna"], seen.kept["hearthwatch/person/bo"]) == (b"ON", b"OFF")
        assert seen.kept["hearthwatch/camera/front/online"] == b"ON"
        house.cameras.moving.add("front")
        await seen.until_kept("hearthwatch/camera/front/motion", b"ON")
    async with listener(broker) as later:
        await later.until_kept("hearthwatch/status", b"offline")  # we left in order, and it was kept
        assert later.kept["hearthwatch/panel"] == b"disarmed"


async def test_a_visitor_is_seen_come_and_go_with_a_picture(tmp_path: Path, broker: Mosquitto) -> None:
    async with listener(broker) as seen, House(tmp_path, broker, OBEYS) as house:
        await seen.until_kept("hearthwatch/camera/front/label/person", b"OFF")
        visitor = an_event(camera=CameraId("front"), start_us=house.clock.wall_us())
        await house.keep(visitor)
        await seen.until_kept("hearthwatch/camera/front/label/person", b"ON")
        await house.keep(replace(visitor, picture=True), JPEG)
        await seen.until_kept("hearthwatch/camera/front/event", JPEG)
        await house.keep(replace(visitor, picture=True, end_us=house.clock.wall_us()))
        await seen.until_kept("hearthwatch/camera/front/label/person", b"OFF")
        brief = an_event(id=EventId("brief"), camera=CameraId("front"), kind=EventKind.TAMPER, label="")
        await house.keep(brief)
        await house.keep(replace(brief, end_us=WallUs(brief.start_us + 1)))
        await seen.until(lambda seen: ("hearthwatch/camera/front/tamper", b"ON") in seen.heard)
        await seen.until_kept("hearthwatch/camera/front/tamper", b"OFF")


async def test_an_alert_about_a_visitor_triggers_the_panel_until_he_is_gone(tmp_path: Path, broker: Mosquitto) -> None:
    async with listener(broker) as seen, House(tmp_path, broker, OBEYS) as house:
        await seen.until_kept("hearthwatch/status", b"online")
        await seen.say("hearthwatch/set/mode", "ARM_AWAY")
        await seen.until_kept("hearthwatch/panel", b"armed_away")
        visitor = an_event(camera=CameraId("front"), start_us=house.clock.wall_us())
        await house.keep(visitor)
        await house.alert("somebody", event=visitor.id, at_us=WallUs(house.clock.wall_us() - 120_000_000))
        await seen.until_kept("hearthwatch/panel", b"triggered")
        await house.keep(replace(visitor, end_us=house.clock.wall_us()))
        await seen.until_kept("hearthwatch/panel", b"armed_away")


async def test_a_broker_that_dies_and_comes_back_is_told_everything_and_gets_what_waited(
    tmp_path: Path, broker: Mosquitto
) -> None:
    async with House(tmp_path, broker, OBEYS) as house:
        async with listener(broker) as seen:
            await seen.until_kept("hearthwatch/status", b"online")
            before = discovered(seen)
            await house.alert("before")
            await seen.until(lambda seen: told(seen) == ["before"])
            broker.kill()
        for number in range(5):
            await house.alert(f"meanwhile {number}")
        house.actions.arming.state = replace(house.actions.arming.state, mode=Mode.AWAY)
        broker.start()
        async with listener(broker) as seen:
            # what was under way when the broker died may come once more, marked as repeated
            meanwhile = [f"meanwhile {number}" for number in range(5)]
            await seen.until(lambda seen: set(meanwhile) <= set(told(seen)))
            await seen.until_kept("hearthwatch/status", b"online")
            await seen.until_kept("hearthwatch/panel", b"armed_away")
            assert [title for title in dict.fromkeys(told(seen)) if title != "before"] == meanwhile
            assert discovered(seen) == before


def told(seen: Listener) -> list[str]:
    return [json.loads(payload)["title"] for topic, payload in seen.heard if topic == "hearthwatch/alert"]


async def test_home_assistant_starting_anew_is_told_everything_again(tmp_path: Path, broker: Mosquitto) -> None:
    async with listener(broker) as seen, House(tmp_path, broker):
        await seen.until_kept("hearthwatch/status", b"online")
        panel = "homeassistant/alarm_control_panel/hearthwatch/alarm/config"
        assert [topic for topic, _ in seen.heard].count(panel) == 1
        await seen.say("homeassistant/status", "online")
        await seen.until(lambda seen: [topic for topic, _ in seen.heard].count(panel) == 2)
        await seen.until(lambda seen: seen.heard.count(("hearthwatch/status", b"online")) == 2)


async def test_a_camera_that_is_gone_is_taken_away_even_when_it_went_while_we_were_off(
    tmp_path: Path, broker: Mosquitto
) -> None:
    async with listener(broker) as seen:
        async with House(tmp_path, broker, OBEYS + TWO) as house:
            await seen.until_kept("hearthwatch/status", b"online")
            yard = {topic for topic in seen.kept if "yard" in topic}
            assert len(yard) > 10
            await house.keep(an_event(camera=CameraId("yard"), picture=True), JPEG)
            await seen.until_kept("hearthwatch/camera/yard/event", JPEG)
        async with House(tmp_path, broker, OBEYS):
            await seen.until(lambda seen: all(seen.kept[topic] == b"" for topic in yard))
            await seen.until_kept("hearthwatch/camera/yard/event", b"")
        assert seen.kept["homeassistant/camera/hearthwatch/camera_front/config"]


async def test_pictures_that_are_not_wanted_any_more_do_not_stay_at_the_broker(tmp_path: Path, broker: Mosquitto) -> None:
    async with listener(broker) as seen, House(tmp_path, broker, OBEYS) as house:
        await house.keep(an_event(camera=CameraId("front"), picture=True), JPEG)
        await seen.until_kept("hearthwatch/camera/front/event", JPEG)
        await house.configure("[mqtt]\npictures = false\n")
        await seen.until_kept("hearthwatch/camera/front/event", b"")
        await seen.until_kept("hearthwatch/camera/front/picture", b"")
        await seen.until_kept("homeassistant/image/hearthwatch/camera_front_event/config", b"")


async def test_what_home_assistant_asks_for_is_done(tmp_path: Path, broker: Mosquitto) -> None:
    async with listener(broker) as seen, House(tmp_path, broker, OBEYS) as house:
        await seen.until_kept("hearthwatch/status", b"online")
        for command, state in (("ARM_AWAY", b"armed_away"), ("ARM_HOME", b"armed_home"), ("DISARM", b"disarmed")):
            await seen.say("hearthwatch/set/mode", command)
            await seen.until_kept("hearthwatch/panel", state)
        await seen.say("hearthwatch/set/telling", "OFF")
        await seen.until_kept("hearthwatch/telling", b"OFF")
        assert (seen.kept["hearthwatch/panel"], seen.kept["hearthwatch/mode"]) == (b"disarmed", b"disabled")
        await seen.say("hearthwatch/set/mode", "ARM_AWAY")
        await seen.until(lambda seen: b"Intrusion alerts are disabled." in seen.kept["hearthwatch/about"])
        await seen.say("hearthwatch/set/telling", "ON")
        await seen.until_kept("hearthwatch/mode", b"home")
        await seen.say("hearthwatch/set/camera/front/quiet", "ON")
        await seen.until_kept("hearthwatch/camera/front/quiet", b"ON")
        await seen.say("hearthwatch/set/camera/front/quiet", "OFF")
        await seen.until_kept("hearthwatch/camera/front/quiet", b"OFF")
        await seen.say("hearthwatch/set/camera/front/picture", "PRESS")
        await seen.until_kept("hearthwatch/camera/front/picture", JPEG)
    assert [mode for mode, _, _ in house.actions.arming.asked] == ["away", "home", "disarmed", "disabled", "home"]
    assert {via for _, _, via in house.actions.arming.asked} == {"MQTT"}


async def test_nothing_is_obeyed_unless_the_owner_says_so(tmp_path: Path, broker: Mosquitto) -> None:
    async with listener(broker) as seen, House(tmp_path, broker) as house:
        await seen.until_kept("hearthwatch/status", b"online")
        await seen.say("hearthwatch/set/mode", "ARM_AWAY")
        await seen.say("hearthwatch/set/telling", "OFF")
        await house.alert("after")  # comes behind them
        await seen.until(lambda seen: told(seen) == ["after"])
        assert house.actions.arming.asked == []


async def test_yesterdays_command_is_not_obeyed_today(tmp_path: Path, broker: Mosquitto) -> None:
    async with listener(broker) as seen:
        await seen.say("hearthwatch/set/mode", "DISARM", retain=True)
        async with House(tmp_path, broker, OBEYS) as house:
            await seen.until_kept("hearthwatch/status", b"online")
            await seen.say("hearthwatch/set/mode", "ARM_AWAY")
            await seen.until_kept("hearthwatch/panel", b"armed_away")
            assert [mode for mode, _, _ in house.actions.arming.asked] == ["away"]
            await seen.until(lambda seen: json.loads(seen.kept["hearthwatch/about"])["ignored_messages"] == 1)


async def test_a_flood_of_nonsense_is_counted_and_the_house_goes_on(tmp_path: Path, broker: Mosquitto) -> None:
    async with listener(broker) as seen, House(tmp_path, broker, OBEYS) as house:
        await seen.until_kept("hearthwatch/status", b"online")
        for number in range(300):
            await seen.say(f"hearthwatch/set/{number}", b"\xff" * number)
        await seen.say("hearthwatch/set/mode", b"A" * 1_000_000)  # the broker keeps from us what we did not agree to
        await seen.say("hearthwatch/set/mode", "ARM_AWAY")
        await seen.until_kept("hearthwatch/panel", b"armed_away")
        await seen.until(lambda seen: json.loads(seen.kept["hearthwatch/about"])["ignored_messages"] >= 200)
        assert house.health.told == []


async def test_more_commands_than_a_household_gives_are_not_obeyed(tmp_path: Path, broker: Mosquitto) -> None:
    async with listener(broker) as seen, House(tmp_path, broker, OBEYS) as house:
        await seen.until_kept("hearthwatch/status", b"online")
        for _ in range(20):
            await seen.say("hearthwatch/set/mode", "ARM_AWAY")
            await seen.say("hearthwatch/set/mode", "DISARM")
        await seen.until(lambda seen: json.loads(seen.kept["hearthwatch/about"])["ignored_messages"] == 30)
        assert len(house.actions.arming.asked) == 10


async def test_a_code_is_checked_here_and_guessing_it_is_told(tmp_path: Path, broker: Mosquitto) -> None:
    async with listener(broker) as seen, House(tmp_path, broker, OBEYS, secrets={"mqtt.code": "4711"}) as house:
        await seen.until_kept("hearthwatch/status", b"online")
        await seen.say("hearthwatch/set/mode", '{"action": "ARM_AWAY", "code": "4711"}')
        await seen.until_kept("hearthwatch/panel", b"armed_away")
        await seen.say("hearthwatch/set/telling", "OFF")
        await seen.until(lambda seen: b"needs a code" in seen.kept["hearthwatch/about"])
        for code in ("", "0000", "0001", "0002", "0003"):
            await seen.say("hearthwatch/set/mode", json.dumps({"action": "DISARM", "code": code}))
        await seen.until(lambda seen: told(seen) == ["Home: 5 wrong codes by MQTT"])
        await seen.say("hearthwatch/set/mode", '{"action": "DISARM", "code": "4711"}')
        await seen.until(lambda seen: b"none is taken" in seen.kept["hearthwatch/about"])
    assert [mode for mode, _, _ in house.actions.arming.asked] == ["away"]
    assert not any(b"4711" in payload for topic, payload in seen.heard if not topic.startswith("hearthwatch/set/"))


async def test_a_broker_that_refuses_us_is_told_and_lets_us_in_when_the_password_is_right(
    tmp_path: Path, broker: Mosquitto
) -> None:
    async with listener(broker) as seen, House(tmp_path, broker, secrets={"mqtt.password": "wrong"}) as house:
        await house.health.until(bool)
        assert "refuses our log-in" in house.health.told[0]
        assert "hearthwatch secrets set mqtt.password" in house.health.told[0]
        assert "wrong" not in house.health.told[0]
        await house.alert("waits")
        house.secrets["mqtt.password"] = "sesame"
        await house.desk.renew(house.config)
        await house.health.until(lambda told: told[-1] == "over")
        await seen.until(lambda seen: told(seen) == ["waits"])


async def test_a_broker_that_drops_what_we_send_is_told(tmp_path: Path) -> None:
    acl = "user house\ntopic read #\nuser ha\ntopic readwrite #\n"
    with Mosquitto(tmp_path, users=USERS, acl=acl) as broker:
        async with House(tmp_path, broker) as house:
            await house.health.until(bool)
            assert "the right to read and write hearthwatch/# and homeassistant/#" in house.health.told[0]


async def test_two_houses_by_one_name_are_told(tmp_path: Path, broker: Mosquitto) -> None:
    for name in ("one", "other"):
        (tmp_path / name).mkdir()
    async with House(tmp_path / "one", broker) as one, House(tmp_path / "other", broker) as other:
        told = [asyncio.create_task(house.health.until(bool)) for house in (one, other)]
        await asyncio.wait(told, return_when=asyncio.FIRST_COMPLETED)
        for task in told:
            task.cancel()
        assert any("mqtt.client_id" in detail for house in (one, other) for detail in house.health.told)


NONSENSE = (
    b"",
    b"HTTP/1.1 400 Bad Request\r\n\r\n",
    b"\x20\x03\x00\xee\x00",  # CONNACK with a reason code there is none of
    b"\x20\x02\x00\x01",  # CONNACK of MQTT 3.1.1: no such version
    b"\x20\xff\xff\xff\xff\xff",  # a length without end
    b"\x20\x03\x00\x00\x00\x30\xff\xff\xff\x7f",  # welcome, and here come 256 MB
    b"\x20\x03\x00\x00\x00\x30\x05\x00\x02\xff\xfe\x00",  # welcome, and a topic that is no text
    bytes(range(256)),
)


async def test_no_broker_however_mad_is_more_than_out_of_reach() -> None:
    async def ask_one(nonsense: bytes) -> None:
        async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.read(64)
            writer.write(nonsense)
            await writer.drain()
            writer.close()

        async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
            port = server.sockets[0].getsockname()[1]
            try:
                await ask(MqttOptions(host="127.0.0.1", port=port), "")
            except (Unreachable, Refused) as error:
                assert f"127.0.0.1:{port}" in str(error)

    await asyncio.gather(*(ask_one(nonsense) for nonsense in NONSENSE))


def made(folder: Path, name: str, *, by: tuple[x509.Certificate, ec.EllipticCurvePrivateKey] | None = None):
    """Make a certificate with its key as files; return both objects."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = dt.datetime.now(dt.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(by[0].subject if by else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=by is None, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(by[1] if by else key, hashes.SHA256())
    )
    (folder / f"{name}.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    (folder / f"{name}.key").write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return certificate, key


async def test_an_encrypted_broker_is_believed_by_its_authority_and_believes_ours(tmp_path: Path) -> None:
    ca = made(tmp_path, "ca")
    made(tmp_path, "broker", by=ca)
    made(tmp_path, "house", by=ca)
    tls = f'[mqtt]\ntls = true\nca = "{tmp_path}/ca.pem"\n'
    with Mosquitto(
        tmp_path,
        users=USERS,
        ca=tmp_path / "ca.pem",
        certificate=tmp_path / "broker.pem",
        key=tmp_path / "broker.key",
        asks_certificate=True,
        host="localhost",
    ) as broker:
        ours = f'certificate = "{tmp_path}/house.pem"\nkey = "{tmp_path}/house.key"\n'
        async with House(tmp_path, broker, "[mqtt]\ntls = true\n") as house:
            await house.health.until(bool)
            assert "set mqtt.ca to the certificate of its authority" in house.health.told[-1]
            await house.configure(f'[mqtt]\ntls = true\nca = "{tmp_path}/nothing.pem"\n')
            await house.health.until(lambda told: "mqtt.ca:" in told[-1])
            await house.configure(tls + ours)
            await house.health.until(lambda told: told[-1] == "over")
