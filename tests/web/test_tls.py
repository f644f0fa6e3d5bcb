"""The house's own certificate."""

from __future__ import annotations

import hashlib
import re
import ssl
from pathlib import Path

from cryptography import x509

from hearthwatch.kit.clock import FakeClock
from hearthwatch.web.tls import certificate


def names(path: Path) -> tuple[list[str], list[str]]:
    found = (
        x509.load_pem_x509_certificate(path.read_bytes()).extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    )
    return found.get_values_for_type(x509.DNSName), [str(each) for each in found.get_values_for_type(x509.IPAddress)]


def test_it_is_made_once_and_told_by_its_fingerprint(tmp_path: Path, clock: FakeClock) -> None:
    path, fingerprint = certificate(tmp_path / "tls", clock, ("cams.example.org",))
    assert path.stat().st_mode & 0o777 == 0o600
    again = certificate(tmp_path / "tls", clock)
    assert again == (path, fingerprint)
    certificates = re.findall(r"-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----\n", path.read_text(), re.DOTALL)
    der = ssl.PEM_cert_to_DER_cert(certificates[0])
    assert fingerprint.replace(":", "") == hashlib.sha256(der).hexdigest().upper()
    dns, addresses = names(path)
    assert {"localhost", "cams.example.org"} <= set(dns)
    assert "127.0.0.1" in addresses


def test_python_can_serve_with_it(tmp_path: Path, clock: FakeClock) -> None:
    path, _ = certificate(tmp_path, clock)
    ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(path)


def test_it_is_made_anew_before_it_ends_and_when_it_is_broken(tmp_path: Path, clock: FakeClock) -> None:
    path, first = certificate(tmp_path, clock)
    clock.advance(700 * 24 * 3600)
    assert certificate(tmp_path, clock)[1] == first
    clock.advance(100 * 24 * 3600)
    second = certificate(tmp_path, clock)[1]
    assert second != first
    path.write_text("not a certificate")
    assert certificate(tmp_path, clock)[1] not in {first, second}
