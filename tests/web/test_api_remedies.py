"""Damage control by the API: asked once more, done once, for the owner only."""

from __future__ import annotations

import pytest
from tests.web.conftest import HTTP, HTTPS
from tests.web.fake_remedies import MADE_UP

from hearthwatch.web.accounts import Role

DOOR = "/api/v1/cameras/{}/door"
ASK = "/api/v1/cameras/{}/remedies"


@pytest.fixture
async def owner(built, browser):
    await built.add_user("ada", Role.OWNER)
    made = browser()
    await made.login("ada")
    return made


@pytest.fixture
def camera(built):
    return built.house.cameras_on[0]


async def test_a_camera_s_door_says_who_it_is_and_what_can_be_done(owner, camera):
    reply = (await owner.get(DOOR.format(camera))).json()
    assert reply["reachable"] is True
    assert reply["identity"]["mac"] == "9c:8e:cd:00:11:22"
    assert (reply["sessions"][0]["address"], reply["sessions"][0]["at_home"]) == ("203.0.113.9", False)
    assert reply["accounts"][0] == {
        "name": "admin",
        "group": "admin",
        "is_admin": True,
        "is_built_in": True,
        "is_ours": True,
    }
    why_not = {action["kind"]: action["why_not"] for action in reply["actions"]}
    assert why_not["reboot"] == ""
    assert "do it in your router" in why_not["block-address"]


async def test_a_remedy_is_asked_once_more_and_done_once(owner, built, camera):
    asked = (await owner.send_json(ASK.format(camera), {"kind": "change-password", "subject": "admin"})).json()
    assert "change the password of admin?" in asked["question"]
    assert built.house.remedies.entries[asked["confirm"]].who == "page ada"
    done = (await owner.send_json(ASK.format(camera) + "/confirm", {"confirm": asked["confirm"]})).json()
    assert done["entry"]["state"] == "done"
    assert done["password"] == MADE_UP
    again = await owner.send_json(ASK.format(camera) + "/confirm", {"confirm": asked["confirm"]})
    assert again.status_code == 409
    assert MADE_UP not in again.text
    trail = await owner.get("/api/v1/audit-trail")
    assert [entry["id"] for entry in trail.json()["entries"]] == [asked["confirm"]]
    assert MADE_UP not in trail.text
    one = (await owner.get(f"/api/v1/audit-trail/{asked['confirm']}")).json()
    assert one == trail.json()["entries"][0]


async def test_a_new_password_is_not_shown_over_plain_http(built, browser, camera):
    await built.add_user("ada", Role.OWNER)
    first = browser(base=HTTPS, address="192.168.1.7")
    await first.login("ada")
    asked = (await first.send_json(ASK.format(camera), {"kind": "change-password"})).json()
    entry = asked["confirm"]
    plain = browser(base=HTTP.replace("127.0.0.1", "192.168.1.5"), address="192.168.1.7")
    plain.cookies = {"hearthwatch": first.cookies["__Host-hearthwatch"]}
    plain.token = first.token
    done = (await plain.send_json(ASK.format(camera) + "/confirm", {"confirm": entry})).json()
    assert done["entry"]["state"] == "done"
    assert done["password"] is None


async def test_what_cannot_be_done_is_said_plainly_and_leaves_nothing_to_confirm(owner, camera):
    reply = (await owner.send_json(ASK.format(camera), {"kind": "block-address", "subject": "203.0.113.9"})).json()
    assert reply == {"confirm": None, "question": "This camera cannot block an address."}


async def test_a_no_ends_the_question(owner, built, camera):
    asked = (await owner.send_json(ASK.format(camera), {"kind": "reboot"})).json()
    assert (await owner.send_json(ASK.format(camera) + "/decline", {"confirm": asked["confirm"]})).status_code == 204
    assert built.house.remedies.entries[asked["confirm"]].state == "declined"
    assert (await owner.send_json(ASK.format(camera) + "/decline", {"confirm": asked["confirm"]})).status_code == 409


async def test_a_question_is_confirmed_by_its_camera_and_its_person_only(owner, built, browser, camera):
    other = built.house.cameras_on[1]
    asked = (await owner.send_json(ASK.format(camera), {"kind": "reboot"})).json()
    wrong = await owner.send_json(ASK.format(other) + "/confirm", {"confirm": asked["confirm"]})
    assert wrong.status_code == 404
    await built.add_user("eve", Role.OWNER)
    eve = browser()
    await eve.login("eve")
    assert (await eve.send_json(ASK.format(camera) + "/confirm", {"confirm": asked["confirm"]})).status_code == 409
    assert built.house.remedies.entries[asked["confirm"]].state == "asked"


async def test_only_an_owner_may(built, browser, camera):
    await built.add_user("vera", Role.VIEWER)
    viewer = browser()
    await viewer.login("vera")
    assert (await viewer.get(DOOR.format(camera))).status_code == 403
    assert (await viewer.get("/api/v1/audit-trail")).status_code == 403
    assert (await viewer.send_json(ASK.format(camera), {"kind": "reboot"})).status_code == 403
    assert (await viewer.send_json(ASK.format(camera) + "/confirm", {"confirm": "E0"})).status_code == 403
    put = await viewer.put("/api/v1/firmware/x.bin", content=b"x", headers=viewer.page_headers())
    assert put.status_code == 403
    assert built.house.remedies.entries == {}
    assert built.house.remedies.uploads == {}


async def test_unknown_kinds_and_cameras_are_refused(owner, camera):
    assert (await owner.send_json(ASK.format(camera), {"kind": "explode"})).status_code == 422
    assert (await owner.send_json(ASK.format("nowhere"), {"kind": "reboot"})).status_code == 404
    assert (await owner.get("/api/v1/audit-trail/none")).status_code == 404


async def test_firmware_may_be_larger_than_other_requests(owner, built):
    image = bytes(300_000)
    put = await owner.put("/api/v1/firmware/IPC_841.bin", content=image, headers=owner.page_headers())
    assert put.json() == {"subject": "IPC_841.bin", "size_bytes": 300_000}
    assert built.house.remedies.uploads == {"IPC_841.bin": image}
    huge = {**owner.page_headers(), "Content-Length": str(200 << 20)}
    assert (await owner.put("/api/v1/firmware/x.bin", content=b"", headers=huge)).status_code == 413
