"""Targets against real far ends, for the tests of this room."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from tests.devices.s3_server import BUCKET, S3Server
from tests.devices.sshd import Sshd

from hearthwatch.kit.clock import Clock, SystemClock
from hearthwatch.kit.secrets import Secret
from hearthwatch.offsite.target_folder import FolderTarget
from hearthwatch.offsite.target_s3 import S3Target
from hearthwatch.offsite.target_sftp import SftpTarget
from hearthwatch.offsite.upload import Parcel, Target, TargetId, TargetKind, TargetOptions

NAME = TargetId("far")


async def at_once(_size_bytes: int) -> None:
    """Any bandwidth."""


def parcel(folder: Path, name: str, data: bytes) -> Parcel:
    path = folder / hashlib.sha256(name.encode() + data).hexdigest()
    path.write_bytes(data)
    return Parcel(name=name, path=path, size_bytes=len(data), sha256=hashlib.sha256(data).digest())


def folder_target(root: Path) -> FolderTarget:
    root.mkdir(exist_ok=True)
    target = FolderTarget(NAME, root)
    target.create()
    return target


async def sftp_target(server: Sshd, port: int = 0, answer_s: float = 10.0, **options: str) -> SftpTarget:
    given = {"host_key": await server.fingerprint(), "path": "copies"} | options
    made = TargetOptions(kind=TargetKind.SFTP, host="127.0.0.1", port=port or server.port, user=server.user, **given)
    return SftpTarget(NAME, made, password=None, key=Secret(server.client_key), answer_s=answer_s)


def s3_target(
    server: S3Server,
    key: tuple[str, str] | None = None,
    *,
    read_key: tuple[str, str] | None = None,
    port: int = 0,
    answer_s: float = 10.0,
    clock: Clock | None = None,
) -> S3Target:
    key = key or server.put_key
    options = TargetOptions(
        kind=TargetKind.S3,
        endpoint=f"http://127.0.0.1:{port or server.port}",
        bucket=BUCKET,
        path="house",
        access_key=key[0],
        read_access_key=read_key[0] if read_key else "",
    )
    read = Secret(read_key[1]) if read_key else None
    return S3Target(
        NAME, options, secret_key=Secret(key[1]), read_secret_key=read, clock=clock or SystemClock(), answer_s=answer_s
    )


@asynccontextmanager
async def any_target(kind: TargetKind, folder: Path) -> AsyncIterator[Target]:
    """A target of a kind, with every right, at a far end of its own."""
    server: S3Server | Sshd | None = None
    if kind is TargetKind.FOLDER:
        target: Target = folder_target(folder / "mounted")
    elif kind is TargetKind.SFTP:
        server = Sshd(folder)
        await server.start()
        target = await sftp_target(server)
    else:
        server = S3Server()
        await server.start()
        target = s3_target(server, server.owner_key)
    try:
        yield target
    finally:
        await target.close()
        if server is not None:
            await server.stop()
