"""From the edges of a sensor's line to pulses that count: debounced, and deaf while the sensor warms up. Pure."""

from __future__ import annotations

from hearthwatch.feeds.sensor import TriggerOptions
from hearthwatch.kit.units import NS_PER_S, MonoNs


class Pulses:
    """Feed it every edge, and `poll` when `due_ns` has come. The monotonic clock counts from when the machine was switched on,
    and the sensor with it: a house that is only started anew need not wait for it again."""

    def __init__(self, options: TriggerOptions) -> None:
        self._debounce_ns = round(options.debounce_s * NS_PER_S)
        self._warm_ns = round(options.warm_up_s * NS_PER_S)
        self._since_ns: MonoNs | None = None
        self._told = False
        self.ignored = 0
        """Pulses that were too short, or came while it warmed up."""

    @property
    def due_ns(self) -> MonoNs | None:
        """When to look again whether the pulse lasts; None while there is none to decide on."""
        return MonoNs(self._since_ns + self._debounce_ns) if self._since_ns is not None and not self._told else None

    def edge(self, active: bool, at_ns: MonoNs) -> None:
        """The line changed, or is said to be again what it was."""
        if active and self._since_ns is None:
            self._since_ns, self._told = at_ns, False
        elif not active and self._since_ns is not None:
            if not self._told:
                self.ignored += 1
            self._since_ns = None

    def poll(self, now_ns: MonoNs) -> MonoNs | None:
        """Return when the pulse began that counts from now on; None when there is nothing new."""
        due_ns = self.due_ns
        if due_ns is None or now_ns < due_ns:
            return None
        self._told = True
        assert self._since_ns is not None
        if self._since_ns < self._warm_ns:
            self.ignored += 1
            return None
        return self._since_ns
