"""Tells systemd how we are: one datagram to `$NOTIFY_SOCKET` (sd_notify(3)), nothing where there is none."""

from __future__ import annotations

import logging
import os
import socket

log = logging.getLogger(__name__)

_PATIENCE_S = 0.5
"""A systemd that does not read holds up nobody for longer; ten messages wait in its socket before that."""


_OFTEN_S = 2.0


def watchdog_every_s() -> float:
    """Return how often to say that all is well: twice in the time systemd waits (sd_watchdog_enabled(3)), at least each 2 s."""
    try:
        patience_us = int(os.environ.get("WATCHDOG_USEC", "0"))
    except ValueError:
        patience_us = 0
    return min(_OFTEN_S, patience_us / 2e6) if patience_us > 0 else _OFTEN_S


def notify(state: str) -> None:
    """Send `state`, e.g. ``READY=1`` or ``WATCHDOG=1``."""
    address = os.environ.get("NOTIFY_SOCKET", "")
    if not address:
        return
    if address.startswith("@"):
        address = "\0" + address[1:]
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as sock:
            sock.settimeout(_PATIENCE_S)
            sock.sendto(state.encode(), address)
    except OSError as error:
        log.debug("systemd does not listen: %s", error)
