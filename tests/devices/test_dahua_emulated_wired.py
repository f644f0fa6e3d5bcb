"""The emulated Dahua as a state machine: searches, the alarm stream and its refusals, accounts, firewall, card."""

from __future__ import annotations

import asyncio
import datetime as dt
import re
from pathlib import Path
from urllib.parse import quote

import pytest

from tests.devices import dahua
from tests.devices.camera_state import Fault, LogKind, Recording
from tests.devices.dahua_alarms import Framing
from tests.devices.raw_client import Answer, digest_header, fetch, fetch_by_digest

pytestmark = pytest.mark.wired
WATCH = ("watch", "watch-Pass-1")
EVER = "condition.StartTime=1970-01-01%2000:00:00&condition.EndTime=2038-01-19%2003:14:07"


async def ask(camera: dahua.Dahua, target: str, user: str = WATCH[0], password: str = WATCH[1], **more: str) -> Answer:
    return await fetch_by_digest(camera.port, f"/cgi-bin/{target}", user, password, **more)  # type: ignore[arg-type]


async def log_of(camera: dahua.Dahua) -> list[dict[str, str]]:
    token = (await ask(camera, f"log.cgi?action=startFind&{EVER}")).body.decode().strip().removeprefix("token=")
    found: list[dict[str, str]] = []
    while True:
        page = (await ask(camera, f"log.cgi?action=doFind&token={token}&count=100")).body.decode()
        if page == "found=0\r\n":
            assert (await ask(camera, f"log.cgi?action=stopFind&token={token}")).body == b"OK\r\n"
            return found
        rows: dict[str, dict[str, str]] = {}
        for index, key, value in re.findall(r"items\[(\d+)\]\.([^=]+)=([^\r]*)\r\n", page):
            rows.setdefault(index, {})[key] = value
        assert page.startswith(f"found={len(rows)}\r\n")
        found += rows.values()


async def test_the_log_holds_what_the_ledger_holds_page_by_page() -> None:
    async with dahua.camera(page_size=40).running() as camera:
        await camera.log_in("203.0.113.7", "admin", times=90)
        await camera.log_in("203.0.113.8", "root", ok=False, times=3)
        await camera.add_account("backdoor", "x")
        before = [one for one in camera.ledger if one.via != "CGI"]
        found = [row for row in await log_of(camera) if row.get("Detail.Type") != "CGI"]
    assert [(row["User"], row["Detail.Address"], row["Time"]) for row in found] == [
        (one.user, one.address, f"{one.local:%Y-%m-%d %H:%M:%S}") for one in before
    ]
    assert [row["Type"] for row in found[-4:]] == ["Illegal Login"] * 3 + ["Add User"]


async def test_our_own_polls_are_in_the_log_too() -> None:
    async with dahua.camera().running() as camera:
        await ask(camera, "magicBox.cgi?action=getVendor", source="127.0.0.9")
        await asyncio.sleep(0)
        kinds = [(one.kind, one.user, one.address) for one in camera.ledger]
    assert kinds[0] == (LogKind.LOGIN, "watch", "127.0.0.9")


async def test_searches_that_are_not_ended_use_up_the_handles() -> None:
    async with dahua.camera().running() as camera:
        said = [await ask(camera, f"log.cgi?action=startFind&{EVER}") for _ in range(5)]
        assert len(camera.log_searches.searches) == 4
    assert [one.status for one in said] == [200, 200, 200, 200, 400]


class Stream:
    """One attached client."""

    def __init__(self, camera: dahua.Dahua) -> None:
        self._camera = camera

    async def open(self, query: str) -> bytes:
        """Return the head of the answer."""
        target = f"/cgi-bin/eventManager.cgi?action=attach&{query}"
        first = await fetch(self._camera.port, target)
        proof = digest_header(first.header("WWW-Authenticate"), *WATCH, target)
        self.reader, self.writer = await asyncio.open_connection("127.0.0.1", self._camera.port)
        self.writer.write(f"GET {target} HTTP/1.1\r\nHost: c\r\n{proof}\r\n\r\n".encode())
        return await self.reader.readuntil(b"\r\n\r\n")

    async def part(self) -> bytes:
        head = b""
        while b"Content-Length" not in head:  # what stands between the parts comes first
            head = await asyncio.wait_for(self.reader.readuntil(b"\r\n\r\n"), 60)
        length = re.search(rb"Content-Length: ?(\d+)", head)
        assert length is not None
        return await self.reader.readexactly(int(length[1]))

    async def news(self) -> bytes:
        """Return the next part that is no heartbeat: where the process stands still, one of those comes first."""
        while (told := await self.part()) == b"Heartbeat":
            pass
        return told

    def close(self) -> None:
        self.writer.close()


@pytest.mark.parametrize("framing", Framing)
async def test_alarms_and_heartbeats_come_in_the_framing_of_the_camera(framing: Framing) -> None:
    async with dahua.camera(framing=framing).running() as camera:
        stream = Stream(camera)
        head = await stream.open("codes=[All]&heartbeat=0.05")
        assert b"multipart/x-mixed-replace; boundary=myboundary" in head
        await camera.alarm("VideoMotion", on=True)
        assert (await stream.news()).startswith(b"Code=VideoMotion;action=Start;index=0;data={")
        assert await stream.part() == b"Heartbeat"
        await camera.log_in("203.0.113.9", "admin", ok=False)
        failure = await stream.news()
        assert b"LoginFailure" in failure
        assert b"203.0.113.9" in failure
        stream.close()
        while camera.listeners:
            await camera.alarm("VideoMotion", on=False)
            await asyncio.sleep(0.01)


async def test_only_the_codes_asked_for_are_told() -> None:
    async with dahua.camera().running() as camera:
        stream = Stream(camera)
        await stream.open("codes=[VideoBlind,LoginFailure]")
        await camera.alarm("VideoMotion", on=True)
        await camera.alarm("VideoBlind", on=True)
        assert b"Code=VideoBlind;action=Start" in await stream.part()
        stream.close()


async def test_refusals_of_the_stream() -> None:
    async with dahua.camera().running() as camera:
        for fault, query in (
            (Fault.BRACKETS_REFUSED, "codes=%5BAll%5D&heartbeat=5"),
            (Fault.HEARTBEAT_REFUSED, "codes=[All]&heartbeat=5"),
        ):
            await camera.cause(fault)
            stream = Stream(camera)
            assert b" 400 " in (await stream.open(query)).split(b"\r\n")[0]
            stream.close()
            await camera.heal(fault)
            stream = Stream(camera)
            assert b" 200 " in (await stream.open(query)).split(b"\r\n")[0]
            stream.close()


async def test_all_may_be_answered_with_silence_and_single_codes_not() -> None:
    async with dahua.camera().running() as camera:
        await camera.cause(Fault.SILENT_ALL)
        silent, loud = Stream(camera), Stream(camera)
        await silent.open("codes=[All]&heartbeat=0.02")
        await loud.open("codes=[VideoMotion]&heartbeat=0.02")
        assert await loud.part() == b"Heartbeat"
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.1):
                await silent.reader.read(1)
        silent.close()
        loud.close()


async def test_a_nonce_of_before_is_told_stale_and_counts_for_nothing() -> None:
    target = "/cgi-bin/magicBox.cgi?action=getVendor"
    async with dahua.camera().running() as camera:
        first = await fetch(camera.port, target)
        proof = digest_header(first.header("WWW-Authenticate"), *WATCH, target)
        await camera.cause(Fault.NONCE_STALE)
        stale = await fetch(camera.port, target, headers=(proof,))
    assert (stale.status, "stale=true" in stale.header("WWW-Authenticate")) == (401, True)
    assert not camera.ledger


async def test_a_password_is_changed_with_the_old_one_only() -> None:
    async with dahua.camera().running() as camera:
        bad = await ask(camera, "userManager.cgi?action=modifyPassword&name=watch&pwd=new-Pass-2&pwdOld=guess")
        good = await ask(camera, "userManager.cgi?action=modifyPassword&name=watch&pwd=new-Pass-2&pwdOld=watch-Pass-1")
        old = await ask(camera, "magicBox.cgi?action=getVendor")
        new = await ask(camera, "magicBox.cgi?action=getVendor", "watch", "new-Pass-2")
    assert (bad.status, good.body, old.status, new.status) == (400, b"OK\r\n", 401, 200)


async def test_settings_are_written_by_name_and_lists_grow() -> None:
    async with dahua.camera().running() as camera:
        query = "UPnP.Enable=false&AccessFilter.Enable=true&AccessFilter.BannedList[0]=127.0.0.66"
        assert (await ask(camera, f"configManager.cgi?action=setConfig&{quote(query, safe='=&')}")).body == b"OK\r\n"
        assert (await ask(camera, "configManager.cgi?action=setConfig&Nothing.There=1")).status == 400
        told = (await ask(camera, "configManager.cgi?action=getConfig&name=AccessFilter")).body
        assert b"table.AccessFilter.BannedList[0]=127.0.0.66\r\n" in told
        assert (await fetch(camera.port, "/", source="127.0.0.66")).head == b""
        assert (await fetch(camera.port, "/", source="127.0.0.67")).status == 401
    assert camera.tree["UPnP"]["Enable"] is False


async def test_the_card_is_searched_and_read(tmp_path: Path) -> None:
    clip = tmp_path / "clip.mp4"
    clip.write_bytes(b"a clip" * 1000)
    async with dahua.camera().running() as camera:
        end = camera.state.clock.local()
        camera.state.card.append(Recording(start=end - dt.timedelta(minutes=5), end=end, clip=clip))
        number = (await ask(camera, "mediaFileFind.cgi?action=factory.create")).body.decode().strip().removeprefix("result=")
        span = f"condition.Channel=1&condition.StartTime={end:%Y-%m-%d}%2000:00:00&condition.EndTime=2038-01-01%2000:00:00"
        find = f"mediaFileFind.cgi?action=findFile&object={number}&"
        assert (await ask(camera, find + span.replace("Channel=1", "Channel=0"))).status == 400
        assert (await ask(camera, find + span)).body == b"OK\r\n"
        page = (await ask(camera, f"mediaFileFind.cgi?action=findNextFile&object={number}&count=100")).body.decode()
        path = re.search(r"items\[0\]\.FilePath=(\S+)", page)
        assert path is not None
        assert (await ask(camera, f"RPC_Loadfile{quote(path[1])}")).body == clip.read_bytes()
        assert (await ask(camera, f"mediaFileFind.cgi?action=findNextFile&object={number}&count=100")).body == b"found=0\r\n"
        assert (await ask(camera, f"mediaFileFind.cgi?action=destroy&object={number}")).body == b"OK\r\n"
    assert not camera.card_searches.finders
