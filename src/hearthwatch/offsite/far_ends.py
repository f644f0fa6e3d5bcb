"""Which far end a section of the configuration means, with its secrets."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from hearthwatch.kit.clock import Clock
from hearthwatch.kit.errors import ConfigFault
from hearthwatch.kit.secrets import Secret
from hearthwatch.offsite.upload import Target, TargetId, TargetKind, TargetOptions

SECRETS = ("password", "key", "secret_key", "read_secret_key")
"""What the secrets of a target are called, behind `offsite.NAME.`."""


def open_target(name: TargetId, options: TargetOptions, secret: Callable[[str], Secret | None], clock: Clock) -> Target:
    """Return the target; nothing is asked of it yet. `secret` finds a secret by its whole name. Raises ConfigFault."""
    if options.kind is TargetKind.FOLDER:
        from hearthwatch.offsite.target_folder import FolderTarget

        return FolderTarget(name, Path(options.path))
    if options.kind is TargetKind.SFTP:
        from hearthwatch.offsite.target_sftp import SftpTarget

        return SftpTarget(name, options, password=secret(f"offsite.{name}.password"), key=secret(f"offsite.{name}.key"))
    from hearthwatch.offsite.target_s3 import S3Target

    secret_key = secret(f"offsite.{name}.secret_key")
    if secret_key is None:
        raise ConfigFault(f"the access key of {name} has no secret: `hearthwatch secrets set offsite.{name}.secret_key`")
    read_secret_key = secret(f"offsite.{name}.read_secret_key")
    return S3Target(name, options, secret_key=secret_key, read_secret_key=read_secret_key, clock=clock)
