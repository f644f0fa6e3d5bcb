"""The guest's sensor, light and single pictures: pulses go to the house, which says what the light shows."""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Callable

from hearthwatch.feeds.pulses import Pulses
from hearthwatch.feeds.sensor import NO_PIN, Active, Light, Pins, TriggerOptions
from hearthwatch.kit.channel import Channel
from hearthwatch.kit.clock import Clock, Stop
from hearthwatch.kit.errors import HearthwatchError, Unreachable
from hearthwatch.kit.retry import Backoff, keep_running
from hearthwatch.kit.units import NS_PER_S, MonoNs
from hearthwatch.run.sensor_messages import HouseToGuest, Pulsed, SensorState, ShowLight, Still, WantStill

log = logging.getLogger(__name__)

_AGAIN_S = 30.0
_LOOK_S = 1.0


class GuestSensor:
    """One thread for the pins, one a link to the house. What it has to tell waits for no link: an old pulse is no news."""

    def __init__(
        self,
        trigger: TriggerOptions | None,
        *,
        pins: Callable[[], Pins],
        still: Callable[[Stop], bytes] | None,
        clock: Clock,
    ) -> None:
        """`pins` opens them; `still` takes a picture, None where the camera streams."""
        self._trigger = trigger
        self._open_pins = pins
        self._still = still
        self._clock = clock
        self._stop = Stop()
        self._changes: queue.SimpleQueue[tuple[bool, MonoNs] | Light] = queue.SimpleQueue()
        self._light = Light.OFF
        self._error = ""
        self._channel: Channel[HouseToGuest] | None = None
        self._thread = threading.Thread(target=self._watch, name="sensor", daemon=True)
        if trigger is not None:
            self._thread.start()

    def connect(self, channel: Channel[HouseToGuest]) -> None:
        """Use that link to the house from now on."""
        self._channel = channel
        self._tell(SensorState(error=self._error))
        threading.Thread(target=self._serve, args=(channel,), name="from-house", daemon=True).start()

    def close(self) -> None:
        """Let go of the pins: the light goes out."""
        self._stop.set()
        self._changes.put(Light.OFF)
        if self._thread.is_alive():
            self._thread.join(_LOOK_S * 3)

    def _serve(self, channel: Channel[HouseToGuest]) -> None:
        try:
            while True:
                match channel.receive():
                    case ShowLight(light=light):
                        self._changes.put(light)
                    case WantStill(token=token):
                        self._take(channel, token)
        except Unreachable:
            log.debug("the house is gone")

    def _take(self, channel: Channel[HouseToGuest], token: int) -> None:
        try:
            if self._still is None:
                raise Unreachable("this camera streams: its pictures come from there")
            answer = Still(token=token, jpeg=self._still(self._stop), error="")
        except HearthwatchError as error:
            answer = Still(token=token, jpeg=b"", error=str(error))
        channel.send(answer)

    def _watch(self) -> None:
        backoff = Backoff(first_s=_AGAIN_S, factor=1.0, refused_s=_AGAIN_S)
        keep_running("the sensor's pins", self._run, stop=self._stop, clock=self._clock, backoff=backoff)

    def _run(self) -> None:
        assert self._trigger is not None
        try:
            pins = self._open_pins()
            try:
                self._follow(pins, self._trigger)
            finally:
                pins.close()
        except HearthwatchError as error:
            self._say(str(error))
            raise

    def _follow(self, pins: Pins, trigger: TriggerOptions) -> None:
        if trigger.led_pin != NO_PIN:
            pins.show(trigger.led_pin, self._light)
        if trigger.pin != NO_PIN:
            pins.watch(
                trigger.pin,
                active_low=trigger.active is Active.LOW,
                changed=lambda active: self._changes.put((active, self._clock.mono_ns())),
            )
        self._say("")
        pulses = Pulses(trigger)
        while not self._stop.is_set():
            match self._next(pulses.due_ns):
                case Light() as light:
                    self._light = light
                    if trigger.led_pin != NO_PIN:
                        pins.show(trigger.led_pin, light)
                case (active, at_ns):
                    self._pulse(pulses.poll(at_ns))  # it may have lasted long enough before it ended
                    pulses.edge(active, at_ns)
            self._pulse(pulses.poll(self._clock.mono_ns()))

    def _pulse(self, began_ns: MonoNs | None) -> None:
        if began_ns is not None:
            self._tell(Pulsed(at_ns=began_ns))

    def _next(self, due_ns: MonoNs | None) -> tuple[bool, MonoNs] | Light | None:
        wait_s = _LOOK_S if due_ns is None else max(0.0, (due_ns - self._clock.mono_ns()) / NS_PER_S)
        try:
            return self._changes.get(timeout=wait_s)
        except queue.Empty:
            return None

    def _say(self, error: str) -> None:
        self._error = error
        self._tell(SensorState(error=error))

    def _tell(self, message: Pulsed | SensorState) -> None:
        channel = self._channel
        if channel is None:
            return
        try:
            channel.send(message)
        except Unreachable:
            self._channel = None
