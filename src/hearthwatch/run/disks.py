"""The disks of this machine that footage could live on, as the kernel lists what is mounted (proc(5), sysfs)."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from hearthwatch.kit.errors import HearthwatchError
from hearthwatch.kit.files import disk_bytes, free_bytes
from hearthwatch.web.welcome_doors import Disk, DiskKind

MOUNTS = Path("/proc/self/mountinfo")
BLOCKS = Path("/sys/dev/block")
_NETWORK = frozenset({"nfs", "nfs4", "cifs", "smb3", "sshfs", "fuse.sshfs", "9p", "virtiofs", "glusterfs", "ceph"})
_ON_DISK = frozenset(
    {"ext2", "ext3", "ext4", "xfs", "btrfs", "f2fs", "zfs", "vfat", "exfat", "ntfs", "ntfs3", "fuseblk", "bcachefs", "jfs"}
)
_SYSTEM = ("/boot", "/snap", "/efi", "/run/", "/proc", "/sys", "/dev", "/etc", "/usr", "/nix")
_LEAST_BYTES = 1 << 30
_ESCAPED = re.compile(r"\\([0-7]{3})")


@dataclass(frozen=True, slots=True, kw_only=True)
class Mount:
    """One line of mountinfo."""

    device: str
    folder: Path
    kind: str
    source: str


def disks(footage: Path, *, mounts: Path = MOUNTS, blocks: Path = BLOCKS) -> tuple[Disk, ...]:
    """Return them, the one `footage` lives on first, then the one with most room."""
    found: dict[str, Disk] = {}
    here = _home_of(footage, list(_mounts(mounts)))
    for mount in _mounts(mounts):
        in_use = here is not None and mount == here
        is_extra = mount.kind in _ON_DISK | _NETWORK and not str(mount.folder).startswith(_SYSTEM) and mount.folder.is_dir()
        if not in_use and not is_extra:
            continue
        disk = _disk(mount, footage, blocks, in_use=in_use)
        if disk is not None and (in_use or mount.device not in found) and (in_use or disk.size_bytes >= _LEAST_BYTES):
            found[mount.device] = disk
    return tuple(sorted(found.values(), key=lambda disk: (not disk.in_use, -disk.free_bytes)))


def _disk(mount: Mount, footage: Path, blocks: Path, *, in_use: bool) -> Disk | None:
    try:
        size, free = disk_bytes(mount.folder), free_bytes(mount.folder)
    except HearthwatchError:
        return None
    return Disk(
        mount=str(mount.folder),
        device=mount.source,
        kind=_kind(mount, blocks),
        size_bytes=size,
        free_bytes=free,
        folder=str(footage if in_use else mount.folder / "hearthwatch-footage"),
        in_use=in_use,
        writable=in_use or os.access(mount.folder, os.W_OK),
    )


def _home_of(folder: Path, mounts: list[Mount]) -> Mount | None:
    """Return the mount `folder` is below; the last of those mounted over each other."""
    folder = folder.resolve()
    fitting = [mount for mount in mounts if folder == mount.folder or mount.folder in folder.parents]
    deepest = max((len(mount.folder.parts) for mount in fitting), default=0)
    return next((mount for mount in reversed(fitting) if len(mount.folder.parts) == deepest), None)


def _mounts(path: Path) -> Iterator[Mount]:
    try:
        lines = path.read_text(errors="surrogateescape").splitlines()
    except OSError:
        return
    for line in lines:
        before, _, after = line.partition(" - ")
        left, right = before.split(" "), after.split(" ")
        if len(left) >= 5 and len(right) >= 2:
            yield Mount(device=left[2], folder=Path(_plain(left[4])), kind=right[0], source=_plain(right[1]))


def _plain(text: str) -> str:
    return _ESCAPED.sub(lambda match: chr(int(match[1], 8)), text)


def _kind(mount: Mount, blocks: Path) -> DiskKind:
    if mount.kind in _NETWORK:
        return DiskKind.NETWORK
    try:
        block = (blocks / mount.device).resolve(strict=True)
    except OSError:
        return DiskKind.OTHER
    whole = block.parent if (block / "partition").exists() else block
    if whole.name.startswith("mmcblk"):
        return DiskKind.CARD if _text(whole / "device" / "type") != "MMC" else DiskKind.OTHER
    if "/usb" in str(whole):
        return DiskKind.USB
    if whole.name.startswith(("nvme", "sd", "vd", "hd")):
        return DiskKind.HARD_DISK if _text(whole / "queue" / "rotational") == "1" else DiskKind.SSD
    return DiskKind.OTHER


def _text(path: Path) -> str:
    try:
        return path.read_text().strip()
    except OSError:
        return ""
