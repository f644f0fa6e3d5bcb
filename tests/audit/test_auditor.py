from __future__ import annotations

import pytest
from sqlalchemy import text
from tests.alerts.house import House
from tests.audit.scene import CAM, FakeCamera, Street

from hearthwatch.audit import ledger
from hearthwatch.audit.finding import FindingState
from hearthwatch.audit.remedy import RemedyKind
from hearthwatch.kit.errors import Refused, StorageFailed, StorageFault, Unreachable, Unsupported
from hearthwatch.kit.secrets import Secret
from hearthwatch.kit.units import CameraId


@pytest.fixture
async def street(tmp_path):
    house = House(tmp_path)
    yield Street(house)
    house.close()


def state(report, key: str) -> FindingState:
    [found] = [one for one in report.findings if one.key == key]
    return found.state


async def test_a_clean_camera_is_reported_and_nobody_is_told(street):
    report = await street.auditor.audit(CAM)
    assert report.score is not None
    assert state(report, "p2p") is FindingState.OK
    assert street.told == []
    assert await street.auditor.reports() == (report,)


async def test_a_serious_weakness_that_is_new_is_told_once(street):
    await street.auditor.audit(CAM)
    street.clients[CAM].names.append("eve")
    street.clients[CAM].settings_now["Telnet.Enable"] = "true"
    street.pass_hours(1)
    second = await street.auditor.audit(CAM)
    street.pass_hours(1)
    await street.auditor.audit(CAM)
    assert street.told == [(["account-extra/eve", "telnet"], f"porch/{second.at_us}")]


async def test_one_that_went_and_came_back_is_told_again(street):
    for value in ("true", "false", "true"):
        street.clients[CAM].settings_now["Telnet.Enable"] = value
        street.pass_hours(1)
        await street.auditor.audit(CAM)
    assert [keys for keys, _ in street.told] == [["telnet"], ["telnet"]]


async def test_not_knowing_for_a_while_is_no_end_and_no_news(street):
    street.clients[CAM].settings_now["UPnP.Enable"] = "true"
    await street.auditor.audit(CAM)
    street.clients[CAM].away = Unreachable("porch does not answer")
    await street.auditor.audit(CAM)
    street.clients[CAM].away = None
    await street.auditor.audit(CAM)
    assert [keys for keys, _ in street.told] == [["upnp"]]


async def test_what_could_not_be_told_is_told_by_the_next_house_with_the_same_name(street):
    street.fails = StorageFailed(StorageFault.NO_SPACE, "no space")
    street.clients[CAM].settings_now["Telnet.Enable"] = "true"
    with pytest.raises(StorageFailed):
        await street.auditor.audit(CAM)
    [news] = await street.house.db.run(ledger.untold)
    street.fails = None
    street.again()
    street.pass_hours(3)
    await street.auditor.run_due()
    assert street.told == []  # nothing is due yet
    await street.auditor.tell_news()
    assert street.told == [(["telnet"], f"porch/{news.since_us}")]
    await street.auditor.tell_news()
    assert len(street.told) == 1


async def test_what_the_owner_accepts_stays_listed_costs_nothing_and_is_not_told(street):
    street.clients[CAM].names.append("eve")
    before = await street.auditor.audit(CAM)
    after = await street.auditor.accept(CAM, "account-extra/eve", who="ada", accepted=True)
    assert after.score > before.score
    assert [one.key for one in after.findings if one.accepted] == ["account-extra/eve"]
    street.clients[CAM].names.remove("eve")
    await street.auditor.audit(CAM)
    street.clients[CAM].names.append("eve")
    again = await street.auditor.audit(CAM)
    assert [one.key for one in again.findings if one.accepted] == ["account-extra/eve"]
    assert len(street.told) == 1
    taken_back = await street.auditor.accept(CAM, "account-extra/eve", who="ada", accepted=False)
    assert taken_back.score == before.score
    with pytest.raises(Unsupported, match="no finding"):
        await street.auditor.accept(CAM, "account-extra/nobody", who="ada", accepted=True)


async def test_a_camera_that_does_not_answer_has_no_score_but_its_password_is_looked_at(street):
    street.clients[CAM].away = Unreachable("porch at 192.168.1.20 does not answer")
    street.passwords[CAM] = Secret("admin")
    report = await street.auditor.audit(CAM)
    assert (report.score, report.trouble) == (None, "porch at 192.168.1.20 does not answer")
    assert state(report, "password") is FindingState.FOUND
    assert {one.check for one in report.findings} == {"password", "password-shared"}
    assert "admin" not in report.findings[0].saw


async def test_a_camera_that_refuses_everything_is_no_report_of_a_good_one(street):
    class Shut(FakeCamera):
        async def identity(self):
            raise Refused("wrong user name or password")

        async def clock(self):
            raise Refused("wrong user name or password")

    street.clients[CAM] = Shut(street.house.clock.wall_us)
    report = await street.auditor.audit(CAM)
    assert report.score is None
    assert "password" in report.trouble


async def test_a_password_two_cameras_share_is_found_at_both(street):
    other = CameraId("gate")
    street.clients[other] = FakeCamera(street.house.clock.wall_us)
    street.passwords[other] = street.passwords[CAM]
    street.hosts[other] = "192.168.1.21"
    for camera, mate in ((CAM, "gate"), (other, "porch")):
        report = await street.auditor.audit(camera)
        [found] = [one for one in report.findings if one.key == "password-shared"]
        assert found.state is FindingState.FOUND
        assert mate in found.saw


async def test_the_channels_of_one_recorder_share_their_password_by_nature(street):
    other = CameraId("channel-2")
    street.clients[other] = FakeCamera(street.house.clock.wall_us)
    street.passwords[other] = street.passwords[CAM]
    street.hosts[other] = street.hosts[CAM]
    assert state(await street.auditor.audit(CAM), "password-shared") is FindingState.OK


async def test_services_are_asked_for_one_by_one_only_where_the_settings_are_silent(street):
    camera = street.clients[CAM]
    await street.auditor.audit(CAM)
    assert camera.questions == []
    camera.silent = True
    camera.settings_now["UPnP.Enable"] = "true"
    report = await street.auditor.audit(CAM)
    assert sorted(camera.questions) == sorted(camera.services)
    assert (state(report, "upnp"), state(report, "p2p")) == (FindingState.FOUND, FindingState.OK)


async def test_apply_does_what_needs_no_decision_and_believes_only_the_second_look(street):
    camera = street.clients[CAM]
    camera.settings_now |= {"T2UServer.Enable": "true", "Telnet.Enable": "true"}
    camera.names.append("eve")
    mended, report = await street.auditor.apply(CAM, "ada")
    assert {(remedy.kind, remedy.subject) for remedy, _ in street.done} == {
        (RemedyKind.SERVICE_OFF, "p2p"),
        (RemedyKind.SERVICE_OFF, "telnet"),
    }
    assert {who for _, who in street.done} == {"ada"}
    assert {(one.finding.key, one.done) for one in mended} == {("p2p", True), ("telnet", True)}
    assert state(report, "account-extra/eve") is FindingState.FOUND


async def test_a_camera_that_says_yes_and_changes_nothing_is_not_mended(street):
    street.clients[CAM].settings_now["T2UServer.Enable"] = "true"
    street.clients[CAM].lies = True
    mended, report = await street.auditor.apply(CAM, "ada")
    assert [(one.finding.key, one.done, one.text) for one in mended] == [("p2p", False, "porch: done.")]
    assert state(report, "p2p") is FindingState.FOUND


async def test_accepted_weaknesses_are_not_touched_by_apply(street):
    street.clients[CAM].settings_now["T2UServer.Enable"] = "true"
    await street.auditor.audit(CAM)
    await street.auditor.accept(CAM, "p2p", who="ada", accepted=True)
    mended, _ = await street.auditor.apply(CAM, "ada")
    assert mended == ()
    assert street.done == []


async def test_each_camera_is_audited_once_a_day_and_a_silent_one_after_an_hour(street):
    camera = street.clients[CAM]
    await street.auditor.run_due()
    await street.auditor.run_due()
    assert camera.asked == 1
    street.pass_hours(23)
    await street.auditor.run_due()
    assert camera.asked == 1
    street.pass_hours(2)
    camera.away = Unreachable("away")
    await street.auditor.run_due()
    street.pass_hours(1.1)
    await street.auditor.run_due()
    assert camera.asked == 3


async def test_a_clock_that_was_set_back_does_not_stop_the_audits(street):
    await street.auditor.run_due()
    street.house.clock.step_wall(-86_400 * 30)
    await street.auditor.run_due()
    assert street.clients[CAM].asked == 2


async def test_a_report_of_another_release_is_no_report(street):
    await street.auditor.audit(CAM)
    spoil = text("UPDATE audit_reports SET report = replace(report, 'telnet', 'carrier-pigeon')")
    await street.house.db.run(lambda connection: connection.execute(spoil))
    assert await street.auditor.reports() == ()
    await street.auditor.run_due()
    assert [report.camera for report in await street.auditor.reports()] == [CAM]


async def test_a_camera_that_left_the_configuration_leaves_no_report(street):
    await street.auditor.audit(CAM)
    street.clients[CameraId("gate")] = street.clients.pop(CAM)
    street.passwords[CameraId("gate")] = Secret("Another-one-9")
    await street.auditor.run_due()
    assert [report.camera for report in await street.auditor.reports()] == ["gate"]
    with pytest.raises(Unsupported, match="not watched"):
        await street.auditor.audit(CAM)
