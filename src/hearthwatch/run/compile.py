"""From the checked configuration and the secrets to the Plan the supervisor hands out."""

from __future__ import annotations

import os
from collections.abc import Collection
from pathlib import Path

from hearthwatch.arming.arming import Mode
from hearthwatch.events.alarms import OwnObjects
from hearthwatch.kit.secrets import Secrets
from hearthwatch.kit.units import CameraId, WallUs
from hearthwatch.recording.segment import KeepOptions, Limits
from hearthwatch.run.config import Config, Record
from hearthwatch.run.guest_plans import guest_plans
from hearthwatch.run.mode_meaning import held, meanings
from hearthwatch.run.offsite_plan import backup
from hearthwatch.run.people import scout_plan
from hearthwatch.run.plan import HousePlan, LookerPlan, Plan, RecorderPlan
from hearthwatch.run.porch_accounts import accounts, porch_plan, quotas
from hearthwatch.run.sources import sources
from hearthwatch.tracks.track import EyeOptions


def hand_placed_models() -> Path | None:
    """Return the folder of models somebody put in place by hand (`HEARTHWATCH_MODELS`), None for none."""
    folder = os.environ.get("HEARTHWATCH_MODELS", "")
    return Path(folder) if folder else None


def footage_folder(config: Config, data_folder: Path) -> Path:
    """Return where footage lies."""
    return Path(config.storage.folder or data_folder / "footage")


def compile_plan(
    config: Config,
    secrets: Secrets,
    *,
    config_path: Path,
    data_folder: Path,
    port: int | None,
    debug: bool,
    started_us: WallUs,
    strangers: Collection[CameraId] = (),
    deaf: Collection[CameraId] = (),
    mode: Mode | None = Mode.AWAY,
    alone: bool = False,
) -> Plan:
    """Return what every process needs to know. `port` overrides `web.port`; `strangers` are cameras in whose place another
    device answers; `deaf` such as would see for themselves and cannot be heard; `mode` is that of the house, None while nobody
    knows it; `alone`: the house is a hub without cameras. Raises StorageFailed for a bad secret."""
    footage = footage_folder(config, data_folder)
    found = accounts(config, secrets) if config.porch.enabled else ()
    enabled = {name: camera for name, camera in config.cameras.items() if camera.enabled}
    record = {name: one.record for name, one in meanings(config, mode).items() if name in enabled}
    streams = sources(config, secrets, strangers)
    return Plan(
        recorder=RecorderPlan(
            sources=streams,
            recorded=frozenset(name for name, how in record.items() if how is not Record.NEVER),
            held={name: cause for name, cause in held(config, mode).items() if name in enabled},
            brief=frozenset(name for name, how in record.items() if how is Record.EVENTS),
            storage=config.storage,
            footage_folder=str(footage),
            index_path=str(footage / "index.db"),
            limits=Limits(
                uploads=quotas(config, found),
                keep={name: camera.keep for name, camera in config.cameras.items() if camera.keep != KeepOptions()},
            ),
            backup=backup(config),
        ),
        looker=LookerPlan(
            eyes={
                name: EyeOptions(
                    motion=camera.motion,
                    labels=camera.labels,
                    zones=camera.zones,
                    sight=camera.sight,
                    detect=camera.alarms.objects is not OwnObjects.INSTEAD or name in deaf,
                )
                for name, camera in enabled.items()
                if camera.main
            },
            detect=config.detect,
            models_folder=str(data_folder / "models"),
            hand_placed_models=str(hand_placed_models() or ""),
        ),
        house=HousePlan(
            config_path=str(config_path),
            data_folder=str(data_folder),
            port=config.web.port if port is None else port,
            footage_folder=str(footage),
            index_path=str(footage / "index.db"),
            started_us=started_us,
            debug=debug,
            alone=alone,
        ),
        porch=porch_plan(config, found, data_folder),
        scout=scout_plan(config, secrets),
        guests=guest_plans(config, streams),
        debug=debug,
    )
