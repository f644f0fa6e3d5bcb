"""Damage control as the page sees it, without a camera: every question is remembered, and the yes does nothing."""

from __future__ import annotations

from dataclasses import replace

from hearthwatch.audit.possible import possible
from hearthwatch.audit.remedy_words import question
from hearthwatch.audit.trail import Entry, RepairState
from hearthwatch.kit.errors import Unsupported
from hearthwatch.kit.secrets import Secret
from hearthwatch.vendors.device import Account, DeviceIdentity, Session
from hearthwatch.web.remedy_doors import DoorNow

MADE_UP = "gR7mK2pTx9Qa"


class FakeRemedies:
    def __init__(self, clock) -> None:
        self._clock = clock
        self._passwords: dict[str, Secret] = {}
        self.entries: dict[str, Entry] = {}
        self.uploads: dict[str, bytes] = {}

    async def door(self, camera):
        why_not = dict.fromkeys(possible(None, has_off_switch=False, has_on_switch=False).why_not, "")
        why_not["block-address"] = possible(None, has_off_switch=False, has_on_switch=False).why_not["block-address"]
        return DoorNow(
            vendor="dahua",
            host="192.168.1.20",
            port=80,
            why="",
            identity=DeviceIdentity(vendor="Amcrest", model="IP2M-841B", mac="9c:8e:cd:00:11:22", firmware="2.520.AC00.18.R"),
            why_not=why_not,
            services=frozenset({"p2p", "upnp"}),
            sessions=(
                Session(
                    id="41",
                    user="admin",
                    address="203.0.113.9",
                    origin="203.0.113.9",
                    group="admin",
                    via="Web3.0",
                    local_us=None,
                    at_us=self._clock.wall_us(),
                ),
            ),
            accounts=(Account(name="admin", group="admin", is_admin=True, is_built_in=True),),
            blocked=None,
            our_user="admin",
        )

    async def ask(self, remedy, who):
        entry = Entry(
            id=f"E{len(self.entries)}",
            remedy=remedy,
            who=who,
            state=RepairState.ASKED,
            verified=False,
            text=question(remedy, remedy.camera),
            asked_us=self._clock.wall_us(),
        )
        if remedy.kind == "block-address":
            entry = replace(entry, state=RepairState.IMPOSSIBLE, text="This camera cannot block an address.")
        self.entries[entry.id] = entry
        return entry

    async def confirm(self, entry, who, *, wait_s=None):
        found = self.entries.get(entry)
        if found is None or found.who != who or found.state is not RepairState.ASKED:
            raise Unsupported("this question was answered already or is too old: ask for it again")
        if found.remedy.kind == "change-password":
            self._passwords[entry] = Secret(MADE_UP)
        now_us = self._clock.wall_us()
        self.entries[entry] = replace(
            found, state=RepairState.DONE, verified=True, text="Done.", begun_us=now_us, ended_us=now_us
        )
        return self.entries[entry]

    async def decline(self, entry, who):
        found = self.entries[entry]
        if found.who != who or found.state is not RepairState.ASKED:
            return False
        self.entries[entry] = replace(found, state=RepairState.DECLINED)
        return True

    def take_password(self, entry):
        return self._passwords.pop(entry, None)

    async def upload(self, name, chunks):
        self.uploads[name] = b"".join([chunk async for chunk in chunks])
        return len(self.uploads[name])

    def trail(self, *, camera, before_us, limit):
        found = [one for one in reversed(self.entries.values()) if camera in {None, one.remedy.camera}]
        return [one for one in found if before_us is None or one.asked_us < before_us][:limit]

    def entry(self, entry):
        return self.entries.get(entry)
