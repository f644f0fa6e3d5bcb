"""The doctor on files, disk, libraries, ports and service: what is wrong is said with the command that mends it."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from hearthwatch.frames.build import ffmpeg as built
from hearthwatch.kit.clock import FakeClock
from hearthwatch.kit.secrets import Secrets
from hearthwatch.run import doctor_disk, doctor_exposure, doctor_libraries, libraries
from hearthwatch.run.check import Check, Verdict
from hearthwatch.run.config import parse
from hearthwatch.run.doctor_files import private
from hearthwatch.run.doctor_systemd import service
from hearthwatch.web.welcome_doors import FromOutside, Opening, RouterSays


def bad(checks: list[Check]) -> list[str]:
    return [check.detail for check in checks if check.verdict is not Verdict.OK]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    folder.mkdir(mode=0o700)
    Secrets(folder).set("camera.front.password", "plum")
    (folder / "hearthwatch.toml").write_text("")
    return folder


def test_files_for_this_user_alone_are_well(data: Path) -> None:
    found = list(private(data, data / "hearthwatch.toml"))
    assert [check.verdict for check in found] == [Verdict.OK]


def test_secrets_others_may_open_are_named_with_their_remedy_which_mends_it(data: Path) -> None:
    (data / "secrets.key").chmod(0o644)
    (data / "hearthwatch.toml").chmod(0o666)
    found = bad(list(private(data, data / "hearthwatch.toml")))
    assert any(line.endswith(f"chmod 600 {data}/secrets.key") for line in found)
    assert any(line.endswith(f"chmod go-w {data}/hearthwatch.toml") for line in found)
    for line in found:
        assert os.system(line.rpartition(": ")[2]) == 0
    assert not bad(list(private(data, data / "hearthwatch.toml")))


def test_files_of_another_user_are_named_with_both_owners(data: Path) -> None:
    found = bad(list(private(data, data / "hearthwatch.toml", uid=4711)))
    assert any(f"{data}/secrets.sealed belongs to" in line and "chown -R 4711" in line for line in found)


def test_a_key_of_the_owners_own_is_looked_at_too(data: Path, tmp_path: Path) -> None:
    key = tmp_path / "page key.pem"
    key.write_text("")
    key.chmod(0o640)
    assert bad(list(private(data, data / "hearthwatch.toml", (key,)))) == [
        f"others of this machine may open {key}: chmod 600 '{key}'"
    ]


def test_a_disk_is_tried_and_left_as_it_was(tmp_path: Path) -> None:
    found = list(doctor_disk.disk(tmp_path / "not" / "there", clock=FakeClock()))
    assert any("for good" in check.detail for check in found)
    assert list(tmp_path.iterdir()) == []


class SlowClock(FakeClock):
    """A clock by which everything takes half a second."""

    def mono_ns(self):
        self.advance(0.5)
        return super().mono_ns()


def test_a_slow_disk_and_memory_for_a_disk_are_told(tmp_path: Path) -> None:
    device = tmp_path.stat().st_dev
    mounts = tmp_path / "mountinfo"
    mounts.write_text(f"36 35 {os.major(device)}:{os.minor(device)} / / rw,noatime shared:1 - tmpfs tmpfs rw\n")
    found = bad(list(doctor_disk.disk(tmp_path, clock=SlowClock(), mounts=mounts)))
    assert any("is memory: everything is gone" in line for line in found)
    assert any("slow for several cameras" in line for line in found)


@pytest.mark.skipif(os.geteuid() != 0, reason="mounting needs root")
def test_a_disk_without_inodes_is_told(tmp_path: Path) -> None:
    full = tmp_path / "full"
    full.mkdir()
    if os.system(f"mount -t tmpfs -o size=64m,nr_inodes=100 none {full}"):
        pytest.skip("no mounting here")
    try:
        found = bad(list(doctor_disk.disk(full, clock=FakeClock())))
    finally:
        os.system(f"umount {full}")
    assert any("more files only" in line for line in found)


def test_sec_40_an_sqlite_that_can_lose_a_database_is_told_with_what_we_do_about_it() -> None:
    assert "one writer" in doctor_libraries.sqlite((3, 40, 1)).detail
    assert doctor_libraries.sqlite((3, 51, 2)).verdict is Verdict.WARN
    assert doctor_libraries.sqlite((3, 51, 3)).verdict is Verdict.OK


def test_sec_40_an_ffmpeg_with_known_holes_is_told_if_they_reach_us() -> None:
    old = doctor_libraries.ffmpeg("7.1.1", "")
    assert old.verdict is Verdict.WARN
    assert "CVE-2026-40962" in old.detail
    assert "CVE-2026-8461" not in old.detail, "no camera can choose that codec"
    assert "CVE-2026-125262" in doctor_libraries.ffmpeg("9.0.2", "--enable-liblcevc-dec").detail
    assert doctor_libraries.ffmpeg("9.0.2", "--enable-libdav1d").verdict is Verdict.OK
    assert doctor_libraries.ffmpeg("8.1.2", "").verdict is Verdict.OK
    version, configuration = built()
    assert libraries.version_of(version) >= (6,)
    assert "--enable" in configuration
    assert libraries.version_of("n8.1.2-3-gabcdef") == (8, 1, 2)


def machine(folder: Path, rows: list[tuple[str, int]]) -> Path:
    """A /proc with one process of ours that listens at these addresses (hexadecimal), and one of others."""
    (folder / "net").mkdir(parents=True)
    ours, other = folder / "100", folder / "200"
    for pid, name in ((ours, b"python\0-m\0hearthwatch.run.house\0"), (other, b"sshd\0")):
        (pid / "fd").mkdir(parents=True)
        (pid / "cmdline").write_bytes(name)
    lines = ["head"]
    for number, (address, port) in enumerate([*rows, ("00000000", 22)]):
        lines.append(f"{number}: {address}:{port:04X} 00000000:0000 0A 0:0 0:0 0 0 0 {1000 + number} 1")
        owner = other if port == 22 else ours
        (owner / "fd" / str(number)).symlink_to(f"socket:[{1000 + number}]")
    (folder / "net" / "tcp").write_text("\n".join(lines))
    return folder


def test_what_listens_for_others_is_told_and_what_goes_in_clear_is_warned_of(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(doctor_exposure, "_seen_outside", lambda _ports: iter(()))
    proc = machine(tmp_path, [("0100007F", 8080), ("00000000", 8443), ("00000000", 8554), ("0A01A8C0", 2525), ("00000000", 9)])
    config = parse('[restream]\nenabled = true\n[porch]\nenabled = true\naddress = "192.168.1.10"\n')
    found = list(doctor_exposure.exposure(config, proc=proc))
    by_port = {check.detail.split()[1]: check for check in found}
    assert set(by_port) == {"8443", "8554", "2525", "9"}, "sshd is none of ours, loopback reaches nobody"
    assert (by_port["8443"].verdict, by_port["2525"].verdict) == (Verdict.OK, Verdict.OK)
    assert "192.168.1.10" in by_port["2525"].detail
    assert "in clear" in bad([by_port["8554"]])[0]
    assert "not in this configuration" in bad([by_port["9"]])[0]


def test_a_real_listener_is_found(tmp_path: Path) -> None:
    assert doctor_exposure._address("0100007F:1F90") == doctor_exposure.ipaddress.ip_address("127.0.0.1")
    six = doctor_exposure._address("00000000000000000000000001000000:1F90")
    assert six == doctor_exposure.ipaddress.ip_address("::1")
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        sock.listen()
        port = sock.getsockname()[1]
        rows = [local for local, state, _ in doctor_exposure._rows(Path("/proc/net/tcp")) if state == "0A"]
    assert f"0100007F:{port:04X}" in rows


def seen(**changed: object) -> FromOutside:
    fields: dict = {
        "public": (),
        "says": RouterSays.ALL,
        "router": "",
        "outer": "",
        "outer_is_private": False,
        "opens": False,
        "openings": (),
        "others": 0,
        "tailscale": False,
        "wireguard": False,
    }
    return FromOutside(**{**fields, **changed})


def test_a_forwarded_port_is_told_with_the_better_way() -> None:
    assert not bad(list(doctor_exposure.outside(seen())))
    opening = Opening(protocol="TCP", outer_port=443, inner_port=8443, what="x", is_page=True)
    found = bad(list(doctor_exposure.outside(seen(openings=(opening,), opens=True, public=("203.0.113.5",)))))
    assert [("WireGuard" in line, "UPnP" in line, "203.0.113.5" in line) for line in found] == [
        (True, False, False),
        (False, False, True),
        (False, True, False),
    ]


WALLS = {
    "LoadState": "loaded", "ActiveState": "active", "User": "hearthwatch", "NRestarts": "0", "NoNewPrivileges": "yes",
    "ProtectSystem": "strict", "ProtectHome": "yes", "PrivateTmp": "yes", "ProtectKernelTunables": "yes",
    "ProtectKernelModules": "yes", "ProtectControlGroups": "yes", "RestrictNamespaces": "yes", "RestrictSUIDSGID": "yes",
    "LockPersonality": "yes",
}  # fmt: skip


def test_a_service_without_its_walls_is_told() -> None:
    assert not bad(list(service(lambda: WALLS)))
    assert not bad(list(service(lambda: None))), "nobody has to use systemd"
    assert not bad(list(service(lambda: {"LoadState": "not-found"})))
    weak = {**WALLS, "User": "", "ProtectSystem": "no", "NRestarts": "3"}
    found = bad(list(service(lambda: weak)))
    assert len(found) == 3
    assert "ProtectSystem" in found[0]
