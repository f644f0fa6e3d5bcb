"""As a new user would: somebody logs in to the camera from outside, the owner presses a button, and recording goes on."""

from __future__ import annotations

import asyncio
import contextlib
import json
import time

import aiohttp
import pytest
from tests.devices import dahua
from tests.devices.camera_state import Fault
from tests.devices.camera_video import CameraVideo
from tests.runs.rig import CameraSection, channels, running

from hearthwatch.bench.rtsp_server import Mount
from hearthwatch.feeds.packet import Stream
from hearthwatch.kit.secrets import Secrets
from hearthwatch.kit.units import CameraId, WallUs

pytestmark = pytest.mark.wired

PASSWORD = "watch-Pass-1"
INTRUDER = "203.0.113.9"


def buttons(taken) -> dict[str, str]:
    rows = json.loads(taken.fields.get("reply_markup") or "{}").get("inline_keyboard", [])
    return {button["text"]: button["callback_data"] for row in rows for button in row}


async def test_from_the_intruder_s_log_in_to_a_new_password_while_recording_goes_on(tmp_path) -> None:
    mounts = [Mount(path="/cam/realmonitor", length_s=10, width_px=640, height_px=360, fps=10, gop_s=1.0)]
    async with dahua.camera().running() as camera, CameraVideo(camera=camera, user="watch", mounts=mounts).running() as video:
        section = CameraSection(
            name="front",
            main=video.url("/cam/realmonitor"),
            user="watch",
            password=PASSWORD,
            more=f'[camera.front.door]\nvendor = "dahua"\nport = {camera.port}\n[camera.front.logins]\npoll_s = 5',
        )
        async with channels() as services, running(tmp_path, [section], services) as house:
            telegram = services.telegram
            await house.all_live()
            door = await house.get("/api/v1/cameras/front/door")
            assert door["reachable"] is True, door["why"]
            await camera.log_in(INTRUDER, "admin", stay=True)
            await telegram.wait_for(lambda: any(INTRUDER in one.text and buttons(one) for one in telegram.taken))
            alarm = next(one for one in telegram.taken if INTRUDER in one.text and buttons(one))
            offer = next(data for label, data in buttons(alarm).items() if label == "Change the password of admin")
            assert offer
            ours = await house.post("/api/v1/cameras/front/remedies", {"kind": "change-password"})
            changed_us = WallUs(time.time_ns() // 1000)
            outcome = await house.post("/api/v1/cameras/front/remedies/confirm", {"confirm": ours["confirm"]})
            assert (outcome["entry"]["state"], outcome["entry"]["verified"]) == ("done", True), outcome["entry"]["text"]
            now = camera.state.account("watch").password
            assert outcome["password"] == now == Secrets(tmp_path).get("camera.front.password").reveal() != PASSWORD
            await house.until(lambda: _value(video.restarts), lambda count: count >= 1)
            before = await size(house)
            await house.until(lambda: size(house), lambda found: found > before + 50_000)
            await house.all_live()

            await telegram.press(offer)
            await telegram.wait_for(lambda: any("Yes, do it" in buttons(one) for one in telegram.taken))
            question = next(one for one in telegram.taken if "Yes, do it" in buttons(one))
            assert "change the password of admin?" in question.text
            old = camera.state.account("admin").password
            await telegram.press(buttons(question)["Yes, do it"])
            await telegram.wait_for(lambda: any("took a new password for admin" in one.text for one in telegram.taken))
            new = camera.state.account("admin").password
            assert new != old
            assert Secrets(tmp_path).get("camera.front.account.admin").reveal() == new
            assert not any(new in one.text or now in one.text for one in telegram.taken)

            code, listed = await house.command("repair", "front")
            assert code == 0, listed
            assert "change-password    can be tried" in listed
            code, said = await house.command("repair", "front", "service-off", "upnp", "--yes")
            assert (code, "Switched off: opening your router by itself (UPnP)." in said) == (0, True), said
            code, said = await house.command("repair", "front", "service-off", "teleport", "--yes")
            assert (code, "say one of p2p" in said) == (1, True), said

            trail = (await house.get("/api/v1/audit-trail"))["entries"]
            assert [(entry["kind"], entry["who"].split()[0], entry["state"]) for entry in trail] == [
                ("service-off", "terminal", "done"),
                ("change-password", "telegram", "done"),
                ("change-password", "page", "done"),
            ]
            assert await house.stop() == 0
            printed = "\n".join(house.lines)
            assert "Traceback" not in printed
            assert not any(secret in printed for secret in (PASSWORD, now, new))
            with house.index() as index:
                gaps = index.gaps(CameraId("front"), Stream.MAIN, changed_us, WallUs(2**53))
                lengths_s = [(gap.end_us - gap.start_us) / 1e6 for gap in gaps if gap.end_us is not None]
                assert lengths_s, "the camera throws out who watches when its password changes"
                assert max(lengths_s) < 30, "the recording did not come back"


async def test_a_house_killed_in_the_middle_finds_out_which_password_holds_and_tells(tmp_path) -> None:
    mounts = [Mount(path="/cam/realmonitor", length_s=10, width_px=640, height_px=360, fps=10, gop_s=1.0)]
    async with dahua.camera().running() as camera, CameraVideo(camera=camera, user="watch", mounts=mounts).running() as video:
        section = CameraSection(
            name="front",
            main=video.url("/cam/realmonitor"),
            user="watch",
            password=PASSWORD,
            more=f'[camera.front.door]\nvendor = "dahua"\nport = {camera.port}',
        )
        async with channels() as services, running(tmp_path, [section], services) as house:
            await house.all_live()
            asked = await house.post("/api/v1/cameras/front/remedies", {"kind": "change-password"})
            camera.state.slow_s = 1.0
            await camera.cause(Fault.SLOW)
            yes = asyncio.create_task(house.post("/api/v1/cameras/front/remedies/confirm", {"confirm": asked["confirm"]}))
            secrets = Secrets(tmp_path)
            await house.until(lambda: _names(secrets), lambda names: "camera.front.pending.watch" in names, every_s=0.01)
            sent = len(camera.requests)
            await house.until(lambda: _value(len(camera.requests)), lambda count: count > sent, every_s=0.01)
            house.kill("house")
            with contextlib.suppress(aiohttp.ClientError):
                await yes
            await camera.heal(Fault.SLOW)
            await services.telegram.wait_for(
                lambda: any("stopped in the middle of this: change the password" in one.text for one in services.telegram.taken)
            )
            now = camera.state.account("watch").password
            assert secrets.get("camera.front.password").reveal() == now
            assert secrets.names() == ("alerts.telegram.token", "camera.front.password")
            await house.claim()
            (entry,) = (await house.get("/api/v1/audit-trail"))["entries"]
            assert (entry["state"], entry["kind"]) == ("unfinished", "change-password")
            assert ("The new password of watch works" in entry["text"]) == (now != PASSWORD), entry["text"]
            before = await size(house)
            await house.until(lambda: size(house), lambda found: found > before + 50_000)
            assert (await house.get("/api/v1/cameras/front/door"))["reachable"] is True
            assert await house.stop() == 0


async def _names(secrets: Secrets) -> tuple[str, ...]:
    return secrets.names()


async def _value(number: int) -> int:
    return number


async def size(house) -> int:
    return sum(path.stat().st_size for path in (house.footage / "front" / "main").glob("*.mp4"))
