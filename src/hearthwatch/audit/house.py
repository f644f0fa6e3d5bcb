"""What a repair needs of the house around it: our own passwords and configuration, which follow the camera in the same step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Protocol

from hearthwatch.audit.power import PowerOptions
from hearthwatch.kit.secrets import Secret
from hearthwatch.kit.units import CameraId
from hearthwatch.vendors.capability import DeviceInfo
from hearthwatch.vendors.device import Access
from hearthwatch.vendors.network import NetworkChange


class Keyring(Protocol):
    """Our secrets: `kit.secrets.Secrets`. May read and write a disk: called from a worker thread."""

    def get(self, name: str) -> Secret | None: ...

    def names(self) -> Sequence[str]: ...

    def change(self, values: Mapping[str, str | None]) -> None: ...

    def is_given(self, name: str) -> bool: ...


class Premises(Protocol):
    """Our own side of the cameras. Implemented in `run/`."""

    def name(self, camera: CameraId) -> str:
        """Return the name a person reads."""
        ...

    def password_names(self, camera: CameraId, user: str) -> tuple[str, ...]:
        """Return the names of the secrets that hold the password with which we log in as `user` at that device, the one used
        at its own door first; those of other cameras behind the same device as well. Empty when we do not use that account."""
        ...

    def access(self, camera: CameraId) -> Access:
        """Return how the camera is reached by configuration and secrets as they are. Raises Unsupported without a way."""
        ...

    async def our_address(self, camera: CameraId) -> str | None:
        """Return the address of this machine as that camera sees it, None when there is no way to it."""
        ...

    def power(self, camera: CameraId) -> PowerOptions: ...

    async def rename_user(self, camera: CameraId, user: str, new: str) -> None:
        """Let the configuration log in as `new` wherever it did as `user` at that device."""
        ...

    async def follow(self, camera: CameraId, before: Access, after: Access, change: NetworkChange) -> None:
        """Let every address in the configuration that led to the device lead to where it is after `change`."""
        ...

    async def take_over(self) -> None:
        """Make what stands in the configuration and the secrets count now: new clients, recording with the new log-in.

        Raises nothing: what cannot be taken over now is by the next look at the files."""
        ...

    def visit(self, access: Access) -> AbstractAsyncContextManager[DeviceInfo]:
        """Return a client of its own that reaches the camera by `access`, beside the one the doorkeeper holds."""
        ...


class LastGood(Protocol):
    """The copies of a camera's settings, as far as a repair needs them."""

    async def restore(self, camera: CameraId, copy: str) -> str:
        """Write the copy `copy` back, "" for the last good one, read it back, and return in the owner's words what was done.

        Raises Unsupported when there is none or it cannot be written, BadReply when the camera kept something else."""
        ...
