"""The card of the emulated Dahua: `mediaFileFind.cgi` finds recordings, `RPC_Loadfile` gives them."""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import unquote

from tests.devices.camera_message import Reply
from tests.devices.camera_state import CameraState
from tests.devices.dahua_text import TIME, Failed, lines, rows, time_of


@dataclass(kw_only=True)
class CardSearches:
    """`finders`: by object, what each has still to tell; None before it was asked for anything."""

    state: CameraState
    page_size: int = 100
    finders: dict[str, list[dict[str, str]] | None] = field(default_factory=dict)

    def answer(self, action: str, pairs: dict[str, str]) -> str:
        """Channels count from 1 here; 0 is refused."""
        if action == "factory.create":
            number = str(self.state.number())
            self.finders[number] = None
            return f"result={number}\r\n"
        number = pairs.get("object", "")
        if number not in self.finders:
            raise Failed
        match action:
            case "findFile":
                return self._find(number, pairs)
            case "findNextFile":
                found = self.finders[number] or []
                count = min(self.page_size, int(pairs.get("count", "100")))
                now, self.finders[number] = found[:count], found[count:]
                return lines(
                    [f"found={len(now)}", *(row for index, one in enumerate(now) for row in rows("items", index, one))]
                )
            case "close":
                return "OK\r\n"
            case "destroy":
                del self.finders[number]
                return "OK\r\n"
        raise Failed

    def _find(self, number: str, pairs: dict[str, str]) -> str:
        if pairs.get("condition.Channel") == "0":
            raise Failed
        start, end = time_of(pairs.get("condition.StartTime", "")), time_of(pairs.get("condition.EndTime", ""))
        found = [index for index, one in enumerate(self.state.card) if one.start < end and one.end > start]
        self.finders[number] = [self._row(index) for index in found]
        if not found:
            raise Failed("Error\r\nErrorID=5, Detail=No file!\r\n")
        return "OK\r\n"

    def _row(self, index: int) -> dict[str, str]:
        one = self.state.card[index]
        return {
            "Channel": "1",
            "Cluster": "0",
            "CutLength": str(one.clip.stat().st_size),
            "Disk": "0",
            "EndTime": one.end.strftime(TIME),
            "FilePath": self._path(index),
            "Flags[0]": "Event" if one.cause != "timing" else "Timing",
            "Length": str(one.clip.stat().st_size),
            "Partition": "0",
            "StartTime": one.start.strftime(TIME),
            "Type": "mp4",
            "VideoStream": "Main",
        }

    def _path(self, index: int) -> str:
        one = self.state.card[index]
        times = f"{one.start:%H.%M.%S}-{one.end:%H.%M.%S}"
        return f"/mnt/sd/{one.start:%Y-%m-%d}/001/dav/{one.start:%H}/{times}[M][0@0][{index}].mp4"

    def file(self, path: str) -> Reply:
        for index, one in enumerate(self.state.card):
            if self._path(index) == unquote(path):
                return Reply(body=one.clip.read_bytes(), headers=(("Content-Type", "application/http"),))
        raise Failed("Error\r\nFile Not Found!\r\n", "404 Not Found")
