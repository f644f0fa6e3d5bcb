"""Links to footage for somebody without an account: what they show, how they end, and what they never show."""

from __future__ import annotations

import pytest
from tests.web.conftest import Browser, Built, MakeBrowser
from tests.web.fake_house import PASSWORD

from hearthwatch.kit.clock import FakeClock
from hearthwatch.kit.units import CameraId
from hearthwatch.web.accounts import Role

SHARES = "/api/v1/shares"
HOUR_S = 3600
S = 1_000_000


def ask(clock: FakeClock, **more: object) -> dict[str, object]:
    start_us = clock.wall_us() - 3 * HOUR_S * S
    return {"cameras": ["garden", "front-door"], "start_us": start_us, "end_us": start_us + 4 * S, "lasts": "hour"} | more


async def made(owner: Browser, clock: FakeClock, **more: object) -> dict:
    answer = await owner.send_json(SHARES, ask(clock, **more))
    assert answer.status_code == 201, answer.text
    return answer.json()


async def test_a_link_opens_without_an_account_and_counts_its_uses(
    owner: Browser, browser: MakeBrowser, clock: FakeClock
) -> None:
    share = await made(owner, clock)
    stranger = browser()
    for _ in range(2):
        page = await stranger.get(share["path"])
        assert page.status_code == 200
        assert page.headers["content-type"].startswith("text/html")
    assert "<script" not in page.text
    assert "noindex" in page.headers["x-robots-tag"]
    assert "Front door" in page.text
    assert "Driveway" not in page.text
    assert "Garage" not in page.text
    (listed,) = (await owner.get(SHARES)).json()
    assert (listed["uses"], listed["who"], listed["path"]) == (2, "ada", "")


async def test_it_shows_its_cameras_and_range_and_nothing_else(
    owner: Browser, browser: MakeBrowser, built: Built, clock: FakeClock
) -> None:
    share = await made(owner, clock, cameras=["garden"])
    stranger = browser()
    video = await stranger.get(f"{share['path']}/1.mp4")
    assert (video.status_code, video.headers["content-type"]) == (200, "video/mp4")
    wider = await stranger.get(f"{share['path']}/1.mp4", params={"start_us": 0, "end_us": clock.wall_us(), "camera": "garage"})
    assert wider.content == video.content
    part = await stranger.get(f"{share['path']}/1.mp4", headers={"Range": "bytes=0-9"})
    assert (part.status_code, len(part.content)) == (206, 10)
    for number in ("0", "2", "9", "-1", "x"):
        assert (await stranger.get(f"{share['path']}/{number}.mp4")).status_code in {404, 422}
    start_us = share["start_us"]
    for path in ("/api/v1/timeline", "/api/v1/cameras", "/api/v1/cameras/garden/footage.mp4"):
        params = {"start_us": start_us, "end_us": start_us + S}
        assert (await stranger.get(path, params=params)).status_code == 401
    assert built.house.timeline.asked == []


async def test_a_link_that_expired_was_ended_or_was_changed_opens_nothing(
    owner: Browser, browser: MakeBrowser, clock: FakeClock
) -> None:
    ended, expired = await made(owner, clock), await made(owner, clock)
    week = await made(owner, clock, lasts="week")
    stranger = browser()
    assert (await stranger.get(ended["path"])).status_code == 200
    answer = await owner.delete(f"{SHARES}/{ended['id']}", headers=owner.page_headers())
    assert answer.status_code == 204
    token = week["path"].removeprefix("/s/")
    tampered = token[:-1] + ("A" if token[-1] != "A" else "B")
    clock.advance(HOUR_S + 1)
    for path in (ended["path"], expired["path"], f"/s/{tampered}", f"/s/{token[:-1]}", "/s/A"):
        page = await stranger.get(path)
        assert page.status_code == 404
        assert "This link is over" in page.text
        assert "garden" not in page.text.lower()
        assert (await stranger.get(f"{path}/1.mp4")).status_code == 404
    assert (await stranger.get(week["path"])).status_code == 200
    assert [each["id"] for each in (await owner.get(SHARES)).json()] == [week["id"]]
    again = await owner.delete(f"{SHARES}/{expired['id']}", headers=owner.page_headers())
    assert again.status_code == 404


async def test_only_the_hash_of_a_link_is_kept(owner: Browser, built: Built, clock: FakeClock) -> None:
    share = await made(owner, clock)
    token = share["path"].removeprefix("/s/")
    with built.engine.connect() as connection:
        rows = connection.exec_driver_sql("SELECT * FROM shares").all()
    assert token not in repr(rows)
    assert token.encode() not in b"".join(each for row in rows for each in row if isinstance(each, bytes))


@pytest.mark.parametrize(
    ("more", "status"),
    [
        ({"cameras": []}, 422),
        ({"cameras": ["../etc"]}, 422),
        ({"cameras": ["nowhere"]}, 404),
        ({"cameras": ["garden"] * 9}, 422),
        ({"lasts": "for ever"}, 422),
        ({"end_us": 1}, 422),
        ({"start_us": 1, "end_us": 5}, 404),
        ({"start_us": 0, "end_us": 3 * HOUR_S * S}, 422),
        ({"extra": 1}, 422),
    ],
)
async def test_what_cannot_be_shared_is_said(owner: Browser, clock: FakeClock, more: dict, status: int) -> None:
    answer = await owner.send_json(SHARES, ask(clock, **more))
    assert answer.status_code == status
    assert answer.json()["detail"]


async def test_sec_09_a_viewer_shares_nothing_and_somebody_limited_only_what_they_see(
    owner: Browser, viewer: Browser, built: Built, browser: MakeBrowser, clock: FakeClock
) -> None:
    share = await made(owner, clock)
    assert (await viewer.send_json(SHARES, ask(clock))).status_code == 403
    assert (await viewer.get(SHARES)).status_code == 403
    await built.add_user("guest", Role.MEMBER, PASSWORD, cameras=(CameraId("garden"),))
    member = browser()
    await member.login("guest")
    assert (await member.send_json(SHARES, ask(clock))).status_code == 404
    assert (await member.get(SHARES)).json() == []
    assert (await member.delete(f"{SHARES}/{share['id']}", headers=member.page_headers())).status_code == 404
    own = await made(member, clock, cameras=["garden"])
    assert [each["id"] for each in (await member.get(SHARES)).json()] == [own["id"]]
    assert (await member.get(share["path"])).status_code == 200


async def test_sec_05_a_link_ends_with_the_right_to_hand_its_footage_out(
    owner: Browser, built: Built, browser: MakeBrowser, clock: FakeClock
) -> None:
    ben = await built.add_user("ben", Role.MEMBER, PASSWORD)
    client = browser()
    await client.login("ben")
    both, one = await made(client, clock), await made(client, clock, cameras=["garden"])
    other = await made(owner, clock)
    stranger = browser()

    async def opens() -> list[bool]:
        return [(await stranger.get(link["path"])).status_code == 200 for link in (both, one, other)]

    assert await opens() == [True, True, True]
    await built.auth.access.set_rights(ben.id, Role.MEMBER, [CameraId("garden")])
    assert await opens() == [False, True, True]
    await built.auth.access.set_rights(ben.id, Role.VIEWER, [CameraId("garden")])
    assert await opens() == [False, False, True]
    await built.auth.access.set_rights(ben.id, Role.MEMBER, None)
    again = browser()
    await again.login("ben")
    last = await made(again, clock)
    await built.auth.access.remove(ben.id)
    assert (await stranger.get(last["path"])).status_code == 404


async def test_sharing_is_written_down(owner: Browser, browser: MakeBrowser, built: Built, clock: FakeClock) -> None:
    share = await made(owner, clock)
    await browser(address="192.168.1.77").get(share["path"])
    await owner.delete(f"{SHARES}/{share['id']}", headers=owner.page_headers())
    lines = await built.auth.trail.recent(before=None, camera=None, who=None, limit=50)
    deeds = [line.deed.deed for line in lines]
    assert {"shared-footage", "opened-share", "ended-share"} <= set(deeds)
    assert share["path"].removeprefix("/s/") not in repr(lines)
