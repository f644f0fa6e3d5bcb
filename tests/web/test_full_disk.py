"""A disk that takes nothing more: who is logged in stays so, and who cannot be looked up is told why."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import TypeVar

import pytest
from sqlalchemy import Connection
from tests.web.conftest import Browser, MakeBrowser
from tests.web.fake_house import Built

from hearthwatch.kit.clock import FakeClock
from hearthwatch.kit.errors import StorageFailed, StorageFault

T = TypeVar("T")


@contextlib.contextmanager
def full(built: Built) -> Iterator[None]:
    """Let the database refuse every change and nothing else, as it does on a full disk."""
    run = built.db.run

    async def only_read(work: Callable[[Connection], T]) -> T:
        def wary(connection: Connection) -> T:
            connection.exec_driver_sql("PRAGMA query_only=1")
            try:
                return work(connection)
            finally:
                connection.exec_driver_sql("PRAGMA query_only=0")

        return await run(wary)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(built.db, "run", only_read)
        yield


async def test_who_is_logged_in_may_look_for_as_long_as_the_disk_is_full(
    built: Built, owner: Browser, clock: FakeClock
) -> None:
    with full(built):
        for _minute in range(3):
            clock.advance(90)
            assert (await owner.get("/api/v1/settings")).status_code == 200
        (mine,) = (await owner.get("/api/v1/access/sessions")).json()
    assert mine["used_us"] < clock.wall_us() - 180_000_000
    assert (await owner.get("/api/v1/settings")).status_code == 200
    (mine,) = (await owner.get("/api/v1/access/sessions")).json()
    assert mine["used_us"] == clock.wall_us()


async def test_a_program_may_go_on_too(built: Built, owner: Browser, browser: MakeBrowser, clock: FakeClock) -> None:
    answer = await owner.send_json("/api/v1/access/tokens", {"name": "shelf", "scopes": ["look"]})
    bearer = {"Authorization": f"Bearer {answer.json()['word']}"}
    with full(built):
        clock.advance(90)
        assert (await browser().get("/api/v1/cameras", headers=bearer)).status_code == 200


async def test_who_cannot_be_looked_up_is_told_why(built: Built, owner: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    async def held(_work: Callable) -> None:
        raise StorageFailed(StorageFault.SLOW, "/srv/house.db: another program holds the database")

    monkeypatch.setattr(built.db, "run", held)
    answer = await owner.get("/api/v1/settings")
    assert answer.status_code == 507
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["detail"] == "The house cannot look up who you are: its database does not answer."
    assert "/srv" not in answer.text
    assert "content-security-policy" in answer.headers
    rung = await owner.get("/api/v1/triggers/yard/word")
    assert rung.status_code == 404, "where nobody has to be known, nobody is looked up: only the address is wrong"
