"""The guest: reads one odd camera's streams with libav (or draws the demo scene) and hands the packets to the recorder.

It opens a stream once when told to; when and whether to try again is the recorder's business.
"""

from __future__ import annotations

import functools
import logging
import socket
import sys
import threading

from hearthwatch.feeds.guest import guest_feed_for
from hearthwatch.feeds.packet import Stream, StreamChanged
from hearthwatch.feeds.picamera_feed import still
from hearthwatch.feeds.sensor import Pins
from hearthwatch.feeds.source import Source, SourceKind
from hearthwatch.kit import logs
from hearthwatch.kit.channel import Channel
from hearthwatch.kit.clock import Clock, Stop, SystemClock
from hearthwatch.kit.errors import BadReply, HearthwatchError, Redirected, Refused, Unreachable, Unsupported
from hearthwatch.kit.units import MonoNs
from hearthwatch.run import guest_walls
from hearthwatch.run.child import Child, leave
from hearthwatch.run.cold_pages import give_back
from hearthwatch.run.guest_sensor import GuestSensor
from hearthwatch.run.messages import (
    Failed,
    FaultKind,
    GuestMedia,
    Opened,
    OpenStream,
    Renew,
    Restarted,
    Role,
    ToGuest,
)
from hearthwatch.run.plan import GuestPlan
from hearthwatch.run.sensor_messages import HouseToGuest

log = logging.getLogger(__name__)

_END_S = 5.0
_DEVICES = frozenset({SourceKind.V4L2, SourceKind.PICAMERA})
_WALLED = frozenset({SourceKind.LIBAV, SourceKind.DEMO})
"""They need nothing but the network: no device, no program, no file of the owner's."""


class _Reader:
    """One opening of one stream, in a thread of its own."""

    def __init__(self, source: Source, token: int, channel: Channel[ToGuest], clock: Clock, started_ns: MonoNs) -> None:
        self._source = source
        self._clock = clock
        self._started_ns = started_ns
        self._token = token
        self._channel = channel
        self.stop = Stop()
        self._thread = threading.Thread(target=self._run, name=f"{source.camera}/{source.stream}", daemon=True)
        self._thread.start()

    def end(self) -> None:
        """Stop; a device is let go of first, so that whoever opens it next finds it free."""
        self.stop.set()
        if self._source.kind in _DEVICES:
            self._thread.join(_END_S)

    def _run(self) -> None:
        try:
            self._read()
        except StreamChanged as error:
            self._fail(FaultKind.CHANGED, error)
        except Refused as error:
            self._fail(FaultKind.REFUSED, error)
        except Unsupported as error:
            self._fail(FaultKind.UNSUPPORTED, error)
        except BadReply as error:
            self._fail(FaultKind.REDIRECTED if isinstance(error, Redirected) else FaultKind.BAD_REPLY, error)
        except HearthwatchError as error:
            self._fail(FaultKind.UNREACHABLE, error)

    def _read(self) -> None:
        feed = guest_feed_for(self._source, clock=self._clock, started_ns=self._started_ns)
        opened = feed.open(self.stop)
        try:
            self._channel.send(Opened(stream=self._source.stream, token=self._token, info=opened.info))
            for packet in opened:
                if self.stop.is_set():
                    return
                self._channel.send(GuestMedia(token=self._token, packet=packet))
        finally:
            opened.close()
        raise Unreachable("the source came to its end")

    def _fail(self, kind: FaultKind, error: HearthwatchError) -> None:
        info = error.info if isinstance(error, StreamChanged) else None
        try:
            self._channel.send(
                Failed(stream=self._source.stream, token=self._token, kind=kind, text=logs.redact(str(error)), info=info)
            )
        except Unreachable:
            log.debug("the recorder is gone")


class Guest:
    """Answers the recorder's OpenStream and CloseStream; what the house wants is the sensor's business."""

    def __init__(self, sources: tuple[Source, ...], clock: Clock, sensor: GuestSensor | None = None) -> None:
        self._clock = clock
        self._sensor = sensor
        self._started_ns = clock.mono_ns()
        self._sources = {source.stream: source for source in sources}
        self._readers: dict[Stream, _Reader] = {}
        self._channel: Channel[ToGuest] | None = None

    def link(self, peer: Role, name: str, sock: socket.socket) -> None:
        """See child.Handlers."""
        del name
        if peer is Role.HOUSE:
            if self._sensor is not None:
                self._sensor.connect(Channel(sock, HouseToGuest))
            else:
                sock.close()
            return
        channel: Channel[ToGuest] = Channel(sock, ToGuest)
        self._channel = channel
        threading.Thread(target=self._serve, args=(channel,), name="from-recorder", daemon=True).start()

    def renew(self, message: Renew) -> None:
        """A guest is replaced, never renewed."""

    def restarted(self, message: Restarted) -> None:
        """Nothing of another process concerns a guest."""

    def _serve(self, channel: Channel[ToGuest]) -> None:
        try:
            while True:
                message = channel.receive()
                self._close(message.stream)
                if isinstance(message, OpenStream) and message.stream in self._sources:
                    self._readers[message.stream] = _Reader(
                        self._sources[message.stream], message.token, channel, self._clock, self._started_ns
                    )
        except Unreachable:
            for stream in list(self._readers):
                self._close(stream)
            if self._channel is channel:
                self._channel = None

    def alive(self) -> bool:
        """Without a link for long a guest serves nobody: no beat, and the supervisor starts it anew with one."""
        return self._channel is not None

    def _close(self, stream: Stream) -> None:
        reader = self._readers.pop(stream, None)
        if reader is not None:
            reader.end()

    def close(self) -> None:
        """Leave no camera open and no light on."""
        for reader in list(self._readers.values()):
            reader.end()
        if self._sensor is not None:
            self._sensor.close()


def _pins() -> Pins:
    from hearthwatch.feeds.gpio import GpioPins

    return GpioPins()


def _still(url: str, clock: Clock, stop: Stop) -> bytes:
    return still(url, clock=clock, stop=stop)


def main() -> None:
    child = Child(sys.argv)
    start, _fds = child.start("guest")
    plan, clock = start.plan, SystemClock()
    assert isinstance(plan, GuestPlan)
    for source in plan.sources:
        logs.hide(source.password)
    sensor = None
    if plan.trigger is not None or plan.still_url:
        take = functools.partial(_still, plan.still_url, clock) if plan.still_url else None
        sensor = GuestSensor(plan.trigger, pins=_pins, still=take, clock=clock)
    guest = Guest(plan.sources, clock, sensor)
    give_back()
    if sensor is None and all(source.kind in _WALLED for source in plan.sources):
        guest_walls.enter()
    child.serve(guest, guest.alive)
    guest.close()
    leave()


if __name__ == "__main__":
    main()
