"""The guard of the connection at work: whom this house has to reach, and what is told of what it finds."""

from __future__ import annotations

import asyncio
import functools
import logging
from collections.abc import Awaitable, Callable, Iterator, Sequence
from urllib.parse import urlsplit

from hearthwatch.alerts.alert import Alert
from hearthwatch.alerts.outbox import Outbox
from hearthwatch.alerts.policy import Policy, fault_begun, outage_key
from hearthwatch.alerts.wording import span
from hearthwatch.health.board import Board
from hearthwatch.health.connectivity import REACHES, WAYS, Endpoint, EndpointKind, Mark, Trouble, host_port
from hearthwatch.health.guard import Guard
from hearthwatch.health.outage import Fault, Outage
from hearthwatch.health.reach import KernelReach, Reach
from hearthwatch.health.repair import Repairer, Systemctl, Units
from hearthwatch.kit.clock import Clock
from hearthwatch.kit.dbthread import Db
from hearthwatch.kit.secrets import Secrets
from hearthwatch.kit.units import US_PER_S
from hearthwatch.run.config import Config

log = logging.getLogger(__name__)

_TRY_S = 10.0
_WEB_PORTS = {"http": 80, "https": 443}
_BEHIND = frozenset({"telegram", "email", "apprise", "heartbeat"})
"""Ways of telling that need the internet."""
_TELEGRAM, _MAIL, _WEBHOOK, _BEAT, _BROKER = (
    "Telegram",
    "the mail server",
    "the webhook",
    "who takes the sign of life",
    "the broker",
)
_ENDS = {"telegram": _TELEGRAM, "email": _MAIL, "webhook": _WEBHOOK, "heartbeat": _BEAT, "mqtt": _BROKER}
"""What each way of telling has to reach."""


class ConnectivityDesk:
    """Used on the house's loop; `tasks` are kept running by the house."""

    def __init__(
        self,
        secrets: Secrets,
        *,
        config: Callable[[], Config],
        board: Board,
        outbox: Outbox,
        policy: Callable[[], Policy],
        db: Db,
        clock: Clock,
        hurry: Callable[[], None],
        reach: Reach | None = None,
        units: Units | None = None,
    ) -> None:
        """`hurry` has the channels try again at once what waits."""
        self._hurry = hurry
        self._secrets = secrets
        self._config = config
        self._board = board
        self._outbox = outbox
        self._policy = policy
        self._clock = clock
        repairer = Repairer(
            units or Systemctl(), options=lambda: config().connectivity, db=db, clock=clock, tell=self._tell_repair
        )
        self.guard = Guard(
            reach or KernelReach(),
            options=lambda: config().connectivity,
            endpoints=lambda: tuple(endpoints(config(), functools.partial(_revealed, secrets))),
            home=lambda: config().home.networks,
            lasting=self._lasting,
            health=board,
            clock=clock,
            repair=repairer.consider,
        )
        outbox.is_over = self.is_over

    @property
    def tasks(self) -> tuple[tuple[str, Callable[[], Awaitable[None]]], ...]:
        return (("connection", self.guard.run),)

    def explains(self, outage: Outage, told: Sequence[Outage]) -> bool:
        """Tell whether `outage` only follows from a way out that is known to be broken."""
        if outage.fault not in {Fault.CHANNEL_DEAD, Fault.HEARTBEAT_LOST}:
            return False
        channel = outage.subject.partition(":")[0]
        end = _ENDS.get(channel)
        return any(
            (one.fault in WAYS and channel in _BEHIND) or (one.fault in REACHES - WAYS and one.subject == end) for one in told
        )

    async def is_over(self, alert: Alert) -> bool:
        """Tell whether `alert` says that a way out is broken which works again by now; while it seems broken, that is tried."""
        if fault_begun(alert.dedupe_key) not in REACHES:
            return False
        open_now = {outage_key(one, begins=True): (one.fault, one.subject) for one in self._board.snapshot()}
        mark = open_now.get(alert.dedupe_key)
        if mark is None:
            return True
        try:
            async with asyncio.timeout(_TRY_S):
                return await self.guard.is_over(mark)
        except TimeoutError:
            return False

    def told(self, outage: Outage) -> None:
        """Send what waited now that `outage`, if it was one of a way out, is over and that was told."""
        if outage.fault not in REACHES or outage.end_us is None:
            return
        log.info("%s: works again after %s", outage.subject, span((outage.end_us - outage.start_us) / US_PER_S))
        if outage.fault in WAYS:
            self._hurry()

    def _lasting(self) -> Iterator[Mark]:
        return ((outage.fault, outage.subject) for outage in self._board.snapshot())

    async def _tell_repair(self, unit: str, trouble: Trouble, fault: str) -> None:
        now_us = self._clock.wall_us()
        hours = f"{self._config().connectivity.restart_every_hours:g}"
        if fault:
            title, text = f"{unit} could not be started", f"{fault}. It is tried again in {hours} h at the soonest."
        else:
            title = f"started {unit}"
            text = f"As you wished for a way out that stays broken. Not again within {hours} h."
        alert = self._policy().notice(title, f"{text}\n{trouble.detail}", key=f"connection-repair/{now_us}", now_us=now_us)
        await self._outbox.record(None, alert)


def endpoints(config: Config, secret: Callable[[str], str]) -> Iterator[Endpoint]:
    """Yield what the configuration makes this house reach; `secret` reads one, "" where there is none."""
    alerts = config.alerts
    if alerts.telegram.enabled and secret("alerts.telegram.token"):
        yield from _web(_TELEGRAM, alerts.telegram.api_base)
    if alerts.email.host and alerts.email.to:
        yield Endpoint(name=_MAIL, host=alerts.email.host, port=alerts.email.port)
    if alerts.webhook.url:
        yield from _web(_WEBHOOK, alerts.webhook.url)
    yield from _web(_BEAT, secret("heartbeat.url"))
    if config.mqtt.host:
        yield Endpoint(name=_BROKER, host=config.mqtt.host, port=config.mqtt.port, kind=EndpointKind.BROKER)
    yield from _outside(config.connectivity.outside)


def _outside(text: str) -> Iterator[Endpoint]:
    found = host_port(text)
    if found is not None:
        yield Endpoint(name=text, host=found[0], port=found[1])


def _web(name: str, url: str) -> Iterator[Endpoint]:
    parts = urlsplit(url)
    port = parts.port or _WEB_PORTS.get(parts.scheme)
    if parts.hostname and port:
        yield Endpoint(name=name, host=parts.hostname, port=port)


def _revealed(secrets: Secrets, name: str) -> str:
    found = secrets.get(name)
    return found.reveal() if found else ""
