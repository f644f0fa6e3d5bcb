"""Every recorded Dahua and Amcrest reply, parsed to what the index of the tapes says about it."""

from __future__ import annotations

import datetime as dt
import json
import random
from pathlib import Path

import pytest

from hearthwatch.kit.digest import Authenticator
from hearthwatch.kit.units import US_PER_S, from_datetime
from hearthwatch.vendors.dahua_config import table_settings
from hearthwatch.vendors.dahua_events import dhip_events, event, event_object, seen_objects
from hearthwatch.vendors.dahua_mail import alarm_mail
from hearthwatch.vendors.dahua_parts import PartReader
from hearthwatch.vendors.dahua_reply import firmware, identity, local_time, pairs_of, streams
from hearthwatch.vendors.device import AlarmKind, AlarmPhase, AlarmSignal, LocalUs, SeenObject, Setting

DOORBELL = [
    "_CallRemoveMask Start",
    "AlarmLocal Start",
    "_DoTalkAction_ Pulse",
    "CallNoAnswered Start",
    "PhoneCallDetect Start",
    "VideoMotionInfo State",
    "_DoTalkAction_ Pulse",
    "AlarmLocal Stop",
    "CallNoAnswered Stop",
    "VideoMotion Stop",
    "PhoneCallDetect Stop",
    "_CallRemoveMask Stop",
]
CAPTURE = [
    "Heartbeat",
    "VideoMotionInfo State",
    "VideoMotion Start",
    "VideoMotionInfo State",
    "Heartbeat",
    "VideoMotion Stop",
    "VideoMotionInfo State",
    "VideoMotion Start",
    "VideoMotionInfo State",
    "Heartbeat",
    "VideoMotionInfo State",
    "VideoMotionInfo State",
    "Heartbeat",
    "VideoMotion Stop",
    "Heartbeat",
]
COVERED = {
    "amcrest-ad410/doorbell-press.printed.txt",
    "amcrest-ad410/doorbell-press.rebuilt.bin",
    "amcrest-camera-ui/event-stream-capture.bin",
    "amcrest-camera-ui/getConfig-Encode.txt",
    "amcrest-camera-ui/smart-motion-vehicle.data.json",
    "amcrest-scrypted/CrossRegionDetection.data.json",
    "dahua-ipc-hdw5831r/coaxialControlIO-getStatus.txt",
    "dahua-ipc-hdw5831r/event-chunk.bin",
    "dahua-ipc-hdw5831r/getConfig-Lighting_V2.txt",
    "dahua-ipc-hdw5831r/getConfig-MotionDetect.txt",
    "dahua-ipc-hdw5831r/getConfig-SmartMotionDetect.txt",
    "dahua-ipc-hdw5831r/magicBox-getSoftwareVersion.txt",
    "dahua-ipc-hdw5831r/magicBox-getSystemInfo.txt",
    "dahua-ipcmanview/mail-body-intrusion.txt",
    "dahua-nvr-homebridge/event-part-noblank.txt",
    "dahua-nvr-homebridge/www-authenticate.txt",
    "dahua-vto/dhip-notifyEventStream.bin",
    "dahua-vto/events.jsonl",
    "opendahua/global-getCurrentTime.txt",
}


@pytest.fixture
def tapes(test_data: Path) -> Path:
    return test_data / "tapes" / "dahua"


def local(*date: int) -> LocalUs:
    return LocalUs(from_datetime(dt.datetime(*date, tzinfo=dt.UTC)))  # type: ignore[misc, arg-type]


def read(stream: bytes, step: int, boundary: str = "myboundary") -> list[str]:
    reader = PartReader(boundary)
    return [part for at in range(0, len(stream), step) for part in reader.feed(stream[at : at + step])]


def told(parts: list[str]) -> list[str]:
    """What the index writes: code and action, or the heartbeat."""
    found = []
    for part in parts:
        signal = event(part)
        found.append("Heartbeat" if signal is None else f"{signal.code} {signal.phase.value.capitalize()}")
    return found


def settings(tapes: Path, name: str) -> dict[str, str]:
    return {one.key: one.value for one in table_settings(pairs_of((tapes / name).read_bytes(), name))}


def test_every_tape_of_the_family_is_asserted_here(tapes: Path) -> None:
    there = {path.relative_to(tapes).as_posix() for path in tapes.glob("*/*") if path.name != "INDEX.csv"}
    assert there == COVERED
    assert len(there) == 19


@pytest.mark.parametrize("step", [1, 2, 3, 7, 64, 1000, 10_000])
def test_doorbell_press_in_framing_b(tapes: Path, step: int) -> None:
    parts = read((tapes / "amcrest-ad410/doorbell-press.rebuilt.bin").read_bytes(), step)
    assert told(parts) == DOORBELL
    signals = [one for one in map(event, parts) if one is not None]
    assert json.loads(signals[2].text)["Action"] == "Invite"
    assert json.loads(signals[3].text) == {"CallID": "4"}
    assert signals[3].kind is AlarmKind.DOORBELL
    assert json.loads(signals[6].text)["HangupReason"] == "HangupByPhone"


def test_doorbell_press_as_printed_on_a_console(tapes: Path) -> None:
    text = (tapes / "amcrest-ad410/doorbell-press.printed.txt").read_bytes().replace(b"event --myboundary", b"--myboundary")
    # the last part is whole only when the next boundary comes: its length counts bytes that the print has lost
    assert told(read(text + b"\n--myboundary\n", 50)) == DOORBELL


@pytest.mark.parametrize("step", [1, 2, 3, 7, 64, 1000, 10_000])
def test_capture_in_framing_a(tapes: Path, step: int) -> None:
    parts = read((tapes / "amcrest-camera-ui/event-stream-capture.bin").read_bytes(), step)
    assert told(parts) == CAPTURE
    start = event(parts[2])
    assert start is not None
    assert (start.kind, start.phase, start.channel, start.regions) == (AlarmKind.MOTION, AlarmPhase.START, 0, ("Area1",))
    assert json.loads(start.text) == {"Id": [0], "RegionName": ["Area1"], "SmartMotionEnable": False}


def test_capture_is_told_without_waiting_for_the_next_part(tapes: Path) -> None:
    """The next part may be a heartbeat away: whatever is whole by its length goes at once."""
    stream = (tapes / "amcrest-camera-ui/event-stream-capture.bin").read_bytes()
    reader = PartReader("myboundary")
    ends = [end for end, byte in enumerate(stream, 1) for _ in reader.feed(bytes([byte]))]
    assert len(ends) == 15
    assert stream[: ends[2]].endswith(b"false\r\n}")


def test_a_chunk_without_boundary_and_headers_joins_what_came_before(tapes: Path) -> None:
    chunk = (tapes / "dahua-ipc-hdw5831r/event-chunk.bin").read_bytes()
    reader = PartReader("myboundary")
    assert reader.feed(b"--myboundary\r\nContent-Type: text/plain\r\nContent-Length:96\r\n\r\n") == []
    (part,) = reader.feed(chunk)
    signal = event(part)
    assert signal is not None
    assert (signal.code, signal.phase, signal.channel, signal.regions) == ("VideoMotion", AlarmPhase.START, 0, ("Region1",))


@pytest.mark.parametrize("step", [1, 5, 1000])
def test_a_part_without_blank_line_and_dashes(tapes: Path, step: int) -> None:
    stream = (tapes / "dahua-nvr-homebridge/event-part-noblank.txt").read_bytes()
    (part,) = read(stream, step)
    signal = event(part)
    assert signal is not None
    assert (signal.code, signal.phase, signal.channel) == ("VideoMotion", AlarmPhase.STOP, 0)


def test_smart_motion_of_a_vehicle(tapes: Path) -> None:
    data = (tapes / "amcrest-camera-ui/smart-motion-vehicle.data.json").read_text()
    signal = event(f"Code=SmartMotionVehicle;action=Start;index=0;data={data}")
    assert signal is not None
    assert signal.kind is AlarmKind.VEHICLE
    assert signal.objects == (SeenObject(label="car", box=(3888 / 8192, 744 / 8192, 4240 / 8192, 1136 / 8192)),)
    assert signal.regions == ("Area1",)
    assert json.loads(signal.text)["object"][0]["VehicleID"] == 2


def test_crossing_of_a_region(tapes: Path) -> None:
    data = (tapes / "amcrest-scrypted/CrossRegionDetection.data.json").read_text()
    signal = event(f"Code=CrossRegionDetection;action=Start;index=0;data={data}")
    assert signal is not None
    assert signal.kind is AlarmKind.CROSSING
    assert signal.regions == ("Rule1",)
    assert signal.objects == (SeenObject(label="person", box=(2856 / 8192, 1280 / 8192, 3880 / 8192, 4880 / 8192)),)
    assert seen_objects(json.loads(data)) == signal.objects
    assert signal.at_us == from_datetime(dt.datetime(2024, 3, 26, 9, 56, 39, 701_000, tzinfo=dt.UTC))
    facts = json.loads(signal.text)
    assert (facts["Action"], facts["Direction"], facts["Object"]["ObjectID"]) == ("Cross", "Enter", 863)


def test_encode(tapes: Path) -> None:
    pairs = pairs_of((tapes / "amcrest-camera-ui/getConfig-Encode.txt").read_bytes(), "the streams")
    mains = [pairs[f"table.Encode[0].MainFormat[{n}].Video.Compression"] for n in range(4)]
    assert mains == ["H.264"] * 4
    found = streams(pairs, 0, "rtsp://192.0.2.7:554")
    assert [(one.name, one.width_px, one.height_px, one.codec, one.is_enabled) for one in found] == [
        ("main", 2560, 1440, "H.264", True),
        ("sub", 640, 480, "H.264", True),
        ("sub2", 352, 240, "H.264", False),
        ("sub3", 352, 240, "H.264", False),
    ]
    assert [one.url for one in found[:2]] == [
        "rtsp://192.0.2.7:554/cam/realmonitor?channel=1&subtype=0",
        "rtsp://192.0.2.7:554/cam/realmonitor?channel=1&subtype=1",
    ]


def test_lights_and_siren(tapes: Path) -> None:
    body = (tapes / "dahua-ipc-hdw5831r/coaxialControlIO-getStatus.txt").read_bytes()
    assert pairs_of(body, "the lights") == {"status.status.Speaker": "Off", "status.status.WhiteLight": "Off"}


def test_tables_of_settings(tapes: Path) -> None:
    lighting = settings(tapes, "dahua-ipc-hdw5831r/getConfig-Lighting_V2.txt")
    assert lighting["Lighting_V2[0][2][0].LightType"] == "WhiteLight"
    assert lighting["Lighting_V2[0][2][0].Mode"] == "Manual"
    assert lighting["Lighting_V2[0][2][0].MiddleLight[0].Light"] == "100"
    assert settings(tapes, "dahua-ipc-hdw5831r/getConfig-MotionDetect.txt") == {
        "MotionDetect[0].DetectVersion": "V3.0",
        "MotionDetect[0].Enable": "true",
    }
    found = table_settings(pairs_of((tapes / "dahua-ipc-hdw5831r/getConfig-SmartMotionDetect.txt").read_bytes(), "it"))
    assert found == (
        Setting(key="SmartMotionDetect[0].Enable", value="true", is_secret=False),
        Setting(key="SmartMotionDetect[0].ObjectTypes.Human", value="true", is_secret=False),
        Setting(key="SmartMotionDetect[0].ObjectTypes.Vehicle", value="false", is_secret=False),
        Setting(key="SmartMotionDetect[0].Sensitivity", value="Middle", is_secret=False),
    )


def test_identity(tapes: Path) -> None:
    folder = tapes / "dahua-ipc-hdw5831r"
    version, built = firmware((folder / "magicBox-getSoftwareVersion.txt").read_bytes())
    assert (version, built) == ("2.800.0000016.0.R", dt.date(2020, 6, 5))
    system = pairs_of((folder / "magicBox-getSystemInfo.txt").read_bytes(), "the system")
    assert (system["processor"], system["appAutoStart"]) == ("S3LM", "true")
    found = identity(system, vendor="", name="", version=version, built=built, mac="")
    assert (found.model, found.serial, found.hardware) == ("IPC-HDW5831R-ZE", "4X7C5A1ZAG21L3F", "1.00")
    assert found.key == "4X7C5A1ZAG21L3F"


def test_clock(tapes: Path) -> None:
    assert local_time((tapes / "opendahua/global-getCurrentTime.txt").read_bytes()) == local(2026, 5, 9, 15, 34, 50)


def test_alarm_mail(tapes: Path) -> None:
    mail = alarm_mail((tapes / "dahua-ipcmanview/mail-body-intrusion.txt").read_text())
    assert (mail.kind, mail.event, mail.channel) == (AlarmKind.CROSSING, "Intrusion", 0)
    assert mail.local_us == local(2024, 1, 10, 15, 48, 47)
    assert (mail.device, mail.alarm, mail.address) == ("CAM-5", "Front Entrance", "192.168.60.15")


def test_challenges(tapes: Path) -> None:
    headers = (tapes / "dahua-nvr-homebridge/www-authenticate.txt").read_text().splitlines()
    assert len(headers) == 2
    answers = set()
    for header in headers:
        auth = Authenticator("admin", "secret", random.Random(1), digest_only=True)
        auth.challenge([header])
        answers.add(auth.header("GET", "/cgi-bin/magicBox.cgi?action=getSystemInfo"))
    (answer,) = answers
    assert answer is not None
    for said in (
        'realm="Login to ND021811019863"',
        'nonce="211955164"',
        'opaque="9a206a55e922ee7900769ec61ae49bf0c1f30242"',
        "qop=auth",
    ):
        assert said in answer
    assert "algorithm" not in answer


def test_dhip_message(tapes: Path) -> None:
    (signal,) = dhip_events((tapes / "dahua-vto/dhip-notifyEventStream.bin").read_bytes())
    assert (signal.code, signal.phase, signal.channel) == ("VideoMotionInfo", AlarmPhase.STATE, 0)
    assert signal.regions == ("Region1",)
    (facts,) = json.loads(signal.text)
    assert (facts["Id"], facts["State"], facts["Threshold"], len(facts["Region"])) == (0, "Active", 54, 18)


def test_door_station_events(tapes: Path) -> None:
    lines = (tapes / "dahua-vto/events.jsonl").read_bytes().splitlines()
    door, light = (event_object(line) for line in lines)

    def hours_east(signal: AlarmSignal) -> float:
        assert signal.local_us is not None
        assert signal.at_us is not None
        return (signal.local_us - signal.at_us) / 3600 / US_PER_S

    assert (door.code, door.phase, door.channel) == ("DoorStatus", AlarmPhase.PULSE, 0)
    assert json.loads(door.text)["Status"] == "Close"
    assert door.at_us == from_datetime(dt.datetime(2021, 4, 11, 13, 34, 52, tzinfo=dt.UTC))
    assert (light.code, light.channel, json.loads(light.text)["State"]) == ("BackKeyLight", -1, 1)
    assert light.at_us == from_datetime(dt.datetime(2021, 6, 20, 5, 52, 20, tzinfo=dt.UTC))
    assert (hours_east(door), hours_east(light)) == (8, 8)
