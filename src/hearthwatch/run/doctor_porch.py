"""The doctor's checks of the porch: does it listen where only cameras are, may it have its ports, can anybody log in?"""

from __future__ import annotations

import ipaddress
import os
from collections.abc import Collection, Iterator

from hearthwatch.run.check import Check, ok, warn
from hearthwatch.run.config import Config
from hearthwatch.run.porch_accounts import password_name

_SUBJECT = "porch"
_PRIVILEGED = 1024


def porch(config: Config, secret_names: Collection[str], *, user: int | None = None) -> Iterator[Check]:
    """Yield how the porch is set up; nothing where it is off. `user` is the one who runs this, for tests."""
    options = config.porch
    names = [name for name, camera in config.cameras.items() if camera.enabled and password_name(name) in secret_names]
    if not options.enabled:
        if names:
            yield warn(_SUBJECT, f"is off, though {', '.join(names)} may leave mails and files: set porch.enabled = true")
        return
    user = os.geteuid() if user is None else user
    if not names:
        camera = next(iter(config.cameras))
        yield warn(_SUBJECT, f"no camera has an account, so nothing listens: hearthwatch secrets set {password_name(camera)}")
    if ipaddress.ip_address(options.address).is_unspecified:
        yield warn(
            _SUBJECT,
            "listens in every network this machine is in: set porch.address to its address in the cameras' network",
        )
    for key, port in (("smtp_port", options.smtp_port), ("ftp_port", options.ftp_port)):
        if 0 < port < _PRIVILEGED and user != 0:
            yield warn(
                _SUBJECT,
                f"port {port} belongs to the system: give the service CAP_NET_BIND_SERVICE, or set porch.{key} to one above "
                "1023 (cameras can be told which)",
            )
    if names:
        yield ok(_SUBJECT, f"takes mails and files of {', '.join(names)} at {options.address}")
