"""Each remedy on a camera that does as it is told, on one that lies, and on one that cannot."""

from __future__ import annotations

import pytest
from tests.audit.repair_bench import House, LastGood, MereClient

from hearthwatch.audit.possible import network_change, possible
from hearthwatch.audit.remedy import SERVICE_WORDS, Remedy, RemedyKind, label
from hearthwatch.audit.remedy_words import question
from hearthwatch.audit.repairs import Repairs
from hearthwatch.audit.restart import Restart
from hearthwatch.kit.errors import BadReply, Refused, Unreachable, Unsupported
from hearthwatch.vendors.capability import Service


async def at_once(_seconds: float) -> None:
    pass


@pytest.fixture
def house(tmp_path):
    return House(tmp_path / "data")


@pytest.fixture
def repairs(house, tmp_path):
    folder = tmp_path / "firmware"
    folder.mkdir()
    (folder / "fw.bin").write_text("2.0")
    return Repairs(house, house.keyring, house, Restart(house, folder, pause=at_once), LastGood())


def remedy(kind: RemedyKind, subject: str = "", value: str = "") -> Remedy:
    return Remedy(kind=kind, camera="front", subject=subject, value=value)


@pytest.mark.parametrize(
    ("kind", "subject", "value", "text", "verified"),
    [
        (RemedyKind.CHANGE_PASSWORD, "", "", "The password of admin was changed and works.", True),
        (RemedyKind.CHANGE_PASSWORD, "guest", "", "The camera took a new password for guest.", False),
        (RemedyKind.RENAME_USER, "admin", "keeper", "The account admin is called keeper now, with the password it had.", True),
        (RemedyKind.REMOVE_ACCOUNT, "guest", "", "The account guest is gone.", True),
        (RemedyKind.END_SESSION, "7", "", "The visit of admin is over. Change the password, too.", True),
        (RemedyKind.END_SESSION, "203.0.113.9", "", "The visit of admin is over. Change the password, too.", True),
        (RemedyKind.END_SESSION, "99", "", "Nobody is logged in as 99 any more.", True),
        (RemedyKind.BLOCK_ADDRESS, "203.0.113.9", "", "The camera answers 203.0.113.9 no more.", True),
        (RemedyKind.REBOOT, "", "", "The camera was restarted and answers again.", True),
        (RemedyKind.SERVICE_OFF, "p2p", "", "Switched off: access through the maker's cloud (P2P).", True),
        (RemedyKind.SET_CLOCK, "", "", "The camera's clock is right.", True),
        (RemedyKind.USE_NTP, "", "pool.ntp.org", "The camera sets its clock by pool.ntp.org.", True),
        (RemedyKind.RESTORE_SETTINGS, "", "", "Settings restored from the last good copy.", True),
        (RemedyKind.UPLOAD_FIRMWARE, "fw.bin", "", "The camera has firmware 2.0 now; it was 1.0.", True),
        (
            RemedyKind.SWITCH_OFF,
            "",
            "",
            "The camera has no power switch that Hearthwatch knows; its picture and its services were stopped instead.",
            True,
        ),
        (
            RemedyKind.CHANGE_NETWORK,
            "",
            "address=192.168.1.30",
            "The camera's network was changed; Hearthwatch reaches it at 192.168.1.30 port 80 and follows.",
            True,
        ),
    ],
)
async def test_what_is_done_and_said(repairs, house, kind, subject, value, text, verified):
    result = await repairs.do(remedy(kind, subject, value))
    assert (result.text, result.verified) == (text, verified)
    assert house.lets_us_in()


async def test_who_is_logged_in_is_ended_but_never_we_ourselves(repairs, house):
    await repairs.do(remedy(RemedyKind.END_SESSION, "admin"))
    assert [session.id for session in house.camera.sessions] == ["8"]


@pytest.mark.parametrize(
    ("kind", "subject"),
    [
        (RemedyKind.REMOVE_ACCOUNT, "guest"),
        (RemedyKind.END_SESSION, "7"),
        (RemedyKind.BLOCK_ADDRESS, "203.0.113.9"),
        (RemedyKind.SERVICE_OFF, "upnp"),
    ],
)
async def test_a_camera_that_says_yes_and_does_nothing_is_found_out(repairs, house, kind, subject):
    house.camera.lies = True
    with pytest.raises(BadReply, match="said yes, but"):
        await repairs.do(remedy(kind, subject))


async def test_what_cannot_be_seen_is_not_called_verified(repairs, house):
    house.camera.lies = True
    assert (await repairs.do(remedy(RemedyKind.REBOOT))).verified is False
    same = await repairs.do(remedy(RemedyKind.UPLOAD_FIRMWARE, "fw.bin"))
    assert (same.text, same.verified) == ("The camera restarted, but still says firmware 1.0.", False)
    moved = await repairs.do(remedy(RemedyKind.CHANGE_NETWORK, value="dhcp=yes"))
    assert moved.verified is False
    assert "MAC" in moved.text


async def test_a_clock_that_is_still_wrong_is_a_failure(repairs, house):
    house.camera.ahead_us += 60_000_000
    with pytest.raises(BadReply, match="60 s off"):
        await repairs.do(remedy(RemedyKind.SET_CLOCK))


async def test_we_neither_shut_ourselves_out_nor_remove_our_own_account(repairs, house):
    for kind, subject in (
        (RemedyKind.BLOCK_ADDRESS, "192.168.1.2"),
        (RemedyKind.BLOCK_ADDRESS, "fe80::1"),
        (RemedyKind.REMOVE_ACCOUNT, "admin"),
        (RemedyKind.RENAME_USER, "admin"),
        (RemedyKind.USE_NTP, ""),
        (RemedyKind.SERVICE_OFF, "telnet"),
        (RemedyKind.UPLOAD_FIRMWARE, "../secrets.key"),
        (RemedyKind.UPLOAD_FIRMWARE, "other.bin"),
        (RemedyKind.CHANGE_NETWORK, ""),
        (RemedyKind.SWITCH_ON, ""),
    ):
        with pytest.raises(Unsupported):
            await repairs.do(remedy(kind, subject))
    assert house.camera.blocked == []
    assert set(house.camera.passwords) == {"admin", "guest"}


async def test_a_camera_that_was_put_to_rest_is_woken_as_it_was(repairs, house):
    await repairs.do(remedy(RemedyKind.SWITCH_OFF))
    await repairs.do(remedy(RemedyKind.SWITCH_OFF))
    assert house.camera.settings["video.enabled"] == "0"
    assert "camera.front.standby" in house.secrets.names()
    await repairs.do(remedy(RemedyKind.SWITCH_ON))
    assert house.camera.settings["video.enabled"] == "1"
    assert "camera.front.standby" not in house.secrets.names()


@pytest.mark.parametrize("kind", list(RemedyKind))
async def test_where_there_is_no_way_a_plain_statement_says_what_to_do(repairs, house, kind):
    house.mere = True
    can = await repairs.possible("front")
    asked = remedy(kind, subject="p2p" if "service" in kind else "203.0.113.9", value="address=192.168.1.30")
    assert can.refusal(asked).startswith("This camera")
    with pytest.raises(Unsupported) as refused:
        await repairs.do(asked)
    assert str(refused.value)
    assert "NAME" not in str(refused.value) + can.refusal(asked)


async def test_everything_can_be_tried_on_a_camera_that_can_everything(repairs):
    can = await repairs.possible("front")
    assert set(can.why_not) == set(RemedyKind)
    assert not any(can.why_not.values())
    assert can.refusal(remedy(RemedyKind.SERVICE_OFF, "p2p")) == ""
    assert can.refusal(remedy(RemedyKind.SERVICE_OFF, "telnet")).startswith("This camera")


def test_a_power_switch_is_a_way_where_the_camera_has_none():
    can = possible(MereClient(), has_off_switch=True, has_on_switch=False)
    assert can.why_not[RemedyKind.SWITCH_OFF] == ""
    assert "on_url" in can.why_not[RemedyKind.SWITCH_ON]
    assert possible(None, has_off_switch=True, has_on_switch=True).why_not[RemedyKind.SWITCH_OFF] == ""


async def test_a_rename_or_a_move_that_was_broken_off_is_followed(repairs, house):
    rename = remedy(RemedyKind.RENAME_USER, "admin", "keeper")
    assert await repairs.resume(rename) is None
    house.camera.passwords["keeper"] = house.camera.passwords.pop("admin")
    assert "keeper" in (await repairs.resume(rename)).text
    assert house.user == "keeper"
    move = remedy(RemedyKind.CHANGE_NETWORK, value="address=192.168.1.30")
    assert await repairs.resume(move) is None
    house.camera.host = "192.168.1.30"
    assert "192.168.1.30" in (await repairs.resume(move)).text
    assert house.lets_us_in()
    assert await repairs.resume(remedy(RemedyKind.REBOOT)) is None


async def test_errors_of_the_camera_go_on_as_they_are(repairs, house):
    house.camera.gone = True
    with pytest.raises(Unreachable):
        await repairs.do(remedy(RemedyKind.REBOOT))
    house.camera.gone = False
    house.camera.passwords["admin"] = "changed behind our back"
    with pytest.raises(Refused):
        await repairs.do(remedy(RemedyKind.REMOVE_ACCOUNT, "guest"))


@pytest.mark.parametrize("kind", list(RemedyKind))
def test_every_kind_has_a_button_and_a_question(kind):
    asked = remedy(kind, subject="p2p" if "service" in kind else "{name}", value="{0}")
    assert label(asked)
    text = question(asked, "Front {door}")
    assert text.startswith("Front {door}: ")
    assert text.rstrip(".").count("?") == 1
    assert set(SERVICE_WORDS) == set(Service)


def test_a_button_names_a_service_as_people_do():
    assert label(remedy(RemedyKind.SERVICE_OFF, "upnp")) == "Switch off: opening your router by itself (UPnP)"
    assert label(remedy(RemedyKind.SERVICE_ON, "https")) == "Switch on: its page over HTTPS"
    assert label(remedy(RemedyKind.SERVICE_OFF, "made up")) == "Switch off"


def test_a_service_that_is_none_is_told():
    with pytest.raises(Unsupported, match="say one of p2p"):
        question(remedy(RemedyKind.SERVICE_OFF, "everything"), "Front")


def test_network_changes_are_read_strictly():
    change = network_change("address=192.168.1.30 netmask=255.255.255.0 http_port=8080 dns=1.1.1.1,9.9.9.9")
    assert (change.address, change.http_port, change.dns) == ("192.168.1.30", 8080, ("1.1.1.1", "9.9.9.9"))
    assert network_change("dhcp=yes").is_dhcp is True
    for wrong in ("", "address", "port=80", "http_port=0", "http_port=٣", "address=300.1.1.1", "dhcp=maybe", "x" * 999):
        with pytest.raises(Unsupported):
            network_change(wrong)
