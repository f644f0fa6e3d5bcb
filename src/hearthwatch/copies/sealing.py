"""What is in a copy, to and from its sealed form: key-sorted JSON, secrets split off before anything is stored."""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol

from hearthwatch.copies.copy import HIDDEN, KeptSetting
from hearthwatch.copies.ledger import Sealed
from hearthwatch.kit.errors import StorageFailed, StorageFault
from hearthwatch.vendors.device import Setting

_SETTINGS = "copies settings"
_SECRETS = "copies secrets"
_MARKS = "copies marks"
_MAX_BYTES = 64 << 20
_CARRIES_SECRET = re.compile(
    r"://[^\s/@]*:[^\s/@]*@|[?&;](?:pwd|passwd|password|pass|token|secret|api_?key|sig|signature)=[^&;]", re.IGNORECASE
)


class Sealer(Protocol):
    """The part of `kit.secrets.Secrets` that copies need."""

    def seal(self, plain: bytes, purpose: str) -> bytes: ...

    def unseal(self, sealed: bytes, purpose: str) -> bytes: ...

    def marks(self, values: Iterable[str], purpose: str) -> tuple[str, ...]: ...


def kept(sealer: Sealer, settings: Sequence[Setting]) -> tuple[KeptSetting, ...]:
    """Return the settings with a mark for each secret value, sorted by key. A web address with a password in it is secret."""
    in_order = sorted({one.key: one for one in settings}.values(), key=lambda one: one.key)
    secret = [one for one in in_order if _is_secret(one)]
    marks = dict(zip((one.key for one in secret), sealer.marks((one.value for one in secret), _MARKS), strict=True))
    return tuple(KeptSetting(key=one.key, value=marks.get(one.key, one.value), is_secret=one.key in marks) for one in in_order)


def sealed(sealer: Sealer, settings: Sequence[Setting], marked: Iterable[KeptSetting]) -> Sealed:
    """Return what is stored of `settings`, whose `kept` is `marked`."""
    secrets = {one.key: one.value for one in settings if _is_secret(one)}
    plain = {one.key: [one.value] if one.is_secret else one.value for one in marked}
    return Sealed(settings=_pack(sealer, plain, _SETTINGS), secrets=_pack(sealer, secrets, _SECRETS))


def opened(sealer: Sealer, stored: Sealed) -> tuple[KeptSetting, ...]:
    """Return what is in a copy, secrets as marks. Raises StorageFailed."""
    return tuple(
        KeptSetting(key=key, value=value[0] if isinstance(value, list) else value, is_secret=isinstance(value, list))
        for key, value in _unpack(sealer, stored.settings, _SETTINGS).items()
    )


def secrets_of(sealer: Sealer, stored: Sealed) -> Mapping[str, str]:
    """Return the secret values of a copy, for writing them to a camera and nothing else. Raises StorageFailed."""
    return _unpack(sealer, stored.secrets, _SECRETS)


def is_masked(value: str) -> bool:
    """Whether the camera answered stars instead of the secret: writing them back would make them the secret."""
    return not value.strip("*") or value == HIDDEN


def same_mark(one: str, other: str) -> bool:
    """Whether two marks stand for one value. Marks of different keys cannot be told apart: nothing is known to differ."""
    key, _, mark = one.partition(":")
    other_key, _, other_mark = other.partition(":")
    return key != other_key or mark == other_mark


def _is_secret(setting: Setting) -> bool:
    return setting.is_secret or _CARRIES_SECRET.search(setting.value) is not None


def _pack(sealer: Sealer, content: Mapping[str, object], purpose: str) -> bytes:
    return sealer.seal(zlib.compress(json.dumps(content, sort_keys=True).encode()), purpose)


def _unpack(sealer: Sealer, data: bytes, purpose: str) -> dict[str, Any]:
    plain = zlib.decompressobj().decompress(sealer.unseal(data, purpose), _MAX_BYTES)
    found = json.loads(plain)
    if not isinstance(found, dict):
        raise StorageFailed(StorageFault.BROKEN, "a copy of settings is not what was stored")
    return found
