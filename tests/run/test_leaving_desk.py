"""Who moves out is out: one act ends everything that counts as them, and a failure half-way never leaves more than before."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import select
from tests.alerts.house import opened

from hearthwatch.alerts import push_device
from hearthwatch.alerts.enrolment import Enrolments
from hearthwatch.alerts.push_device import PushDevice
from hearthwatch.kit.clock import FakeClock
from hearthwatch.kit.dbthread import DbThread
from hearthwatch.kit.errors import StorageFailed, StorageFault
from hearthwatch.kit.secrets import Secrets
from hearthwatch.kit.units import CameraId, WallUs
from hearthwatch.presence import ledger as presence_ledger
from hearthwatch.presence.presence import DevicePresence, PersonId, Presence
from hearthwatch.run.config import load
from hearthwatch.run.leaving_desk import LeavingDesk
from hearthwatch.run.shares_desk import SharesDesk
from hearthwatch.web import accounts, factors, sessions, tokens, trail
from hearthwatch.web.access import Access
from hearthwatch.web.accounts import Role
from hearthwatch.web.person import Denied, Permission
from hearthwatch.web.sessions import Factor, OpenSession

CONFIG = """
[people.anna]
devices = ["phone"]
[people.ben]
name = "Benedikt"
devices = ["phone", "watch"]
[camera.front]
main = "rtsp://192.168.1.61/main"
[camera.garden]
main = "rtsp://192.168.1.62/main"
"""
BEN_CHAT = 2000


@dataclass
class House:
    folder: Path
    secrets: Secrets
    db: DbThread
    clock: FakeClock
    enrolments: Enrolments

    def __post_init__(self) -> None:
        self.config = load(self.path)

    @property
    def path(self) -> Path:
        return self.folder / "hearthwatch.toml"

    async def take_over(self) -> None:
        self.config = load(self.path)

    @property
    def desk(self) -> LeavingDesk:
        return LeavingDesk(
            self.secrets,
            config=lambda: self.config,
            config_path=self.path,
            people=lambda: self.enrolments.people,
            renewals=(self.enrolments.renew,),
            take_over=self.take_over,
            db=self.db,
            clock=self.clock,
        )

    async def rows_of(self, user_id: int) -> int:
        """Count what is kept of somebody, in every table that names them."""

        def count(connection) -> int:
            tables = (sessions.sessions, sessions.places, factors.passkeys, factors.recovery_codes, tokens.api_tokens)
            found = sum(len(connection.execute(select(t).where(t.c.user_id == user_id)).all()) for t in tables)
            return found + sum(device.user_id == user_id for device in push_device.devices(connection))

        return await self.db.run(count)


@contextmanager
def house_of(folder: Path) -> Iterator[House]:
    (folder / "hearthwatch.toml").write_text(CONFIG)
    secrets, clock, engine = Secrets(folder), FakeClock(), opened(folder)
    for name in ("anna.phone.mac", "ben.phone.mac", "ben.phone.ping", "ben.watch.ble"):
        secrets.set(f"people.{name}", "a4:83:e7:00:00:01")
    secrets.set("camera.front.password", "a long word")
    secrets.set("proxy.password", "another word")
    db = DbThread(engine)
    try:
        yield House(folder, secrets, db, clock, Enrolments(db, clock, lambda: None))
    finally:
        db.close()
        engine.dispose()


async def furnished(house: House, role: Role = Role.OWNER) -> int:
    """Two people live here; return the id of the one who is going to leave, with one of everything."""
    now_us = house.clock.wall_us()
    await house.db.run(lambda c: accounts.add_user(c, "ada", "hash", Role.OWNER, now_us))
    ben = await house.db.run(lambda c: accounts.add_user(c, "Ben", "hash", role, now_us))
    session = OpenSession(
        id="0a",
        user=ben,
        created_us=now_us,
        used_us=now_us,
        proved_us=now_us,
        address="192.168.1.30",
        browser="Firefox",
        factor=Factor.PASSWORD,
        strong=False,
    )

    def enter(connection) -> None:
        sessions.open_session(connection, b"s" * 32, session)
        sessions.note_place(connection, ben.id, "192.168.1.0/24", "Firefox", now_us)
        row = {"user_id": ben.id, "credential": b"c", "public_key": b"k", "sign_count": 0, "name": "phone", "site": "home"}
        connection.execute(factors.passkeys.insert().values(**row, created_us=now_us))
        device = {"id": "1", "user_id": ben.id, "name": "phone", "endpoint": "https://push.example/x"}
        push_device.add(connection, PushDevice(**device, p256dh=b"p" * 65, auth=b"a" * 16, added_us=now_us))
        at_home = DevicePresence(device="phone", home=True, since_us=WallUs(5), seen_us=None, means=None, answered_us=None)
        presences = [
            Presence(
                person=PersonId(who),
                name="",
                home=True,
                since_us=WallUs(5),
                seen=None,
                answered=None,
                known=True,
                devices=(at_home,),
            )
            for who in ("anna", "ben")
        ]
        presence_ledger.keep(connection, presences)

    await house.db.run(enter)
    await Access(house.db, house.clock).add_token(ben, "script", {Permission.LOOK}, None, 30)
    await SharesDesk(house.db, house.clock).make([CameraId("front")], WallUs(1), WallUs(2), lasts_us=86_400_000_000, who="Ben")
    for user_id, name in ((1000, "Anna"), (BEN_CHAT, "Ben Smith")):
        code, _ = house.enrolments.new_code()
        assert await house.enrolments.redeem(code, user_id, user_id, name)
    return ben.id


async def test_sec_34_what_counts_as_a_person_is_shown_before(tmp_path: Path) -> None:
    with house_of(tmp_path) as house:
        ties = await house.desk.ties(await furnished(house))
    assert (ties.name, ties.sessions, ties.passkeys, ties.tokens, ties.devices, ties.links) == (
        "Ben",
        1,
        1,
        ("script",),
        ("phone",),
        1,
    )
    assert {each.name: each.likely for each in ties.chats} == {"Anna": False, "Ben Smith": True}
    assert {each.person: each.likely for each in ties.residents} == {"anna": False, "ben": True}
    assert ties.cameras == ("front",)
    assert ties.software == ("proxy",)


async def test_sec_34_one_act_ends_presence_log_ins_chat_passkeys_tokens_devices_and_links(tmp_path: Path) -> None:
    with house_of(tmp_path) as house:
        ben = await furnished(house)
        gone = await house.desk.leave(ben, [BEN_CHAT], [PersonId("ben")], who="ada", address="127.0.0.1")
        assert gone.left == ()
        assert gone.cameras == ("front",)
        assert await house.rows_of(ben) == 0
        assert [user.name for user in await house.db.run(accounts.list_users)] == ["ada"]
        assert await SharesDesk(house.db, house.clock).living() == ()
        assert not house.enrolments.allowed(BEN_CHAT, BEN_CHAT)
        assert house.enrolments.allowed(1000, 1000)
        assert set(house.config.people) == {"anna"}
        assert [name for name in house.secrets.names() if name.startswith("people.")] == ["people.anna.phone.mac"]
        assert [one.person for one in await house.db.run(presence_ledger.kept)] == ["anna"]
        (line,) = await house.db.run(lambda c: trail.recent(c, limit=1))
        assert (line.deed.who, line.deed.deed) == ("ada", "removed-person")
        after = Enrolments(house.db, house.clock, lambda: None)
        await after.load()
        assert [person.name for person in after.people] == ["Anna"]


async def test_sec_34_who_was_an_owner_once_is_remembered_by_what_they_did(tmp_path: Path) -> None:
    with house_of(tmp_path) as house:
        ben = await furnished(house, Role.MEMBER)
        assert (await house.desk.ties(ben)).cameras == ()
        note = trail.Trail(house.db, house.clock).note
        await note("set-secret", who="Ben", subject="camera.front.password")
        ties = await house.desk.ties(ben)
        assert (ties.cameras, ties.software) == (("front",), ("proxy",))


async def test_sec_34_the_last_owner_stays_with_all_they_have(tmp_path: Path) -> None:
    with house_of(tmp_path) as house:
        ben = await furnished(house)
        (ada,) = [user for user in await house.db.run(accounts.list_users) if user.name == "ada"]
        await house.db.run(lambda c: accounts.set_rights(c, ben, Role.MEMBER, None))
        with pytest.raises(Denied, match="only owner"):
            await house.desk.leave(ada.id, [1000], [PersonId("anna")], who="Ben", address="")
        assert "people.anna.phone.mac" in house.secrets.names()
        assert house.enrolments.allowed(1000, 1000)


@pytest.mark.parametrize("step", ["phones", "database", "names"])
async def test_sec_34_a_failure_half_way_leaves_less_and_doing_it_again_does_the_rest(
    step: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    full = StorageFailed(StorageFault.NO_SPACE, "the disk is full")

    def fails(*_args: object, **_named: object) -> None:
        raise full

    with house_of(tmp_path) as house:
        ben = await furnished(house)
        target = {
            "phones": "hearthwatch.kit.secrets.Secrets.change",
            "database": "hearthwatch.web.trail.write",
            "names": "hearthwatch.run.config_file.set_values",
        }[step]
        with monkeypatch.context() as broken:
            broken.setattr(target, fails)
            if step == "names":
                gone = await house.desk.leave(ben, [BEN_CHAT], [PersonId("ben")], who="ada", address="")
                assert [text.split(" ")[0] for text in gone.left] == ["ben"]
            else:
                with pytest.raises(StorageFailed):
                    await house.desk.leave(ben, [BEN_CHAT], [PersonId("ben")], who="ada", address="")
        phones = [name for name in house.secrets.names() if name.startswith("people.ben.")]
        assert bool(phones) == (step == "phones")  # whoever counts as home could disarm: that goes first
        there = any(user.id == ben for user in await house.db.run(accounts.list_users))
        assert there == (step != "names")  # one transaction: the account is there with all it had, or not at all
        assert (await house.rows_of(ben) > 0) == there
        assert house.enrolments.allowed(BEN_CHAT, BEN_CHAT) == there
        again = await house.desk.leave(ben if there else None, [BEN_CHAT], [PersonId("ben")], who="ada", address="")
        assert again.left == ()
        assert set(house.config.people) == {"anna"}
        assert await house.rows_of(ben) == 0


async def test_sec_34_who_has_no_account_is_removed_with_chat_and_phones(tmp_path: Path) -> None:
    with house_of(tmp_path) as house:
        ben = await furnished(house)
        ties = await house.desk.ties(None)
        assert (ties.name, ties.cameras) == ("", ())
        assert {each.name for each in ties.chats} == {"Anna", "Ben Smith"}
        assert not any(each.likely for each in (*ties.chats, *ties.residents))
        gone = await house.desk.leave(None, [1000], [PersonId("anna")], who="ada", address="")
        assert (gone.name, gone.left) == ("", ())
        assert not house.enrolments.allowed(1000, 1000)
        assert set(house.config.people) == {"ben"}
        assert await house.rows_of(ben) > 0
