"""The route of the porch: who may ask, and that no password is in the answer."""

from __future__ import annotations

from tests.web.conftest import Browser


async def test_the_owner_sees_what_cameras_left_and_what_was_turned_away(owner: Browser) -> None:
    found = (await owner.get("/api/v1/porch")).json()
    assert (found["enabled"], found["smtp_port"], found["ftp_port"], found["strangers"]) == (True, 2525, 2121, 2)
    (account,) = found["accounts"]
    assert (account["taken"], account["turned"], account["kept_bytes"]) == (41, {"too-many": 3}, 8_000_000)
    assert "password" not in {key for key in account if key != "has_password"}


async def test_who_may_only_look_does_not(viewer: Browser) -> None:
    assert (await viewer.get("/api/v1/porch")).status_code == 403
