"""The accounts of the emulated Reolink: AddUser, DelUser, ModifyUser."""

from __future__ import annotations

from typing import Any

from tests.devices.camera_state import Account, CameraState, LogKind, Session
from tests.devices.reolink_text import Failed

MAX_PASSWORD_CHARS = 31


def change(state: CameraState, command: str, user: dict[str, Any], session: Session) -> None:
    """ModifyUser: `newPassword` with `oldPassword` (one's own takes it), or only `password` as older firmware has it."""
    who = str(user["userName"])
    by = {"by": session.user, "address": session.address}
    account = state.account(who)
    new = str(user.get("newPassword", user.get("password", "")))
    if command != "DelUser" and not 0 < len(new) <= MAX_PASSWORD_CHARS:
        raise Failed(-4)
    if command == "AddUser":
        if account is not None or user.get("level") not in {"admin", "guest"}:
            raise Failed(-4)
        state.add_account(Account(name=who, password=new, group=str(user["level"])), **by)
        return
    if account is None:
        raise Failed(-27)
    if command == "DelUser":
        if account.is_built_in:
            raise Failed(-4)
        state.remove_account(who, **by)
        return
    needs_old = "newPassword" in user and who == session.user
    if (needs_old or "oldPassword" in user) and user.get("oldPassword") != account.password:
        raise Failed(-502)
    account.password = new
    state.write(LogKind.PASSWORD_CHANGED, user=who, address=session.address)
