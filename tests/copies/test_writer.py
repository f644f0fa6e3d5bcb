"""The writer: dry run, write, read back; what was refused, what did not take, and what is never written."""

from __future__ import annotations

import pytest
from tests.copies.scene import DAHUA, PORCH, Desk, PaperCamera

from hearthwatch.copies.copy import BaselineOptions, CopyId, RestoreAsk
from hearthwatch.kit.errors import BadReply, Unreachable, Unsupported
from hearthwatch.kit.units import CameraId

GATE = CameraId("gate")
CLOSED = RestoreAsk(copy=CopyId(""), camera=PORCH)


@pytest.fixture
async def desk(tmp_path):
    desk = Desk(tmp_path, porch=PaperCamera(), gate=PaperCamera(DAHUA | {"General.MachineName": "gate", "NTP.Address": "x"}))
    await desk.renew()
    await desk.wait(60)
    yield desk
    desk.close()


@pytest.fixture
def camera(desk) -> PaperCamera:
    return desk.doors.clients[PORCH]


async def tampered(desk, camera, **pairs):
    camera.pairs |= {name.replace("__", "."): value for name, value in pairs.items()}
    await desk.keeper.collect(PORCH, "a log-in")


async def test_a_dry_run_writes_nothing_and_says_what_it_would(desk, camera):
    await tampered(desk, camera, UPnP__Enable="true", Email__Password="other")
    outcome = await desk.writer.restore(CLOSED, apply=False)
    assert list(outcome.proposal.diff.lines()) == [
        "Mail",
        "  Password for mails: changed (secret)",
        "Router (UPnP)",
        "  Opening of ports at the router (UPnP) switched off",
    ]
    assert (outcome.applied, outcome.is_done, camera.written) == (False, False, [])


async def test_restore_writes_only_what_differs_the_secret_in_clear(desk, camera):
    await tampered(desk, camera, UPnP__Enable="true", Email__Password="other")
    outcome = await desk.writer.restore(CLOSED, apply=True)
    assert outcome.is_done
    assert camera.pairs == DAHUA
    assert [(one.key, one.value) for one in camera.written] == [("Email.Password", "mail-Secret-1"), ("UPnP.Enable", "false")]
    assert len(desk.told) == 1


async def test_the_last_good_copy_is_the_one_before_all_that_was_told_today(desk, camera):
    await tampered(desk, camera, UPnP__Enable="true")
    await tampered(desk, camera, T2UServer__Enable="true")
    assert desk.told[0].good == desk.told[1].good
    assert (await desk.writer.restore(CLOSED, apply=True)).is_done
    assert camera.pairs == DAHUA


async def test_what_the_owner_let_stand_for_a_day_is_good(desk, camera):
    await tampered(desk, camera, UPnP__Enable="true")
    await desk.wait(2 * 86_400)
    await tampered(desk, camera, T2UServer__Enable="true")
    assert (await desk.writer.restore(CLOSED, apply=True)).is_done
    assert camera.pairs == DAHUA | {"UPnP.Enable": "true"}


async def test_one_section_that_is_refused_does_not_stop_the_others(desk, camera):
    await tampered(desk, camera, UPnP__Enable="true", NTP__Address="evil", General__LocalNo="9")
    camera.refused = {"NTP.Address"}
    outcome = await desk.writer.restore(CLOSED, apply=True)
    assert outcome.failures == ("NTP: the setting NTP.Address cannot be written",)
    assert [change.key for change in outcome.remaining.changes] == ["NTP.Address"]
    assert not outcome.is_done
    assert camera.pairs == DAHUA | {"NTP.Address": "evil"}


async def test_a_camera_that_says_ok_and_keeps_something_else_is_told(desk, camera):
    await tampered(desk, camera, UPnP__Enable="true")
    camera.deaf = {"UPnP.Enable"}
    outcome = await desk.writer.restore(CLOSED, apply=True)
    assert "did not keep UPnP.Enable" in outcome.failures[0]
    assert [change.key for change in outcome.remaining.changes] == ["UPnP.Enable"]


async def test_a_camera_that_goes_away_while_we_write(desk, camera):
    await tampered(desk, camera, UPnP__Enable="true", NTP__Address="evil")

    async def gone(settings):
        camera.failures = [Unreachable("away")] * 2
        raise Unreachable("away")

    camera.set = gone
    outcome = await desk.writer.restore(CLOSED, apply=True)
    assert outcome.failures == ("NTP: away", "reading back: away")
    assert len(outcome.remaining.changes) == 2
    assert not outcome.is_done


async def test_nothing_is_written_to_a_camera_that_gives_half_of_its_settings(desk, camera):
    await tampered(desk, camera, UPnP__Enable="true")
    camera.pairs = dict(list(camera.pairs.items())[:3])
    with pytest.raises(BadReply, match="nothing was written"):
        await desk.writer.restore(CLOSED, apply=True)
    assert camera.written == []


async def test_another_camera_gets_the_sections_but_not_the_name(desk, camera):
    await tampered(desk, camera, NTP__Address="time.home", Email__Password="shared")
    copy = desk.told[0].copy.id
    outcome = await desk.writer.restore(RestoreAsk(copy=copy, camera=GATE, sections=("NTP", "General", "Email")), apply=True)
    gate = desk.doors.clients[GATE]
    assert outcome.is_done
    assert gate.pairs == DAHUA | {"General.MachineName": "gate", "NTP.Address": "time.home", "Email.Password": "shared"}
    assert len(desk.told) == 1


async def test_another_family_is_refused(desk, camera):
    desk.doors.clients[GATE].pairs = {"NetPort.httpEnable": "1", "P2p.enable": "0", "Upnp.enable": "0"}
    await desk.keeper.collect(GATE, "now")
    await desk.keeper.collect(GATE, "now")
    copy = await desk.keeper.last(PORCH)
    with pytest.raises(Unsupported, match="another family"):
        await desk.writer.restore(RestoreAsk(copy=copy.id, camera=GATE), apply=False)


async def test_the_baseline(desk, camera):
    options = BaselineOptions(ntp_server="time.new")
    outcome = await desk.writer.baseline(PORCH, options, "Front porch", apply=True)
    assert outcome.is_done
    assert camera.pairs == DAHUA | {"General.MachineName": "Front porch", "NTP.Address": "time.new", "Email.Enable": "false"}
    assert "SNMP: off" in [one.what for one in outcome.proposal.skipped]
    again = await desk.writer.baseline(PORCH, options, "Front porch", apply=True)
    assert (again.is_done, again.proposal.keys) == (True, ())
    assert desk.told == []


async def test_a_section_that_is_none_is_refused_with_those_there_are(desk, camera):
    copy = await desk.keeper.last(PORCH)
    with pytest.raises(Unsupported, match="no section Emial: it has Email, General, NTP"):
        await desk.writer.restore(RestoreAsk(copy=copy.id, sections=("Emial",)), apply=False)


async def test_no_such_copy(desk):
    for ask in (
        RestoreAsk(copy=CopyId("NONE")),
        RestoreAsk(copy=CopyId("")),
        RestoreAsk(copy=CopyId(""), camera=CameraId("none")),
    ):
        with pytest.raises(Unsupported, match="there is no copy"):
            await desk.writer.restore(ask, apply=True)


async def test_a_camera_that_cannot_be_written_says_so(desk, camera):
    await tampered(desk, camera, UPnP__Enable="true")

    class Mute:
        """Tells its settings, takes none."""

        def __init__(self, real):
            self.close, self.identity, self.clock, self.settings = real.close, real.identity, real.clock, real.settings

    desk.doors.clients[PORCH] = Mute(camera)
    with pytest.raises(Unsupported, match="its own page"):
        await desk.writer.restore(CLOSED, apply=True)
