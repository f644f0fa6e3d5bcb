"""A few mutations of every Dahua tape through every Dahua parser; the long run is `python -m tests.vendors.fuzz`."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.vendors import dahua_samples as samples
from tests.vendors.fuzz import Target, hold

from hearthwatch.kit.units import WallUs
from hearthwatch.vendors.dahua_config import backup_settings, set_queries, table_settings
from hearthwatch.vendors.dahua_events import dhip_events, event, event_object
from hearthwatch.vendors.dahua_log import log_line, login_record, page, search_token
from hearthwatch.vendors.dahua_mail import alarm_mail
from hearthwatch.vendors.dahua_network import access_filter, interface_of, network
from hearthwatch.vendors.dahua_parts import PartReader, boundary_of
from hearthwatch.vendors.dahua_reply import (
    accounts,
    check_ok,
    firmware,
    identity,
    jpeg,
    local_time,
    mac_of,
    on_channels,
    pairs_of,
    sessions,
    streams,
)
from hearthwatch.vendors.device import ClockReading, LocalUs

CLOCK = ClockReading(local_us=LocalUs(0), at_us=WallUs(0), error_us=0)
FAILURES = (b"Error\r\nBad Request!\r\n", b"Error\r\nErrorID=2, Detail=Invalid Request!\r\n", b"<html>", b"OK\r\n")


def log(body: bytes) -> object:
    _, entries = page(body)
    return [(login_record(entry, CLOCK), log_line(entry, CLOCK)) for entry in entries]


def attach(body: bytes) -> object:
    reader = PartReader("myboundary")
    return [event(part) for at in range(0, len(body), 97) for part in reader.feed(body[at : at + 97])]


def device(body: bytes) -> object:
    pairs = pairs_of(body, "it")
    return identity(pairs, vendor="", name="", version="", built=None, mac=mac_of(pairs))


def writing(body: bytes) -> object:
    return list(set_queries(backup_settings(body)))


def standing(body: bytes) -> object:
    pairs = pairs_of(body, "it")
    return network(pairs), interface_of(pairs)


def targets(tapes: Path) -> list[Target]:
    """Every parser with the tapes and samples it is for."""
    folder = tapes / "dahua"

    def tape(*names: str) -> tuple[bytes, ...]:
        return tuple((folder / name).read_bytes() for name in names)

    hdw = "dahua-ipc-hdw5831r/"
    tables = tape(*(f"{hdw}getConfig-{name}.txt" for name in ("Lighting_V2", "MotionDetect", "SmartMotionDetect")))
    encode = tape("amcrest-camera-ui/getConfig-Encode.txt")
    stream = tape("amcrest-camera-ui/event-stream-capture.bin", "amcrest-ad410/doorbell-press.rebuilt.bin",
                  "amcrest-ad410/doorbell-press.printed.txt", "dahua-nvr-homebridge/event-part-noblank.txt",
                  hdw + "event-chunk.bin")  # fmt: skip
    objects = tape("amcrest-camera-ui/smart-motion-vehicle.data.json", "amcrest-scrypted/CrossRegionDetection.data.json")
    events = tuple(b"Code=CrossRegionDetection;action=Start;index=0;data=" + data for data in objects)
    lines = tuple(tape("dahua-vto/events.jsonl")[0].splitlines())
    mails = (*tape("dahua-ipcmanview/mail-body-intrusion.txt"), samples.MAIL.encode(), samples.OLD_MAIL.encode())
    return [
        Target(name="log", parse=log, seeds=(samples.LOG_PAGE, samples.LOG_FREE_TEXT)),
        Target(name="search token", parse=search_token, seeds=(b"token=17\r\ncount=4\r\n", *FAILURES)),
        Target(name="ok", parse=lambda body: check_ok(body, "it"), seeds=FAILURES),
        Target(name="clock", parse=local_time, seeds=tape("opendahua/global-getCurrentTime.txt")),
        Target(name="firmware", parse=firmware, seeds=tape(hdw + "magicBox-getSoftwareVersion.txt")),
        Target(name="identity", parse=device, seeds=(*tape(hdw + "magicBox-getSystemInfo.txt"), samples.NETWORK)),
        Target(name="tables", parse=lambda body: table_settings(pairs_of(body, "it")),
               seeds=(*tables, *tape(hdw + "coaxialControlIO-getStatus.txt"))),
        Target(name="network", parse=standing, seeds=(samples.STANDING, samples.NETWORK)),
        Target(name="list of addresses", parse=lambda body: access_filter(pairs_of(body, "it")), seeds=(samples.FILTER,)),
        Target(name="streams", parse=lambda body: streams(pairs_of(body, "it"), 0, "rtsp://c"), seeds=encode),
        Target(name="sessions", parse=lambda body: sessions(body, CLOCK), seeds=(samples.SESSIONS, *FAILURES)),
        Target(name="accounts", parse=accounts, seeds=(samples.ACCOUNTS, *FAILURES)),
        Target(name="channels", parse=on_channels, seeds=(b"channels[0]=0\r\nchannels[1]=2\r\n", *FAILURES)),
        Target(name="picture", parse=jpeg, seeds=(b"\xff\xd8\xff\xe0", *FAILURES)),
        Target(name="backup", parse=writing, seeds=(samples.BACKUP,)),
        Target(name="attach", parse=attach, seeds=stream),
        Target(name="event", parse=lambda body: event(body.decode(errors="replace")),
               seeds=(*events, samples.LOGIN_FAILURE.encode())),
        Target(name="event object", parse=event_object, seeds=lines),
        Target(name="DHIP", parse=dhip_events, seeds=tape("dahua-vto/dhip-notifyEventStream.bin")),
        Target(name="mail", parse=lambda body: alarm_mail(body.decode(errors="replace")), seeds=mails),
        Target(name="boundary", parse=lambda body: boundary_of(body.decode("latin-1")),
               seeds=(b'multipart/x-mixed-replace;boundary="myboundary";charset=utf-8',)),
    ]  # fmt: skip


@pytest.mark.parametrize("index", range(21))
def test_mutations_of_tapes_bring_only_our_own_errors(test_data: Path, index: int) -> None:
    assert hold(targets(test_data / "tapes")[index], 25) > 0


def test_none_is_left_out(test_data: Path) -> None:
    assert len(targets(test_data / "tapes")) == 21
