"""The alarms of a Dahua or Amcrest camera as they come: one answer of `eventManager.cgi` that goes on."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncGenerator

from hearthwatch.kit.errors import BadReply, Unreachable
from hearthwatch.vendors.dahua_events import CODES, event
from hearthwatch.vendors.dahua_parts import PartReader, boundary_of
from hearthwatch.vendors.device import AlarmSignal
from hearthwatch.vendors.http import CameraHttp

_HEARTBEAT_S = 5
_SILENCE_S = 3.0 * _HEARTBEAT_S
_NO_HEARTBEAT_SILENCE_S = 600.0


class DahuaFeed:
    """A firmware that answers `[All]` with silence or refuses the heartbeat is asked otherwise next time."""

    def __init__(self, http: CameraHttp) -> None:
        self._http = http
        self._codes = "[All]"
        self._heartbeat = True

    async def alarms(self) -> AsyncGenerator[AlarmSignal]:
        """See AlarmFeed."""
        beat = f"&heartbeat={_HEARTBEAT_S}" if self._heartbeat else ""
        target = f"/cgi-bin/eventManager.cgi?action=attach&codes={self._codes}{beat}"
        silence_s = _SILENCE_S if self._heartbeat else _NO_HEARTBEAT_SILENCE_S
        opened = heard = False
        try:
            async with self._http.stream(target, step="listening to its alarms", silence_s=silence_s) as stream:
                opened = True
                reader = PartReader(boundary_of(stream.content_type))
                async for chunk in stream.chunks:
                    for part in reader.feed(chunk):
                        heard = True
                        if (signal := _event_or_none(part)) is not None:
                            yield signal
        except BadReply:
            if not opened:
                self._heartbeat = not self._heartbeat
            raise
        except Unreachable:
            if opened and not heard:
                self._codes = "[" + ",".join(CODES) + "]" if self._codes == "[All]" else "[All]"
            raise
        raise Unreachable(f"{self._http.name}: the camera ended the alarms")


def _event_or_none(part: str) -> AlarmSignal | None:
    """One part of nonsense does not end the alarms."""
    with contextlib.suppress(BadReply):
        return event(part)
    return None
