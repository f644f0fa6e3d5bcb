"""Is a stored password weak, and do two cameras share one? Compared on this machine only: a camera is never asked.

Passwords come in as Secrets and go nowhere; two are compared by a hash under a key that lives as long as this process.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Mapping

from hearthwatch.kit.secrets import Secret
from hearthwatch.kit.units import CameraId

MIN_CHARS = 10
_FACTORY = frozenset(
    {
        "", "admin", "administrator", "root", "user", "guest", "default", "password", "passwd", "pass", "camera", "ipcam",
        "888888", "666666", "88888888", "12345", "123456", "1234567", "12345678", "123456789", "1234567890", "1234", "0000",
        "000000", "111111", "4321", "54321", "654321", "9999", "abc123", "admin1", "admin12", "admin123", "admin1234",
        "admin12345", "admin123456", "admin@123", "adminadmin", "raspberry", "pi", "hikvision", "dahua", "amcrest",
        "foscam", "reolink", "ubnt", "meinsm", "jvbzd", "xc3511", "xmhdipc", "tljwpbo6", "klv123", "juantech", "system",
        "supervisor", "service", "support", "tech", "letmein", "welcome", "qwerty", "qwertz", "qwerty123", "iloveyou",
        "changeme", "secret", "vizxv", "anko", "zlxx.", "7ujmko0vizxv", "7ujmko0admin", "ikwb", "dreambox", "realtek",
        "test", "abcd1234", "a1234567", "asdf1234", "password1", "password123", "p@ssw0rd", "passw0rd",
    }
)  # fmt: skip
"""What cameras leave the factory with (reference notes 4.1) and what is tried first by those who break in."""
_SEQUENCES = ("0123456789", "9876543210", "abcdefghijklmnopqrstuvwxyz", "qwertyuiop", "qwertzuiop")


def weakness(password: str, *, user: str = "", names: tuple[str, ...] = (), min_chars: int = MIN_CHARS) -> str:  # noqa: PLR0911
    """Return why `password` is weak in words for the owner, empty when nothing speaks against it.

    `names` are what the camera is called: its id, name and model. `min_chars` is less where a camera takes no longer ones.
    """
    plain = password.casefold()
    if not password:
        return "there is none"
    if plain in _FACTORY:
        return "it is one that cameras leave the factory with, or one of the first that burglars try"
    if user and plain == user.casefold():
        return "it is the same as the user name"
    if any(name and plain == name.casefold() for name in names):
        return "it is the name of the camera"
    if len(set(plain)) <= 2 or any(plain in sequence for sequence in _SEQUENCES):
        return "it is a row of the same or of neighbouring characters"
    if len(password) < min_chars:
        return f"it has only {len(password)} characters; use {min_chars} or more"
    return ""


def shared(passwords: Mapping[CameraId, Secret]) -> dict[CameraId, tuple[CameraId, ...]]:
    """Return for each camera the others with the same password; cameras without a password are not compared."""
    key = secrets.token_bytes(32)
    groups: dict[bytes, list[CameraId]] = {}
    for camera, password in passwords.items():
        if password.reveal():
            mark = hmac.digest(key, password.reveal().encode(errors="surrogatepass"), hashlib.sha256)
            groups.setdefault(mark, []).append(camera)
    found: dict[CameraId, tuple[CameraId, ...]] = dict.fromkeys(passwords, ())
    for group in groups.values():
        for camera in group:
            found[camera] = tuple(other for other in group if other != camera)
    return found
