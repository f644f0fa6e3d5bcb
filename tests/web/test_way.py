"""Who is behind a reverse proxy, and what nobody is believed."""

from __future__ import annotations

from pathlib import Path

import httpx2
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from tests.web.conftest import HTTP, HTTPS, Browser, MakeBrowser
from tests.web.fake_house import Built
from tests.web.running import new_house, running_house

from hearthwatch.kit.errors import ConfigFault
from hearthwatch.kit.secrets import Secrets
from hearthwatch.web.accounts import Role
from hearthwatch.web.auth import Denied
from hearthwatch.web.gate import is_private_way
from hearthwatch.web.options import WebOptions
from hearthwatch.web.reach import Tls
from hearthwatch.web.way import Way, Ways


def asked(peer: str, *, kind: str = "http", scheme: str = "http", **headers: str) -> dict:
    sent = [(name.replace("_", "-").encode(), value.encode()) for name, value in {"host": "127.0.0.1:8080", **headers}.items()]
    return {"type": kind, "scheme": scheme, "client": (peer, 50_000), "headers": sent}


@pytest.mark.parametrize(
    ("peer", "forwarded", "client"),
    [
        ("10.0.0.2", "203.0.113.9", "203.0.113.9"),
        ("10.0.0.2", "1.2.3.4, 203.0.113.9", "203.0.113.9"),  # what the visitor sent along
        ("10.0.0.2", "1.2.3.4, 203.0.113.9, 10.0.0.3", "203.0.113.9"),  # two proxies of ours
        ("10.0.0.2", "10.0.0.4, 10.0.0.3", "10.0.0.4"),  # a visitor within the proxies' own network
        ("10.0.0.2", "1.2.3.4, nonsense", "10.0.0.2"),
        ("10.0.0.2", "1.2.3.4, nonsense, 10.0.0.3", "10.0.0.3"),
        ("10.0.0.2", "203.0.113.9:4711", "203.0.113.9"),
        ("10.0.0.2", "[2001:db8::1]:4711", "2001:db8::1"),
        ("::ffff:10.0.0.2", "203.0.113.9", "203.0.113.9"),
        ("192.168.1.7", "203.0.113.9", "192.168.1.7"),  # no proxy of ours
    ],
)
def test_sec_03_the_visitors_address_is_believed_from_trusted_proxies_alone(peer: str, forwarded: str, client: str) -> None:
    scope = asked(peer, x_forwarded_for=forwarded, x_forwarded_proto="https")
    found = Ways(("10.0.0.0/24",)).find(scope)
    assert found.client == client
    assert scope["client"][0] in {client, peer}
    assert found.is_proxied == (peer != "192.168.1.7")
    assert scope["scheme"] == ("https" if found.is_proxied else "http")


def test_two_headers_of_one_name_are_one_list() -> None:
    scope = asked("10.0.0.2", x_forwarded_for="1.2.3.4", x_forwarded_proto="https")
    scope["headers"].append((b"x-forwarded-for", b"203.0.113.9"))
    assert Ways(("10.0.0.2",)).find(scope).client == "203.0.113.9"


@pytest.mark.parametrize(
    ("said", "scheme"), [({}, "http"), ({"x_forwarded_proto": "http"}, "http"), ({"x_forwarded_proto": "https, http"}, "http")]
)
def test_what_came_in_plain_text_stays_so(said: dict[str, str], scheme: str) -> None:
    scope = asked("10.0.0.2", scheme="https", x_forwarded_for="203.0.113.9", **said)
    Ways(("10.0.0.2",)).find(scope)
    assert scope["scheme"] == scheme
    assert not is_private_way(scope)


def test_a_websocket_has_its_own_schemes_and_the_host_that_was_asked_for() -> None:
    scope = asked("10.0.0.2", kind="websocket", scheme="ws", x_forwarded_proto="https", x_forwarded_host="cams.example.org")
    Ways(("10.0.0.2",)).find(scope)
    assert scope["scheme"] == "wss"
    assert dict(scope["headers"])[b"host"] == b"cams.example.org"


def test_somebody_behind_a_proxy_nobody_named_is_not_at_this_machine() -> None:
    straight = asked("127.0.0.1")
    assert Ways().find(straight) == Way(peer="127.0.0.1", client="127.0.0.1")
    assert is_private_way(straight)
    for header in ("x_forwarded_for", "forwarded", "via", "x_real_ip"):
        hidden = asked("127.0.0.1", **{header: "203.0.113.9"})
        assert Ways().find(hidden).is_hidden
        assert not is_private_way(hidden)


def test_behind_a_proxy_plain_http_is_for_the_proxy_alone() -> None:
    ways = Ways(("172.18.0.0/16",), behind_proxy=True)
    ways.find(asked("172.18.0.2", x_forwarded_for="203.0.113.9", x_forwarded_proto="https"))
    ways.find(asked("127.0.0.1"))
    ways.find(asked("192.168.1.9", scheme="https"))
    with pytest.raises(Denied, match="reverse proxy alone"):
        ways.find(asked("192.168.1.9"))
    with pytest.raises(Denied, match="reverse proxy alone"):
        ways.find(asked("172.18.0.2"))
    with pytest.raises(Denied, match="reverse proxy alone"):
        ways.find(asked("127.0.0.1", x_forwarded_for="203.0.113.9", x_forwarded_proto="https"))
    with pytest.raises(Denied, match="plain text"):
        ways.find(asked("172.18.0.2", x_forwarded_for="203.0.113.9", x_forwarded_proto="http"))


def test_a_proxy_is_an_address() -> None:
    with pytest.raises(ConfigFault, match="neither an address nor a network"):
        Ways(("traefik",))


async def test_the_page_says_how_it_was_reached(viewer: Browser) -> None:
    answer = (await viewer.get("/api/v1/way")).json()
    assert (answer["where"], answer["proxy"], answer["scheme"]) == ("machine", "", "http")
    assert answer["host"] == HTTP.removeprefix("http://")
    hidden = (await viewer.get("/api/v1/way", headers={"X-Forwarded-For": "203.0.113.9"})).json()
    assert (hidden["where"], hidden["is_hidden"]) == ("unknown", True)


@pytest.mark.parametrize(
    ("address", "where"),
    [("192.168.1.20", "home"), ("fd00::20", "home"), ("203.0.113.9", "outside"), ("2a01:4f8::9", "outside")],
)
async def test_the_page_says_whether_it_was_reached_from_home(
    address: str, where: str, built: Built, browser: MakeBrowser
) -> None:
    await built.add_user("ben", Role.MEMBER)
    client = browser(HTTPS, address)
    assert (await client.login("ben")).status_code == 200
    assert (await client.get("/api/v1/way")).json()["where"] == where


@pytest.mark.wired
async def test_behind_a_proxy_the_plain_port_is_open_to_it(tmp_path: Path) -> None:
    options = WebOptions(port=0, https_port=0, behind_proxy=True, trusted_proxies=("127.0.0.1",))
    async with (
        running_house(tmp_path, new_house(), options) as house,
        httpx2.AsyncClient(base_url=house.base, timeout=60) as proxy,
    ):
        assert house.built.app.state.site.reach.plain[0] == ("0.0.0.0", house.port)
        passed_on = {"X-Forwarded-For": "203.0.113.9", "X-Forwarded-Proto": "https"}
        answer = await proxy.get("/api/v1/session", headers=passed_on)
        assert answer.json()["passwords_accepted"]
        assert "max-age" in answer.headers["strict-transport-security"]
        refused = await proxy.get("/", headers={**passed_on, "X-Forwarded-Proto": "http"})
        assert (refused.status_code, "https" in refused.json()["hint"]) == (403, True)


async def test_the_authoritys_certificate_can_be_fetched_and_no_key(
    viewer: Browser, browser: MakeBrowser, built: Built, tmp_path: Path
) -> None:
    assert (await viewer.get("/api/v1/way/authority.crt")).status_code == 404
    reach, sealer = built.app.state.site.reach, Secrets(tmp_path)
    Tls(WebOptions(), tmp_path / "tls", built.house.clock, reach, sealer).open()
    answer = await viewer.get("/api/v1/way/authority.crt")
    assert answer.headers["content-type"] == "application/x-x509-ca-cert"
    found = x509.load_pem_x509_certificate(answer.content)
    shown = (await viewer.get("/api/v1/way")).json()["certificate"]
    assert shown["authority"] == found.fingerprint(hashes.SHA256()).hex(":").upper()
    assert b"PRIVATE" not in answer.content
    assert (await browser().get("/api/v1/way/authority.crt")).status_code == 401
