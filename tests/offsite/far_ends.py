"""Targets against real far ends, for the tests of this room."""

from __future__ import annotations

import asyncio
import hashlib
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.devices.s3_server import BUCKET, S3Server
from tests.devices.sshd import Sshd

from hearthwatch.fleet.authority import new_key, open_authority, private_pem, request_for, sha256_of
from hearthwatch.fleet.code import HubAddress
from hearthwatch.fleet.hub_link import HubLink
from hearthwatch.fleet.identity import hub_context
from hearthwatch.fleet.node import NodeId, node_id
from hearthwatch.fleet.node_port import NodePort, body_pieces, port_context
from hearthwatch.kit.clock import Clock, SystemClock
from hearthwatch.kit.errors import Refused
from hearthwatch.kit.secrets import Secret
from hearthwatch.offsite.hub_routes import routes
from hearthwatch.offsite.hub_shelf import HubShelf, Share
from hearthwatch.offsite.target_folder import FolderTarget
from hearthwatch.offsite.target_hub import HubTarget
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


class Door:
    """Implements Known: one node, wanted until it is not."""

    def __init__(self, node: NodeId, certificate: bytes) -> None:
        self.node, self._sha256, self.is_wanted = node, sha256_of(certificate), True

    def node_of(self, certificate_sha256: bytes) -> NodeId:
        if certificate_sha256 != self._sha256 or not self.is_wanted:
            raise Refused("this machine is not wanted here any more")
        return self.node

    def heard(self, node: NodeId) -> None: ...


class Sealed:
    def seal(self, plain: bytes, _purpose: str) -> bytes:
        return plain

    def unseal(self, sealed: bytes, _purpose: str) -> bytes:
        return sealed


@dataclass
class Hub:
    """A hub's port for nodes, with one node's place in a folder."""

    folder: Path
    door: Door
    port: NodePort
    shelf: HubShelf
    context: ssl.SSLContext
    share: Share = field(default_factory=lambda: Share(free_bytes=0, may_delete=True))

    def target(self, port: int = 0) -> HubTarget:
        address = HubAddress(host="127.0.0.1", port=port or self.port.port)
        return HubTarget(NAME, HubLink(self.context, (address,), SystemClock()))


@asynccontextmanager
async def hub(folder: Path) -> AsyncIterator[Hub]:
    """A real port with TLS, a node that has its certificate, and its store."""
    clock, node = SystemClock(), node_id("aaaabbbb")
    authority = open_authority(folder / "hub", Sealed(), clock)
    key = new_key()
    certificate = authority.sign_node(request_for(key), node, clock)
    (folder / "node.pem").write_bytes(private_pem(key) + certificate)
    context = hub_context(authority.pem.decode())
    context.load_cert_chain(folder / "node.pem")
    door = Door(node, certificate)
    port = NodePort(door, clock)
    store = folder / "store"

    def place(owner: str) -> Target:
        (store / owner).mkdir(parents=True, exist_ok=True)
        return FolderTarget(NAME, store / owner, needs_mark=False)

    shelf = HubShelf(store / ".coming", place, lambda: made.share, clock)
    made = Hub(folder=store, door=door, port=port, shelf=shelf, context=context)
    for method, path, handle, body_bytes in routes(shelf, body_pieces):
        port.add(method, path, handle, body_bytes=body_bytes)
    serving = asyncio.create_task(
        port.run("127.0.0.1", 0, port_context(str(authority.hub_file(folder / "hub", clock)), authority.pem))
    )
    while not port.port:  # noqa: ASYNC110 it is open within milliseconds
        await asyncio.sleep(0.01)
    try:
        yield made
    finally:
        serving.cancel()
        await asyncio.gather(serving, return_exceptions=True)
        await shelf.close()


@asynccontextmanager
async def any_target(kind: TargetKind, folder: Path) -> AsyncIterator[Target]:
    """A target of a kind, with every right, at a far end of its own."""
    server: S3Server | Sshd | None = None
    if kind is TargetKind.HUB:
        async with hub(folder) as far:
            target = far.target()
            yield target
            await target.close()
        return
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
