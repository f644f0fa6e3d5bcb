"""What every emulated camera does alike: its truth ledger, log-ins from outside, clock, restart, and the faults of a socket."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
import re
import sys
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pytest

from hearthwatch.kit.clock import FakeClock
from tests.devices import dahua, foscam_hd, foscam_mjpeg, onvif_camera, reolink
from tests.devices.camera_state import LOCK_S, Fault, LogKind
from tests.devices.camera_web import EmulatedCamera
from tests.devices.raw_client import Answer, fetch, fetch_by_digest

pytestmark = pytest.mark.wired
FAMILIES: dict[str, Callable[..., EmulatedCamera]] = {
    "dahua": dahua.camera,
    "foscam-mjpeg": foscam_mjpeg.camera,
    "foscam-hd": foscam_hd.camera,
    "reolink": reolink.camera,
    "onvif": onvif_camera.camera,
}
WATCH = "watch"
BY_NTP = {
    "dahua": ("NTP.Enable", "true"),
    "foscam-mjpeg": ("params.ntp_enable", "1"),
    "foscam-hd": ("SystemTime.timeSource", "0"),
    "reolink": ("Ntp.enable", "1"),
    "onvif": ("SystemDateAndTime.DateTimeType", "NTP"),
}


@pytest.fixture(params=FAMILIES)
def make(request: pytest.FixtureRequest) -> Callable[..., EmulatedCamera]:
    return FAMILIES[request.param]


async def ask(camera: EmulatedCamera, **more: Any) -> Answer:
    """Ask what the family tells to everybody who may log in."""
    account = camera.state.account(WATCH)
    assert account is not None
    match camera.family:
        case "dahua":
            return await fetch_by_digest(
                camera.port, "/cgi-bin/global.cgi?action=getCurrentTime", WATCH, account.password, **more
            )
        case "foscam-mjpeg":
            return await fetch(camera.port, f"/get_misc.cgi?user={WATCH}&pwd={account.password}", **more)
        case "foscam-hd":
            return await fetch(
                camera.port, f"/cgi-bin/CGIProxy.fcgi?cmd=getUPnPConfig&usr={WATCH}&pwd={account.password}", **more
            )
        case "reolink":
            user = {"userName": WATCH, "password": account.password}
            body = json.dumps([{"cmd": "Login", "param": {"User": user}}]).encode()
            return await fetch(camera.port, "/api.cgi?cmd=Login", method="POST", body=body, **more)
        case _:
            space = 'xmlns="http://www.onvif.org/ver10/device/wsdl"'
            body = f'<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Body><GetSystemDateAndTime {space}/>'
            return await fetch(
                camera.port, "/onvif/device_service", method="POST", body=f"{body}</s:Body></s:Envelope>".encode(), **more
            )


async def control(camera: EmulatedCamera, verb: str, **pairs: str) -> Any:
    query = "&".join(f"{key}={quote(value)}" for key, value in pairs.items())
    answer = await fetch(camera.port, f"/_emulator/{verb}?{query}")
    assert answer.status == 200, answer.body
    return json.loads(answer.body)


async def test_the_ledger_tells_who_came_from_where_by_both_clocks(make: Callable[..., EmulatedCamera]) -> None:
    clock = FakeClock()
    async with make(clock=clock, west_s=3600).running() as camera:
        await control(camera, "login", address="203.0.113.7", user="admin")
        clock.advance(5)
        await camera.set_clock(dt.datetime(2001, 2, 3, 4, 5, 6))  # noqa: DTZ001 - a camera's clock
        await control(camera, "login", address="203.0.113.8", user="root", ok="0")
        told = await control(camera, "ledger")
    kinds = [(one.kind, one.user, one.address) for one in camera.ledger if one.kind is not LogKind.CLOCK_SET]
    assert kinds == [(LogKind.LOGIN, "admin", "203.0.113.7"), (LogKind.DENIED, "root", "203.0.113.8")]
    first, _, second = camera.ledger
    assert second.true_us - first.true_us == 5_000_000
    assert str(second.local) == "2001-02-03 04:05:06"
    assert [one["address"] for one in told][::2] == ["203.0.113.7", "203.0.113.8"]


async def test_who_comes_by_the_wire_is_in_the_ledger_with_the_address_it_came_from() -> None:
    for make in (dahua.camera, foscam_mjpeg.camera, foscam_hd.camera, reolink.camera):
        async with make().running() as camera:
            assert (await ask(camera, source="127.0.0.7")).status == 200
        logins = [(one.user, one.address) for one in camera.ledger if one.kind is LogKind.LOGIN]
        assert logins == [(WATCH, "127.0.0.7")]


async def test_wrong_passwords_lock_the_account_for_a_while() -> None:
    clock = FakeClock()
    for make in (dahua.camera, foscam_hd.camera):
        async with make(clock=clock).running() as camera:
            account = camera.state.account(WATCH)
            assert account is not None
            right, account.password = account.password, "another"
            good = (await ask(camera)).body
            account.password = right
            for _ in range(5):
                await _with_password(camera, "wrong")
            locked = (await ask(camera)).body
            clock.advance(LOCK_S + 1)
            again = (await ask(camera)).body
        assert locked != good
        assert len(again) == len(good)
        kinds = [one.kind for one in camera.ledger]
        assert (kinds.count(LogKind.DENIED), kinds.count(LogKind.LOCKED)) == (5, 1)


async def _with_password(camera: EmulatedCamera, password: str) -> Answer:
    if camera.family == "dahua":
        return await fetch_by_digest(camera.port, "/cgi-bin/global.cgi?action=getCurrentTime", WATCH, password)
    return await fetch(camera.port, f"/cgi-bin/CGIProxy.fcgi?cmd=getUPnPConfig&usr={WATCH}&pwd={password}")


async def test_a_restart_is_gone_for_a_moment_and_starts_in_1970(make: Callable[..., EmulatedCamera]) -> None:
    async with make(down_s=0.05, ntp_after_s=0.05).running() as camera:
        port = camera.port
        await camera.log_in("203.0.113.7", stay=True)
        await camera.cause(Fault.NO_NTP)
        await camera.reboot()
        assert camera.port == port
        assert camera.state.clock.utc().year == 1970
        assert not camera.state.sessions
        assert (await ask(camera)).status == 200
        await camera.heal(Fault.NO_NTP)
        await camera.change_setting(*BY_NTP[camera.family])
        await camera.reboot()
        await asyncio.gather(*camera.tasks)
        assert camera.state.clock.error_us == 0
    assert [one.kind for one in camera.ledger].count(LogKind.RESTARTED) == 2


async def test_a_camera_that_is_unreachable_refuses_connections_until_it_is_healed(make: Callable[..., EmulatedCamera]) -> None:
    async with make().running() as camera:
        await camera.cause(Fault.UNREACHABLE)
        with pytest.raises(ConnectionRefusedError):
            await ask(camera)
        await camera.heal(Fault.UNREACHABLE)
        assert (await ask(camera)).status == 200


async def test_faults_damage_the_answer_as_they_say(make: Callable[..., EmulatedCamera]) -> None:
    async with make().running() as camera:
        whole = await ask(camera)
        await camera.cause(Fault.HALF_BODY)
        half = await ask(camera)
        await camera.heal(Fault.HALF_BODY)
        await camera.cause(Fault.WRONG_LENGTH)
        wrong = await ask(camera)
        await camera.heal(Fault.WRONG_LENGTH)
        await camera.cause(Fault.ERROR_200)
        error = await ask(camera)
        await camera.heal(Fault.ERROR_200)
        camera.state.slow_s = 0.05
        await camera.cause(Fault.SLOW)
        slow = await ask(camera)
        await camera.heal(Fault.SLOW)
        await camera.cause(Fault.STALLED)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.1):
                await ask(camera)
    assert 0 < len(half.body) < int(half.header("Content-Length")) or camera.family == "dahua"
    assert int(wrong.header("Content-Length")) == len(wrong.body) + 7
    assert (error.status, error.body != whole.body) == (200, True)
    assert slow.status == 200
    assert len(slow.body) == len(whole.body)


async def test_keep_alive_ends_at_random() -> None:
    async with dahua.camera().running() as camera:
        await camera.cause(Fault.CLOSES_AT_RANDOM)
        ended = 0
        for _ in range(12):
            reader, writer = await asyncio.open_connection("127.0.0.1", camera.port)
            for _ in range(2):
                writer.write(b"GET /cgi-bin/magicBox.cgi HTTP/1.1\r\nHost: c\r\n\r\n")
            data = await asyncio.wait_for(_until(reader, b"Authority!\r\n", 2), 60)
            ended += data.count(b"HTTP/1.1 401") == 1
            writer.close()
    assert 0 < ended < 12


async def _until(reader: asyncio.StreamReader, mark: bytes, times: int) -> bytes:
    data = b""
    while data.count(mark) < times and (chunk := await reader.read(4096)):
        data += chunk
    return data


async def test_a_burst_is_in_the_ledger_whole_while_the_ring_keeps_the_last(make: Callable[..., EmulatedCamera]) -> None:
    more = {"log_size": 100} if make not in (reolink.camera, onvif_camera.camera) else {}
    camera = make(**more)
    await camera.log_in("203.0.113.9", times=1000, stay=False)
    assert len(camera.ledger) == 1000
    if more:
        assert [one.number for one in camera.state.log] == [one.number for one in camera.ledger[-100:]]


async def test_clear_log_jump_and_1970_happen_at_once(make: Callable[..., EmulatedCamera]) -> None:
    clock = FakeClock()
    async with make(clock=clock, west_s=0).running() as camera:
        before = camera.state.clock.utc_s()
        await control(camera, "fault", name="clock-jump")
        jumped = camera.state.clock.utc_s()
        await control(camera, "fault", name="clock-1970")
        await camera.log_in("203.0.113.9", stay=False)
        await control(camera, "fault", name="log-cleared")
    assert jumped - before == 3600
    assert camera.state.clock.local().year == 1970
    assert [one.kind for one in camera.state.log] == [LogKind.LOG_CLEARED]
    assert [one.kind for one in camera.ledger] == [LogKind.LOGIN, LogKind.LOG_CLEARED]


@pytest.mark.parametrize("module", ["dahua", "foscam_mjpeg", "foscam_hd", "reolink", "onvif_camera"])
async def test_it_is_started_by_hand_and_scripted_from_another_terminal(module: str) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", f"tests.devices.{module}", "--port", "0", "--boot", stdout=asyncio.subprocess.PIPE
    )
    try:
        assert process.stdout is not None
        first = (await asyncio.wait_for(process.stdout.readline(), 60)).decode()
        found = re.search(r"http://127\.0\.0\.1:(\d+)", first)
        assert found is not None
        answer = await fetch(int(found[1]), "/_emulator/login?address=203.0.113.7&user=admin")
        assert answer.status == 200
        told = json.loads((await fetch(int(found[1]), "/_emulator/ledger")).body)
        assert [one["kind"] for one in told] == ["restarted", "login"]
        assert told[1]["local"].startswith("1970-01-01")
    finally:
        process.terminate()
        await process.communicate()
