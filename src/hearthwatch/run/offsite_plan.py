"""From the configuration to what is kept elsewhere: which targets there are, and what retention has to wait for."""

from __future__ import annotations

from hearthwatch.kit.units import CameraId
from hearthwatch.offsite.upload import TargetId, TargetOptions
from hearthwatch.recording.segment import Backup
from hearthwatch.run.config import Config


def targets(config: Config) -> dict[TargetId, TargetOptions]:
    """Return the targets that are sent to."""
    return {name: options for name, options in config.offsite.targets.items() if options.enabled}


def backup(config: Config) -> dict[CameraId, Backup]:
    """Return whose footage stays until its copy is proved: every camera's, of the classes some target takes."""
    classes = frozenset(one for options in targets(config).values() for one in options.footage)
    if not classes:
        return {}
    one = Backup(classes=classes, delete_proved=config.offsite.delete_after_backup)
    return {name: one for name, camera in config.cameras.items() if camera.enabled}
