"""Writing to a camera from copies: restore, copy to another, baseline; each is proposed first, written, and read back."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from hearthwatch.copies import baseline as baseliner
from hearthwatch.copies import ledger, restore
from hearthwatch.copies.copy import (
    BaselineOptions,
    ConfigCopy,
    CopyId,
    Diff,
    KeptSetting,
    Outcome,
    Proposal,
    RestoreAsk,
)
from hearthwatch.copies.families import section_of
from hearthwatch.copies.keeper import CopyKeeper, Known
from hearthwatch.copies.sealing import secrets_of
from hearthwatch.kit.errors import BadReply, HearthwatchError, Unreachable, Unsupported
from hearthwatch.kit.units import CameraId
from hearthwatch.vendors.capability import ConfigImport, DeviceInfo
from hearthwatch.vendors.device import Setting

NO_IMPORT = "the settings of this camera cannot be written from here: change them on its own page"


class CopyWriter:
    """Uses the keeper's locks, so that nothing is compared while it is half written."""

    def __init__(self, keeper: CopyKeeper) -> None:
        self._keeper = keeper

    async def restore(self, ask: RestoreAsk, *, apply: bool) -> Outcome:
        """Write a copy back, or only say what would be written.

        Raises Unsupported, StorageFailed, and what the client raises while nothing is written yet."""
        copy = await self._copy(ask)
        camera = ask.camera or copy.camera
        wanted = await self._keeper.contents(copy.id)
        if odd := restore.unknown_sections(ask.sections, wanted, copy.vendor):
            known_ones = sorted({section_of(copy.vendor, one.key) for one in wanted})
            raise Unsupported(f"the copy has no section {odd[0][:40]}: it has {', '.join(known_ones)}")
        secrets = await self._secrets(copy.id)
        async with self._keeper.lock(camera):
            known = await self._known(camera, "before settings were restored")
            if known.copy.vendor is not copy.vendor:
                raise Unsupported(f"{camera} is a camera of another family than {copy.camera}: its settings are different ones")
            proposal = await asyncio.to_thread(
                restore.proposal,
                known.settings,
                wanted,
                copy.vendor,
                masked=restore.masked_keys(secrets),
                sections=ask.sections,
                other_camera=camera != copy.camera,
                own=ask.own,
                tls=self._keeper.doors.access(camera).tls,
            )
            if not apply:
                return Outcome(camera=camera, proposal=proposal, applied=False)
            return await self._done(known, proposal, wanted, secrets, f"restored from {copy.id}")

    async def baseline(self, camera: CameraId, options: BaselineOptions, name: str, *, apply: bool) -> Outcome:
        """Set the camera as the baseline asks, or only say what would be written. Raises as `restore`."""
        async with self._keeper.lock(camera):
            known = await self._known(camera, "before the baseline was applied")
            proposal, wanted = await asyncio.to_thread(
                baseliner.proposal,
                known.settings,
                options,
                name,
                known.copy.vendor,
                tls=self._keeper.doors.access(camera).tls,
            )
            if not apply:
                return Outcome(camera=camera, proposal=proposal, applied=False)
            return await self._done(known, proposal, wanted, {}, "the baseline was applied")

    async def _copy(self, ask: RestoreAsk) -> ConfigCopy:
        camera = ask.camera
        if ask.copy:
            found = await self._keeper.db.run(lambda connection: ledger.find(connection, ask.copy))
        elif camera is not None:
            found = await self._keeper.db.run(lambda connection: ledger.last_good(connection, camera))
        else:
            found = None
        if found is None:
            raise Unsupported(f"there is no copy {ask.copy}".rstrip() + ": see `hearthwatch copies list`")
        return found

    async def _secrets(self, copy: CopyId) -> Mapping[str, str]:
        stored = await self._keeper.db.run(lambda connection: ledger.contents(connection, copy))
        return {} if stored is None else await asyncio.to_thread(secrets_of, self._keeper.sealer, stored)

    async def _known(self, camera: CameraId, reason: str) -> Known:
        """Look at what the camera has now, and keep it: whatever comes, there is a way back."""
        look, known = await self._keeper.collect_locked(camera, reason)
        if look.is_doubtful:
            raise BadReply(f"{camera} gave only a part of its settings: nothing was written; try again in some minutes")
        return known

    async def _done(
        self, known: Known, proposal: Proposal, wanted: tuple[KeptSetting, ...], secrets: Mapping[str, str], reason: str
    ) -> Outcome:
        camera = known.copy.camera
        if not proposal.keys:
            return Outcome(camera=camera, proposal=proposal, applied=True)
        client = await self._keeper.doors.client(camera)
        if not isinstance(client, ConfigImport):
            raise Unsupported(NO_IMPORT)
        settings = restore.writes(proposal, wanted, secrets)
        self._keeper.expect(camera, {one.key: None if one.is_secret else one.value for one in settings})
        failures = await self._written(client, settings, known)
        remaining = proposal.diff
        try:
            remaining = await self._read_back(client, proposal, wanted)
            await self._keeper.collect_locked(camera, reason)
        except HearthwatchError as error:
            failures.append(f"reading back: {error}")
            self._keeper.want(camera, reason)
        return Outcome(camera=camera, proposal=proposal, applied=True, remaining=remaining, failures=tuple(failures))

    async def _written(self, client: ConfigImport, settings: tuple[Setting, ...], known: Known) -> list[str]:
        """Write section by section; one that is refused does not stop the others, a camera that is gone does."""
        failures: list[str] = []
        for section, some in restore.batches(settings, known.copy.vendor):
            try:
                await client.set(some)
            except Unreachable as error:
                failures.append(f"{section}: {error}")
                break
            except Unsupported:
                failures += await self._one_by_one(client, section, some)
            except HearthwatchError as error:
                failures.append(f"{section}: {error}")
        return failures

    async def _one_by_one(self, client: ConfigImport, section: str, settings: tuple[Setting, ...]) -> list[str]:
        """Write what can be written of a section that holds something that cannot: Unsupported comes before anything is."""
        failures: list[str] = []
        for one in settings:
            try:
                await client.set([one])
            except HearthwatchError as error:
                failures.append(f"{section}: {error}")
        return failures

    async def _read_back(self, client: ConfigImport, proposal: Proposal, wanted: tuple[KeptSetting, ...]) -> Diff:
        assert isinstance(client, DeviceInfo)
        read = await self._keeper.read(client)
        return await asyncio.to_thread(restore.remaining, proposal, wanted, read.marked, read.vendor)
