"""From the settings of a target and its secrets to the target itself; libraries are loaded only for the kinds there are."""

from __future__ import annotations

from pathlib import Path

from hearthwatch.kit.secrets import Secrets
from hearthwatch.offsite.upload import Target, TargetId, TargetKind, TargetOptions


def open_target(name: TargetId, options: TargetOptions, secrets: Secrets) -> Target:
    """Return the target; nothing is connected yet."""
    match options.kind:
        case TargetKind.SFTP:
            from hearthwatch.offsite.target_sftp import SftpTarget

            password, key = secrets.get(f"offsite.{name}.password"), secrets.get(f"offsite.{name}.key")
            return SftpTarget(name, options, password=password, key=key)
        case TargetKind.FOLDER:
            from hearthwatch.offsite.target_folder import FolderTarget

            return FolderTarget(name, Path(options.path))
        case TargetKind.S3:
            raise NotImplementedError
