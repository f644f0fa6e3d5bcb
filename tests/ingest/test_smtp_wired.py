"""The SMTP server as cameras and others meet it: mails of accounts only, no relay, no name of theirs on disk."""

from __future__ import annotations

import base64
import contextlib
import smtplib
import socket
from pathlib import Path
from typing import BinaryIO

import pytest
from tests.ingest.hostile_names import hostile_names
from tests.ingest.letters import alarm_letter
from tests.ingest.open_porch import PASSWORD, account, open_porch

from hearthwatch.ingest.drop import Media, Turned, Via

pytestmark = pytest.mark.wired

JPEG = b"\xff\xd8\xff\xe0" + bytes(2000) + b"\xff\xd9"
TO = "owner@example.org"


@pytest.fixture
def tape(test_data: Path) -> bytes:
    return (test_data / "tapes" / "dahua" / "dahua-ipcmanview" / "mail-body-intrusion.txt").read_bytes()


@pytest.mark.parametrize("mechanism", ["LOGIN", "PLAIN"])
def test_an_alarm_mail_is_taken_with_its_evidence(tmp_path: Path, tape: bytes, mechanism: str) -> None:
    with open_porch(tmp_path) as porch:
        with porch.smtp(user="") as camera:
            camera.ehlo()
            camera.user, camera.password = "gate", PASSWORD
            camera.auth(mechanism, getattr(camera, f"auth_{mechanism.lower()}"))
            camera.sendmail("gate@camera.lan", [TO], alarm_letter(tape, JPEG))
        (drop,) = porch.drops()
        assert (drop.camera, drop.via, drop.media) == ("gate", Via.MAIL, Media.JPEG)
        assert (drop.address, drop.sender, drop.subject) == ("127.0.0.1", "gate@camera.lan", "IPC Message")
        assert drop.text.encode() == tape
        assert (porch.root / "gate" / drop.id).read_bytes().startswith(JPEG)


def test_a_mail_without_a_sender_or_a_picture_is_taken_too(tmp_path: Path, tape: bytes) -> None:
    with open_porch(tmp_path) as porch:
        with porch.smtp() as camera:
            camera.sendmail("", [TO], alarm_letter(tape))
        (drop,) = porch.drops()
        assert (drop.media, drop.size_bytes, drop.sender) == (Media.NONE, 0, "")


def test_sec_25_nobody_without_an_account_gets_anything_in(tmp_path: Path, tape: bytes) -> None:
    accounts = account("gate"), account("yard", networks=("192.0.2.7",))
    with open_porch(tmp_path, *accounts) as porch:
        with porch.smtp(user="") as stranger:
            stranger.ehlo()
            assert stranger.mail("a@example.org")[0] == 530
            assert stranger.rcpt("victim@example.net")[0] in {503, 530}
            assert stranger.docmd("VRFY", "root")[0] in {502, 530}
        for user, password in (("gate", "wrong"), ("nobody", PASSWORD), ("yard", PASSWORD)):
            with pytest.raises(smtplib.SMTPAuthenticationError):
                porch.smtp(user, password)
        counts = {count.camera: count.turned for count in porch.keeping.counts()}
        assert counts["gate"][Turned.LOGIN] >= 1
        assert counts["yard"][Turned.ADDRESS] >= 1
        assert porch.files() == []


def test_sec_27_120_hostile_names_of_attachments_write_nothing_outside(tmp_path: Path, tape: bytes) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    names = [name for name in hostile_names(outside) if len(name.encode()) <= 300]
    assert len(set(names)) >= 120
    inside = tmp_path / "inside"
    inside.mkdir()
    with open_porch(inside) as porch:
        before = set(tmp_path.rglob("*"))
        for at in range(0, len(names), 40):
            with porch.smtp() as camera:
                for name in names[at : at + 40]:
                    camera.sendmail("../../etc@x", [TO], alarm_letter(tape, JPEG, name=name))
        drops = porch.drops()
        allowed = {porch.root / "gate" / f"{drop.id}{end}" for drop in drops for end in ("", ".json")}
        assert set(tmp_path.rglob("*")) - before == allowed
        assert len(drops) == len(names)
        assert all(drop.name.isprintable() and len(drop.name) <= 200 for drop in drops)
    assert list(outside.iterdir()) == []


def test_sec_25_a_second_mail_cannot_be_smuggled_in(tmp_path: Path, tape: bytes) -> None:
    """CVE-2024-27305: only CRLF . CRLF ends a mail."""
    with open_porch(tmp_path) as porch:
        for end in (b"\n.\n", b"\r\n.\n", b"\n.\r\n", b"\r.\r", b"\r\n\0.\r\n"):
            with socket.create_connection(("127.0.0.1", porch.smtp_port), 20) as raw, raw.makefile("rb") as replies:
                read_reply(replies)
                talk(raw, replies, b"EHLO x\r\n", b"AUTH PLAIN " + base64.b64encode(f"\0gate\0{PASSWORD}".encode()) + b"\r\n")
                talk(raw, replies, b"MAIL FROM:<a@x>\r\n", b"RCPT TO:<b@x>\r\n", b"DATA\r\n")
                hidden = b"MAIL FROM:<evil@x>\r\nRCPT TO:<b@x>\r\nDATA\r\nSubject: smuggled\r\n\r\nx\r\n.\r\n"
                talk(raw, replies, b"Subject: one\r\n\r\nx" + end + hidden)
                raw.sendall(b"QUIT\r\n")
                assert replies.read().startswith(b"221"), "the hidden lines were answered"
        assert [(drop.sender, drop.subject) for drop in porch.drops()] == [("a@x", "one")] * 5


def talk(raw: socket.socket, replies: BinaryIO, *lines: bytes) -> None:
    """Send each line once the one before was answered."""
    for line in lines:
        raw.sendall(line)
        read_reply(replies)


def read_reply(replies: BinaryIO) -> None:
    while replies.readline()[3:4] == b"-":
        pass


def test_sec_25_a_mail_that_is_too_big_or_no_mail_is_refused_and_the_next_is_taken(tmp_path: Path, tape: bytes) -> None:
    with open_porch(tmp_path) as porch, porch.smtp() as camera:
        with pytest.raises(smtplib.SMTPException):
            camera.sendmail("a@x", [TO], alarm_letter(tape, JPEG + bytes(16 << 20)))
        with porch.smtp() as again:
            crowd = b'Content-Type: multipart/mixed; boundary="b"\r\n\r\n' + b"--b\r\n\r\nx\r\n" * 1000
            with pytest.raises(smtplib.SMTPDataError, match="554"):
                again.sendmail("a@x", [TO], crowd)
            again.sendmail("a@x", [TO], alarm_letter(tape))
        assert len(porch.drops()) == 1


def test_sec_28_a_flood_of_mails_is_refused_for_now(tmp_path: Path, tape: bytes) -> None:
    with open_porch(tmp_path, account("gate", per_minute=3), account("yard")) as porch:
        with porch.smtp() as camera:
            for _ in range(3):
                camera.sendmail("a@x", [TO], alarm_letter(tape))
            with pytest.raises(smtplib.SMTPDataError, match="452"):
                camera.sendmail("a@x", [TO], alarm_letter(tape))
        with porch.smtp("yard") as other:
            other.sendmail("a@x", [TO], alarm_letter(tape))
        assert len(porch.drops()) == 4


def test_idle_connections_of_one_address_leave_room_for_others(tmp_path: Path, tape: bytes) -> None:
    with open_porch(tmp_path) as porch:
        idle = [socket.create_connection(("127.0.0.1", porch.smtp_port), 20, ("127.0.0.9", 0)) for _ in range(200)]
        with smtplib.SMTP("127.0.0.1", porch.smtp_port, timeout=20) as camera:
            camera.login("gate", PASSWORD)
            camera.sendmail("a@x", [TO], alarm_letter(tape))
        for one in idle:
            one.close()
        assert len(porch.drops()) == 1


def test_who_guesses_passwords_is_not_listened_to(tmp_path: Path) -> None:
    with open_porch(tmp_path) as porch:
        for number in range(10):
            with pytest.raises(smtplib.SMTPException):
                porch.smtp("gate", f"guess-{number}")
        with pytest.raises(smtplib.SMTPException):
            porch.smtp("gate", PASSWORD)
        assert porch.keeping.counts()[0].turned == {Turned.LOGIN: 10}


@pytest.mark.parametrize(
    ("line", "times"), [(b"x" * 65_536, 400), (b"\r\n" * 500, 4)], ids=["without a line end", "of line ends"]
)
def test_sec_22_a_mail_that_never_ends_is_hung_up_on(
    tmp_path: Path, line: bytes, times: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hearthwatch.ingest.smtp.MAX_LINES", 1000)
    with open_porch(tmp_path) as porch:
        with porch.smtp() as camera:
            for command in ("MAIL FROM:<gate@camera.lan>", f"RCPT TO:<{TO}>", "DATA"):
                camera.docmd(command)
            with contextlib.suppress(OSError):
                for _ in range(times):
                    camera.sock.sendall(line)
            with contextlib.suppress(ConnectionError):
                while camera.sock.recv(4096):
                    pass
            camera.close()
        assert porch.files() == []
        with porch.smtp() as camera:
            camera.sendmail("gate@camera.lan", [TO], b"Subject: x\r\n\r\nx\r\n")
        assert len(porch.drops()) == 1
