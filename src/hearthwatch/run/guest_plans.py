"""Which cameras need a guest process: those libav must read, the Pi's own camera, and those with a sensor or light at a pin."""

from __future__ import annotations

from collections.abc import Iterable

from hearthwatch.feeds.sensor import NO_PIN, TriggerOptions
from hearthwatch.feeds.source import Source
from hearthwatch.kit.units import CameraId
from hearthwatch.run.config import CameraOptions, Config
from hearthwatch.run.plan import GuestPlan


def guest_plans(config: Config, sources: Iterable[Source]) -> dict[CameraId, GuestPlan]:
    """Return what each guest shall do. It holds nothing that may change live: a changed plan is a new guest."""
    streams = [source for source in sources if source.kind.in_guest]
    plans = {
        name: GuestPlan(
            sources=tuple(source for source in streams if source.camera == name),
            trigger=_wiring(camera.trigger),
            still_url=still_url(camera),
        )
        for name, camera in config.cameras.items()
        if camera.enabled
    }
    return {name: plan for name, plan in plans.items() if plan.sources or plan.trigger or plan.still_url}


def still_url(camera: CameraOptions) -> str:
    """Return the address of a Pi camera that gives single pictures only, "" for every other camera."""
    return camera.snapshot if camera.snapshot.startswith("picamera://") and not camera.main else ""


def _wiring(trigger: TriggerOptions) -> TriggerOptions | None:
    if trigger.pin == NO_PIN and trigger.led_pin == NO_PIN:
        return None
    return TriggerOptions(
        pin=trigger.pin,
        active=trigger.active,
        debounce_s=trigger.debounce_s,
        warm_up_s=trigger.warm_up_s,
        led_pin=trigger.led_pin,
    )
