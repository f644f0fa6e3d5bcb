"""The accounts of the emulated Dahua: `userManager.cgi`."""

from __future__ import annotations

from collections.abc import Callable

from tests.devices.camera_state import Account, CameraState, LogKind
from tests.devices.dahua_text import Failed, lines, rows

_RIGHTS = ("AuthSysCfg", "AuthUserMag", "Monitor_01", "Replay_01")


class Users:
    """`changed` is called when a name or a password is another."""

    def __init__(self, state: CameraState, changed: Callable[[], None]) -> None:
        self._state = state
        self._changed = changed

    def answer(self, action: str, pairs: dict[str, str], asker: str, address: str) -> str:
        """Do what an administrator asks. A password is changed with the old one, or by a manager with the manager's."""
        state = self._state
        by = {"by": asker, "address": address, "via": "CGI"}
        if action == "getUserInfoAll":
            return lines(row for index, one in enumerate(state.accounts) for row in rows("users", index, _fields(index, one)))
        if action == "addUser":
            name = pairs.get("user.Name", "")
            if not name or state.account(name) is not None or not pairs.get("user.Password"):
                raise Failed
            state.add_account(Account(name=name, password=pairs["user.Password"], group=pairs.get("user.Group", "user")), **by)
            return "OK\r\n"
        account = state.account(pairs.get("userName" if action == "modifyPasswordByManager" else "name", ""))
        if account is None:
            raise Failed
        if action == "deleteUser":
            if account.is_built_in:
                raise Failed
            state.remove_account(account.name, **by)
        elif action == "modifyUser":
            self._modify(account, pairs, address)
        elif action in {"modifyPassword", "modifyPasswordByManager"} and pairs.get("pwd"):
            manager = state.account(pairs.get("managerName", ""))
            proved = account.password if action == "modifyPassword" else manager.password if manager else None
            if proved is None or pairs.get("pwdOld" if action == "modifyPassword" else "managerPwd") != proved:
                raise Failed("Error\r\nErrorID=3, Detail=Password is not valid!\r\n")
            account.password = pairs["pwd"]
            state.write(LogKind.PASSWORD_CHANGED, user=account.name, address=address, via="CGI")
        else:
            raise Failed
        self._changed()
        return "OK\r\n"

    def _modify(self, account: Account, pairs: dict[str, str], address: str) -> None:
        new = pairs.get("user.Name", account.name)
        if account.is_built_in or (new != account.name and self._state.account(new) is not None):
            raise Failed
        self._state.write(LogKind.ACCOUNT_CHANGED, user=account.name, address=address, via="CGI")
        account.name, account.group = new, pairs.get("user.Group", account.group)


def _fields(index: int, one: Account) -> dict[str, str]:
    rights = {f"AuthList[{n}]": right for n, right in enumerate(_RIGHTS if one.group == "admin" else _RIGHTS[2:])}
    memo = {"Group": one.group, "ID": str(index + 1), "Memo": f"{one.name} 's account", "Name": one.name}
    return rights | memo | {"Reserved": "true" if one.is_built_in else "false", "Sharable": "true"}
