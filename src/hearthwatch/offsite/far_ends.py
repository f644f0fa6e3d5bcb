"""Which far end a section of the configuration means, with its secrets."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from hearthwatch.kit.clock import Clock
from hearthwatch.kit.errors import Unsupported
from hearthwatch.kit.secrets import Secret
from hearthwatch.offsite.upload import Target, TargetId, TargetKind, TargetOptions

if TYPE_CHECKING:
    from hearthwatch.offsite.target_hub import HubWay


def secret_names(name: TargetId, options: TargetOptions) -> tuple[str, ...]:
    """Return the secrets that a target of this kind looks up."""
    kinds = {
        TargetKind.SFTP: ("password", "key"),
        TargetKind.S3: ("secret_key", "read_secret_key"),
        TargetKind.FOLDER: (),
        TargetKind.HUB: (),
    }
    return tuple(f"offsite.{name}.{what}" for what in kinds[options.kind])


def open_target(
    name: TargetId,
    options: TargetOptions,
    secret: Callable[[str], Secret | None],
    clock: Clock,
    *,
    hub: Callable[[], HubWay] | None = None,
) -> Target:
    """Return the target; nothing is asked of it yet. `secret` finds a secret by its whole name, `hub` opens the way to the hub
    this house joined. Raises Unsupported for a target that is the hub where there is none."""
    if options.kind is TargetKind.HUB:
        from hearthwatch.offsite.target_hub import HubTarget

        if hub is None:
            raise Unsupported(f"{name} is the hub, and this house joined none: `hearthwatch node join CODE`")
        return HubTarget(name, hub())
    if options.kind is TargetKind.FOLDER:
        from hearthwatch.offsite.target_folder import FolderTarget

        return FolderTarget(name, Path(options.path))
    if options.kind is TargetKind.SFTP:
        from hearthwatch.offsite.target_sftp import SftpTarget

        return SftpTarget(name, options, password=secret(f"offsite.{name}.password"), key=secret(f"offsite.{name}.key"))
    from hearthwatch.offsite.target_s3 import S3Target

    secret_key, read_secret_key = secret(f"offsite.{name}.secret_key"), secret(f"offsite.{name}.read_secret_key")
    return S3Target(name, options, secret_key=secret_key, read_secret_key=read_secret_key, clock=clock)
