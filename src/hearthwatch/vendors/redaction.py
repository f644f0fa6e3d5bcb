"""Which settings are secret, and samples of replies that hold none."""

from __future__ import annotations

import re

from hearthwatch.kit.logs import redact

_SECRET_NAME = re.compile(
    r"pass(?!ive|through|age|ed|enger)|pwd|passwd|secret|psk|credential|private_?key|preshared|token|authcode|wpakey|wepkey|apikey|"
    r"(?:^|[._\]])(?:key\d?|keys(?:\[\d+\])?|community|(?:read|write)common|random|salt|vkey)$",
    re.IGNORECASE,
)
_PAIR = re.compile(r"(\"?[\w.\[\]-]{1,200}\"?\s*[=:]\s*)(\"[^\"\r\n]*\"?|[^\r\n&;,<]*)")
_ELEMENT = re.compile(r"(<(?:[\w.-]{1,40}:)?([\w.-]{1,60})(?:\s[^<>]{0,500})?>)[^<]+")
_NO_SECRETS = frozenset({"", "true", "false", "null", "0", "1"})


def is_secret(key: str, value: str) -> bool:
    """Whether the setting `key` holds a password, key or token. Switches and empty values are none."""
    return value.strip().lower() not in _NO_SECRETS and _SECRET_NAME.search(key) is not None


def sample_of(body: bytes) -> bytes:
    """Return the head of a reply for a BadReply, without anything known or named as a secret."""

    def masked(pair: re.Match[str]) -> str:
        name = pair[1].rstrip(" \t=:").strip('"')
        return f"{pair[1]}***" if _SECRET_NAME.search(name) else pair[0]

    def emptied(element: re.Match[str]) -> str:
        is_proof = element[2].lower() == "nonce"  # of a log-in that some cameras echo
        return f"{element[1]}***" if is_proof or _SECRET_NAME.search(element[2]) else element[0]

    text = _ELEMENT.sub(emptied, body[:4096].decode("latin-1"))
    return redact(_PAIR.sub(masked, text)).encode()[:512]
