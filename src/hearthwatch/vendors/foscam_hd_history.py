"""Reading the log of Foscam's HD generation: pages, newest first, that shift while they are read."""

from __future__ import annotations

from collections.abc import Mapping

from hearthwatch.kit.errors import BadReply, Refused, Unsupported
from hearthwatch.vendors import foscam_hd_log
from hearthwatch.vendors.device import ClockReading, LoginAction
from hearthwatch.vendors.foscam_hd_cgi import FoscamHdCgi

_MAX_RECORDS = 5000

Events = Mapping[int, LoginAction | str]
"""What the numbers of this camera's records mean."""


class FoscamHdHistory:
    """The log of one camera; remembers what it read."""

    def __init__(self, cgi: FoscamHdCgi) -> None:
        self._cgi = cgi
        self._http = cgi.http
        self._raws: list[str] = []
        self._events: Events | None = None
        self._offset_us: int | None = None

    async def read(self) -> tuple[ClockReading, list[foscam_hd_log.Entry], Events]:
        """Read pages until they meet what is known; return all there is, oldest first."""
        step = "reading the log"
        if self._events is None:
            self._events = await self._event_table()
        raws: list[str] = []
        while True:
            offset = max(0, len(raws) - foscam_hd_log.OVERLAP)
            pairs = {"offset": str(offset), "count": str(foscam_hd_log.PAGE)}
            total, page = await self._cgi.read("getLog", step, foscam_hd_log.page, pairs)
            merged = foscam_hd_log.joined(raws, page)
            if merged is None or len(merged) > _MAX_RECORDS:
                raise BadReply(f"{self._http.name}, {step}: its pages do not fit together")
            grown = len(merged) > len(raws)
            raws = merged
            known = self._meeting(raws)
            if known is not None:
                raws = (raws[:known] + self._raws)[: max(total, len(raws))]
                break
            if not grown or len(raws) >= total:
                break
        self._raws = raws
        clock, west_us = await self._cgi.clock_and_west()
        with self._http.named(step):
            if self._offset_us is None:
                self._offset_us = foscam_hd_log.epoch_offset_us(raws, clock, west_us, self._http.access.user)
            entries = [foscam_hd_log.entry(raw, self._offset_us or 0) for raw in reversed(raws)]
        return clock, entries, self._events

    def _meeting(self, raws: list[str]) -> int | None:
        """Where the page's worth of records that was newest last time stands in `raws`."""
        head = self._raws[: foscam_hd_log.PAGE]
        if len(head) < foscam_hd_log.PAGE:
            return None
        ends = range(len(raws) - len(head) + 1)
        return next((index for index in ends if raws[index : index + len(head)] == head), None)

    async def _event_table(self) -> Events:
        """Cameras that hear number their events otherwise than those that do not."""
        try:
            state = await self._cgi.fields("getDevState", "asking what it can sense")
        except (Refused, BadReply, Unsupported):
            return foscam_hd_log.UNCERTAIN
        return foscam_hd_log.WITH_SOUND if "soundAlarm" in state else foscam_hd_log.WITHOUT_SOUND
