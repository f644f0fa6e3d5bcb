"""Passwords made up for cameras: strong, taken by every family, and readable enough to be typed on a telephone."""

from __future__ import annotations

import secrets
import string

from hearthwatch.kit.errors import Unsupported
from hearthwatch.kit.secrets import Secret
from hearthwatch.kit.units import CameraId

_CLASSES = ("abcdefghijkmnpqrstuvwxyz", "ABCDEFGHJKLMNPQRSTUVWXYZ", "23456789")
"""Letters and digits only, for no family takes all signs; none that is taken for another (l, 1, I, o, 0, O)."""
_LENGTH = 12
"""71 bits. Foscam takes 12 at most, Reolink 31, Dahua wants 8 of two kinds."""
_PLAIN = frozenset(string.ascii_lowercase + string.digits)
_MAX_NAME = 100


def new_password() -> Secret:
    """Return a new one, with every kind of sign in it."""
    signs = "".join(_CLASSES)
    while True:
        password = "".join(secrets.choice(signs) for _ in range(_LENGTH))
        if all(set(password) & set(kind) for kind in _CLASSES):
            return Secret(password)


def pending_name(camera: CameraId, user: str) -> str:
    """Return the name of the secret that holds the new password of `user` until the camera has it for sure."""
    return _name(camera, "pending", user)


def account_name(camera: CameraId, user: str) -> str:
    """Return the name of the secret that holds the password of an account that we do not use ourselves."""
    return _name(camera, "account", user)


def pending_user(camera: CameraId, name: str) -> str | None:
    """Return whose new password the secret `name` of `camera` holds; None when it is none of these."""
    head = f"camera.{camera}.pending."
    try:
        return _decoded(name.removeprefix(head)) if name.startswith(head) else None
    except ValueError:  # somebody made that name by hand
        return None


def _name(camera: CameraId, what: str, user: str) -> str:
    """Two accounts never share a name: what a secret's name cannot hold goes in as `_` and two hex digits."""
    plain = "".join(char if char in _PLAIN else "".join(f"_{byte:02x}" for byte in char.encode()) for char in user)
    name = f"camera.{camera}.{what}.{plain}"
    if not user or len(name) > _MAX_NAME:
        raise Unsupported("the name of that account is too long or empty: change its password on the camera's own page")
    return name


def _decoded(text: str) -> str:
    out = bytearray()
    at = 0
    while at < len(text):
        if text[at] == "_":
            out.append(int(text[at + 1 : at + 3], 16))
            at += 3
        else:
            out += text[at].encode()
            at += 1
    return out.decode()
