"""The footage that nodes send to this house, their hub: where each node's lies, and how long it stays."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Collection
from pathlib import Path

from hearthwatch.fleet.node import NodeId
from hearthwatch.fleet.node_port import NodePort, body_pieces
from hearthwatch.fleet.options import BUCKET_KEY, HubOptions
from hearthwatch.kit.clock import Clock
from hearthwatch.kit.errors import HearthwatchError, StorageFailed
from hearthwatch.kit.files import disk_bytes, free_bytes, storage_failed
from hearthwatch.kit.secrets import Secrets
from hearthwatch.kit.units import US_PER_S
from hearthwatch.offsite.hub_routes import routes
from hearthwatch.offsite.hub_shelf import HubShelf, Share
from hearthwatch.offsite.target_folder import FolderTarget
from hearthwatch.offsite.upload import Stored, Target, TargetId, TargetKind, TargetOptions

log = logging.getLogger(__name__)

FOLDER = "footage"
_COMING = ".coming"
_EVERY_S = 3600.0
_FIRST_S = 60.0
_DAY_US = 86_400 * US_PER_S
_GB = 1_000_000_000
_MOST_FREE_BYTES = 1 << 30
"""What always stays free of the hub's disk, or a twentieth of a small one: the house itself must go on."""


class HubFootage:
    """Used on the house's loop. `owners` are the nodes there ever were."""

    def __init__(
        self,
        footage: Path,
        secrets: Secrets,
        options: Callable[[], HubOptions],
        owners: Callable[[], Collection[NodeId]],
        clock: Clock,
    ) -> None:
        self._footage = footage
        self._secrets = secrets
        self._options = options
        self._owners = owners
        self._clock = clock
        self._shelf = HubShelf(self._folder() / _COMING, self._open_place, self._share, clock)

    @property
    def shelf(self) -> HubShelf:
        return self._shelf

    def add_to(self, port: NodePort) -> None:
        """Have the port for nodes answer about footage."""
        for method, path, handle, body_bytes in routes(self._shelf, body_pieces):
            port.add(method, path, handle, body_bytes=body_bytes)

    async def run(self) -> None:
        """Let go what is too old, or too much, once an hour, until cancelled."""
        try:
            await asyncio.sleep(_FIRST_S)
            while True:
                try:
                    await self.retain()
                except HearthwatchError as error:
                    log.warning("footage of nodes stays for now: %s", error)
                await asyncio.sleep(_EVERY_S)
        finally:
            await self._shelf.close()

    async def retain(self) -> None:
        """Let the old go; then, while all take more than they may, the oldest of the node that takes the most: one that floods
        the hub costs no other its footage. Raises what a store raises."""
        options = self._options()
        taken = {owner: await self._shelf.prune(owner, round(options.keep_days * _DAY_US)) for owner in sorted(self._owners())}
        over = sum(taken.values()) - round(options.max_gb * _GB) if options.max_gb else 0
        if not options.bucket.endpoint:
            over = max(over, await asyncio.to_thread(self._missing_bytes))
        oldest: dict[NodeId, list[Stored]] = {}
        while over > 0 and any(taken.values()):
            owner = max(taken, key=lambda one: taken[one])
            if owner not in oldest:
                oldest[owner] = list(reversed(await self._shelf.all_of(owner)))
            if not oldest[owner]:
                taken[owner] = 0
                continue
            one = oldest[owner].pop()
            await self._shelf.let_go(owner, one)
            taken[owner] -= one.size_bytes
            over -= one.size_bytes

    def _folder(self) -> Path:
        given = self._options().footage
        return Path(given) if given else self._footage.parent / "fleet" / FOLDER

    def _open_place(self, owner: str) -> Target:
        bucket = self._options().bucket
        name = TargetId(f"hub-{owner}")
        if bucket.endpoint:
            from hearthwatch.offsite.target_s3 import S3Target

            options = TargetOptions(
                kind=TargetKind.S3,
                endpoint=bucket.endpoint,
                region=bucket.region,
                bucket=bucket.name,
                path=f"{bucket.prefix.strip('/')}/{owner}".strip("/"),
                access_key=bucket.access_key,
            )
            key = self._secrets.get(BUCKET_KEY)
            return S3Target(name, options, secret_key=key, read_secret_key=None, clock=self._clock)
        folder = self._folder() / owner
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        except OSError as error:
            raise storage_failed(error, f"making {folder} for the footage of a node") from error
        return FolderTarget(name, folder, needs_mark=False)

    def _share(self) -> Share:
        options = self._options()
        most_bytes = round(options.max_gb * _GB)
        return Share(most_bytes=most_bytes, free_bytes=self._floor_bytes(), may_delete=options.nodes_may_delete)

    def _floor_bytes(self) -> int:
        try:
            return min(_MOST_FREE_BYTES, disk_bytes(self._folder()) // 20)
        except StorageFailed:
            return _MOST_FREE_BYTES

    def _missing_bytes(self) -> int:
        """Return how much is to go so that twice of what must stay free is."""
        try:
            return max(0, 2 * self._floor_bytes() - free_bytes(self._folder()))
        except StorageFailed:
            return 0
