"""The house's own certificate: self-signed, made once, told by its fingerprint."""

from __future__ import annotations

import ipaddress
import socket
from datetime import timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from hearthwatch.kit.clock import Clock
from hearthwatch.kit.errors import StorageFailed, StorageFault
from hearthwatch.kit.files import write_atomic
from hearthwatch.kit.units import to_datetime

_DAYS = 820
_RENEW_DAYS = 30


def certificate(folder: Path, clock: Clock, names: tuple[str, ...] = ()) -> tuple[Path, str]:
    """Return a PEM file with key and certificate for this machine and `names`, and the certificate's SHA-256 fingerprint.

    It is made anew when it is missing, unreadable or ends within 30 days. Raises StorageFailed.
    """
    path = folder / "https.pem"
    found = _read(path)
    now = to_datetime(clock.wall_us())
    if found is None or found.not_valid_after_utc < now + timedelta(days=_RENEW_DAYS):
        folder.mkdir(parents=True, exist_ok=True)
        write_atomic(path, _make(clock, names))
        found = _read(path)
        if found is None:
            raise StorageFailed(StorageFault.BROKEN, f"the certificate just written to {path} cannot be read back")
    return path, found.fingerprint(hashes.SHA256()).hex(":").upper()


def _read(path: Path) -> x509.Certificate | None:
    try:
        return x509.load_pem_x509_certificate(path.read_bytes())
    except (OSError, ValueError):
        return None


def _make(clock: Clock, names: tuple[str, ...]) -> bytes:
    key = ec.generate_private_key(ec.SECP256R1())
    own = socket.gethostname()
    now = to_datetime(clock.wall_us())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"Hearthwatch on {own}"[:64])])
    alternatives: list[x509.GeneralName] = [
        x509.DNSName(name)
        for name in dict.fromkeys(("localhost", own, f"{own.split('.', 1)[0]}.local", *names))
        if name.isascii()
    ]
    alternatives += [x509.IPAddress(address) for address in _addresses()]
    built = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=_DAYS))
        .add_extension(x509.SubjectAlternativeName(alternatives), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return private + built.public_bytes(serialization.Encoding.PEM)


def _addresses() -> list[ipaddress.IPv4Address | ipaddress.IPv6Address]:
    found = {ipaddress.ip_address("127.0.0.1"), ipaddress.ip_address("::1")}
    try:
        for *_, address in socket.getaddrinfo(socket.gethostname(), None):
            found.add(ipaddress.ip_address(str(address[0]).split("%", 1)[0]))
    except OSError:  # a machine that cannot resolve its own name still gets its certificate
        return sorted(found, key=str)
    return sorted(found, key=str)
