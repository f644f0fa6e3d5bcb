"""The page's certificate: short-lived, signed by the house's authority, made anew before it ends or when the house has another
address."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from hearthwatch.kit.address import own_addresses, own_addresses_v6
from hearthwatch.kit.clock import Clock
from hearthwatch.kit.errors import StorageFailed, StorageFault
from hearthwatch.kit.files import write_atomic
from hearthwatch.kit.units import to_datetime
from hearthwatch.web.authority import Authority, authority, usage
from hearthwatch.web.second_factor import Sealer
from hearthwatch.web.way import Ip

LASTS = timedelta(days=90)
RENEWED = timedelta(days=30)
"""Made anew so long before it ends: a machine that is off meanwhile does it when it starts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A file with key and certificate, and who signed it. `left_out` are names that its authority may not vouch for."""

    path: Path
    certificate: x509.Certificate
    authority: Authority
    left_out: tuple[str, ...] = ()


def certificate(
    folder: Path, sealer: Sealer, clock: Clock, hosts: Sequence[str] = (), addresses: Sequence[Ip] | None = None
) -> Made:
    """Return the certificate for this machine, for `hosts` and for `addresses` (this machine's own when they are not given),
    made now where the one there is does not do. Raises StorageFailed."""
    asked = names(hosts, addresses)
    by = authority(folder, sealer, clock, asked)
    named = [name for name in asked if by.vouches_for(name)]
    path = folder / "https.pem"
    found = _read(path)
    if found is None or not _does(found, by, named, clock):
        write_atomic(path, _sign(by, named, clock))
        found = _read(path)
        if found is None:
            raise StorageFailed(StorageFault.BROKEN, f"the certificate just written to {path} cannot be read back")
    left_out = tuple(host for host in hosts if not all(name in named for name in _names((host,))))
    return Made(path=path, certificate=found, authority=by, left_out=left_out)


def names(hosts: Iterable[str] = (), addresses: Sequence[Ip] | None = None) -> list[x509.GeneralName]:
    """Return what this machine is called by: names, `hosts` among them, which may hold addresses, and its own addresses."""
    own = socket.gethostname()
    named = _names(("localhost", own, f"{own.split('.', 1)[0]}.local", *hosts))
    return list(dict.fromkeys((*named, *map(x509.IPAddress, _addresses() if addresses is None else addresses))))


def _names(texts: Iterable[str]) -> list[x509.GeneralName]:
    found: list[x509.GeneralName] = []
    for text in dict.fromkeys(text.lower() for text in texts):
        try:
            found.append(x509.IPAddress(ipaddress.ip_address(text)))
        except ValueError:
            if text.isascii():
                found.append(x509.DNSName(text))
    return found


def _does(found: x509.Certificate, by: Authority, named: Iterable[x509.GeneralName], clock: Clock) -> bool:
    now = to_datetime(clock.wall_us())
    if not found.not_valid_before_utc <= now < found.not_valid_after_utc - RENEWED:
        return False
    try:
        found.verify_directly_issued_by(by.certificate)
        has = set(found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value)
    except (ValueError, TypeError, InvalidSignature, x509.ExtensionNotFound):
        return False
    return has.issuperset(named)


def _read(path: Path) -> x509.Certificate | None:
    try:
        return x509.load_pem_x509_certificate(path.read_bytes())
    except (OSError, ValueError):
        return None


def _sign(by: Authority, named: list[x509.GeneralName], clock: Clock) -> bytes:
    key = ec.generate_private_key(ec.SECP256R1())
    now = to_datetime(clock.wall_us())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"Hearthwatch on {socket.gethostname()}"[:64])])
    above = by.certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    built = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(by.certificate.subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + LASTS)
        .add_extension(x509.SubjectAlternativeName(named), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(usage(signs_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(above), critical=False)
        .sign(by.key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return private + built.public_bytes(pem) + by.certificate.public_bytes(pem)


def _addresses() -> list[Ip]:
    """Addresses that come and go by themselves (temporary ones of IPv6) are not among them."""
    found = {ipaddress.ip_address("127.0.0.1"), ipaddress.ip_address("::1")}
    found |= {ipaddress.ip_address(each) for each in own_addresses().values()}
    found |= {each.address for each in own_addresses_v6() if not each.is_temporary and not each.address.is_link_local}
    return sorted(found, key=lambda each: (each.version, int(each)))
