"""Setting up: disks, ways in and tunnels from what a kernel would say; mail and targets tried for real."""

from __future__ import annotations

import asyncio
import base64
import threading
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from tests.devices.smtp_sink import SmtpSink

from hearthwatch.detect import fetch as fetching
from hearthwatch.detect.model import HOG
from hearthwatch.detect.store import Store
from hearthwatch.kit.clock import FakeClock
from hearthwatch.kit.errors import Unsupported
from hearthwatch.kit.secrets import Secrets
from hearthwatch.run.config import parse
from hearthwatch.run.disks import disks
from hearthwatch.run.house_now import DetectorNowDoor
from hearthwatch.run.plan import HousePlan
from hearthwatch.run.tunnel import tunnel
from hearthwatch.run.ways_in import outside
from hearthwatch.run.welcome_desk import WelcomeDesk
from hearthwatch.web.welcome_doors import DiskKind, Step, StepState


def desk(folder: Path, text: str = "") -> WelcomeDesk:
    plan = HousePlan(
        config_path=str(folder / "hearthwatch.toml"),
        data_folder=str(folder),
        port=8080,
        footage_folder=str(folder / "footage"),
        index_path=str(folder / "footage" / "index.db"),
        started_us=0,
    )
    return WelcomeDesk(plan, Secrets(folder), config=lambda: parse(text), clock=FakeClock())


def block(blocks: Path, device: str, whole: Path, *, rotational: str = "0", card: str = "") -> None:
    partition = whole / f"{whole.name}p1"
    partition.mkdir(parents=True)
    (partition / "partition").write_text("1")
    (whole / "queue").mkdir()
    (whole / "queue" / "rotational").write_text(rotational)
    if card:
        (whole / "device").mkdir()
        (whole / "device" / "type").write_text(card)
    blocks.mkdir(exist_ok=True)
    (blocks / device).symlink_to(partition)


def test_disks_are_told_apart_and_what_is_none_is_left_out(tmp_path: Path) -> None:
    blocks, sys = tmp_path / "blocks", tmp_path / "sys"
    block(blocks, "179:2", sys / "mmcblk0", card="SD")
    block(blocks, "179:3", sys / "mmcblk1", card="MMC")
    block(blocks, "8:1", sys / "sda", rotational="1")
    block(blocks, "8:17", sys / "usb1" / "sdb")
    names = {"179:2": "card", "179:3": "emmc", "8:1": "disk", "8:17": "stick disk", "0:50": "share", "0:9": "tmp"}
    kinds = {"0:50": "nfs4", "0:9": "tmpfs"}
    lines = []
    for at, (device, name) in enumerate(names.items()):
        (tmp_path / name).mkdir()
        where = str(tmp_path / name).replace(" ", "\\040")
        lines.append(f"{at} 1 {device} / {where} rw - {kinds.get(device, 'ext4')} /dev/{at} rw")
    lines += ["90 1 8:1 / /boot/firmware rw - vfat /dev/sda1 rw", "nonsense", "91 1 8:1 /x"]
    (tmp_path / "mounts").write_text("\n".join(lines))
    found = disks(tmp_path / "card" / "deep" / "footage", mounts=tmp_path / "mounts", blocks=blocks)
    assert found[0].in_use
    assert found[0].folder == str(tmp_path / "card" / "deep" / "footage")
    assert {Path(each.mount).name: each.kind for each in found} == {
        "card": DiskKind.CARD,
        "emmc": DiskKind.OTHER,
        "disk": DiskKind.HARD_DISK,
        "stick disk": DiskKind.USB,
        "share": DiskKind.NETWORK,
    }
    assert {each.folder for each in found[1:]} >= {str(tmp_path / "stick disk" / "hearthwatch-footage")}


def test_the_real_machine_has_a_disk_for_its_footage(tmp_path: Path) -> None:
    found = disks(tmp_path)
    assert found[0].in_use
    assert found[0].size_bytes > found[0].free_bytes > 0


def test_tailscale_and_wireguard_are_noticed(tmp_path: Path) -> None:
    (tmp_path / "wg0").mkdir()
    (tmp_path / "wg0" / "uevent").write_text("DEVTYPE=wireguard\nINTERFACE=wg0\n")
    addresses = {"lo": "127.0.0.1", "eth0": "192.168.1.5", "tailscale0": "100.101.2.3", "wg0": "10.9.0.1", "ppp0": "93.1.2.3"}
    found = outside(8443, addresses, tmp_path)
    assert (found.home, found.tailscale, found.has_wireguard) == (("192.168.1.5",), ("100.101.2.3",), True)
    assert not outside(8443, {"lo": "127.0.0.1"}, tmp_path).tailscale


def parts_of(text: str) -> dict[str, str]:
    return dict(line.split(" = ", 1) for line in text.splitlines() if " = " in line)


def test_both_halves_of_a_tunnel_fit_and_open_nothing_else() -> None:
    made = tunnel("home.example.org", 51820, "Ada's phone", ["192.168.1.0/24", "10.64.0.0/10"])
    server, phone = parts_of(made.server), parts_of(made.phone)

    def public(private: str) -> str:
        key = X25519PrivateKey.from_private_bytes(base64.b64decode(private))
        return base64.b64encode(key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)).decode()

    assert public(server["PrivateKey"]) == phone["PublicKey"]
    assert public(phone["PrivateKey"]) == server["PublicKey"]
    assert server["PresharedKey"] == phone["PresharedKey"]
    assert (phone["Endpoint"], server["ListenPort"]) == ("home.example.org:51820", "51820")
    assert phone["AllowedIPs"] == f"{made.address}/32"
    assert server["AllowedIPs"] == phone["Address"]
    assert not made.address.startswith(("192.168.1.", "10.64.", "10.127."))
    assert tunnel("2001:db8::1", 1, "x", []).phone.count("Endpoint = [2001:db8::1]:1") == 1
    assert tunnel("h.example.org", 1, "x", []).server != tunnel("h.example.org", 1, "x", []).server


@pytest.mark.parametrize("endpoint", ["https://home.example.org", "home example", "a\nPostUp = x", "-x", "home:51820", ""])
def test_an_endpoint_that_is_none_is_refused(endpoint: str) -> None:
    with pytest.raises(Unsupported, match="neither a name nor an address"):
        tunnel(endpoint, 51820, "phone", [])


def test_a_code_to_scan_is_what_a_reader_reads() -> None:
    cv2 = pytest.importorskip("cv2")
    np = pytest.importorskip("numpy")
    made = tunnel("home.example.org", 51820, "phone", [])
    picture = np.full((made.qr_size + 8, made.qr_size + 8), 255, np.uint8)
    for part in made.qr_path.split("M")[1:]:
        x, rest = part.split(" ", 1)
        y, rest = rest.split("h", 1)
        picture[int(y) + 4, int(x) + 4 : int(x) + 4 + int(rest.split("v", 1)[0])] = 0
    # its other reader does not find one code in twelve
    read, _points, _straight = cv2.QRCodeDetectorAruco().detectAndDecode(cv2.resize(picture, None, fx=6, fy=6, interpolation=0))
    assert read == made.phone


def test_how_far_one_came_is_kept_and_a_broken_note_of_it_forgotten(tmp_path: Path) -> None:
    assert desk(tmp_path).progress().steps == {}
    desk(tmp_path).went({Step.CAMERAS: StepState.DONE}, closed=False)
    desk(tmp_path).went({Step.ZONES: StepState.SKIPPED}, closed=True)
    found = desk(tmp_path).progress()
    assert (found.steps, found.closed) == ({Step.CAMERAS: StepState.DONE, Step.ZONES: StepState.SKIPPED}, True)
    (tmp_path / "welcome.json").write_text("{broken")
    assert desk(tmp_path).progress().steps == {}


def test_the_demo_is_no_camera_of_ones_own(tmp_path: Path) -> None:
    assert not desk(tmp_path).progress().has_camera
    assert desk(tmp_path, '[camera.front]\nmain = "rtsp://192.168.1.20/"\n').progress().has_camera


async def test_a_folder_is_tried_and_says_what_it_proves(tmp_path: Path) -> None:
    (tmp_path / "copies").mkdir()
    made = desk(
        tmp_path, f'[offsite.targets.disk]\nkind = "folder"\npath = "{tmp_path}/copies"\non_lan = true\nsealed = false\n'
    )
    assert "mark" in (await made.target("disk", create=False)).text
    tried = await made.target("disk", create=True)
    assert (tried.works, tried.text) == (True, "It works: what it was sent was read back.")
    with pytest.raises(Unsupported, match="no place for copies"):
        await made.target("nas", create=False)


async def test_mail_that_is_not_set_up_or_not_reached_says_so(tmp_path: Path) -> None:
    assert "Say first" in (await desk(tmp_path).mail()).text
    text = '[alerts.email]\nto = ["ada@example.org"]\nhost = "127.0.0.1"\nport = 9\ntls = "none"\n'
    trial = await desk(tmp_path, text).mail()
    assert (trial.works, "cannot be reached" in trial.text) == (False, True)


@pytest.mark.wired
async def test_a_test_mail_arrives_by_the_real_way(tmp_path: Path) -> None:
    sink = SmtpSink()
    await sink.start()
    try:
        text = f'[alerts.email]\nto = ["ada@example.org"]\nhost = "127.0.0.1"\nport = {sink.port}\ntls = "none"\n'
        trial = await desk(tmp_path, text).mail()
        assert trial.works, trial.text
        assert "ada@example.org" in trial.text
        assert "this is a test" in str(sink.messages[0]["Subject"])
        sink.replies.append("550 no such person")
        assert "no such person" in (await desk(tmp_path, text).mail()).text
    finally:
        await sink.stop()


async def test_how_much_of_the_model_is_here_is_told_while_it_comes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    loop, came, held = asyncio.get_running_loop(), asyncio.Event(), threading.Event()

    def slow(url: str) -> Iterator[bytes]:
        yield b"12345"
        loop.call_soon_threadsafe(came.set)
        held.wait(60)
        yield b"678"

    monkeypatch.setattr(fetching, "download", slow)
    looker = SimpleNamespace(model=HOG.name, detector_error="", far=False)
    door = DetectorNowDoor(SimpleNamespace(looker=looker), Store(folder=tmp_path), list)
    await door.fetch()
    await came.wait()
    assert (door.now().fetching, door.now().fetched_bytes) == (True, 5)
    held.set()
    await next(task for task in asyncio.all_tasks() if task.get_name() == "fetch model")
    assert "another sha256" in door.now().error
