"""COR8: what once broke systems like this one, by the name of its advisory; each must do nothing here."""

from __future__ import annotations

import http.client
import json
import logging
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import quote, urlsplit

import pytest

from hearthwatch.feeds.nal import length_prefixed, split_length_prefixed
from hearthwatch.feeds.packet import Codec
from hearthwatch.kit import logs
from hearthwatch.kit.errors import BadReply, ConfigFault
from hearthwatch.kit.files import safe_join
from hearthwatch.kit.secrets import Secrets
from hearthwatch.run.config import parse
from hearthwatch.web.gate import TOKEN_HEADER
from tests.corpora.cor01_rtsp import _watch
from tests.corpora.cor03_video import decode, lcevc_sei, with_data
from tests.corpora.cor05_mail import ACCOUNT, SMUGGLED, TALK, send, smuggle, still_takes, talk
from tests.corpora.cor06_http import say, smuggling
from tests.corpora.frame import CANARY, Case, Corpus, Skip, Terms
from tests.devices import hostile_rtsp
from tests.frames.clip_maker import clip, pictures
from tests.fuzz.targets import try_one
from tests.ingest.letters import alarm_letter
from tests.ingest.open_porch import OpenPorch, open_porch
from tests.web.asked import Served, served

COMMANDS = ("exec:touch /tmp/x", "echo:touch /tmp/x", "expr:1", "ffmpeg:rtsp://h/x#input=-f", "rtsp://h/x -f lavfi", "-i rtsp://h/x", "pipe:1", "concat:/etc/passwd",
            "subfile,,start,0,end,9,,:/etc/passwd", "rtsp://h/$(touch x)\nexec:y", "file:///etc/passwd|touch x", "http://h/;touch x\0")  # fmt: skip


def no_command_by_configuration() -> str:
    """No address of a camera can be a command."""
    refused = 0
    for url in COMMANDS:
        for key in ("main", "sub"):
            text = f'[camera.front]\nmain = "rtsp://192.0.2.7/x"\n[camera.other]\nmain = "rtsp://192.0.2.8/x"\n{key if key == "sub" else "sub"} = {json.dumps(url)}\n'
            with pytest.raises(ConfigFault):
                parse(text)
            refused += 1
    return str(refused)


def no_command_by_name() -> str:
    for key in ("picture_filename", "on_motion", "command", "run", "ffmpeg_args", "exec"):
        with pytest.raises(ConfigFault, match="no such setting"):
            parse(f'[camera.front]\nmain = "rtsp://192.0.2.7/x"\n{key} = "$(touch x).%Y"\n')
    made = parse('[camera.front]\nmain = "rtsp://192.0.2.7/x"\nname = "$(touch x) `y` ;z"\n')
    return str(list(made.cameras))


def no_token_in_a_line() -> str:
    """httpx names the URL it asks, and the Bot API keeps its token there."""
    records = []
    for text in ("HTTP Request: POST https://api.telegram.org/bot123456789:AAabcdefghijklmnopqrstuvwxyz012345678/sendMessage",
                 f"Error opening rtsp://viewer:{CANARY}@192.0.2.7/live: refused", f"Authorization: Basic {CANARY}", f"GET /x?user=a&pwd={CANARY}&z=1"):  # fmt: skip
        record = logging.LogRecord("httpx", logging.INFO, __file__, 1, text, (), None)
        line = logs._OneLine("test").format(record)
        assert "AAabcdefgh" not in line
        assert CANARY not in line
        records.append(line)
    return str(records)


def no_path_of_others(folder: Path) -> str:
    for name in ("/etc/passwd", "../x", "..", "a/b", "", "a\0"):
        with pytest.raises(ValueError, match="not a plain file name"):
            safe_join(folder, name)
    return "refused"


def no_key_for_all(folder: Path) -> str:
    """Two houses never share a key."""
    keys = set()
    for name in ("one", "two"):
        (folder / name).mkdir()
        store = Secrets(folder / name)
        store.set("camera.front.password", "seven lanterns")
        keys.add((folder / name / "secrets.key").read_bytes())
    assert len(keys) == 2
    return "two keys"


def no_second_address() -> str:
    for address in ("a@example.org\r\nRCPT TO:<b@example.org>", "a@example.org>\nDATA", "a@example.org\0"):
        with pytest.raises(ConfigFault):
            parse(f'[alerts.email]\nhost = "192.0.2.1"\nsender = "h@example.org"\nto = [{json.dumps(address)}]\n')
    return "refused"


def lcevc(terms: Terms) -> str:
    info, packets = clip(pictures(6), codec=Codec.H264)
    rng = terms.random("lcevc")
    hurt = [
        with_data(one, length_prefixed([lcevc_sei(rng, rng.randrange(1, 3000)), *split_length_prefixed(one.data)]))
        for one in packets
    ]
    return decode(info, hurt)


class Web:
    """The page's server, asked as somebody."""

    def __init__(self, house: Served) -> None:
        self.house = house

    def ask(self, role: str, method: str, path: str, body: object = None, **headers: str) -> tuple[int, dict[str, str], str]:
        line = http.client.HTTPConnection("127.0.0.1", urlsplit(self.house.base).port or 0, timeout=15)
        given = {"Origin": self.house.base, TOKEN_HEADER: self.house.csrf.get(role, "none"), **headers}
        if role in self.house.words:
            given["Cookie"] = f"hearthwatch={self.house.words[role]}"
        data = None if body is None else json.dumps(body).encode()
        if data is not None:
            given["Content-Type"] = "application/json"
        try:
            line.request(method, path, data, given)
            reply = line.getresponse()
            said = reply.read(1 << 20).decode("utf-8", "replace")
        finally:
            line.close()
        assert reply.status < 500, (reply.status, said[:300])
        return reply.status, {name.lower(): value for name, value in reply.getheaders()}, said

    def refused(self, role: str, *wishes: tuple[str, str]) -> str:
        """Each is refused, or answered with the page itself, which is the same for any path."""
        _, _, page = self.ask("anonymous", "GET", "/")
        statuses = []
        for method, path in wishes:
            status, _, said = self.ask(role, method, path, {} if method != "GET" else None)
            is_page = method == "GET" and said == page and not path.startswith("/api/")
            assert is_page or status in {400, 401, 403, 404, 405, 409, 411, 415, 422, 428}, (method, path, status, said[:200])
            statuses.append(status)
        return str(statuses)

    def log_in_with(self, *tries: tuple[str, str]) -> str:
        for name, password in tries:
            status, headers, said = self.ask("anonymous", "POST", "/api/v1/login", {"name": name, "password": password})
            assert status in {401, 403, 422, 429}, (name, status, said)
            assert "set-cookie" not in headers
        return "refused"

    def bearer(self, *tokens: str) -> str:
        for token in tokens:
            for path in ("/api/v1/cameras", "/api/v1/events", "/metrics"):
                status, _, _ = self.ask("anonymous", "GET", path, Authorization=f"Bearer {token}")
                assert status in {401, 403} or path == "/metrics", (token, path, status)
        return "refused"

    def framed(self) -> str:
        for path in ("/", "/login", "/events", "/api/v1/cameras", "/s/x"):
            _, headers, _ = self.ask("owner", "GET", path)
            policy = headers.get("content-security-policy", "")
            assert "frame-ancestors 'none'" in policy, (path, policy)
        return "framed by nobody"

    def reflected(self) -> str:
        for path in (
            "/x<script>alert(1)</script>",
            "/api/v1/cameras/<img src=x onerror=alert(1)>",
            "/s/<svg onload=alert(1)>",
            "/cam/<b>/",
        ):
            _, headers, said = self.ask("owner", "GET", quote(path, safe="/"))
            if "html" in headers.get("content-type", ""):
                assert not any(mark in said for mark in ("<script>alert", "<img src=x", "<svg onload")), said[:200]
        return "not reflected"

    def injected(self) -> str:
        for text in (
            "1' OR '1'='1",
            "1) UNION SELECT 1,2,3--",
            "1; DROP TABLE events",
            "' AND (SELECT 1 FROM (SELECT sleep(9))x)--",
            "%",
        ):
            for path in (
                f"/api/v1/events?cursor={quote(text)}",
                f"/api/v1/events?q={quote(text)}",
                f"/api/v1/events/{quote(text, safe='')}",
            ):
                self.ask("owner", "GET", path)
        status, _, _ = self.ask("owner", "GET", "/api/v1/events")
        assert status == 200
        return "nothing"


_Play = Callable[[], object]


def web_cases(house: Served) -> dict[str, _Play]:
    web = Web(house)
    port = urlsplit(house.base).port or 0
    other = ("driveway", "front-door")
    media = [
        ("GET", f"/api/v1/cameras/{camera}/{what}")
        for camera in other
        for what in ("snapshot", "snapshot.jpg", "live", "clip?start_us=1&end_us=2", "timeline")
    ]
    admin = [
        ("GET", "/api/v1/config"),
        ("POST", "/api/v1/config"),
        ("GET", "/api/v1/access/people"),
        ("POST", "/api/v1/access/people"),
        ("GET", "/api/v1/house/ways"),
    ]
    everything = [
        *admin,
        *media,
        ("GET", "/api/v1/events"),
        ("POST", "/api/v1/arming"),
        ("GET", "/metrics-token"),
    ]
    return {
        "CVE-2023-26035 snapshot that is a shell": lambda: web.refused("anonymous", ("POST", "/index.php?view=snapshot&action=create&monitor_ids[0][Id]=;id"), ("POST", "/zm/index.php")),
        "CVE-2025-65791 shell in an image's name": lambda: web.refused("owner", ("GET", "/api/v1/events/;id;/picture.jpg"), ("GET", "/index.php?view=image&fid=%24%28id%29")),
        "CVE-2026-33470 another camera by its events": lambda: web.refused("viewer", *media),
        "CVE-2026-75607 a viewer at an owner's operations": lambda: web.refused("viewer", *admin, ("POST", "/api/v1/restart"), ("POST", "/api/v1/cameras/garden/privacy")),
        "CVE-2026-75608 a viewer reads stream addresses": lambda: web.refused("viewer", ("GET", "/api/streams"), ("GET", "/api/go2rtc/streams"), ("GET", "/api/v1/config"), ("GET", "/api/v1/setup/cameras")),
        "GHSA-rgwp-wvjw-6925 rows of another camera": lambda: web.refused("viewer", *media[:4]),
        "CVE-2026-55863 a route without its gate": lambda: web.refused("anonymous", *everything),
        "GHSA-g28p an image proxy to anywhere": lambda: web.refused("owner", ("GET", "/api/v1/image?url=http://169.254.169.254/"), ("GET", "/cam/garden/snapshot?url=http://127.0.0.1:1/"), ("GET", "/cam/http://127.0.0.1:1/")),
        "GHSA-935v-rmg9-44mw a page in a frame": web.framed,
        "CVE-2023-45671 a path that comes back": web.reflected,
        "CVE-2024-51482 a query in a query": web.injected,
        "motionEye #3359 an empty password": lambda: web.log_in_with(("admin", ""), ("ada", ""), ("", "")),
        "Kerberos agent #26 root and root": lambda: web.log_in_with(("root", "root"), ("admin", "admin")),
        "CVE-2021-27228 constructor for a key": lambda: web.bearer("constructor", "__proto__", "toString", "null", "undefined", "0", "[]"),
        "CVE-2021-36260 a language that is a command": lambda: web.refused("anonymous", ("PUT", "/SDK/webLanguage"), ("GET", "/webLib/x")),
        "CVE-2021-33044 a log-in of another client": lambda: web.refused("anonymous", ("POST", "/RPC2_Login"), ("POST", "/RPC2")),
        "CVE-2026-55488 an absolute path": lambda: web.refused("owner", ("GET", "/api/v1/timelapses/%2Fetc%2Fpasswd"), ("GET", "/assets/%2Fetc%2Fpasswd"), ("GET", "/s/x/%2Fetc%2Fpasswd")),
        "HTTP smuggling by two lengths (CWE-444)": lambda: say(house, smuggling(port)["length and chunks"]),
    }  # fmt: skip


def mail_cases(porch: OpenPorch) -> dict[str, _Play]:
    def names() -> str:
        client = porch.ftp("gate", CANARY)
        with client:
            for path in ("..", "/../../etc", "%2e%2e/%2e%2e", "C:\\", "/" + "a/" * 50):
                client.sendcmd(f"CWD {path}")
                assert ".." not in client.pwd().split("/")
        return "walked nowhere"

    def no_bounce() -> str:
        with porch.ftp("gate", CANARY) as client:
            for command in (
                "PORT 127,0,0,1,0,22",
                "PORT 8,8,8,8,4,1",
                "EPRT |1|8.8.8.8|1025|",
                "SITE EXEC id",
                "SITE CPFR /etc/passwd",
            ):
                reply = _reply(client, command)
                assert reply[:1] in {"4", "5"}, (command, reply)
        return "refused"

    return {
        "CVE-2024-27305 a mail in a mail": lambda: [smuggle(porch, data) for data in SMUGGLED.values()],
        "CVE-2024-34083 commands before TLS": lambda: talk(porch, TALK["STARTTLS and more behind it"]),
        "GHSA-f8wg-36r9-7f4q folders above": names,
        "GHSA-jw88-wxv5-7c4f a connection to somebody else": no_bounce,
        "CVE-2023-27043 an address with two faces": lambda: send(
            porch, alarm_letter(b"x").replace(b"From: <>", b"From: a@b.c]<evil@x>")
        ),
        "mails are taken as before": lambda: still_takes(porch),
    }


def _reply(client, command: str) -> str:
    client.putcmd(command)
    return client.getline()


def cases(terms: Terms) -> Iterator[Case | Skip]:
    folder = terms.folder_for("cves")
    alone: dict[str, _Play] = {
        "CVE-2026-25643 a camera that is a command": no_command_by_configuration,
        "CVE-2025-60787 a name that is a command": no_command_by_name,
        "Hexis #143 a token in a log line; go2rtc PR #1841 a password in an error": no_token_in_a_line,
        "CVE-2026-55488 a join with an absolute path": lambda: no_path_of_others(folder),
        "CVE-2026-82448 a key that is the same for all": lambda: no_key_for_all(folder),
        "GHSA-v3q9-hj7j-63hq a line end in an address": no_second_address,
        "GHSA-wg5h an SDP field of 60 KB": lambda: [try_one("sdp", b"v=0\r\nm=video 0 RTP/AVP 96\r\na=rtpmap:96 " + b"H" * 60_000 + b"/90000\r\n"),
                                                     try_one("sdp", b"v=0\r\nm=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\na=fmtp:96 sprop-parameter-sets=" + b"A" * 60_000)],
        "GHSA-93j4 an HTTP header of 1 MB": lambda: try_one("mjpeg", b"HTTP/1.1 200 OK\r\nContent-Type: " + b"x" * (1 << 20) + b"\r\n\r\n"),
        "CVE-2026-107696 a camera that redirects to itself": lambda: _watch(hostile_rtsp.redirects_to_itself, BadReply),
        "CVE-2026-125262 an LCEVC enhancement": lambda: lcevc(terms),
        "go2rtc #2298 an address with its password": lambda: logs.redact(f"rtsp://u:{CANARY}@192.0.2.7/live and http://u:{CANARY}@h:80/x?pwd={CANARY}"),
    }  # fmt: skip
    for name, run in alone.items():
        yield Case(name=f"advisory: {name}", play=run, cpu_s=4.0)
    with open_porch(terms.folder_for("porch"), ACCOUNT) as porch:
        for name, run in mail_cases(porch).items():
            yield Case(name=f"advisory: {name}", play=run, cpu_s=6.0)
    with served(terms.folder_for("house")) as house:
        for name, run in web_cases(house).items():
            yield Case(name=f"advisory: {name}", play=run, cpu_s=6.0)


CORPUS = Corpus(id="COR8", what="What once broke systems like this one, by advisory", cases=cases)
