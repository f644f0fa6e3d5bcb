"""The card of a Dahua: `mediaFileFind.cgi` lists recordings, `RPC_Loadfile` gives them. A camera has few searches: each is
closed and destroyed whatever happens."""

from __future__ import annotations

import contextlib
import re
from collections.abc import AsyncGenerator, AsyncIterator
from urllib.parse import quote

from hearthwatch.kit.errors import BadReply, HearthwatchError
from hearthwatch.kit.units import WallUs
from hearthwatch.vendors import card
from hearthwatch.vendors.card import CardClip, CardFile
from hearthwatch.vendors.dahua_cgi import DahuaCgi
from hearthwatch.vendors.dahua_reply import pairs_of, rows, text_of, value_of
from hearthwatch.vendors.device import LocalUs
from hearthwatch.vendors.local_time import parse_local, print_local
from hearthwatch.vendors.redaction import sample_of

_PAGE = 100
_MAX_FILES = 20_000
_SILENCE_S = 20.0
_STEP = "searching its card"
_READING = "reading from its card"
_PATH = re.compile(r"/[^\x00-\x1f\x7f?#%&\\]{1,500}")
_VIDEO = frozenset({"dav", "mp4"})


class DahuaCard:
    """One camera's card, on its `cgi`."""

    def __init__(self, cgi: DahuaCgi) -> None:
        self._cgi = cgi

    async def recordings(self, start_us: WallUs, end_us: WallUs, channel: int) -> tuple[CardClip, ...]:
        """See CardFootage. Channels count from 1 there."""
        clock = await self._cgi.clock()
        start, end = card.local_span(start_us, end_us, clock)
        return card.clips(await self._search(start, end, channel + 1), clock, channel)

    async def _search(self, start: LocalUs, end: LocalUs, number: int) -> tuple[CardFile, ...]:
        finder = await self._cgi.read("mediaFileFind.cgi", {"action": "factory.create"}, _STEP, finder_of)
        try:
            span = {"condition.StartTime": print_local(start), "condition.EndTime": print_local(end)}
            asked = {"action": "findFile", "object": finder, "condition.Channel": str(number), **span}
            try:
                await self._cgi.do("mediaFileFind.cgi", asked, _STEP)
            except BadReply as error:
                if error.sample[:5].lower() == b"error":  # nothing was recorded then
                    return ()
                raise
            found: dict[CardFile, None] = {}
            while True:
                pairs = {"action": "findNextFile", "object": finder, "count": str(_PAGE)}
                count, files = await self._cgi.read("mediaFileFind.cgi", pairs, _STEP, page)
                if count == 0:
                    return tuple(found)
                before = len(found)
                found.update(dict.fromkeys(files))
                if len(found) > _MAX_FILES or (files and len(found) == before):
                    raise BadReply(f"{self._cgi.http.name}, {_STEP}: the list does not end")
        finally:
            for action in ("close", "destroy"):  # the latter may say Error although it is done
                with contextlib.suppress(HearthwatchError):
                    await self._cgi.do("mediaFileFind.cgi", {"action": action, "object": finder}, _STEP)

    @contextlib.asynccontextmanager
    async def download(self, clip: CardClip) -> AsyncIterator[AsyncIterator[bytes]]:
        """See CardFootage."""
        target = f"/cgi-bin/RPC_Loadfile{quote(clip.file.name, safe='/[]@-_.~')}"
        async with self._cgi.http.stream(target, step=_READING, silence_s=_SILENCE_S) as stream:
            chunks = self._checked(stream.chunks)
            async with contextlib.aclosing(chunks):
                yield chunks

    async def _checked(self, chunks: AsyncIterator[bytes]) -> AsyncGenerator[bytes]:
        """A failure comes with a good status and begins with `Error`."""
        is_first = True
        async for chunk in chunks:
            if is_first and chunk[:5].lower() == b"error":
                with self._cgi.http.named(_READING):
                    text_of(chunk, "the recording")
            is_first = False
            yield chunk


def finder_of(body: bytes) -> str:
    """`mediaFileFind.cgi?action=factory.create`: `result=123`."""
    finder = value_of(body, "result", "the search").strip()
    if not re.fullmatch(r"[0-9]{1,20}", finder):
        raise BadReply("the search: not a number", sample_of(body))
    return finder


def page(body: bytes) -> tuple[int, tuple[CardFile, ...]]:
    """`findNextFile`: what `found` says, and the recordings that are there; pictures are left out. Only found=0 ends it."""
    what = "a page of the card"
    pairs = pairs_of(body, what)
    count = pairs.get("found", "").strip()
    if not re.fullmatch(r"[0-9]{1,6}", count):
        raise BadReply(f"{what}: it does not say how many it has", sample_of(body))
    found = []
    for row in rows(pairs, "items"):
        path = row.get("FilePath", "")
        kind = row.get("Type", "").lower() or path.rpartition(".")[2].lower()
        if kind not in _VIDEO:
            continue
        start_us, end_us = parse_local(row.get("StartTime", "")), parse_local(row.get("EndTime", ""))
        if not _PATH.fullmatch(path) or ".." in path.split("/") or start_us is None or end_us is None or end_us < start_us:
            raise BadReply(f"{what}: a recording without a path or a time", sample_of(body))
        length = row.get("Length", "")
        size_bytes = int(length) if re.fullmatch(r"[0-9]{1,15}", length) else 0
        found.append(CardFile(name=path, start_us=start_us, end_us=end_us, size_bytes=size_bytes))
    return int(count), tuple(found)
