"""Changes of settings that we make ourselves, announced before they are written, so that they are no drift."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from hearthwatch.copies.copy import Change, ChangeKind
from hearthwatch.kit.units import NS_PER_S, CameraId, MonoNs

_HOLDS_NS = 900 * NS_PER_S


class Expected:
    def __init__(self) -> None:
        self._keys: dict[CameraId, dict[str, tuple[str | None, MonoNs]]] = {}
        self._prefixes: dict[CameraId, dict[str, MonoNs]] = {}

    def add(self, camera: CameraId, wanted: Mapping[str, str | None], now_ns: MonoNs) -> None:
        """Expect these keys to get these values; None stands for any, as of a secret."""
        until_ns = MonoNs(now_ns + _HOLDS_NS)
        self._keys.setdefault(camera, {}).update({key: (value, until_ns) for key, value in wanted.items()})

    def add_prefixes(self, camera: CameraId, prefixes: Iterable[str], now_ns: MonoNs) -> None:
        """Expect any change of keys that begin so."""
        self._prefixes.setdefault(camera, {}).update(dict.fromkeys(prefixes, MonoNs(now_ns + _HOLDS_NS)))

    def unexpected(self, camera: CameraId, changes: Iterable[Change], now_ns: MonoNs) -> tuple[Change, ...]:
        """Return the changes that nobody here announced."""
        return tuple(change for change in changes if not self._is_ours(camera, change, now_ns))

    def _is_ours(self, camera: CameraId, change: Change, now_ns: MonoNs) -> bool:
        value, until_ns = self._keys.get(camera, {}).get(change.key, ("", MonoNs(0)))
        if until_ns > now_ns and change.kind is not ChangeKind.REMOVED and (value is None or value == change.new):
            return True
        prefixes = self._prefixes.get(camera, {})
        return any(until > now_ns and change.key.startswith(prefix) for prefix, until in prefixes.items())

    def forget(self, camera: CameraId, changes: Iterable[Change]) -> None:
        """Drop what has come true: the same key changing once more is another matter."""
        for change in changes:
            self._keys.get(camera, {}).pop(change.key, None)
            prefixes = self._prefixes.get(camera, {})
            self._prefixes[camera] = {one: until for one, until in prefixes.items() if not change.key.startswith(one)}
