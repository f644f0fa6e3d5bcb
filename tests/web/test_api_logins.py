"""The API of the cameras' log-ins and logs."""

from __future__ import annotations

from tests.web.conftest import Browser, MakeBrowser


async def test_log_ins_newest_first_in_pages(viewer: Browser) -> None:
    first = (await viewer.get("/api/v1/logins", params={"limit": 2})).json()
    assert [(one["id"], one["verdict"]) for one in first["logins"]] == [(5, "account-added"), (4, "unknown-user")]
    assert first["more"] is True
    rest = (await viewer.get("/api/v1/logins", params={"before": 4})).json()
    assert [one["id"] for one in rest["logins"]] == [3, 2, 1]
    assert rest["more"] is False


async def test_what_a_log_in_says(viewer: Browser) -> None:
    found = (await viewer.get("/api/v1/logins")).json()["logins"]
    assert (found[1]["user"], found[1]["address"], found[1]["at_home"], found[1]["told"]) == (
        "admin",
        "203.0.113.7",
        False,
        True,
    )
    assert (found[4]["user"], found[4]["at_home"], found[4]["told"]) == ("anna", True, False)
    assert found[1]["local_us"] != found[1]["at_us"]
    assert (found[1]["name"], found[4]["name"]) == ("scan-7.example.net", "")


async def test_filters(viewer: Browser) -> None:
    for params, ids in (
        ({"verdict": "failed"}, [3, 2]),
        ({"verdict": ["failed", "home"]}, [3, 2, 1]),
        ({"user": "admin"}, [5, 4]),
        ({"address": "192.168.1.20"}, [1]),
        ({"camera": "garage"}, []),
        ({"end_us": 1}, []),
    ):
        found = (await viewer.get("/api/v1/logins", params=params)).json()["logins"]
        assert [one["id"] for one in found] == ids, params
    assert (await viewer.get("/api/v1/logins", params={"verdict": "nonsense"})).status_code == 422


async def test_how_the_doors_are_watched(viewer: Browser) -> None:
    [found] = (await viewer.get("/api/v1/logins/watch")).json()
    assert found["has_log"] is True
    assert found["own"] == {"2026-11-21": 2880}


async def test_log_lines_are_searched(viewer: Browser) -> None:
    found = (await viewer.get("/api/v1/logs", params={"search": "192.168.1.20"})).json()
    assert [line["user"] for line in found["lines"]] == ["anna"]
    assert (await viewer.get("/api/v1/logs", params={"limit": 1})).json()["more"] is True


async def test_nobody_sees_them_without_a_log_in(owner: Browser, browser: MakeBrowser) -> None:
    guest = browser()
    for path in ("/api/v1/logins", "/api/v1/logins/watch", "/api/v1/logs"):
        assert (await guest.get(path)).status_code == 401
