"""The page's door onto the cameras' log-ins and logs."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence

from sqlalchemy import Engine

from hearthwatch.kit.units import CameraId, WallUs
from hearthwatch.logins import ledger
from hearthwatch.logins.login import KeptLine, Login, LoginId, Verdict, WatchNow
from hearthwatch.logins.rounds import LoginWatch
from hearthwatch.logins.verdict import is_home, networks


class Logins:
    """Implements LoginDoor. `home` returns `home.networks` as they are now, `known_name` the reverse name of an address."""

    def __init__(
        self, reader: Engine, watch: LoginWatch, home: Callable[[], Sequence[str]], known_name: Callable[[str], str]
    ) -> None:
        self._reader = reader
        self._watch = watch
        self._home = home
        self._known_name = known_name

    def logins(
        self,
        *,
        camera: CameraId | None,
        verdicts: Collection[Verdict],
        user: str | None,
        address: str | None,
        start_us: WallUs | None,
        end_us: WallUs | None,
        before: LoginId | None,
        limit: int,
    ) -> Sequence[Login]:
        """See LoginDoor."""
        with self._reader.connect() as connection:
            return ledger.recent(
                connection,
                camera=camera,
                verdicts=verdicts,
                user=user,
                address=address,
                since_us=start_us,
                until_us=end_us,
                before=before,
                limit=limit,
            )

    def own(self, camera: CameraId) -> Mapping[str, int]:
        """See LoginDoor."""
        with self._reader.connect() as connection:
            return ledger.own(connection, camera)

    def lines(
        self,
        *,
        camera: CameraId | None,
        search: str,
        start_us: WallUs | None,
        end_us: WallUs | None,
        before: int | None,
        limit: int,
    ) -> Sequence[KeptLine]:
        """See LoginDoor."""
        with self._reader.connect() as connection:
            return ledger.lines(
                connection, camera=camera, search=search, since_us=start_us, until_us=end_us, before=before, limit=limit
            )

    def is_home(self, address: str | None) -> bool:
        """See LoginDoor."""
        return is_home(address, networks(self._home()))

    def name_of(self, address: str | None) -> str:
        """See LoginDoor."""
        return self._known_name(address) if address else ""

    def watched(self) -> Sequence[WatchNow]:
        """See LoginDoor."""
        return self._watch.now()
