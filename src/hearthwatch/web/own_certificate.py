"""A certificate of the owner's: read, checked in words a person understands, and taken up again whenever its files change."""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization

from hearthwatch.kit.clock import Clock
from hearthwatch.kit.errors import ConfigFault
from hearthwatch.kit.units import WallUs, from_datetime, to_datetime

SOON = timedelta(days=14)
_MAX_BYTES = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """What the page is served with. `names` are those it is good for; `is_made_here` tells one that only we vouch for.
    `authority` is the fingerprint of the one that signed such a one. `warning` is what will go wrong soon, in words."""

    fingerprint: str
    names: tuple[str, ...]
    ends_us: WallUs
    is_made_here: bool
    authority: str = ""
    warning: str = ""


def read(certificate: Path, key: Path, clock: Clock) -> Certificate:
    """Look at the files, which may be one. Raises ConfigFault saying what is wrong with them and what to do."""
    chain = _chain(certificate)
    private = _key(key)
    leaf = chain[0]
    if leaf.public_key().public_bytes(*_SPKI) != private:
        raise ConfigFault(
            f"web.key: {key} is not the key of {certificate}: name the key that was made together with it, and put "
            "the server's own certificate first in its file"
        )
    now = to_datetime(clock.wall_us())
    if leaf.not_valid_after_utc <= now:
        raise ConfigFault(
            f"web.certificate: {certificate} ended on {leaf.not_valid_after_utc:%d %B %Y}: browsers refuse it; renew it"
        )
    if leaf.not_valid_before_utc > now:
        raise ConfigFault(
            f"web.certificate: {certificate} begins on {leaf.not_valid_before_utc:%d %B %Y}: is this machine's clock right?"
        )
    soon = leaf.not_valid_after_utc - now < SOON
    return Certificate(
        fingerprint=print_of(leaf),
        names=names_of(leaf),
        ends_us=from_datetime(leaf.not_valid_after_utc),
        is_made_here=False,
        warning=f"The certificate in {certificate} ends on {leaf.not_valid_after_utc:%d %B %Y}: renew it." if soon else "",
    )


def print_of(certificate: x509.Certificate) -> str:
    """Return the SHA-256 fingerprint as browsers show it."""
    return certificate.fingerprint(hashes.SHA256()).hex(":").upper()


def names_of(certificate: x509.Certificate) -> tuple[str, ...]:
    """Return the names and addresses a certificate is good for."""
    try:
        found = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (x509.ExtensionNotFound, ValueError):
        return ()
    addresses = [str(each) for each in found.get_values_for_type(x509.IPAddress)]
    return (*found.get_values_for_type(x509.DNSName), *addresses)


def context(certificate: Path, key: Path) -> ssl.SSLContext:
    """Return a context that serves with these. Raises ConfigFault."""
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.minimum_version = ssl.TLSVersion.TLSv1_2
    made.set_alpn_protocols(["http/1.1"])
    load(made, certificate, key)
    return made


def load(into: ssl.SSLContext, certificate: Path, key: Path) -> None:
    """Serve new connections with these from now on. Raises ConfigFault."""
    try:
        into.load_cert_chain(certificate, key, password=_no_passphrase)
    except (OSError, ValueError) as error:
        raise ConfigFault(f"web.certificate: {certificate} cannot be used ({error})") from None


_SPKI = (serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)


def _no_passphrase() -> str:
    """Never ask for it at the console."""
    return ""


def _chain(path: Path) -> list[x509.Certificate]:
    data = _bytes(path, "web.certificate")
    try:
        return x509.load_pem_x509_certificates(data)
    except ValueError:
        raise ConfigFault(
            f"web.certificate: {path} holds no certificate in PEM (a block that begins with -----BEGIN CERTIFICATE-----)"
        ) from None


def _key(path: Path) -> bytes:
    data = _bytes(path, "web.key")
    try:
        found = serialization.load_pem_private_key(data, password=None)
    except TypeError:
        raise ConfigFault(
            f"web.key: {path} is locked with a passphrase, which nobody could type in at a restart: store it without one "
            "(openssl pkey -in LOCKED -out KEY) and let nobody else read it"
        ) from None
    except ValueError:
        raise ConfigFault(
            f"web.key: {path} holds no private key in PEM (a block that begins with -----BEGIN PRIVATE KEY-----)"
        ) from None
    return found.public_key().public_bytes(*_SPKI)


def _bytes(path: Path, setting: str) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(_MAX_BYTES)
    except FileNotFoundError:
        raise ConfigFault(f"{setting}: there is no file {path}") from None
    except PermissionError:
        raise ConfigFault(f"{setting}: {path} may not be read by the user Hearthwatch runs as") from None
    except OSError as error:
        raise ConfigFault(f"{setting}: {path} cannot be read ({error.strerror or error})") from None
