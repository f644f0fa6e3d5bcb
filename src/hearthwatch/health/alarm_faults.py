"""What cameras say of their own state becomes outages: told once, over when over, be it that nobody ever says so."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from hearthwatch.health.outage import Fault, HealthSink, Outage
from hearthwatch.kit.clock import Clock
from hearthwatch.kit.units import NS_PER_S, CameraId, MonoNs
from hearthwatch.vendors.device import AlarmKind, AlarmPhase, AlarmSignal


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rule:
    """Without a word of the camera an alarm ends after `lasts_s`, a momentary one after `pulse_s`. It must have been over for
    `steady_s`: cameras repeat themselves."""

    fault: Fault
    advice: str
    lasts_s: float
    pulse_s: float = 60.0
    steady_s: float = 5.0


_HOUR_S = 3600.0
_RULES: Mapping[AlarmKind, _Rule] = MappingProxyType(
    {
        AlarmKind.TAMPER: _Rule(
            fault=Fault.CAMERA_TAMPERED,
            advice="Go and look, or look at its recording of that moment: somebody may have covered, turned or opened it.",
            lasts_s=_HOUR_S,
        ),
        AlarmKind.VIDEO_LOSS: _Rule(
            fault=Fault.CAMERA_VIDEO_LOST,
            advice="Its sensor, or the camera on this channel of a recorder, gives no picture. Check its cable and power.",
            lasts_s=_HOUR_S,
        ),
        AlarmKind.STORAGE_MISSING: _Rule(
            fault=Fault.CARD_MISSING,
            advice="The card is not in it, not seated well, or dead. If it was there yesterday, somebody may have taken it.",
            lasts_s=24 * _HOUR_S,
            pulse_s=24 * _HOUR_S,
            steady_s=600.0,
        ),
        AlarmKind.STORAGE_FAILED: _Rule(
            fault=Fault.CARD_FAILED,
            advice="Format it in the camera's settings; if that does not help, put a new one in. Cards wear out.",
            lasts_s=24 * _HOUR_S,
            pulse_s=24 * _HOUR_S,
            steady_s=600.0,
        ),
        AlarmKind.STORAGE_FULL: _Rule(
            fault=Fault.CARD_FULL,
            advice="Set it to overwrite the oldest recordings in the camera's settings.",
            lasts_s=24 * _HOUR_S,
            pulse_s=24 * _HOUR_S,
            steady_s=600.0,
        ),
        AlarmKind.ADDRESS_CONFLICT: _Rule(
            fault=Fault.CAMERA_ADDRESS_CONFLICT,
            advice="Two devices have one address: give the camera a fixed one in your router. If you changed nothing, somebody "
            "may be putting a device in its place.",
            lasts_s=_HOUR_S,
            pulse_s=600.0,
            steady_s=60.0,
        ),
        AlarmKind.NETWORK_LOST: _Rule(
            fault=Fault.CAMERA_NETWORK_LOST,
            advice="It was without network for a while. Check its cable or Wi-Fi if that comes often.",
            lasts_s=600.0,
        ),
        AlarmKind.RESTARTED: _Rule(fault=Fault.CAMERA_RESTARTED, advice="It told so itself.", lasts_s=60.0),
    }
)
ALARM_FAULTS = frozenset(rule.fault for rule in _RULES.values())
_RULE_OF = {rule.fault: rule for rule in _RULES.values()}
_LEFT = ("", -1)
"""What a former house heard: by which code is not known any more."""
_MAX_CODES = 64
_CODE_CHARS = 80


class AlarmFaults:
    """Used on one loop. `load` what a former house left open, `hear` alarms, `tick` every few seconds."""

    def __init__(self, health: HealthSink, clock: Clock) -> None:
        self._health = health
        self._clock = clock
        self._until: dict[tuple[Fault, CameraId], dict[tuple[str, int], MonoNs]] = {}

    def load(self, outages: Iterable[Outage]) -> None:
        """Go on with outages of a former house: they end if their alarm is not heard of again."""
        for outage in outages:
            if outage.fault in ALARM_FAULTS and outage.camera is not None:
                until_ns = self._in(_RULE_OF[outage.fault].lasts_s)
                self._until.setdefault((outage.fault, outage.camera), {})[_LEFT] = until_ns

    def hear(self, camera: CameraId, signal: AlarmSignal) -> None:
        """Take an alarm. How things stand without a change (STATE) starts nothing."""
        rule = _RULES.get(signal.kind)
        if rule is None:
            return
        name, source = (rule.fault, camera), (signal.code, signal.channel)
        codes = self._until.get(name, {})
        match signal.phase:
            case AlarmPhase.START | AlarmPhase.PULSE:
                if source not in codes and len(codes) >= _MAX_CODES:
                    return
                codes = self._until.setdefault(name, codes)
                codes.pop(_LEFT, None)
                codes[source] = self._in(rule.lasts_s if signal.phase is AlarmPhase.START else rule.pulse_s)
                detail = f"{rule.advice} (The camera says {signal.code[:_CODE_CHARS]}.)"
                self._health.failed(rule.fault, camera, detail, camera=camera)
            case AlarmPhase.STOP if source in codes:
                codes[source] = self._in(rule.steady_s)
            case AlarmPhase.STATE if source in codes:
                codes[source] = self._in(rule.lasts_s)
            case _:
                pass

    def tick(self) -> None:
        """End what is over."""
        now_ns = self._clock.mono_ns()
        for name, codes in list(self._until.items()):
            for source in [source for source, until_ns in codes.items() if until_ns <= now_ns]:
                del codes[source]
            if not codes:
                del self._until[name]
                self._health.recovered(*name)

    def forget(self, gone: Iterable[CameraId]) -> None:
        """Cameras that were taken out of the configuration."""
        away = set(gone)
        self._until = {name: codes for name, codes in self._until.items() if name[1] not in away}

    def _in(self, seconds: float) -> MonoNs:
        return MonoNs(self._clock.mono_ns() + round(seconds * NS_PER_S))
