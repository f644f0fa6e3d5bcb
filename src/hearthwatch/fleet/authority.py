"""The hub as a small certificate authority: it signs one certificate for itself and one for each node, and nothing else.

Nodes pin it by the fingerprint in the code that let them join, so no name, address or other authority is trusted. Its key is
sealed by the house's own, in a file of mode 0600.
"""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from ipaddress import ip_address
from pathlib import Path
from typing import Protocol

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from hearthwatch.fleet.node import NodeId
from hearthwatch.kit.clock import Clock
from hearthwatch.kit.errors import BadReply, StorageFailed
from hearthwatch.kit.files import storage_failed, write_atomic
from hearthwatch.kit.units import to_datetime

HUB_NAME = "hub.hearthwatch.internal"
"""The one name the hub's certificate is for, whatever its address is."""
FINGERPRINT_BYTES = 16
MAX_PEM_BYTES = 16 * 1024

_PURPOSE = "fleet authority"
_PEM = serialization.Encoding.PEM
_YEARS = timedelta(days=7300)
_EARLIEST = datetime(2026, 1, 1, tzinfo=UTC)
"""A hub whose clock was never set begins in 1970: what it signs then must outlive the moment it is set."""
_HUB_LASTS, _HUB_RENEWED = timedelta(days=365), timedelta(days=180)
NODE_LASTS = timedelta(days=730)
"""Long, because revoking does not wait for its end, and because a holiday home may be off for a winter."""
NODE_RENEWED = timedelta(days=365)
"""A node asks for a new one once so little is left."""


class Sealer(Protocol):
    """The house's own key."""

    def seal(self, plain: bytes, purpose: str) -> bytes: ...

    def unseal(self, sealed: bytes, purpose: str) -> bytes: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Authority:
    """`open_authority` makes it."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey = field(repr=False, compare=False)

    @property
    def pem(self) -> bytes:
        return self.certificate.public_bytes(_PEM)

    @property
    def fingerprint(self) -> bytes:
        return fingerprint_of(self.certificate)

    def sign_node(self, request: bytes, node: NodeId, clock: Clock) -> bytes:
        """Return the certificate, PEM, of `node` for the key in the signing request `request`, of which nothing but that key is
        taken. Raises BadReply for one that is none."""
        try:
            asked = x509.load_pem_x509_csr(request[:MAX_PEM_BYTES])
            key, is_whole = asked.public_key(), asked.is_signature_valid
        except (ValueError, TypeError) as error:
            raise BadReply("this is no request for a certificate") from error
        if not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, ec.SECP256R1) or not is_whole:
            raise BadReply("a node's key is of the kind EC P-256, and signs its own request")
        names = [x509.DNSName(f"{node}.node.hearthwatch.internal")]
        return self._sign(key, names, ExtendedKeyUsageOID.CLIENT_AUTH, NODE_LASTS, clock).public_bytes(_PEM)

    def hub_file(self, folder: Path, clock: Clock) -> Path:
        """Return the file with the hub's own key and certificate, made anew before it ends. Raises StorageFailed."""
        return self.server_file(folder / "hub.pem", (HUB_NAME,), clock)

    def server_file(self, path: Path, hosts: Sequence[str], clock: Clock) -> Path:
        """Keep at `path` a key and a certificate for a server that is called by these names and addresses, made anew before it
        ends or when they change. Raises StorageFailed."""
        names = [_name_of(host) for host in hosts]
        if not _is_good(path, names, self.certificate, clock):
            key = ec.generate_private_key(ec.SECP256R1())
            made = self._sign(key.public_key(), names, ExtendedKeyUsageOID.SERVER_AUTH, _HUB_LASTS, clock)
            write_atomic(path, private_pem(key) + made.public_bytes(_PEM))
        return path

    def _sign(
        self,
        key: ec.EllipticCurvePublicKey,
        names: Sequence[x509.DNSName | x509.IPAddress],
        purpose: x509.ObjectIdentifier,
        lasts: timedelta,
        clock: Clock,
    ) -> x509.Certificate:
        now = to_datetime(clock.wall_us())
        above = self.certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
        return (
            x509.CertificateBuilder()
            .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, str(names[0].value))]))
            .issuer_name(self.certificate.subject)
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(max(now, _EARLIEST) + lasts)
            .add_extension(x509.SubjectAlternativeName(names), critical=False)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_usage(signs=False), critical=True)
            .add_extension(x509.ExtendedKeyUsage([purpose]), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(above), critical=False)
            .sign(self.key, hashes.SHA256())
        )


def open_authority(folder: Path, sealer: Sealer, clock: Clock) -> Authority:
    """Return the authority kept in `folder`, made now when there is none. Raises StorageFailed: one that cannot be opened is
    never replaced, because all nodes would have to join anew."""
    path = folder / "authority.key"
    try:
        sealed = path.read_bytes()
    except FileNotFoundError:
        return _made(path, sealer, clock)
    except OSError as error:
        raise storage_failed(error, f"reading {path}") from error
    plain = sealer.unseal(sealed, _PURPOSE)
    key = serialization.load_pem_private_key(plain, password=None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    return Authority(certificate=x509.load_pem_x509_certificate(plain), key=key)


def _made(path: Path, sealer: Sealer, clock: Clock) -> Authority:
    key = ec.generate_private_key(ec.SECP256R1())
    now = to_datetime(clock.wall_us())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"Hearthwatch hub ({now:%B %Y})")])
    built = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=2))
        .not_valid_after(max(now, _EARLIEST) + _YEARS)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs=True), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    found = Authority(certificate=built, key=key)
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise storage_failed(error, f"making {path.parent}") from error
    write_atomic(path, sealer.seal(private_pem(key) + found.pem, _PURPOSE))
    return found


def new_key() -> ec.EllipticCurvePrivateKey:
    """Return a key for a node."""
    return ec.generate_private_key(ec.SECP256R1())


def request_for(key: ec.EllipticCurvePrivateKey) -> bytes:
    """Return a signing request, PEM, for `key`; it names nobody: who it is for the hub decides."""
    return x509.CertificateSigningRequestBuilder().subject_name(x509.Name([])).sign(key, hashes.SHA256()).public_bytes(_PEM)


def private_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(_PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())


def fingerprint_of(certificate: x509.Certificate) -> bytes:
    """Return what a code carries of an authority: 128 bits, for which nobody finds a second certificate."""
    return certificate.fingerprint(hashes.SHA256())[:FINGERPRINT_BYTES]


def pinned(pem: bytes, fingerprint: bytes) -> bytes:
    """Return the authority's certificate, PEM, when it is the one a code speaks of. Raises BadReply."""
    with contextlib.suppress(ValueError):
        found = x509.load_pem_x509_certificate(pem[:MAX_PEM_BYTES])
        if fingerprint_of(found) == fingerprint:
            return found.public_bytes(_PEM)
    raise BadReply(
        "who answers there is not the hub that gave this code: somebody stands between, or another machine has its address now"
    )


def sha256_of(pem: bytes) -> bytes:
    """Return what the hub knows a node's certificate by. Raises ValueError for what is none."""
    return sha256(x509.load_pem_x509_certificate(pem).public_bytes(serialization.Encoding.DER)).digest()


def _name_of(host: str) -> x509.DNSName | x509.IPAddress:
    with contextlib.suppress(ValueError):
        return x509.IPAddress(ip_address(host))
    return x509.DNSName(host)


def _is_good(path: Path, names: Sequence[x509.DNSName | x509.IPAddress], above: x509.Certificate, clock: Clock) -> bool:
    now = to_datetime(clock.wall_us())
    try:
        found = x509.load_pem_x509_certificate(path.read_bytes())
        found.verify_directly_issued_by(above)
        same = list(found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value) == list(names)
    except (OSError, ValueError, TypeError, InvalidSignature, StorageFailed, x509.ExtensionNotFound):
        return False
    return same and found.not_valid_before_utc <= now < found.not_valid_after_utc - _HUB_RENEWED


def _usage(*, signs: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs,
        key_cert_sign=signs,
        crl_sign=signs,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )
