"""A connection to a NATS server on this machine, and what its library raises as our errors."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

import nats.errors
import nats.js.errors
from nats.aio.client import Client

from hearthwatch.kit.errors import Refused, Unreachable

__all__ = ["Client", "connect", "nats_errors"]

log = logging.getLogger(__name__)

_CONNECT_S = 5
_AGAIN_S = 1
_PING_S = 10
_PENDING_BYTES = 8 * 1024 * 1024


async def connect(url: str, user: str, password: str) -> Client:
    """Return a connection that comes back by itself once it was there. Raises Unreachable, and Refused for a wrong password."""
    client = Client()
    try:
        await client.connect(
            url,
            user=user,
            password=password,
            connect_timeout=_CONNECT_S,
            allow_reconnect=False,
            max_reconnect_attempts=1,
            reconnect_time_wait=_AGAIN_S,
            ping_interval=_PING_S,
            max_outstanding_pings=2,
            pending_size=_PENDING_BYTES,
            error_cb=_note,
        )
    except (nats.errors.Error, OSError, TimeoutError) as error:
        await client.close()  # the library leaves the socket of a log-in that failed open
        if "authorization" in str(error).lower():
            raise Refused(f"the NATS server at {url} refuses the user {user}: its password is another one") from error
        raise Unreachable(f"no NATS server answers at {url}") from error
    # asked for above, the first connection would be tried for ever, too
    client.options["allow_reconnect"] = True
    client.options["max_reconnect_attempts"] = -1
    return client


async def _note(error: Exception) -> None:
    """What fails is said by whoever asked for it; this is the library's own account."""
    log.debug("nats: %s: %s", type(error).__name__, error)


@contextmanager
def nats_errors(doing: str) -> Iterator[None]:
    """Translate what the library raises while `doing` something."""
    try:
        yield
    except nats.errors.NoRespondersError as error:
        raise Unreachable(f"{doing}: the server has no JetStream or is not ready") from error
    except nats.js.errors.APIError as error:
        raise Unreachable(f"{doing}: {error.description}") from error
    except (nats.errors.Error, TimeoutError, OSError) as error:
        raise Unreachable(f"{doing}: the NATS server does not answer") from error
