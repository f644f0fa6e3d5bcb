"""`hearthwatch upgrade-check` and the house page's version: nobody is asked unless told, and nothing is believed unsigned."""

from __future__ import annotations

import base64
import json
from datetime import date
from pathlib import Path

import pytest
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from tests.cli.conftest import Home, empty_home

from hearthwatch.kit.clock import FakeClock
from hearthwatch.kit.errors import BadReply, ConfigFault, Refused
from hearthwatch.kit.traffic import TRAFFIC
from hearthwatch.run.config import load, parse
from hearthwatch.run.outbound import outbound
from hearthwatch.run.release import RELEASED, Release, UpdatesOptions, is_newer, key_of, opened, running, sealed
from hearthwatch.run.release_desk import ReleaseDesk, ask
from hearthwatch.run.schemas import newest, schemas
from hearthwatch.run.upgrade import known_settings, outlook, this_release

__all__ = ["empty_home"]

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
PUBLIC = base64.b64encode(KEY.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)).decode()
TODAY = date(2026, 11, 22)


def release(**changed: object) -> Release:
    said = {
        "version": "9.1.0",
        "date": "2026-11-30",
        "until": "2099-01-01",
        "schemas": newest(),
        "notes": ("Nodes and a hub.",),
    }
    return Release(**(said | changed))


def trusting(home: Home, url: str = "", more: str = "") -> None:
    config = home.data / "hearthwatch.toml"
    config.write_text(config.read_text() + f'[updates]\nkey = "{PUBLIC}"\nurl = "{url}"\n{more}')


class Makers:
    """A server that keeps a release file, and what it was asked with."""

    def __init__(self, body: bytes, status: int = 200) -> None:
        self.body, self.status = body, status
        self.asked: list[web.Request] = []

    async def answer(self, request: web.Request) -> web.Response:
        self.asked.append(request)
        return web.Response(
            body=self.body, status=self.status, headers={"Location": "/elsewhere"} if self.status == 302 else {}
        )

    async def start(self) -> str:
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self.answer)
        self.runner = web.AppRunner(app)
        await self.runner.setup()
        site = web.TCPSite(self.runner, "127.0.0.1", 0)
        await site.start()
        return f"http://127.0.0.1:{self.runner.addresses[0][1]}/release"


@pytest.fixture
async def makers():
    server = Makers(sealed(release(), KEY))
    server.url = await server.start()
    yield server
    await server.runner.cleanup()


def test_sec_33_nobody_is_asked_unless_told(empty_home: Home) -> None:
    trusting(empty_home, "http://127.0.0.1:9/release")
    ran = empty_home.run("upgrade-check")
    assert ran.code == 0
    assert ran.out.splitlines() == [
        f"Hearthwatch {running()} of {RELEASED}",
        f"  house.db: schema {newest()['house.db']}, the newest this release knows",
        f"  index.db: none here; this release makes schema {newest()['index.db']}",
        "Nobody was asked whether there is a newer release.",
        "  hearthwatch upgrade-check --ask          asks http://127.0.0.1:9/release once",
        "  hearthwatch upgrade-check --from FILE    reads a release file you fetched yourself",
    ]
    assert load(empty_home.data / "hearthwatch.toml").updates.ask is False


async def test_sec_40_what_is_asked_says_nothing_of_the_house_and_is_believed_signed(makers: Makers) -> None:
    options = UpdatesOptions(url=makers.url, key=PUBLIC)
    sent = TRAFFIC.now().get("updates")
    assert (await ask(options)).version == "9.1.0"
    (request,) = makers.asked
    assert request.method == "GET"
    assert {name: value for name, value in request.headers.items() if name not in {"Host", "Accept-Encoding"}} == {
        "User-Agent": "Hearthwatch",
        "Accept": "*/*",
    }
    assert TRAFFIC.now()["updates"].times == (sent.times if sent else 0) + 1
    makers.body = makers.body.replace(b"Nodes and a hub.", b"Nodes and a bug.")
    with pytest.raises(Refused, match="not signed with the key this house trusts, or was changed"):
        await ask(options)
    makers.body = b"x" * (1 << 20)
    with pytest.raises(BadReply, match="far longer than it can be"):
        await ask(options)
    makers.status = 302
    with pytest.raises(Refused, match="its server answered 302"):
        await ask(options)
    assert [each.path for each in makers.asked] == ["/release"] * 4, "no redirect is followed"


async def test_the_house_page_tells_what_was_heard_and_why_not(empty_home: Home, makers: Makers) -> None:
    trusting(empty_home, makers.url)
    path = empty_home.data / "hearthwatch.toml"
    desk = ReleaseDesk(FakeClock(), config=lambda: load(path), config_path=path, data_folder=empty_home.data)
    before = desk.now()
    assert (before.version, before.date, before.asks, before.may_ask, before.heard) == (running(), RELEASED, False, True, None)
    heard = (await desk.ask()).heard
    assert heard is not None
    assert (heard.version, heard.is_newer, heard.fault, heard.refused) == ("9.1.0", True, "", ())
    makers.body = b"<html>"
    heard = (await desk.ask()).heard
    assert heard is not None
    assert (heard.version, heard.fault) == ("", "this is no release file, or one of a kind only newer versions read")


def test_a_house_that_asks_says_so_under_what_leaves_it() -> None:
    text = f'[updates]\nask = true\nurl = "https://example.org/release"\nkey = "{PUBLIC}"\n'
    found = list(outbound(parse(text), (), telegram=False, heartbeat="", watches_doors=False))
    assert [(each.host, each.setting) for each in found] == [("example.org", "updates")]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("ask = true", "updates.ask: needs `url`"),
        (f'ask = true\nkey = "{PUBLIC}"\nurl = "gopher://x"', "updates.url: must be an address such as"),
        ('key = "abc"', "updates.key: is no public key of Ed25519"),
        ('ask = true\nurl = "https://example.org/x"', "updates.ask: nobody has a key yet"),
    ],
)
def test_what_cannot_work_is_told_by_the_check(text: str, wanted: str) -> None:
    with pytest.raises(ConfigFault) as told:
        parse(f"[updates]\n{text}\n")
    assert wanted in str(told.value)


def test_sec_40_without_a_key_nothing_is_believed() -> None:
    with pytest.raises(ConfigFault, match="nobody has a key yet"):
        key_of(UpdatesOptions())


def test_sec_40_only_the_whole_file_by_the_right_key_is_read() -> None:
    file = sealed(release(), KEY)
    public = key_of(UpdatesOptions(key=PUBLIC))
    assert opened(file, public) == release()
    other = Ed25519PrivateKey.from_private_bytes(bytes(32))
    with pytest.raises(Refused):
        opened(sealed(release(), other), public)
    for at in range(0, len(file), 7):
        altered = bytearray(file)
        altered[at] ^= 1
        with pytest.raises((Refused, BadReply)):
            opened(bytes(altered), public)
    head, _, body = file.partition(b"\n")
    plain = head.split(b" ")[0] + b" " + base64.b64encode(KEY.sign(body)) + b"\n" + body
    with pytest.raises(Refused):
        opened(plain, public)  # a signature of the same words for another purpose
    with pytest.raises(BadReply, match="characters that no release file has"):
        opened(sealed(release(notes=("\x1b[2Jgone",)), KEY), public)
    with pytest.raises(BadReply, match="does not understand"):
        opened(sealed(release(version="new"), KEY), public)


def test_a_release_file_from_a_stick_says_whether_it_takes_this_house(empty_home: Home, tmp_path: Path) -> None:
    trusting(empty_home)
    file = tmp_path / "hearthwatch.release"
    file.write_bytes(sealed(release(schemas={"house.db": "9000", "index.db": "0005"}, security=True), KEY))
    ran = empty_home.run("upgrade-check", "--from", file)
    assert ran.code == 0
    assert "There is a newer release: 9.1.0 of 2026-11-30, with a mended hole in its security\n  Nodes and a hub.\n" in ran.out
    assert "It takes the data and settings of this house as they are." in ran.out
    assert f"house.db goes from schema {newest()['house.db']} to 9000 at the first start" in ran.out
    file.write_bytes(sealed(release(version="0.0.1", schemas={"house.db": "0001"}, settings=("camera.NAME.sub",)), KEY))
    ran = empty_home.run("upgrade-check", "--from", file)
    assert ran.code == 1
    assert "older than the one that runs" in ran.out
    assert f"house.db has schema {newest()['house.db']}, and 0.0.1 knows them up to 0001: it would not start" in ran.out
    assert "the setting camera.NAME.main of your configuration is not known to 0.0.1" in ran.out
    answer = json.loads(empty_home.run("upgrade-check", "--from", file, "--json").out)
    assert answer["asked"]["newer"] is False
    assert len(answer["asked"]["refused"]) == 5  # main, home.timezone, updates.key and .url, the schema
    file.write_bytes(b"nonsense")
    assert empty_home.run("upgrade-check", "--from", file).err.startswith("hearthwatch: this is no release file")
    assert empty_home.run("upgrade-check", "--from", tmp_path / "none").code == 1


def test_an_answer_whose_time_is_over_is_said_to_be_old(tmp_path: Path) -> None:
    seen = outlook(release(until="2026-11-21"), schemas(tmp_path, None), tmp_path / "none.toml", TODAY)
    assert (seen.is_stale, seen.refused, seen.changes) == (True, (), ())


def test_what_a_release_says_of_itself_is_what_it_knows() -> None:
    ours = this_release()
    assert ours.schemas == newest()
    assert set(ours.settings) == known_settings()
    assert "camera.NAME.main" in ours.settings
    assert opened(sealed(ours, KEY), key_of(UpdatesOptions(key=PUBLIC))) == ours


def test_versions_are_numbers() -> None:
    assert is_newer("0.10.0", "0.9.9")
    assert not is_newer("0.9.9", "0.10.0")
    assert not is_newer("1.0.0", "1.0.0")
