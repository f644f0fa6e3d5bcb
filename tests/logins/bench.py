"""A watch of one camera with all that belongs to it: ledger, news, and a clock that the test moves."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC
from pathlib import Path

from tests.alerts.house import opened

from hearthwatch.alerts.alert import Alert
from hearthwatch.audit.possible import possible
from hearthwatch.kit.clock import Clock, FakeClock
from hearthwatch.kit.dbthread import DbThread
from hearthwatch.kit.ids import Ulids
from hearthwatch.kit.units import CameraId
from hearthwatch.logins import ledger
from hearthwatch.logins.login import Login, LoginsOptions, Trouble
from hearthwatch.logins.rounds import LoginWatch
from hearthwatch.logins.verdict import networks
from hearthwatch.logins.watched import Watched
from hearthwatch.run.login_news import LoginNews
from hearthwatch.vendors.capability import DeviceInfo
from hearthwatch.vendors.device import Access

FRONT = CameraId("front")
HOME = networks(["192.168.1"])


@dataclass
class Keeper:
    """A Doorkeeper of one camera."""

    the_client: DeviceInfo
    the_access: Access

    @property
    def cameras(self) -> tuple[CameraId, ...]:
        return (FRONT,)

    def access(self, camera: CameraId) -> Access:
        return self.the_access

    async def client(self, camera: CameraId) -> DeviceInfo:
        return self.the_client


@dataclass
class Troubles:
    log: list[tuple[CameraId, Trouble | None]] = field(default_factory=list)

    def failed(self, camera: CameraId, trouble: Trouble, detail: str) -> None:
        self.log.append((camera, trouble))

    def recovered(self, camera: CameraId) -> None:
        self.log.append((camera, None))


@dataclass
class Bench:
    watch: LoginWatch
    news: LoginNews
    db: DbThread
    keeper: Keeper
    troubles: Troubles
    alerts: list[Alert]
    published: list[Login]
    clock: Clock
    watched: Watched
    dark: set[CameraId]
    heard: asyncio.Event
    """Set when somebody was told of something."""

    async def round(self, seconds: float = 0.0) -> None:
        """Let `seconds` pass, then do what is due."""
        assert isinstance(self.clock, FakeClock)
        self.clock.advance(seconds)
        await self.watch.round(FRONT)
        await self.news.tick()

    async def rows(self) -> tuple[Login, ...]:
        """The ledger, oldest knowledge first."""
        return await self.db.run(lambda connection: ledger.after(connection, ledger.LoginId(0), limit=100_000))

    async def own(self) -> Mapping[str, int]:
        return await self.db.run(lambda connection: ledger.own(connection, FRONT))

    async def counted(self) -> Counter[tuple[str, str, str | None]]:
        return Counter((row.action.value, row.user, row.address) for row in await self.rows())

    def change(self, options: LoginsOptions) -> None:
        self.watched = replace(self.watched, options=options)
        self.watch.renew({FRONT: self.watched})

    async def load(self) -> None:
        """What `run` does before the first round."""
        await self.watch._posts[FRONT].watch.load()


@asynccontextmanager
async def bench(
    folder: Path,
    client: DeviceInfo,
    access: Access,
    clock: Clock,
    *,
    options: LoginsOptions | None = None,
    own_users: frozenset[str] = frozenset({"watch"}),
) -> AsyncIterator[Bench]:
    """Open the house's ledger in `folder`; once more after the end is a restart."""
    engine = opened(folder)
    db = DbThread(engine)
    keeper, troubles = Keeper(client, access), Troubles()
    alerts: list[Alert] = []
    published: list[Login] = []
    dark: set[CameraId] = set()
    heard = asyncio.Event()

    async def record(alert: Alert) -> None:
        if alert.dedupe_key not in {one.dedupe_key for one in alerts}:
            alerts.append(alert)
            heard.set()

    async def amend(alert: Alert, again: bool) -> Alert | None:
        for place, one in enumerate(alerts):
            if one.dedupe_key == alert.dedupe_key:
                alerts[place] = alert
                return one
        await record(alert)
        return None

    async def able(camera: CameraId):
        found = possible(keeper.the_client, has_off_switch=False, has_on_switch=False)
        return frozenset(kind for kind, why_not in found.why_not.items() if not why_not)

    def visits(camera: CameraId) -> Mapping[tuple[str, str], str]:
        return watch.visits(camera)

    news = LoginNews(
        db=db,
        clock=clock,
        record=record,
        amend=amend,
        ids=Ulids(clock),
        name=lambda camera: "Front door",
        zone=lambda: UTC,
        publish=published.append,
        able=able,
        visits=visits,
        name_of=lambda ip: {"203.0.113.7": "evil.example.net"}.get(ip, ""),
    )

    async def source_of(access: Access) -> str | None:
        return "127.0.0.1"

    watch = LoginWatch(
        keeper,
        db=db,
        clock=clock,
        troubles=troubles,
        teller=news,
        source_of=source_of,
        is_dark=lambda camera: camera in dark,
        hears=lambda _camera: False,
    )
    news.renew(HOME, {FRONT: (options or LoginsOptions()).digest})
    watched = Watched(options=options or LoginsOptions(), own_users=own_users, home=HOME, access=access)
    watch.renew({FRONT: watched})
    found = Bench(
        watch=watch,
        news=news,
        db=db,
        keeper=keeper,
        troubles=troubles,
        alerts=alerts,
        published=published,
        clock=clock,
        watched=watched,
        dark=dark,
        heard=heard,
    )
    await found.load()
    try:
        yield found
    finally:
        await news.close()
        db.close()
        engine.dispose()
