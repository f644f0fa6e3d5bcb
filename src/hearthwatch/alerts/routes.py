"""The ways there are at this moment, and which parts of an alert each takes."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from hearthwatch.alerts.alert import Alert, AlertId, Part


class Routes:
    """Used from one event loop. What waits for a way that is gone stays until it is back."""

    def __init__(self) -> None:
        self._parts: Mapping[str, frozenset[Part]] = {}
        self._can_amend: Mapping[str, Callable[[AlertId], bool]] = {}
        self._takes: Mapping[str, Callable[[Alert, Part], bool]] = {}
        self._is_wanted: Callable[[str, Alert], bool] = lambda _channel, _alert: True

    def set(
        self,
        parts: Mapping[str, frozenset[Part]],
        can_amend: Mapping[str, Callable[[AlertId], bool]] | None = None,
        takes: Mapping[str, Callable[[Alert, Part], bool]] | None = None,
    ) -> None:
        """Say which channels there are and what each can carry, which can change what they sent, and which choose by themselves
        what they take."""
        self._parts = dict(parts)
        self._can_amend = dict(can_amend or {})
        self._takes = dict(takes or {})

    def choose(self, is_wanted: Callable[[str, Alert], bool]) -> None:
        """Have only those channels tell of an alert that the owner wants to; see alerts.routing."""
        self._is_wanted = is_wanted

    def can_amend(self, channel: str, alert: AlertId) -> bool:
        """Tell whether a channel can change what it sent of an alert."""
        can_amend = self._can_amend.get(channel)
        return can_amend is not None and can_amend(alert)

    def for_text(self, alert: Alert) -> tuple[str, ...]:
        """Return the channels that tell of an alert."""
        return tuple(
            name
            for name, parts in self._parts.items()
            if Part.TEXT in parts
            and name != alert.skip_channel
            and self._takes_part(name, alert, Part.TEXT)
            and self._is_wanted(name, alert)
        )

    def for_part(self, alert: Alert, part: Part) -> tuple[str, ...]:
        """Return the channels that carry this part of an alert, if they told of it; who gets the album needs no picture."""
        return tuple(
            name
            for name, parts in self._parts.items()
            if part in parts
            and not (part is Part.PICTURE and Part.ALBUM in alert.parts & parts)
            and self._takes_part(name, alert, part)
        )

    def _takes_part(self, channel: str, alert: Alert, part: Part) -> bool:
        takes = self._takes.get(channel)
        return takes(alert, part) if takes else part is Part.TEXT or part in alert.parts
