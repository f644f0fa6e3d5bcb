"""Every error Hearthwatch raises on purpose; anything else is a bug.

HearthwatchError
  Unreachable     network down, time-out, reset           retried with back-off
  Refused         wrong password, locked out              retried after 10 minutes: cameras lock accounts
  Unsupported     the device or browser lacks it          not retried until restart
  BadReply        the peer talked nonsense                retried as Unreachable
    Redirected    it sends us to somebody else            retried after half a minute: a loop must not become a flood
  StorageFailed   a disk is full, slow, missing or broken
  ConfigFault     a setting is wrong                      the old configuration stays
"""

from __future__ import annotations

from enum import StrEnum


class HearthwatchError(Exception):
    """Root. The message is for a person: what failed, where, and without any secret."""


class Unreachable(HearthwatchError):
    """The network or the peer did not answer in time."""


class Refused(HearthwatchError):
    """The peer refused our credentials or our request; asking again soon makes it worse."""


class Unsupported(HearthwatchError):
    """The peer cannot do what was asked."""


class BadReply(HearthwatchError):
    """The peer's answer breaks its protocol. `sample` holds redacted bytes for a future test tape."""

    def __init__(self, message: str, sample: bytes = b"") -> None:
        super().__init__(message)
        self.sample = sample[:512]


class Redirected(BadReply):
    """The peer sends us to another address, where nobody goes; asking again leads there again."""


class StorageFault(StrEnum):
    NO_SPACE = "no-space"
    SLOW = "slow"
    MISSING = "missing"
    BROKEN = "broken"


class StorageFailed(HearthwatchError):
    """Something could not be kept on disk."""

    def __init__(self, fault: StorageFault, message: str) -> None:
        super().__init__(message)
        self.fault = fault


class ConfigFault(HearthwatchError):
    """One or more settings are wrong; each line of the message names file, line, key, fault and the nearest right key."""
