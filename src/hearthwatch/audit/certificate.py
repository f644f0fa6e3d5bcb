"""What a camera's certificate says of itself."""

from __future__ import annotations

from hearthwatch.audit.evidence import Certificate


def certificate(der: bytes) -> Certificate | None:
    """Return what it says; None when it is none."""
    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

    try:
        shown = x509.load_der_x509_certificate(der)
        key = shown.public_key()
        return Certificate(
            not_before=shown.not_valid_before_utc.date(),
            not_after=shown.not_valid_after_utc.date(),
            key_bits=key.key_size if isinstance(key, RSAPublicKey) else 0,
        )
    except (ValueError, TypeError):  # cameras make their own certificates, and some make them wrong
        return None
