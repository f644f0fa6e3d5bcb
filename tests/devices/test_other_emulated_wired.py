"""The emulated Foscams, Reolink and ONVIF camera as state machines, and video that follows the account's password."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
import re
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

import pytest

from hearthwatch.bench.rtsp_server import Mount
from hearthwatch.kit.clock import FakeClock
from tests.devices import dahua, foscam_hd, foscam_mjpeg, onvif_camera, reolink
from tests.devices.camera_state import Fault, Recording
from tests.devices.camera_video import CameraVideo
from tests.devices.digest import md5
from tests.devices.raw_client import digest_header, fetch
from tests.devices.test_onvif_against_tapes import ask as soap
from tests.devices.test_onvif_against_tapes import body_of, request

pytestmark = pytest.mark.wired


async def mjpeg(camera: foscam_mjpeg.FoscamMjpeg, target: str, source: str = "127.0.0.1") -> str:
    mark = "&" if "?" in target else "?"
    return (await fetch(camera.port, f"/{target}{mark}user=watch&pwd=watchPass1", source=source)).body.decode()


async def test_mjpeg_log_is_its_ledger_and_visits_are_one_line() -> None:
    clock = FakeClock()
    async with foscam_mjpeg.camera(clock=clock).running() as camera:
        await camera.log_in("203.0.113.7", "admin")
        await camera.log_in("203.0.113.8", "root", ok=False)
        await camera.alarm("motion", on=True)
        await mjpeg(camera, "get_misc.cgi", "127.0.0.9")
        await mjpeg(camera, "get_status.cgi", "127.0.0.9")
        clock.advance(30)
        text = await mjpeg(camera, "get_log.cgi", "127.0.0.9")
        status = await mjpeg(camera, "get_status.cgi")
    found = re.fullmatch(r"var log_text='(.*)';\n", text)
    assert found is not None
    rows = [re.split(r"\s{2,}", line) for line in found[1].split("\\n") if line]
    assert [row[1:] for row in rows] == [
        ["admin", "203.0.113.7", "access"],
        ["root", "203.0.113.8", "illegal user"],
        ["motion detect"],
        ["watch", "127.0.0.9", "access"],
        ["watch", "127.0.0.9", "access"],
    ]
    assert "var alarm_status=1;\n" in status


async def test_mjpeg_accounts_keep_their_places() -> None:
    async with foscam_mjpeg.camera().running() as camera:
        await camera.add_account("cook", "c")
        users = "user1=admin&pwd1=&pri1=2&user3=cook&pwd3=c&pri3=0&user4=watch&pwd4=watchPass1&pri4=2"
        assert await mjpeg(camera, f"set_users.cgi?{users}") == "ok.\n"
        params = await mjpeg(camera, "get_params.cgi")
        too_long = await mjpeg(camera, "set_users.cgi?user1=admin&pwd1=thirteen-long&pri1=2")
        nobody = await mjpeg(camera, "set_users.cgi?user1=guest&pwd1=x&pri1=0")
    names = re.findall(r"var user\d_name='(.*)';", params)
    assert names == ["admin", "", "cook", "watch", "", "", "", ""]
    assert too_long == nobody == "error: illegal params."


async def test_mjpeg_groups_are_written_whole_and_unknown_paths_are_answered_with_200() -> None:
    async with foscam_mjpeg.camera().running() as camera:
        assert await mjpeg(camera, "set_ddns.cgi?service=0") == "ok.\n"
        assert (await fetch(camera.port, "/nothing.cgi?user=watch&pwd=watchPass1")).status == 200
        assert await mjpeg(camera, "nothing.cgi") == "File not found."
    assert (camera.params["ddns_service"], camera.params["ddns_host"]) == (0, "")


async def hd(camera: foscam_hd.FoscamHd, cmd: str, source: str = "127.0.0.1") -> dict[str, str]:
    answer = await fetch(camera.port, f"/cgi-bin/CGIProxy.fcgi?cmd={cmd}&usr=watch&pwd=watchPass1", source=source)
    return {key: unquote(value) for key, value in re.findall(r"<(\w+)>([^<]*)</\1>", answer.body.decode())}


async def test_hd_log_comes_in_pages_newest_first_and_sessions_end() -> None:
    clock = FakeClock()
    async with foscam_hd.camera(clock=clock, west_s=0).running() as camera:
        for host in range(1, 25):
            await camera.log_in(f"203.0.113.{host}", "a+b")
        first = await hd(camera, "getLog&offset=0&count=20")
        last = await hd(camera, "getLog&offset=20&count=10")
        sessions = await hd(camera, "getSessionList")
        clock.advance(100)
        later = await hd(camera, "getLog&offset=0&count=10", "127.0.0.2")
    assert (first["totalCnt"], first["curCnt"], last["curCnt"]) == ("25", "10", "5")
    now = 1_700_000_000
    assert first["log0"] == f"{now}+watch+{127 + (1 << 24)}+3"
    assert first["log1"] == f"{now}+a+b+{203 + (113 << 16) + (24 << 24)}+3"
    assert sessions["usr1"] == "watch+127.0.0.1"
    assert [later[f"log{one}"].split("+")[-1] for one in range(2)] == ["3", "4"]


async def test_hd_events_are_numbered_otherwise_without_a_microphone() -> None:
    async with foscam_hd.camera(has_sound=False).running() as camera:
        page, state = await hd(camera, "getLog"), await hd(camera, "getDevState")
    assert page["log0"].endswith("+2")
    assert "soundAlarm" not in state


async def test_hd_refuses_half_a_request_keeps_addresses_out_and_counts_results() -> None:
    async with foscam_hd.camera().running() as camera:
        half = await hd(camera, "setFirewallConfig&isEnable=1&rule=0")
        rules = "&".join(f"ipList{one}={foscam_hd.number('127.0.0.66') if one == 0 else 0}" for one in range(8))
        whole = await hd(camera, f"setFirewallConfig&isEnable=1&rule=0&{rules}")
        kept_out = await fetch(camera.port, "/", source="127.0.0.66")
        wrong = await hd(camera, "changePassword&usrName=watch&oldPwd=guess&newPwd=new")
        missing = await hd(camera, "delAccount&usrName=nobody")
        ours = await hd(camera, "delAccount&usrName=watch")
    assert [one["result"] for one in (half, whole, wrong, missing, ours)] == ["-1", "0", "-5", "-4", "-10"]
    assert kept_out.head == b""


async def api(camera: reolink.Reolink, name: str, param: dict[str, Any], token: str = "", source: str = "127.0.0.1") -> Any:
    body = json.dumps([{"cmd": name, "action": 0, "param": param}]).encode()
    target = f"/api.cgi?cmd={name}" + (f"&token={token}" if token else "")
    [answer] = json.loads((await fetch(camera.port, target, method="POST", body=body, source=source)).body)
    return answer


async def token_of(camera: reolink.Reolink, source: str = "127.0.0.1") -> str:
    user = {"userName": "watch", "password": "watch-Pass-1"}
    answer = await api(camera, "Login", {"User": user}, source=source)
    return str(answer["value"]["Token"]["name"]) if not answer["code"] else str(answer["error"]["rspCode"])


async def test_reolink_sessions_are_few_seen_ended_and_expire() -> None:
    clock = FakeClock()
    async with reolink.camera(clock=clock, max_sessions=3).running() as camera:
        token = await token_of(camera)
        await camera.log_in("203.0.113.7", "admin")
        other = await token_of(camera, "127.0.0.9")
        assert await token_of(camera) == "-5"
        online = (await api(camera, "GetOnline", {}, token))["value"]["User"]
        assert [(one["userName"], one["ip"], one["canbeDisconn"]) for one in online] == [
            ("watch", "127.0.0.1", 0),
            ("admin", "203.0.113.7", 1),
            ("watch", "127.0.0.9", 1),
        ]
        ended = {"User": {"userName": "watch", "sessionId": online[2]["sessionId"]}}
        assert (await api(camera, "Disconnect", ended, token))["code"] == 0
        assert (await api(camera, "GetTime", {}, other))["error"]["rspCode"] == -6
        await camera.cause(Fault.TOKEN_EXPIRED)
        assert (await api(camera, "GetTime", {}, token))["error"]["rspCode"] == -6
        token = await token_of(camera)
        clock.advance(reolink.LEASE_S + 1)
        assert (await api(camera, "GetTime", {}, token))["error"]["rspCode"] == -6


async def test_reolink_masks_secrets_and_takes_the_mask_for_one() -> None:
    async with reolink.camera().running() as camera:
        token = await token_of(camera)
        email = (await api(camera, "GetEmailV20", {"channel": 0}, token))["value"]
        assert email["Email"]["password"] == "******"
        assert (await api(camera, "SetEmailV20", email, token))["value"] == {"rspCode": 200}
        assert (await api(camera, "SetP2p", {"P2p": {"enable": "yes"}}, token))["error"]["rspCode"] == -4
    assert camera.values["EmailV20"]["Email"]["password"] == "******"


async def test_reolink_card_is_searched_and_read(tmp_path: Path) -> None:
    clip = tmp_path / "clip.mp4"
    clip.write_bytes(b"a clip" * 1000)
    async with reolink.camera(clock=FakeClock()).running() as camera:  # just after midnight the clip would be of two days
        end = camera.state.clock.local()
        camera.state.card.append(Recording(start=end - dt.timedelta(minutes=5), end=end, clip=clip))
        token = await token_of(camera)
        day = {"year": end.year, "mon": end.month, "day": end.day}
        span = {"StartTime": day | {"hour": 0, "min": 0, "sec": 0}, "EndTime": day | {"hour": 23, "min": 59, "sec": 59}}
        found = (await api(camera, "Search", {"Search": {"channel": 0} | span}, token))["value"]["SearchResult"]["File"]
        source = quote(found[-1]["name"])
        got = await fetch(camera.port, f"/api.cgi?cmd=Download&source={source}&output=x&token={token}")
        none = await api(camera, "Search", {"Search": span | {"EndTime": span["StartTime"]}}, token)
    assert got.body == clip.read_bytes()
    assert "File" not in none["value"]["SearchResult"]


async def test_reolink_firmware_comes_in_pieces_and_it_restarts_after_the_last() -> None:
    async with reolink.camera(down_s=0.01).running() as camera:
        token = await token_of(camera)
        for piece in (b"one ", b"two"):
            await fetch(camera.port, f"/api.cgi?cmd=Upgrade&clearConfig=0&token={token}", method="POST", body=piece)
        assert camera.state.firmware_uploads == [b"one two"]
        async with asyncio.timeout(60):
            while not camera.state.restarts:  # noqa: ASYNC110 - what we wait for is the camera's own
                await asyncio.sleep(0.01)


async def test_onvif_has_few_pull_points_and_a_forgotten_one_stays() -> None:
    clock = FakeClock()
    async with onvif_camera.camera(clock=clock).running() as camera:
        said = []
        for _ in range(3):
            said.append(await create(camera, "PT60S"))
            clock.advance(1)
        assert said == [200, 200, 400]
        assert len(camera.points.alive()) == 2
        kept, _ = camera.points.points
        until = "<TerminationTime>PT120S</TerminationTime>"
        assert (await soap(camera, "Renew", "wsnt", f"/onvif/PullSubManager_{kept}", until)).status == 200
        clock.advance(61)
        assert list(camera.points.alive()) == [kept]


async def create(camera: onvif_camera.OnvifCamera, life: str) -> int:
    content = f"<InitialTerminationTime>{life}</InitialTerminationTime>"
    nonce = str(camera.state.true_us()).encode()
    body = request("CreatePullPointSubscription", "tev", camera, content, nonce=nonce)
    return (await fetch(camera.port, "/onvif/event_service", method="POST", body=body)).status


async def test_onvif_tells_how_things_stand_then_what_changes() -> None:
    async with onvif_camera.camera().running() as camera:
        await camera.alarm("motion", on=True)
        await create(camera, "PT60S")
        point = next(iter(camera.points.points))
        path = f"/onvif/PullSubManager_{point}"
        pull = "<Timeout>PT5S</Timeout><MessageLimit>50</MessageLimit>"
        first = body_of((await soap(camera, "PullMessages", "tev", path, pull)).body)
        waiting = asyncio.create_task(
            fetch(camera.port, path, method="POST", body=request("PullMessages", "tev", camera, pull, nonce=b"second"))
        )
        await asyncio.sleep(0)
        await camera.log_in("203.0.113.9", "admin", ok=False)
        second = body_of((await waiting).body)
        gone = await soap(camera, "Unsubscribe", "wsnt", path)
        after = await soap(camera, "Renew", "wsnt", path, "<TerminationTime>PT60S</TerminationTime>")
    states = [
        (one.get("PropertyOperation"), one[1][0].get("Value")) for one in first.iter() if one.tag.endswith("schema}Message")
    ]
    assert states[0] == ("Initialized", "true")
    assert {state for _, state in states[1:]} == {"false"}
    assert [one.text for one in second.iter() if one.tag.endswith("Topic")] == ["tns1:UserAlarm/tnshik:IllegalAccess"]
    assert (gone.status, after.status) == (200, 400)


async def test_onvif_tokens_are_good_once_and_by_the_cameras_clock_only() -> None:
    async with onvif_camera.camera().running() as camera:
        good = request("GetUsers", "tds", camera)
        said = [(await fetch(camera.port, "/onvif/device_service", method="POST", body=good)).status for _ in range(2)]
        old = request("GetScopes", "tds", camera)
        await camera.cause(Fault.CLOCK_JUMP)
        said.append((await fetch(camera.port, "/onvif/device_service", method="POST", body=old)).status)
    assert said == [200, 400, 400]


async def describe(port: int, path: str, user: str, password: str) -> int:
    """Return the status of DESCRIBE after the challenge."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        url, proof, status = f"rtsp://127.0.0.1:{port}{path}", "", 0
        for number in (1, 2):
            writer.write(f"DESCRIBE {url} RTSP/1.0\r\nCSeq: {number}\r\n{proof}\r\n".encode())
            head = (await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 60)).decode()
            status = int(head.split(" ")[1])
            if status != 401:
                break
            found = re.search(r"WWW-Authenticate: (.*)\r\n", head)
            assert found is not None
            said = dict(re.findall(r'(\w+)="([^"]*)"', found[1]))
            proof = (
                _rfc2069(said, user, password, url)
                if "qop" not in said
                else digest_header(found[1], user, password, url, "DESCRIBE")
            )
            proof += "\r\n"
        return status
    finally:
        writer.close()


def _rfc2069(said: dict[str, str], user: str, password: str, url: str) -> str:
    secret = md5(":".join((user, said["realm"], password)))
    proof = md5(":".join((secret, said["nonce"], md5(f"DESCRIBE:{url}"))))
    return (
        f'Authorization: Digest username="{user}", realm="{said["realm"]}", nonce="{said["nonce"]}", uri="{url}", '
        f'response="{proof}"'
    )


async def test_video_follows_the_password_of_the_account() -> None:
    async with dahua.camera().running() as camera:
        mount = Mount(path="/cam/realmonitor", width_px=64, height_px=48, fps=5, length_s=2)
        video = CameraVideo(camera=camera, user="watch", mounts=[mount])
        async with video.running():
            assert camera.tree["RTSP"]["Port"] == video.port
            assert await describe(video.port, "/cam/realmonitor?channel=1&subtype=1", "watch", "watch-Pass-1") == 200
            await camera.change_password("watch", "new-Pass-2")
            await asyncio.gather(*camera.tasks)
            assert await describe(video.port, "/cam/realmonitor", "watch", "watch-Pass-1") == 401
            assert await describe(video.port, "/cam/realmonitor", "watch", "new-Pass-2") == 200
            await camera.cause(Fault.UNREACHABLE)
            with pytest.raises(ConnectionRefusedError):
                await describe(video.port, "/cam/realmonitor", "watch", "new-Pass-2")
            await camera.heal(Fault.UNREACHABLE)
            await camera.cause(Fault.STALLED)
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.2):
                    await describe(video.port, "/cam/realmonitor", "watch", "new-Pass-2")
            await camera.heal(Fault.STALLED)
            assert await describe(video.port, "/cam/realmonitor", "watch", "new-Pass-2") == 200
    assert video.restarts == 1
