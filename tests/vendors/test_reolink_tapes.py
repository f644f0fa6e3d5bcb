"""Every recorded Reolink reply, parsed to what the index of the tapes says about it."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
from tests.vendors import reolink_samples as samples

from hearthwatch.kit.units import from_datetime
from hearthwatch.vendors.device import DeviceIdentity, LocalUs
from hearthwatch.vendors.reolink_alarm import ai_states, motion_state
from hearthwatch.vendors.reolink_config import Section, section_settings
from hearthwatch.vendors.reolink_reply import Answer, answers, as_object, channels, identity, local_time, network, number

COVERED = {
    "reolink-aio-comment/GetAiState.json",
    "rlc-822a-v3.1.0.956/batch.json",
    "scrypted-comment/GetMdState.json",
}
BATCH = [
    "GetAbility",
    "GetTime",
    "GetNetPort",
    "GetDevInfo",
    "GetMdState",
    "GetAiState",
    "GetZoomFocus",
    "GetAutoFocus",
    "GetAiCfg",
]


@pytest.fixture
def tapes(test_data: Path) -> Path:
    return test_data / "tapes" / "reolink"


@pytest.fixture
def batch(tapes: Path) -> dict[str, Answer]:
    found = answers((tapes / "rlc-822a-v3.1.0.956/batch.json").read_bytes(), len(BATCH), "the batch")
    return dict(zip(BATCH, found, strict=True))


def test_every_tape_of_the_family_is_asserted_here(tapes: Path) -> None:
    there = {path.relative_to(tapes).as_posix() for path in tapes.glob("*/*") if path.name != "INDEX.csv"}
    assert there == COVERED
    assert len(there) == 3


def test_nine_answers_in_order_of_the_request_all_good(batch: dict[str, Answer]) -> None:
    assert [one.code for one in batch.values()] == [0] * 9
    ability = as_object(batch["GetAbility"].value["Ability"])
    assert len(ability) == 96
    assert len(ability["abilityChn"]) == 1  # type: ignore[arg-type]
    assert number(as_object(ability["log"]), "permit", 0) == 6
    assert batch["GetZoomFocus"].value == {"ZoomFocus": {"channel": 0, "focus": {"pos": 46}, "zoom": {"pos": 1}}}
    assert batch["GetAutoFocus"].value == {"AutoFocus": {"disable": 0}}


def test_clock_is_what_it_shows_and_its_zone_and_summer_time_are_settings(batch: dict[str, Answer]) -> None:
    value = batch["GetTime"].value
    assert local_time(value) == LocalUs(from_datetime(dt.datetime(2022, 9, 15, 21, 21, 57, tzinfo=dt.UTC)))
    settings = {one.key: one.value for one in section_settings(Section(name="Time", channel=None), value)}
    assert (settings["Time.Time.timeZone"], settings["Time.Dst.enable"]) == ("-36000", "1")
    assert "Time.Time.sec" not in settings


def test_ports(batch: dict[str, Answer]) -> None:
    found = section_settings(Section(name="NetPort", channel=None), batch["GetNetPort"].value)
    assert {one.key.removeprefix("NetPort."): one.value for one in found} == {
        "httpEnable": "0",
        "httpPort": "80",
        "httpsEnable": "1",
        "httpsPort": "443",
        "mediaPort": "9000",
        "onvifEnable": "1",
        "onvifPort": "8000",
        "rtmpEnable": "1",
        "rtmpPort": "1935",
        "rtspEnable": "1",
        "rtspPort": "554",
    }
    standing = network(samples.LINK_WHOLE, batch["GetNetPort"].value)
    assert (standing.http_port, standing.https_port, standing.rtsp_port) == (80, 443, 554)
    assert (standing.media_port, standing.onvif_port) == (9000, 8000)
    assert (standing.is_dhcp, standing.address, standing.netmask) == (True, "192.168.3.38", "255.255.252.0")


def test_device(batch: dict[str, Answer]) -> None:
    assert channels(batch["GetDevInfo"].value) == 1
    assert identity(batch["GetDevInfo"].value, {}) == DeviceIdentity(
        vendor="Reolink",
        model="RLC-822A",
        name="Gate",
        mac="",
        serial="XXXXXXXXXXXXXXXXXXXX",
        firmware="v3.1.0.956_22041507",
        build_date=dt.date(2022, 4, 15),
        hardware="IPC_523128M8MP",
    )


def test_nothing_moves_and_what_its_detector_knows(batch: dict[str, Answer]) -> None:
    assert motion_state(batch["GetMdState"].value) == frozenset()
    value = batch["GetAiState"].value
    assert ai_states(value) == frozenset()
    assert ai_states({name: lit(node) for name, node in value.items()}) == {"dog_cat", "people", "vehicle"}  # no face
    settings = section_settings(Section(name="AiCfg", channel=0), batch["GetAiCfg"].value)
    assert {"AiCfg[0].AiDetectType.dog_cat": "1", "AiCfg[0].trackType.people": "1"}.items() <= {
        one.key: one.value for one in settings
    }.items()


def test_ai_state_in_the_camera_s_own_indentation(tapes: Path) -> None:
    [answer] = answers((tapes / "reolink-aio-comment/GetAiState.json").read_bytes(), 1, "it")
    assert number(answer.value, "channel", -1) == 0
    assert ai_states(answer.value) == frozenset()
    assert ai_states({name: lit(node) for name, node in answer.value.items()}) == {"people", "vehicle"}
    assert "dog_cat" not in answer.value


def test_motion_state(tapes: Path) -> None:
    [answer] = answers((tapes / "scrypted-comment/GetMdState.json").read_bytes(), 1, "it")
    assert (answer.code, answer.value) == (0, {"state": 0})
    assert motion_state(answer.value) == frozenset()
    assert motion_state({"state": 1}) == {"md"}


def lit(node: object) -> object:
    """The same with its alarm on."""
    return {**node, "alarm_state": 1} if isinstance(node, dict) else node
