"""Wherever a change of a password breaks off, afterwards we can log in with the secret we hold."""

from __future__ import annotations

import asyncio

import pytest
from tests.audit.repair_bench import OLD, House, Killed, Knife

from hearthwatch.audit.password_change import PasswordChange
from hearthwatch.audit.passwords import account_name, new_password, pending_name, pending_user
from hearthwatch.audit.unsettled import Unsettled
from hearthwatch.kit.errors import BadReply, Refused, Unreachable, Unsupported


def change_of(house: House) -> PasswordChange:
    return PasswordChange(house, house.keyring, house)


class Settling:
    """What is done about it after a start."""

    def __init__(self, house: House) -> None:
        self.told: list[str] = []
        self.lock = asyncio.Lock()
        self.unsettled = Unsettled(change_of(house), house.keyring, lambda _: self.lock, self._tell)

    async def _tell(self, camera, text, key) -> None:
        self.told.append(text)


async def test_the_camera_and_we_have_a_new_password_that_nobody_could_guess(tmp_path):
    house = House(tmp_path)
    changed = await change_of(house).change("front", "")
    assert house.camera.passwords["admin"] == changed.password.reveal() != OLD
    assert house.secrets.get("camera.front.password") == changed.password
    assert house.secrets.names() == ("camera.front.password",)
    assert (changed.user, changed.secret, changed.is_ours) == ("admin", "camera.front.password", True)
    assert house.taken_over == 1
    assert repr(changed.password) == "***"


async def test_power_cut_at_every_single_step_leaves_a_way_in(tmp_path):
    for at in range(100):
        folder = tmp_path / str(at)
        house = House(folder, knife=Knife(at))
        try:
            await change_of(house).change("front", "admin")
        except Killed:
            after = house.again()
            settling = Settling(after)
            await settling.unsettled.load()
            held = bool(settling.unsettled.why_held("front"))
            assert held == (pending_name("front", "admin") in after.secrets.names())
            tries = len(after.camera.log_ins)
            assert await settling.unsettled.settle() is False
            assert after.lets_us_in(), f"cut at step {at}"
            assert after.secrets.names() == ("camera.front.password",)
            assert after.camera.log_ins[tries:].count(False) <= 1, "a camera locks who tries wrong passwords"
            assert settling.unsettled.why_held("front") == ""
            assert settling.told == []
        else:
            break
    assert at > 6, "the knife was not at every step"
    assert house.lets_us_in()


async def test_an_answer_that_got_lost_is_found_out(tmp_path):
    house = House(tmp_path)
    house.camera.deaf = True
    changed = await change_of(house).change("front", "admin")
    assert changed.password.reveal() == house.camera.passwords["admin"] != OLD
    assert house.lets_us_in()


async def test_a_camera_that_says_yes_and_keeps_the_old_one(tmp_path):
    house = House(tmp_path)
    house.camera.lies = True
    with pytest.raises(BadReply, match="the old one still works"):
        await change_of(house).change("front", "admin")
    assert house.lets_us_in()
    assert house.secrets.names() == ("camera.front.password",)


async def test_a_camera_that_falls_silent_keeps_both_until_it_answers(tmp_path, monkeypatch):
    house = House(tmp_path)
    house.camera.deaf = True

    async def silent(camera, user, password):
        raise Unreachable("front: no answer within 10 s")

    change = change_of(house)
    monkeypatch.setattr(change, "_works", silent)  # it restarts for the new password
    with pytest.raises(Unreachable, match="both are kept"):
        await change.change("front", "admin")
    assert not house.lets_us_in()
    assert pending_name("front", "admin") in house.secrets.names()
    settling = Settling(house.again())
    await settling.unsettled.load()
    assert "first finds out" in settling.unsettled.why_held("front")
    house.camera.gone = True
    assert await settling.unsettled.settle() is True
    assert settling.unsettled.why_held("front")
    house.camera.gone = False
    assert await settling.unsettled.settle() is False
    assert settling.unsettled.why_held("front") == ""
    assert house.again().lets_us_in()


async def test_when_neither_works_each_is_tried_once_and_both_are_kept(tmp_path):
    house = House(tmp_path)
    pending = pending_name("front", "admin")
    house.secrets.set(pending, "new-password")
    house.camera.passwords["admin"] = "somebody else's"
    settling = Settling(house)
    for _ in range(3):
        assert await settling.unsettled.settle() is False
    assert house.camera.log_ins == [False, False]
    assert house.secrets.get(pending).reveal() == "new-password"
    assert house.secrets.get("camera.front.password").reveal() == OLD
    assert len(settling.told) == 1
    assert "new-password" not in settling.told[0]
    with pytest.raises(Refused):
        await change_of(house).change("front", "admin")


async def test_nobody_is_held_back_while_the_change_is_at_work(tmp_path):
    house = House(tmp_path)
    house.secrets.set(pending_name("front", "admin"), "new-password")
    settling = Settling(house)
    await settling.unsettled.load()
    assert settling.unsettled.why_held("front")
    assert settling.unsettled.why_held("back") == ""
    async with settling.lock:
        assert settling.unsettled.why_held("front") == ""
        assert await settling.unsettled.settle() is False
    assert house.camera.log_ins == []


async def test_another_account_s_password_is_kept_for_the_owner(tmp_path):
    house = House(tmp_path)
    changed = await change_of(house).change("front", "guest")
    assert changed.is_ours is False
    assert house.secrets.get("camera.front.account.guest") == changed.password
    assert house.camera.passwords["guest"] == changed.password.reveal()
    assert house.lets_us_in()
    assert house.taken_over == 0


async def test_a_password_given_by_systemd_is_left_alone(tmp_path):
    house = House(tmp_path)
    house.keyring.given = frozenset({"camera.front.password"})
    with pytest.raises(Unsupported, match="systemd credential"):
        await change_of(house).change("front", "admin")
    assert house.camera.passwords["admin"] == OLD
    assert house.secrets.names() == ("camera.front.password",)


def test_made_up_passwords_fit_every_family():
    made = {new_password().reveal() for _ in range(200)}
    assert len(made) == 200
    for password in made:
        assert len(password) == 12
        assert password.isascii()
        assert password.isalnum()
        assert any(char.islower() for char in password)
        assert any(char.isupper() for char in password)
        assert any(char.isdigit() for char in password)
        assert not set(password) & set("lI1oO0")


@pytest.mark.parametrize("user", ["admin", "Admin", "a_b", "a.b", "ä ö", "x-1", "_"])
def test_every_account_has_a_name_of_its_own_among_the_secrets(user):
    name = pending_name("front", user)
    assert pending_user("front", name) == user
    assert pending_user("front", account_name("front", user)) is None
    assert pending_user("back", name) is None


def test_odd_accounts_have_no_place_among_the_secrets():
    for user in ("", "x" * 90):
        with pytest.raises(Unsupported):
            pending_name("front", user)
    assert pending_user("front", "camera.front.pending.made_byhand") is None
