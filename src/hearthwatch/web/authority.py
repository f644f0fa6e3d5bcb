"""The house's own certificate authority: made once, kept sealed, and good for a home's names and addresses alone.

A device that trusts it is warned no more, however often the page's certificate is renewed. Whoever stole its key could still
pass for nothing but machines of a home: every name and address beyond is ruled out in the authority's own certificate.
"""

from __future__ import annotations

import ipaddress
import logging
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from hearthwatch.kit.clock import Clock
from hearthwatch.kit.errors import StorageFailed
from hearthwatch.kit.files import write_atomic
from hearthwatch.kit.units import to_datetime
from hearthwatch.web.own_certificate import print_of
from hearthwatch.web.second_factor import Sealer
from hearthwatch.web.way import Network

log = logging.getLogger(__name__)

_PURPOSE = "https authority"
_YEARS = timedelta(days=3650)
_LAST = timedelta(days=120)
"""An authority that ends sooner signs nothing any more."""
_EARLIEST = datetime(2026, 1, 1, tzinfo=UTC)
"""A machine whose clock was never set begins in 1970: an authority made then must outlive the moment it is set."""

_HOME_NAMES = ("localhost", "local", "lan", "home", "internal", "home.arpa")
_HOME_NETWORKS = tuple(
    map(
        ipaddress.ip_network,
        (
            "127.0.0.0/8",
            "10.0.0.0/8",
            "172.16.0.0/12",
            "192.168.0.0/16",
            "169.254.0.0/16",
            "100.64.0.0/10",
            "::1/128",
            "fc00::/7",
        ),
    )
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Authority:
    """`made_anew` says why a former one could not be used, in words; devices have to trust this one instead."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey = field(repr=False, compare=False)
    made_anew: str = ""

    @property
    def fingerprint(self) -> str:
        return print_of(self.certificate)

    def vouches_for(self, name: x509.GeneralName) -> bool:
        """Tell whether a certificate signed by it may name this."""
        permitted = self.certificate.extensions.get_extension_for_class(x509.NameConstraints).value.permitted_subtrees or ()
        if isinstance(name, x509.IPAddress):
            return any(name.value in tree for tree in _networks(permitted))
        return any(
            isinstance(tree, x509.DNSName) and (name.value == tree.value or name.value.endswith(f".{tree.value}"))
            for tree in permitted
        )


def _networks(trees: Iterable[x509.GeneralName]) -> list[Network]:
    values = (tree.value for tree in trees if isinstance(tree, x509.IPAddress))
    return [each for each in values if isinstance(each, ipaddress.IPv4Network | ipaddress.IPv6Network)]


def public_file(folder: Path) -> Path:
    """Return the file whose certificate devices are to trust; there is none before the house is claimed."""
    return folder / "authority.crt"


def authority(folder: Path, sealer: Sealer, clock: Clock, names: Iterable[x509.GeneralName] = ()) -> Authority:
    """Return the authority kept in `folder`, made now when there is none; a new one is good for `names`, too. Raises
    StorageFailed when it cannot be kept."""
    kept = folder / "authority.key"
    why = ""
    if kept.exists():
        try:
            found = _opened(sealer.unseal(kept.read_bytes(), _PURPOSE))
        except (OSError, ValueError, TypeError, StorageFailed) as error:
            why = f"it could not be opened ({error})"
        else:
            if found.certificate.not_valid_after_utc - to_datetime(clock.wall_us()) > _LAST:
                _publish(folder, found)
                return found
            why = f"it ends on {found.certificate.not_valid_after_utc:%d %B %Y}"
    return renewed(folder, sealer, clock, names, why)


def renewed(folder: Path, sealer: Sealer, clock: Clock, names: Iterable[x509.GeneralName], why: str = "") -> Authority:
    """Make a new authority in the place of any other. Raises StorageFailed."""
    made = _made(clock, names, why)
    plain = made.key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ) + made.certificate.public_bytes(serialization.Encoding.PEM)
    folder.mkdir(parents=True, exist_ok=True)
    write_atomic(folder / "authority.key", sealer.seal(plain, _PURPOSE))
    _publish(folder, made)
    if why:
        log.warning("the house's certificate authority was made anew because %s: devices have to trust the new one", why)
    return made


def _opened(plain: bytes) -> Authority:
    key = serialization.load_pem_private_key(plain, password=None)
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise TypeError("its key is of another kind")
    return Authority(certificate=x509.load_pem_x509_certificate(plain), key=key)


def _publish(folder: Path, found: Authority) -> None:
    """Keep the public half where the owner can copy it from."""
    path, pem = public_file(folder), found.certificate.public_bytes(serialization.Encoding.PEM)
    if not path.exists() or path.read_bytes() != pem:
        write_atomic(path, pem, mode=0o644)


def _made(clock: Clock, names: Iterable[x509.GeneralName], why: str) -> Authority:
    key = ec.generate_private_key(ec.SECP256R1())
    now = to_datetime(clock.wall_us())
    subject = x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Hearthwatch"),
            x509.NameAttribute(NameOID.COMMON_NAME, f"Hearthwatch at home ({now:%B %Y})"),
        ]
    )
    permitted: list[x509.GeneralName] = [x509.DNSName(name) for name in _HOME_NAMES]
    permitted += [x509.IPAddress(network) for network in _HOME_NETWORKS]
    for name in names:
        if isinstance(name, x509.IPAddress):
            if not any(name.value in network for network in _HOME_NETWORKS):
                permitted.append(x509.IPAddress(ipaddress.ip_network(name.value)))
        elif name not in permitted:
            permitted.append(name)
    built = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=2))
        .not_valid_after(max(now, _EARLIEST) + _YEARS)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(usage(signs_certificates=True), critical=True)
        .add_extension(x509.NameConstraints(permitted_subtrees=permitted, excluded_subtrees=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    return Authority(certificate=built, key=key, made_anew=why)


def usage(*, signs_certificates: bool) -> x509.KeyUsage:
    """Return what a key may do: sign certificates, or what is said with it."""
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )
