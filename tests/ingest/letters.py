"""Alarm mails as the cameras write them (data/tapes, reference/cameras.md), made of their parts."""

from __future__ import annotations

import base64

BOUNDARY = "======DAHUA_TECH======"
OLDER_DIALECT = "EVENT TYPE: Motion Detected\r\nEVENT TIME: 27/12/2021 17:42:19\r\nIPC NAME: Gate\r\nCHANNEL NUMBER: 01\r\nIPC IP: 10.0.0.7\r\n"


def alarm_letter(text: bytes, picture: bytes = b"", *, name: str = "20180506152840423ch01.jpg", closed: bool = False) -> bytes:
    """A Dahua or Amcrest alarm mail: no sender, no blank after `multipart/mixed;`, usually no closing boundary."""
    subject = base64.b64encode(b"IPC Message").decode()
    lines = [
        "From: <>",
        "To: <owner@example.org>",
        f"Subject: =?UTF-8?B?{subject}?=",
        "MIME-Version: 1.0",
        f'Content-type: multipart/mixed;boundary="{BOUNDARY}"',
        "",
        f"--{BOUNDARY}",
        'Content-Type: text/plain; charset="UTF-8"',
        "Content-Transfer-Encoding: base64",
        "",
        *folded(text),
        "",
    ]
    if picture:
        lines += [
            f"--{BOUNDARY}",
            f'Content-Type: application/octet-stream; name="{name}"',
            "Content-Transfer-Encoding: base64",
            f'Content-Disposition: attachment; filename="{name}"',
            "",
            *folded(picture),
            "",
        ]
    if closed:
        lines += [f"--{BOUNDARY}--", ""]
    return "\r\n".join(lines).encode("utf-8", "surrogateescape")


def folded(data: bytes) -> list[str]:
    return base64.encodebytes(data).decode().splitlines()
