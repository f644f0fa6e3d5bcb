"""A camera's own page made fit for a place of its own: which headers pass in either direction, and addresses that stay inside.

What is not listed here does not pass: neither what this house knows of its owner, nor what a camera would tell a browser to do
beyond its own page (site data, workers, certificates, other hosts).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from http.cookies import CookieError, SimpleCookie
from urllib.parse import urlsplit

OWN_COOKIE = "hearthwatch"
"""How the names of this house's own cookies begin, behind `__Host-` where there is HTTPS."""

MAX_TEXT_BYTES = 8 << 20
_ASKED = frozenset(
    (
        "accept",
        "accept-language",
        "content-type",
        "if-modified-since",
        "if-none-match",
        "range",
        "x-requested-with",
        "soapaction",
    )
)
_ANSWERED = frozenset(
    ("content-type", "content-language", "content-range", "accept-ranges", "last-modified", "etag", "content-encoding")
)
_NOT_ASKED = frozenset(("x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-real-ip", "x-hearthwatch-token"))
_NOT_ANSWERED = frozenset(
    ("x-frame-options", "x-content-type-options", "x-xss-protection", "x-dns-prefetch-control", "x-content-security-policy")
)
_TEXT = re.compile(r"(?:text/|application/(?:[a-z.+-]*(?:javascript|json|xml|xhtml)))", re.IGNORECASE)
_DISPOSITION = re.compile(r'(attachment|inline)(?:\s*;\s*filename="?([A-Za-z0-9 ._()-]{1,100})"?)?', re.IGNORECASE)
_COOKIE = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,128}=[!-+\--:<-~]{0,4096}\Z")
_REFRESH = re.compile(r"(\d{1,4})\s*;\s*url\s*=\s*(\S{1,2048})", re.IGNORECASE)

POLICY = (
    "default-src 'self' 'unsafe-inline' 'unsafe-eval' data: blob:; "
    "connect-src 'self'; "
    "worker-src 'self' blob:; "
    "object-src 'none'; "
    "form-action 'self'; "
    "base-uri 'self'; "
    "frame-ancestors 'self'; "
    "webrtc 'block'; "
    "sandbox allow-scripts allow-forms allow-same-origin allow-modals allow-downloads"
)
"""The page may do as it likes in its own place and speak with nobody but its camera; it opens no other windows."""

HEADERS = {
    "Content-Security-Policy": POLICY,
    "Cache-Control": "no-store",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Frame-Options": "SAMEORIGIN",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}


def is_own_cookie(name: str) -> bool:
    return name.startswith((OWN_COOKIE, f"__Host-{OWN_COOKIE}", "__Host-", "__Secure-"))


def asked_headers(given: Iterable[tuple[str, str]], camera_origin: str) -> tuple[tuple[str, str], ...]:
    """Return what goes on to the camera of a browser's headers (names in lower case)."""
    passed: list[tuple[str, str]] = []
    for name, value in given:
        if name == "cookie":
            cookies = foreign_cookies(value)
            if cookies:
                passed.append((name, "; ".join(cookies)))
        elif name == "origin":
            passed.append((name, camera_origin))
        elif name == "referer":
            parts = urlsplit(value)
            passed.append((name, camera_origin + parts.path + (f"?{parts.query}" if parts.query else "")))
        elif name in _ASKED or (name.startswith("x-") and name not in _NOT_ASKED):
            passed.append((name, value))
    return tuple(passed)


def foreign_cookies(header: str) -> list[str]:
    """Return the cookies of a header that are not this house's."""
    pairs = (pair.strip() for pair in header.split(";"))
    return [pair for pair in pairs if pair and not is_own_cookie(pair.partition("=")[0].strip())]


def answered_headers(given: Iterable[tuple[str, str]], origins: Sequence[str], *, https: bool) -> list[tuple[str, str]]:
    """Return what goes on to the browser of a camera's headers (names in lower case), besides HEADERS and Location."""
    passed: list[tuple[str, str]] = []
    for name, value in given:
        if name == "set-cookie":
            cookie = own_place_cookie(value, https=https)
            if cookie:
                passed.append((name, cookie))
        elif name == "content-disposition":
            found = _DISPOSITION.match(value.strip())
            if found:
                passed.append((name, f'{found[1].lower()}; filename="{found[2]}"' if found[2] else found[1].lower()))
        elif name == "refresh":
            found = _REFRESH.match(value.strip())
            inside = inside_of(found[2], origins) if found else None
            if found and inside is not None:
                passed.append((name, f"{found[1]}; url={inside}"))
        elif name in _ANSWERED or (name.startswith("x-") and name not in _NOT_ANSWERED):
            passed.append((name, value))
    return passed


def own_place_cookie(header: str, *, https: bool) -> str:
    """Return a camera's cookie for its own place, for as long as the browser is open; "" for one that it may not set."""
    pair, *rest = (part.strip() for part in header.split(";"))
    name = pair.partition("=")[0].strip()
    if not _COOKIE.match(pair) or is_own_cookie(name):
        return ""
    named = {key.strip().lower(): value.strip() for key, _, value in (part.partition("=") for part in rest)}
    path = named.get("path", "/")
    kept = [pair, f"Path={path if re.fullmatch(r'/[A-Za-z0-9._/-]{0,128}', path) else '/'}", "SameSite=Strict"]
    if named.get("max-age") in {"0", "-1"} or "1970" in named.get("expires", ""):
        kept.append("Max-Age=0")
    if "httponly" in named:
        kept.append("HttpOnly")
    if https:
        kept.append("Secure")
    return "; ".join(kept)


def inside_of(address: str, origins: Sequence[str]) -> str | None:
    """Return a redirect's address as one of this place; None where it leads elsewhere."""
    if re.search(r"[\x00-\x20\x7f\\]", address):
        return None
    if address.startswith("//"):
        address = f"{urlsplit(origins[0]).scheme}:{address}"
    try:
        parts = urlsplit(address)
    except ValueError:
        return None
    if not parts.scheme and not parts.netloc:
        return address
    if f"{parts.scheme.lower()}://{parts.netloc.lower()}" not in origins:
        return None
    return (parts.path or "/") + (f"?{parts.query}" if parts.query else "") + (f"#{parts.fragment}" if parts.fragment else "")


def is_text(content_type: str) -> bool:
    return bool(_TEXT.match(content_type))


def inside_text(text: bytes, origins: Sequence[str], own_origin: str) -> bytes:
    """Return a page or script with the camera's absolute addresses turned into those of its place here."""
    own = own_origin.encode()
    for origin in sorted(origins, key=len, reverse=True):
        for spelling, becomes in ((origin, own), (origin.replace("/", "\\/"), own.replace(b"/", b"\\/"))):
            text = re.sub(re.escape(spelling.encode()) + rb"(?![\w.:-])", becomes.replace(b"\\", b"\\\\"), text)
    return text


def left_over(header: str) -> list[str]:
    """Return the names of a camera's cookies in a browser's header, to be thrown away before another camera's page comes."""
    try:
        names = list(SimpleCookie(header))
    except CookieError:
        names = [pair.partition("=")[0] for pair in foreign_cookies(header)]
    return [name for name in names if not is_own_cookie(name) and re.fullmatch(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,128}", name)][:64]
