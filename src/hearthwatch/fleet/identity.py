"""Who this house is to its hub: what it got when it joined, in `node/` of the data folder, every file of mode 0600."""

from __future__ import annotations

import ssl
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec

from hearthwatch.fleet.authority import NODE_RENEWED, private_pem
from hearthwatch.fleet.code import HubAddress
from hearthwatch.fleet.node import NodeId, SiteId
from hearthwatch.kit.clock import Clock
from hearthwatch.kit.errors import StorageFailed, StorageFault
from hearthwatch.kit.files import storage_failed, write_atomic
from hearthwatch.kit.units import WallUs, to_datetime

FOLDER = "node"
_IDENTITY, _KEY = "identity.json", "key.pem"


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """`authority` is the hub's, PEM, and the only one that is believed."""

    node: NodeId
    site: SiteId
    name: str
    addresses: tuple[HubAddress, ...]
    authority: str
    joined_us: WallUs


def identity_file(data: Path) -> Path:
    """Return the file that is there in a house that joined a hub, and nowhere else."""
    return data / FOLDER / _IDENTITY


class IdentityShelf:
    """Keeps the Identity of one data folder. A file that is damaged is told, not replaced."""

    def __init__(self, data: Path) -> None:
        self._folder = data / FOLDER

    def read(self) -> Identity | None:
        """Return it, None in a house that joined no hub. Raises StorageFailed."""
        path = self._folder / _IDENTITY
        try:
            return msgspec.json.decode(path.read_bytes(), type=Identity)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise storage_failed(error, f"reading {path}") from error
        except msgspec.MsgspecError as error:
            raise StorageFailed(
                StorageFault.BROKEN, f"{path} is damaged: `hearthwatch node leave`, then join the hub anew"
            ) from error

    def keep(self, identity: Identity, key: ec.EllipticCurvePrivateKey, certificate: bytes) -> None:
        """Keep a new identity; the key first, so that there is never one without. Raises StorageFailed."""
        try:
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        except OSError as error:
            raise storage_failed(error, f"making {self._folder}") from error
        self.keep_key(key, certificate)
        write_atomic(self._folder / _IDENTITY, msgspec.json.encode(identity))

    def keep_key(self, key: ec.EllipticCurvePrivateKey, certificate: bytes) -> None:
        """Use another key and certificate from now on. Raises StorageFailed."""
        write_atomic(self._folder / _KEY, private_pem(key) + certificate)

    def rename(self, identity: Identity, *, site: SiteId, name: str) -> Identity:
        """Note what the hub calls this house now. Raises StorageFailed."""
        changed = replace(identity, site=site, name=name)
        write_atomic(self._folder / _IDENTITY, msgspec.json.encode(changed))
        return changed

    def forget(self) -> bool:
        """Be no node any more; False when it was none. Raises StorageFailed."""
        was = (self._folder / _IDENTITY).exists()
        try:
            for name in (_IDENTITY, _KEY):
                (self._folder / name).unlink(missing_ok=True)
        except OSError as error:
            raise storage_failed(error, f"forgetting what is in {self._folder}") from error
        return was

    def certificate(self) -> x509.Certificate:
        """Return the one that is shown to the hub. Raises StorageFailed."""
        path = self._folder / _KEY
        try:
            return x509.load_pem_x509_certificate(path.read_bytes())
        except OSError as error:
            raise storage_failed(error, f"reading {path}") from error
        except ValueError as error:
            raise StorageFailed(
                StorageFault.BROKEN, f"{path} is damaged: `hearthwatch node leave`, then join the hub anew"
            ) from error

    def is_to_renew(self, clock: Clock) -> bool:
        """Tell whether the certificate is to be made anew."""
        return self.certificate().not_valid_after_utc - to_datetime(clock.wall_us()) < NODE_RENEWED

    def context(self, identity: Identity) -> ssl.SSLContext:
        """Return a context that believes the hub alone and shows it who we are. Raises StorageFailed."""
        made = hub_context(identity.authority)
        path = self._folder / _KEY
        try:
            made.load_cert_chain(path)
        except OSError as error:  # ssl.SSLError is one
            raise StorageFailed(
                StorageFault.BROKEN, f"{path} cannot be used ({error}): `hearthwatch node leave`, then join the hub anew"
            ) from error
        return made


def hub_context(authority: str) -> ssl.SSLContext:
    """Return a context that believes who holds a certificate for the hub's name, signed by `authority`, and nobody else."""
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    made.minimum_version = ssl.TLSVersion.TLSv1_3
    made.load_verify_locations(cadata=authority)
    return made
