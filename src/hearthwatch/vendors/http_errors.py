"""What goes wrong on the way to a camera's web server, in our words: which camera, at which step, and never a URL."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hearthwatch.kit.errors import BadReply, HearthwatchError, Refused, Unreachable, Unsupported
from hearthwatch.kit.late import late

if TYPE_CHECKING:
    import aiohttp
else:
    aiohttp = late("aiohttp")

_MISSING = frozenset({404, 405, 501})


@dataclass(frozen=True, slots=True)
class HttpErrors:
    camera: str
    """Its name and where it is, as a person reads it."""

    def judge(self, status: int, step: str, also: frozenset[int] = frozenset()) -> None:
        """Return if `status` is 200 or one of `also`; raises Refused, Unsupported, Unreachable or BadReply."""
        if status == 200 or status in also:
            return
        where = f"{self.camera}, {step}"
        if status in {401, 403}:
            raise Refused(f"{where}: the camera refuses this user ({status})")
        if status in _MISSING:
            raise Unsupported(f"{where}: the camera does not offer it ({status})")
        if 300 <= status < 400:
            raise BadReply(f"{where}: the camera sends us to another address ({status}), which is not followed")
        if status >= 500:
            raise Unreachable(f"{where}: the camera answers with status {status}")
        raise BadReply(f"{where}: the camera answers with status {status}")

    @contextlib.contextmanager
    def named(self, step: str) -> Iterator[None]:
        """Put camera and step in front of our errors that come from within: those of a parser know neither."""
        try:
            yield
        except HearthwatchError as error:
            self._name_in(error, step)
            raise

    def _name_in(self, error: HearthwatchError, step: str) -> None:
        if not str(error).startswith(self.camera):
            error.args = (f"{self.camera}, {step}: {error}",)

    @contextlib.contextmanager
    def translated(self, step: str, within_s: float) -> Iterator[None]:
        """Turn every foreign error into ours, with camera and step in front. Some of theirs print the URL: not chained."""
        where = f"{self.camera}, {step}"
        try:
            yield
        except HearthwatchError as error:
            self._name_in(error, step)
            raise
        except TimeoutError as error:
            raise Unreachable(f"{where}: no answer within {within_s:.0f} s") from error
        except aiohttp.ClientConnectorError as error:
            why = error.os_error.strerror or type(error.os_error).__name__
            raise Unreachable(f"{where}: cannot connect ({why})") from error
        except (aiohttp.ClientPayloadError, aiohttp.ServerDisconnectedError, aiohttp.ClientOSError, ConnectionError) as error:
            raise Unreachable(f"{where}: the connection broke ({type(error).__name__})") from None
        except (aiohttp.ClientError, ValueError) as error:
            raise BadReply(f"{where}: the answer is not HTTP as we know it ({type(error).__name__})") from None
