"""The keeper: what is stored, what is told, and what is left alone."""

from __future__ import annotations

import pytest
from tests.copies.scene import PORCH, Desk, PaperCamera

from hearthwatch.copies import ledger
from hearthwatch.copies.copy import CopiesOptions, Topic
from hearthwatch.kit.errors import BadReply, Refused, Unreachable, Unsupported
from hearthwatch.vendors.capability import Service
from hearthwatch.vendors.device import Vendor

DAY_S = 86_400


@pytest.fixture
async def desk(tmp_path):
    desk = Desk(tmp_path, porch=PaperCamera())
    await desk.renew()
    yield desk
    desk.close()


@pytest.fixture
def camera(desk) -> PaperCamera:
    return desk.doors.clients[PORCH]


async def rows(desk):
    return await desk.db.real.run(lambda connection: ledger.since(connection, PORCH))


async def test_the_first_copy_is_the_baseline_and_a_day_without_change_stores_nothing(desk, camera):
    await desk.wait(60)
    (first,) = await rows(desk)
    assert (first.reason, first.vendor, first.setting_count, first.change_count) == ("daily look", Vendor.DAHUA, 10, 0)
    assert first.firmware == "2.800.0000016.0.R"
    await desk.wait(DAY_S)
    (again,) = await rows(desk)
    assert again.id == first.id
    assert again.seen_us > first.taken_us
    assert desk.told == []
    assert camera.reads == 2


async def test_a_change_behind_our_back_is_told_with_the_way_back(desk, camera):
    await desk.wait(60)
    camera.pairs["T2UServer.Enable"] = "true"
    camera.pairs["Email.Password"] = "other"
    desk.keeper.want(PORCH, "a log-in of admin from 203.0.113.9")
    await desk.wait(6)
    first, second = await rows(desk)
    assert (second.drift, second.told, second.change_count) == (True, True, 2)
    assert second.reason == "a log-in of admin from 203.0.113.9"
    (drift,) = desk.told
    assert drift.good == first.id
    assert drift.before_us == first.seen_us
    assert list(drift.diff.lines()) == [
        "Cloud",
        "  P2P cloud access switched on",
        "Mail",
        "  Password for mails: changed (secret)",
    ]
    await desk.wait(700)
    assert len(await rows(desk)) == 2
    assert len(desk.told) == 1


async def test_who_has_logged_in_is_looked_after_for_ten_minutes(desk, camera):
    await desk.wait(60)
    desk.keeper.want(PORCH, "a log-in")
    await desk.wait(6)
    camera.pairs["UPnP.Enable"] = "true"
    await desk.wait(130)
    assert [one.diff.changes[0].key for one in desk.told] == ["UPnP.Enable"]


async def test_wants_in_a_row_are_one_look_a_minute_later_at_most(desk, camera):
    await desk.wait(60)
    reads = camera.reads
    for _ in range(14):
        desk.keeper.want(PORCH, "settings changed")
        desk.clock.advance(4)
        await desk.keeper.tick()
    assert camera.reads == reads
    desk.keeper.want(PORCH, "settings changed")
    desk.clock.advance(5)
    await desk.keeper.tick()
    assert camera.reads == reads + 1


async def test_what_we_announced_is_kept_and_not_told(desk, camera):
    await desk.wait(60)
    desk.keeper.expect(PORCH, {"T2UServer.Enable": "true", "Email.Password": None})
    camera.pairs |= {"T2UServer.Enable": "true", "Email.Password": "ours"}
    await desk.keeper.collect(PORCH, "a fix")
    assert [(one.drift, one.change_count) for one in await rows(desk)] == [(False, 0), (False, 2)]
    assert desk.told == []
    camera.pairs["T2UServer.Enable"] = "false"
    await desk.keeper.collect(PORCH, "later")
    assert [change.key for drift in desk.told for change in drift.diff.changes] == ["T2UServer.Enable"]


async def test_another_value_than_announced_is_drift_and_only_that_is_told(desk, camera):
    await desk.wait(60)
    desk.keeper.expect(PORCH, {"T2UServer.Enable": "true", "NTP.Address": "ours.example"})
    camera.pairs |= {"T2UServer.Enable": "true", "NTP.Address": "theirs.example"}
    await desk.keeper.collect(PORCH, "a fix")
    assert [change.new for drift in desk.told for change in drift.diff.changes] == ["theirs.example"]


async def test_an_announcement_does_not_hold_for_ever(desk, camera):
    await desk.wait(60)
    desk.keeper.expect(PORCH, {"T2UServer.Enable": "true"})
    desk.clock.advance(1000)
    camera.pairs["T2UServer.Enable"] = "true"
    await desk.keeper.collect(PORCH, "later")
    assert len(desk.told) == 1


async def test_a_service_and_an_account_are_announced_by_name(desk, camera):
    await desk.wait(60)
    desk.keeper.expect_service(PORCH, Service.P2P)
    desk.keeper.expect_topic(PORCH, Topic.ACCOUNTS)
    camera.pairs |= {"T2UServer.Enable": "true", "UserGlobal.OnvifLoginCheck": "true"}
    await desk.wait(6)
    assert len(await rows(desk)) == 2
    assert desk.told == []


async def test_what_runs_by_itself_is_no_change(desk, camera):
    camera.ticking = "Storage.Odometer"
    await desk.wait(60)
    await desk.wait(2 * DAY_S)
    assert len(await rows(desk)) == 1
    camera.pairs["UPnP.Enable"] = "true"
    await desk.keeper.collect(PORCH, "asked for")
    assert [change.key for drift in desk.told for change in drift.diff.changes] == ["UPnP.Enable"]


@pytest.mark.parametrize("error", [Unreachable("away"), BadReply("half a body"), Refused("wrong password")])
async def test_a_camera_that_cannot_be_asked_keeps_its_copy_and_tells_nobody(desk, camera, error):
    await desk.wait(60)
    camera.failures = [error] * 3
    await desk.wait(DAY_S)
    assert desk.keeper.troubles == {PORCH: str(error)}
    assert len(await rows(desk)) == 1
    await desk.wait(2 * DAY_S)
    assert desk.keeper.troubles == {}
    assert desk.told == []


async def test_retries_become_rarer(desk, camera):
    camera.failures = [Unreachable("away")] * 1000
    await desk.wait(DAY_S)
    assert 5 <= camera.reads <= 14


@pytest.mark.parametrize("gone", [("Email.",), ("General.", "NTP.", "Email.", "Network.")])
async def test_a_part_that_is_missing_is_believed_the_second_time(desk, camera, gone):
    await desk.wait(60)
    whole = dict(camera.pairs)
    camera.pairs = {key: value for key, value in whole.items() if not key.startswith(gone)}
    look = await desk.keeper.collect(PORCH, "asked for")
    assert look.is_doubtful
    assert len(await rows(desk)) == 1
    camera.pairs = whole
    await desk.wait(700)
    assert len(await rows(desk)) == 1
    camera.pairs = {key: value for key, value in whole.items() if not key.startswith(gone)}
    await desk.keeper.collect(PORCH, "asked for")
    assert desk.told == []
    await desk.wait(660)
    assert len(await rows(desk)) == 2
    assert [drift.diff.changes[0].kind for drift in desk.told] == ["removed"]


async def test_drift_that_a_former_house_did_not_tell_is_told_once(tmp_path, desk, camera):
    await desk.wait(60)
    camera.pairs["UPnP.Enable"] = "true"

    async def die(_drift):
        raise KeyboardInterrupt

    desk.keeper._tell = die
    with pytest.raises(KeyboardInterrupt):
        await desk.keeper.collect(PORCH, "asked for")
    desk.close()
    again = Desk(tmp_path, desk.clock, porch=camera)
    await again.keeper.tell_untold()
    assert [change.text for drift in again.told for change in drift.diff.changes] == [
        "Opening of ports at the router (UPnP) switched on"
    ]
    await again.keeper.tell_untold()
    assert len(again.told) == 1
    again.close()


async def test_what_goes_to_and_fro_is_told_three_times_a_day_but_never_what_matters(desk, camera):
    await desk.wait(60)
    for number in range(8):
        camera.pairs["VideoColor[0][0].Brightness"] = str(60 + number)
        desk.clock.advance(60)
        await desk.keeper.collect(PORCH, "asked for")
    assert len(desk.told) == 3
    assert [one.drift for one in await rows(desk)] == [False] + [True] * 8
    camera.pairs |= {"VideoColor[0][0].Brightness": "1", "UPnP.Enable": "true"}
    await desk.keeper.collect(PORCH, "asked for")
    assert len(desk.told) == 4
    for value in ("false", "true", "false", "true"):
        camera.pairs["UPnP.Enable"] = value
        await desk.keeper.collect(PORCH, "asked for")
    assert len(desk.told) == 8
    desk.clock.advance(2 * DAY_S)
    camera.pairs["VideoColor[0][0].Brightness"] = "2"
    await desk.keeper.collect(PORCH, "asked for")
    assert len(desk.told) == 9


async def test_a_full_disk_stops_neither_the_configuration_nor_later_looks(tmp_path):
    desk = Desk(tmp_path, porch=PaperCamera())
    desk.db.full = True
    await desk.renew()
    await desk.wait(60)
    assert "no space" in desk.keeper.troubles[PORCH]
    desk.db.full = False
    await desk.wait(600)
    assert len(await rows(desk)) == 1
    assert desk.keeper.troubles == {}
    desk.close()


async def test_alert_off_keeps_the_copy_and_says_nothing(desk, camera):
    await desk.renew(CopiesOptions(alert=False))
    await desk.wait(60)
    camera.pairs["UPnP.Enable"] = "true"
    await desk.keeper.collect(PORCH, "asked for")
    assert [(one.drift, one.told) for one in await rows(desk)] == [(False, True), (True, True)]
    assert desk.told == []


async def test_a_changed_interval_counts_at_once(desk, camera):
    await desk.wait(60)
    await desk.renew(CopiesOptions(every_h=1))
    await desk.wait(3700)
    assert camera.reads == 2


async def test_enabled_off_asks_nothing(desk, camera):
    await desk.renew(CopiesOptions(enabled=False))
    desk.keeper.want(PORCH, "a log-in")
    await desk.wait(DAY_S)
    assert camera.reads == 0


async def test_after_a_restart_the_next_look_is_when_it_was_due(tmp_path, desk, camera):
    await desk.wait(60)
    desk.close()
    desk.clock.advance(600)
    again = Desk(tmp_path, desk.clock, porch=camera)
    await again.renew()
    await again.wait(3600)
    assert camera.reads == 1
    await again.wait(DAY_S - 3600)
    assert camera.reads == 2
    again.close()


async def test_a_camera_without_settings_is_named_and_left_for_a_day(tmp_path):
    class Mute:
        async def close(self): ...
        async def identity(self): ...
        async def clock(self): ...

    desk = Desk(tmp_path, porch=Mute())
    await desk.renew()
    await desk.wait(60)
    assert "does not tell" in desk.keeper.troubles[PORCH]
    with pytest.raises(Unsupported):
        await desk.keeper.collect(PORCH, "asked for")
    desk.close()


async def test_sec_35_nothing_secret_lies_in_the_database(tmp_path, desk, camera):
    camera.pairs |= {"Alarm.Url": "http://me:canary-in-url@192.168.1.2/x", "Hook.Url": "http://x/y?token=canary-token"}
    await desk.wait(60)
    desk.close()
    data = (tmp_path / "house.db").read_bytes() + b"".join(path.read_bytes() for path in tmp_path.glob("house.db-*"))
    for text in (b"mail-Secret-1", b"canary-in-url", b"canary-token", b"MachineName"):
        assert text not in data
