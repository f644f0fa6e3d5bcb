"""From the checked configuration and the secrets to the accounts of the porch."""

from __future__ import annotations

import ipaddress
from pathlib import Path
from urllib.parse import urlsplit

from hearthwatch.ingest.drop import Account
from hearthwatch.kit.secrets import Secrets
from hearthwatch.kit.units import CameraId
from hearthwatch.recording.segment import Quota
from hearthwatch.run.config import CameraOptions, Config
from hearthwatch.run.plan import PorchPlan

_LOOPBACK = ("127.0.0.0/8", "::1/128")


def password_name(camera: CameraId) -> str:
    """Return the name of the secret that opens a camera's account."""
    return f"camera.{camera}.porch.password"


def inbox_folder(data_folder: Path) -> Path:
    return data_folder / "inbox"


def accounts(config: Config, secrets: Secrets) -> tuple[Account, ...]:
    """Return the account of every enabled camera that has a password for one. Raises StorageFailed."""
    found = []
    for name, camera in config.cameras.items():
        password = secrets.get(password_name(name)) if camera.enabled else None
        if password is not None:
            found.append(
                Account(
                    camera=name,
                    user=camera.porch.user or name,
                    password=password.reveal(),
                    networks=networks(camera, config),
                    waiting_bytes=camera.porch.waiting_bytes,
                    max_per_minute=camera.porch.max_per_minute,
                )
            )
    return tuple(found)


def networks(camera: CameraOptions, config: Config) -> tuple[str, ...]:
    """Return where a camera's mails and files may come from."""
    if camera.porch.networks:
        return camera.porch.networks
    here = _LOOPBACK if camera.allow_loopback else ()
    for host in (camera.door.host, urlsplit(camera.main or camera.snapshot).hostname or ""):
        try:
            return (str(ipaddress.ip_network(host)), *here)
        except ValueError:
            continue
    return (*(_as_network(text) for text in config.home.networks), *here)


def _as_network(text: str) -> str:
    """Write `192.168.1` as the network it means."""
    if ":" in text or "/" in text:
        return text
    numbers = [part for part in text.removesuffix(".").split(".") if part]
    return f"{'.'.join((numbers + ['0'] * 4)[:4])}/{8 * len(numbers)}"


def quotas(config: Config, found: tuple[Account, ...]) -> dict[CameraId, Quota]:
    """Return what the uploaded footage of each account may take."""
    options = {account.camera: config.cameras[account.camera].porch for account in found}
    return {camera: Quota(size_bytes=one.kept_bytes, keep_days=one.keep_days) for camera, one in options.items()}


def porch_plan(config: Config, found: tuple[Account, ...], data_folder: Path) -> PorchPlan | None:
    """Return what the porch needs to know, None where there is to be none."""
    options = config.porch
    if not options.enabled or not found:
        return None
    return PorchPlan(
        address=options.address,
        smtp_port=options.smtp_port,
        ftp_port=options.ftp_port,
        passive_ports=(options.passive_first_port, options.passive_last_port),
        max_bytes=int(options.max_mib * (1 << 20)),
        accounts=found,
        inbox=str(inbox_folder(data_folder)),
    )
