"""A few mutations of every Foscam tape through every Foscam parser; the long run is `python -m tests.vendors.fuzz`."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.vendors import foscam_samples as samples
from tests.vendors.fuzz import Target, hold

from hearthwatch.kit.units import WallUs
from hearthwatch.vendors import foscam_hd_config, foscam_hd_log, foscam_hd_reply, foscam_mjpeg_log
from hearthwatch.vendors import foscam_mjpeg_reply as mjpeg
from hearthwatch.vendors.device import ClockReading, LocalUs

CLOCK = ClockReading(local_us=LocalUs(0), at_us=WallUs(0), error_us=0)
DENIED = b"<CGI_Result><result>-3</result></CGI_Result>"


def log(body: bytes) -> object:
    found = foscam_mjpeg_log.entries(body)
    return [(foscam_mjpeg_log.login_record(one, CLOCK), foscam_mjpeg_log.log_line(one, CLOCK)) for one in found]


def hd_log(body: bytes) -> object:
    _, raws = foscam_hd_log.page(body)
    foscam_hd_log.epoch_offset_us(raws, CLOCK, 3_600_000_000, "admin")
    found = [foscam_hd_log.entry(raw) for raw in raws]
    events = foscam_hd_log.WITH_SOUND
    return [(foscam_hd_log.login_record(one, CLOCK, events), foscam_hd_log.log_line(one, CLOCK, events)) for one in found]


def status(body: bytes) -> object:
    said = mjpeg.variables(body, "it")
    return mjpeg.identity(said), mjpeg.local_time(said)


def device(body: bytes) -> object:
    said = foscam_hd_reply.fields(body, "it")
    return foscam_hd_reply.identity(said), foscam_hd_reply.west_us(said), foscam_hd_reply.local_time(said)


def mjpeg_network(body: bytes) -> object:
    said = mjpeg.variables(body, "it")
    return mjpeg.network(said) if "ip" in said else sorted(mjpeg.alarm_states(said))


def hd_network(body: bytes) -> object:
    said = foscam_hd_reply.fields(body, "it")
    if "ip" in said:
        return foscam_hd_reply.network(said, said), [foscam_hd_reply.listed_ip(said.get(f"ipList{n}", "0")) for n in range(8)]
    return sorted(foscam_hd_reply.alarm_states(said))


def hd_writing(body: bytes) -> object:
    said = foscam_hd_reply.fields(body, "it")
    found = []
    for name in ("VideoStreamParam", "MirrorAndFlipSetting", "ScheduleRecordConfig", "OSDSetting", "IPInfo"):
        for one in foscam_hd_reply.settings(said, name)[:3]:
            found += list(foscam_hd_config.set_commands(foscam_hd_config.group_of(one.key), said, [one], {}))
    return found


def targets(tapes: Path) -> list[Target]:
    """Every parser with the tapes and samples it is for."""
    ruby = tapes / "foscam-mjpeg/foscam-ruby-11.22.2.38"
    texts = {path.name.removesuffix(".cgi.txt"): path.read_bytes() for path in sorted(ruby.glob("*.cgi.txt"))}
    hd = tuple(path.read_bytes() for path in sorted((tapes / "foscam-hd/foscam-client-fi9831p").glob("*.xml")))
    lines = (tapes / "foscam-mjpeg/foscamalerter-fi8910w/get_log.lines.txt").read_bytes()
    return [
        Target(name="MJPEG log", parse=log, seeds=(samples.LOG, b"var log_text='" + lines + b"';")),
        Target(name="MJPEG status", parse=status, seeds=(texts["get_status"], texts["set_ddns"])),
        Target(name="MJPEG accounts", parse=lambda body: mjpeg.accounts(mjpeg.variables(body, "it")),
               seeds=(texts["get_params"],)),
        Target(name="MJPEG settings", parse=lambda body: mjpeg.settings(mjpeg.variables(body, "it"), "params"),
               seeds=tuple(texts.values())),
        Target(name="MJPEG ok", parse=lambda body: mjpeg.check_ok(body, "it"), seeds=(texts["reboot"], texts["set_ddns"])),
        Target(name="MJPEG picture", parse=mjpeg.jpeg, seeds=(b"\xff\xd8\xff\xe0", texts["set_ddns"])),
        Target(name="HD settings", seeds=(*hd, DENIED),
               parse=lambda body: foscam_hd_reply.settings(foscam_hd_reply.fields(body, "it"), "it")),
        Target(name="HD streams", seeds=hd,
               parse=lambda body: foscam_hd_reply.streams(foscam_hd_reply.fields(body, "it"), 0, "rtsp://c")),
        Target(name="HD log", parse=hd_log, seeds=(samples.HD_LOG, DENIED)),
        Target(name="HD device", parse=device, seeds=(samples.HD_DEVICE,)),
        Target(name="HD sessions", parse=foscam_hd_reply.sessions, seeds=(samples.HD_SESSIONS, DENIED)),
        Target(name="HD accounts", parse=foscam_hd_reply.accounts, seeds=(samples.HD_ACCOUNTS, DENIED)),
        Target(name="MJPEG network", seeds=(texts["get_params"], texts["get_status"]), parse=mjpeg_network),
        Target(name="HD network", parse=hd_network, seeds=(samples.HD_NETWORK, samples.HD_STATE, DENIED)),
        Target(name="HD writing", parse=hd_writing, seeds=(*hd, samples.HD_NETWORK)),
        Target(name="HD picture", parse=foscam_hd_reply.jpeg, seeds=(b"\xff\xd8\xff\xe0", DENIED)),
    ]  # fmt: skip


@pytest.mark.parametrize("index", range(16))
def test_mutations_of_tapes_bring_only_our_own_errors(test_data: Path, index: int) -> None:
    assert hold(targets(test_data / "tapes")[index], 25) > 0


def test_none_is_left_out(test_data: Path) -> None:
    assert len(targets(test_data / "tapes")) == 16
