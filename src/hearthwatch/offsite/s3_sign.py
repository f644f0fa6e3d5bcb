"""Signing requests to S3 (AWS Signature Version 4), pure.

Written here because no library gives what the proof needs: obstore keeps the checksum that the server returns to itself and
cannot go on with a half-sent object after a crash; the others bring a hundred megabytes along. The rules are those of the
service's "Signature Version 4" reference; `tests/offsite/test_s3_sign.py` holds them against its published examples.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import quote

from hearthwatch.kit.secrets import Secret
from hearthwatch.kit.units import WallUs, to_datetime

EMPTY_SHA256 = hashlib.sha256(b"").hexdigest()

_ALGORITHM = "AWS4-HMAC-SHA256"


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """An access key; `secret` is its secret half, None where it was not set."""

    access_key: str
    secret: Secret | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What is asked. `path` is already quoted; `body_sha256` is in hexadecimal."""

    method: str
    path: str
    query: tuple[tuple[str, str], ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    body_sha256: str = EMPTY_SHA256


def signed_headers(asked: Request, host: str, *, credentials: Credentials, region: str, at_us: WallUs) -> dict[str, str]:
    """Return the headers of the request with everything it must carry to be believed."""
    at = to_datetime(at_us)
    stamp, day = f"{at:%Y%m%dT%H%M%SZ}", f"{at:%Y%m%d}"
    carried = {name.lower(): value.strip() for name, value in asked.headers.items()}
    carried |= {"host": host, "x-amz-date": stamp, "x-amz-content-sha256": asked.body_sha256}
    names = ";".join(sorted(carried))
    lines = "".join(f"{name}:{carried[name]}\n" for name in sorted(carried))
    canonical = "\n".join((asked.method, asked.path, canonical_query(asked.query), lines, names, asked.body_sha256))
    scope = f"{day}/{region}/s3/aws4_request"
    to_sign = "\n".join((_ALGORITHM, stamp, scope, hashlib.sha256(canonical.encode()).hexdigest()))
    key = f"AWS4{credentials.secret.reveal() if credentials.secret else ''}".encode()
    for part in (day, region, "s3", "aws4_request"):
        key = hmac.digest(key, part.encode(), "sha256")
    signature = hmac.digest(key, to_sign.encode(), "sha256").hex()
    authorization = f"{_ALGORITHM} Credential={credentials.access_key}/{scope}, SignedHeaders={names}, Signature={signature}"
    return carried | {"authorization": authorization}


def canonical_query(query: Sequence[tuple[str, str]]) -> str:
    """Return a query as it is signed and sent."""
    return "&".join(f"{name}={value}" for name, value in sorted((quoted(name), quoted(value)) for name, value in query))


def quoted(text: str, *, keep: str = "") -> str:
    """Quote as the service does: everything but letters, digits and ``-._~``, and what is in `keep`."""
    return quote(text, safe=f"-._~{keep}")
