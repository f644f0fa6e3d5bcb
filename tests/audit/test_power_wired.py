"""The switch in a camera's power line, against a plug of our own."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest
from aiohttp import web
from tests.audit.repair_bench import House, LastGood

from hearthwatch.audit.power import PowerOptions, press
from hearthwatch.audit.remedy import Remedy, RemedyKind
from hearthwatch.audit.repairs import Repairs
from hearthwatch.audit.restart import Restart
from hearthwatch.kit.errors import BadReply, ConfigFault, Refused, Unreachable
from hearthwatch.kit.secrets import Secret

pytestmark = pytest.mark.wired

OFF = Remedy(kind=RemedyKind.SWITCH_OFF, camera="front")
ON = Remedy(kind=RemedyKind.SWITCH_ON, camera="front")


@dataclass
class Plug:
    """Cuts the camera's power; `works` False: says yes and does not."""

    house: House
    works: bool = True
    base: str = ""
    asked: list[tuple[str, str, str, bytes]] = field(default_factory=list)

    async def serve(self, request: web.Request) -> web.Response:
        self.asked.append((request.method, request.path, request.headers.get("Authorization", ""), await request.read()))
        match request.path:
            case "/off" | "/on":
                if self.works:
                    self.house.camera.gone = request.path == "/off"
                return web.Response()
            case "/elsewhere":
                raise web.HTTPFound("/off")
            case _:
                raise web.HTTPUnauthorized


@pytest.fixture
async def plug(tmp_path):
    plug = Plug(House(tmp_path))
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", plug.serve)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    plug.base = f"http://127.0.0.1:{site._server.sockets[0].getsockname()[1]}"
    yield plug
    await runner.cleanup()


async def at_once(_seconds: float) -> None:
    pass


@pytest.fixture
def repairs(plug):
    house = plug.house
    house.power_options = PowerOptions(off_url=f"{plug.base}/off", on_url=f"{plug.base}/on", on_body='{"on": true}')
    return Repairs(house, house.keyring, house, Restart(house, house.folder, pause=at_once), LastGood())


async def test_the_power_is_cut_and_comes_back(plug, repairs):
    plug.house.secrets.set("camera.front.power.authorization", "Bearer canary-token")
    off = await repairs.do(OFF)
    assert (off.text, off.verified) == ("The power is off and the camera answers no more.", True)
    on = await repairs.do(ON)
    assert (on.text, on.verified) == ("The power is on and the camera answers.", True)
    assert plug.asked == [
        ("GET", "/off", "Bearer canary-token", b""),
        ("POST", "/on", "Bearer canary-token", b'{"on": true}'),
    ]


async def test_a_plug_that_is_another_s_is_found_out(plug, repairs):
    plug.works = False
    with pytest.raises(BadReply, match="is it the right plug"):
        await repairs.do(OFF)
    plug.house.camera.gone = True
    on = await repairs.do(ON)
    assert (on.text, on.verified) == ("The power is on; the camera does not answer yet.", False)


async def test_a_camera_that_is_silent_already_can_be_switched_off(plug, repairs):
    plug.house.camera.gone = True
    assert (await repairs.do(OFF)).verified
    assert [path for _, path, _, _ in plug.asked] == ["/off"]


@pytest.mark.parametrize(
    ("path", "error"), [("/locked?token=canary", Refused), ("/elsewhere?token=canary", Refused)], ids=["401", "redirect"]
)
async def test_a_no_of_the_plug_is_told_without_its_address(plug, path, error):
    with pytest.raises(error) as refused:
        await press(plug.base + path, "", Secret("canary"))
    assert "canary" not in str(refused.value)
    assert "127.0.0.1" not in str(refused.value)
    assert len(plug.asked) == 1


async def test_no_plug_and_no_address(unused_tcp_port):
    with pytest.raises(Unreachable, match="the power switch cannot be reached"):
        await press(f"http://127.0.0.1:{unused_tcp_port}/off", "", None)
    with pytest.raises(ConfigFault):
        await press("ftp://127.0.0.1/off", "", None)
