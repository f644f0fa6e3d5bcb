"""Settings that change to and fro, as a camera's own day and night do: after some alerts they are kept, and no longer told."""

from __future__ import annotations

from collections.abc import Iterable

from hearthwatch.copies.copy import Change
from hearthwatch.kit.units import NS_PER_S, CameraId, MonoNs

_WITHIN_NS = 24 * 3600 * NS_PER_S
_TOLD_OFTEN = 3


class Flapping:
    """Remembers what was told of each camera. A setting we have words for is always told: those are the ones that matter."""

    def __init__(self) -> None:
        self._told: dict[CameraId, dict[str, list[MonoNs]]] = {}

    def is_known(self, camera: CameraId, changes: Iterable[Change], now_ns: MonoNs) -> bool:
        """Whether all that changed is of no account and was told often enough within a day."""
        told = self._told.get(camera, {})
        return all(
            not change.is_known and sum(at_ns > now_ns - _WITHIN_NS for at_ns in told.get(change.key, ())) >= _TOLD_OFTEN
            for change in changes
        )

    def tell(self, camera: CameraId, changes: Iterable[Change], now_ns: MonoNs) -> None:
        """Note that these are told now."""
        told = {key: times for key, times in self._told.get(camera, {}).items() if times[-1] > now_ns - _WITHIN_NS}
        for change in changes:
            told[change.key] = [*told.get(change.key, ())[-_TOLD_OFTEN:], now_ns]
        self._told[camera] = told
