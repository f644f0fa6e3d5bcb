"""What each fuzz target starts from: made here, and the recorded replies of real cameras where they lie beside the project."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from tests.devices.hostile_rtsp import PUBLIC, SDP, large_sprop, wrong_sprop
from tests.ingest.hostile_names import hostile_names
from tests.ingest.letters import OLDER_DIALECT, alarm_letter

JPEG = (
    b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00\xff\xc0\x00\x11\x08\x00\x30\x00\x40\x03\x01\x22\x00\x02\x11\x01\x03\x11\x01"
    b"\xff\xda\x00\x0c\x03\x01\x00\x02\x11\x03\x11\x00\x3f\x00\xaa\xbb\xff\xd9"
)
_ONVIF = (
    '<?xml version="1.0"?><s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" xmlns:n="http://docs.oasis-open.org/wsn/b-2" '
    'xmlns:t="http://www.onvif.org/ver10/schema"><s:Body><PullMessagesResponse><n:NotificationMessage><n:Topic>{topic}</n:Topic>'
    '<n:Message><t:Message UtcTime="{utc}" PropertyOperation="{operation}"><t:Source><t:SimpleItem Name="{source}" Value="000"/>'
    '</t:Source><t:Data><t:SimpleItem Name="{name}" Value="{value}"/></t:Data></t:Message></n:Message></n:NotificationMessage>'
    "</PullMessagesResponse></s:Body></s:Envelope>"
)
_CHALLENGES = (
    'Digest realm="cam", nonce="abc", qop="auth", algorithm=MD5',
    'Digest realm="cam", nonce="abc", algorithm=SHA-256, opaque="x", stale=true\nBasic realm="cam"',
    'Digest realm="c\\"am", nonce="a", qop="auth,auth-int", algorithm=MD5-sess, userhash=true, Basic realm="x"',
    'Basic realm="cam"',
    "Negotiate",
)
_CONFIGS = (
    '[home]\nname = "House"\ntimezone = "Europe/Berlin"\n[camera.front]\nmain = "rtsp://192.0.2.7/live"\nsub = "rtsp://192.0.2.7/sub"\nname = "Front"\n',
    '[camera.front]\nmain = "rtsp://192.0.2.7/live"\n[camera.front.porch]\nuser = "front"\n[camera.front.zones.way]\npoints = [[0.1, 0.1], [0.9, 0.1], [0.5, 0.9]]\n',
    '[alerts.telegram]\nenabled = true\n[alerts.email]\nto = ["a@example.org"]\nhost = "192.0.2.1"\n[storage]\nkeep_event_days = 7\n[web]\nport = 8080\n',
)


def _message(body: str = "", **fields: str) -> bytes:
    lines = ["RTSP/1.0 200 OK", "CSeq: 1", *(f"{name.replace('_', '-')}: {value}" for name, value in fields.items())]
    lines += ["Content-Type: application/sdp", f"Content-Length: {len(body)}"] if body else []
    return ("\r\n".join(lines) + "\r\n\r\n" + body).encode()


def sdps() -> Iterator[bytes]:
    yield from (SDP.encode(), wrong_sprop().encode(), large_sprop().encode()[:4000])
    yield (SDP + "m=audio 0 RTP/AVP 8\na=rtpmap:8 PCMA/8000\na=control:track2\n").encode()
    yield (
        SDP + "m=audio 0 RTP/AVP 97\na=rtpmap:97 MPEG4-GENERIC/16000/1\na=fmtp:97 mode=AAC-hbr;config=1408;sizelength=13\n"
    ).encode()
    yield SDP.replace("H264", "H265").encode()
    yield SDP.replace("a=control:track1", "a=control:rtsp://192.0.2.7/live/track1").replace("\n", "\r\n").encode()
    yield SDP.replace("96\n", "96\t\n", 1).replace("a=control:*\n", "").encode()


def rtsps() -> Iterator[bytes]:
    yield _message(Public=PUBLIC)
    for body in list(sdps())[:3]:
        yield _message(body.decode(), Content_Base="rtsp://192.0.2.7/live/")
    yield _message(Transport="RTP/AVP/TCP;unicast;interleaved=0-1;ssrc= 1a2b", Session="77;timeout=60")
    yield _message(Transport="RTP/AVP;unicast;client_port=5-6;server_port=7-8", Session='" 77 "; timeout = 2')
    yield _message(Session="77;timeout=120", RTP_Info="url=rtsp://192.0.2.7/live/track1;seq=1;rtptime=2")
    for challenge in _CHALLENGES:
        yield _message(WWW_Authenticate=challenge.partition("\n")[0]).replace(b"200 OK", b"401 Unauthorized")
    yield b"GET_PARAMETER rtsp://192.0.2.7/live RTSP/1.0\r\nCSeq: 3\r\n\r\n" + _message(Session="1")


def mjpegs() -> Iterator[bytes]:
    head = b"HTTP/1.1 200 OK\r\nContent-Type: multipart/x-mixed-replace; boundary=%b\r\n%b\r\n"
    part = b"Content-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n" % len(JPEG)
    yield head % (b"--b", b"") + b"".join(b"--b\r\n" + part + JPEG + b"\r\n" for _ in range(3)) + b"--b--\r\n"
    yield head % (b'"b"', b"") + b"".join(b"b\r\n\r\n" + JPEG + b"\r\n" for _ in range(3))
    chunk = b"--b\r\n" + part + JPEG + b"\r\n"
    yield (
        head % (b"b", b"Transfer-Encoding: chunked\r\n")
        + b"".join(b"%x\r\n" % len(chunk) + chunk + b"\r\n" for _ in range(3))
        + b"0\r\n\r\n"
    )
    yield head % (b"b", b"Content-Length: 400\r\n") + b"--b\n" + part.replace(b"\r", b"") + JPEG * 3
    yield b"HTTP/1.0 200 OK\nContent-Type: multipart/x-mixed-replace\n\n\n--b\nContent-Type: text/plain\n\nNo MJ stream\n"


def mp4s() -> Iterator[bytes]:
    from hearthwatch.feeds.packet import Codec
    from tests.recording.test_walk import a_file

    yield a_file()[0]
    yield a_file(Codec.H265, Codec.AAC)[0]
    yield a_file(Codec.MJPEG)[0]


def onvifs() -> Iterator[bytes]:
    for topic, name, value, operation in (
        ("tns1:VideoSource/MotionAlarm", "State", "true", "Changed"),
        ("tns1:RuleEngine/CellMotionDetector/Motion", "IsMotion", "false", "Initialized"),
        ("tns1:UserAlarm/tnshik:IllegalAccess", "User", "admin", ""),
        ("tnsaxis:CameraApplicationPlatform/ObjectAnalytics//.", "active", "1", "Deleted"),
    ):
        filled = {
            "topic": topic,
            "name": name,
            "value": value,
            "operation": operation,
            "source": "Source",
            "utc": "2026-11-21T08:00:00Z",
        }
        yield _ONVIF.format(**filled).encode()


def mails() -> Iterator[bytes]:
    yield alarm_letter(OLDER_DIALECT.encode(), JPEG)
    yield alarm_letter(
        b"Alarm Event: Intrusion\r\nAlarm Input Channel: 1\r\nAlarm Start Time(D/M/Y H:M:S): 27/12/2021 17:42:19\r\n",
        closed=True,
    )
    yield b"Subject: =?gb2312?B?0sa2rw==?= =?utf-8?q?alarm=20?=\r\n\r\nSomebody is at the door\r\n"
    yield alarm_letter(b"x", JPEG, name="a.jpg").replace(
        b'filename="a.jpg"', b"filename*0*=utf-8''a%20;\r\n filename*1=\"b.jpg\""
    )
    yield b'Content-Type: multipart/alternative; boundary="b"\r\n\r\n--b\r\nContent-Type: message/rfc822\r\n\r\nSubject: in\r\n\r\nx\r\n--b--\r\n'
    yield b"Content-Transfer-Encoding: uuencode\r\nContent-Disposition: attachment; filename=a.jpg\r\n\r\nbegin 644 a.jpg\r\n#86)C\r\n`\r\nend\r\n"
    yield b"Content-Type: text/plain; charset=koi8-r\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n=C0=C1=\r\n=20\xff\r\n"


def ftps() -> Iterator[bytes]:
    names = [
        "2018-05-06/001/dav/15/15.28.40-15.29.10[M][0@0][0].dav",
        "MDAlarm_20180506-152840.jpg",
        "Front_01_20210512093015.mp4",
    ]
    yield from (name.encode() for name in (*names, *hostile_names(Path("/outside"))[::6]))


def telegrams() -> Iterator[bytes]:
    person, chat = {"id": 7, "is_bot": False, "first_name": "A"}, {"id": 7, "type": "private"}
    message = {"message_id": 1, "from": person, "chat": chat, "date": 1_800_000_000, "text": "/clip@house_bot front 14:00 5m"}
    for update in (
        {"message": message},
        {"message": message | {"forward_origin": {"type": "user"}, "via_bot": {"id": 1}}},
        {"callback_query": {"id": "9", "from": person, "message": message, "data": "arm:away:123"}},
        {"edited_message": message},
        {"my_chat_member": {"chat": chat, "from": person, "date": 1}},
        {"channel_post": {"message_id": 2, "sender_chat": chat, "chat": chat, "date": 1, "text": "/disarm"}},
    ):
        yield json.dumps({"update_id": 5} | update).encode()


_MADE: Mapping[str, Callable[[], Iterator[bytes]]] = {
    "sdp": sdps,
    "rtsp": rtsps,
    "mjpeg": mjpegs,
    "mp4": mp4s,
    "digest": lambda: (one.encode() for one in _CHALLENGES),
    "onvif": onvifs,
    "mail": mails,
    "ftp": ftps,
    "telegram": telegrams,
    "config": lambda: (one.encode() for one in _CONFIGS),
}
_TAPES: Mapping[str, tuple[str, ...]] = {
    "rtsp": ("rtsp/*/*.txt",),
    "sdp": ("rtsp/*/*.sdp", "rtsp/*/*_sdp.txt"),
    "onvif": ("onvif/*/PullMessages*.xml", "onvif/*/*_change.xml", "onvif/*/*_init.xml", "onvif/*/pull_messages*.xml"),
    "digest": ("dahua/*/www-authenticate.txt",),
    "mail": ("dahua/*/mail*.txt",),
}


def made(name: str) -> list[bytes]:
    """Return what was made here for a target."""
    return list(_MADE[name]())


def taped(name: str, data: Path | None) -> list[bytes]:
    """Return the recorded replies for a target, none where there are none."""
    if data is None:
        return []
    return [path.read_bytes() for pattern in _TAPES.get(name, ()) for path in sorted((data / "tapes").glob(pattern))]
