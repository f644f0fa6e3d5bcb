from __future__ import annotations

from tests.web.conftest import Browser, Built


async def test_the_owner_reads_worst_first_with_what_to_do(owner: Browser) -> None:
    [report] = (await owner.get("/api/v1/audit")).json()
    assert 0 <= report["score"] < 100
    states = [(one["accepted"], one["state"]) for one in report["findings"]]
    assert states == sorted(states, key=lambda one: ("found", "unknown", "ok").index(one[1]))
    assert report["found"] == sum(state == "found" for _, state in states)
    assert report["unknown"] == sum(state == "unknown" for _, state in states)
    p2p = next(one for one in report["findings"] if one["key"] == "p2p")
    assert p2p["remedy"] == {
        "kind": "service-off", "camera": report["camera"], "subject": "p2p", "value": "", "label": p2p["remedy"]["label"]
    }  # fmt: skip
    assert p2p["automatic"]
    assert p2p["fix"].startswith("Setup")
    guest = next(one for one in report["findings"] if one["key"] == "account-extra/guest2")
    assert guest["remedy"]["kind"] == "remove-account"
    assert not guest["automatic"]


async def test_apply_answers_what_the_second_look_found(built: Built, owner: Browser) -> None:
    camera = built.house.audit.camera
    answer = (await owner.send_json(f"/api/v1/cameras/{camera}/audit/apply")).json()
    assert {one["key"]: one["done"] for one in answer["mended"]} == {"p2p": True, "telnet": True, "ntp": True}
    assert next(one["state"] for one in answer["report"]["findings"] if one["key"] == "p2p") == "ok"
    assert built.house.audit.who == ["page ada"]


async def test_accepting_raises_the_score_and_keeps_it_listed(built: Built, owner: Browser) -> None:
    camera = built.house.audit.camera
    before = (await owner.send_json(f"/api/v1/cameras/{camera}/audit")).json()
    path = f"/api/v1/cameras/{camera}/audit/accept"
    after = (await owner.send_json(path, {"key": "account-extra/guest2"})).json()
    assert after["score"] > before["score"]
    assert after["findings"][-1]["key"] == "account-extra/guest2"
    assert after["findings"][-1]["accepted"]
    back = (await owner.send_json(path, {"key": "account-extra/guest2", "accepted": False})).json()
    assert back["score"] == before["score"]
    wrong = await owner.send_json(path, {"key": "account-extra/nobody"})
    assert wrong.status_code == 409
    assert "no finding" in wrong.json()["detail"]


async def test_the_fence_is_for_the_three_routers(owner: Browser) -> None:
    for kind, mark in (("nftables", "table inet"), ("openwrt", "config rule"), ("vyos", "set firewall")):
        assert mark in (await owner.get(f"/api/v1/audit/fence?kind={kind}")).json()["text"]
    assert (await owner.get("/api/v1/audit/fence?kind=iptables")).status_code == 422


async def test_who_only_looks_learns_nothing_of_weaknesses(built: Built, viewer: Browser) -> None:
    camera = built.house.audit.camera
    assert (await viewer.get("/api/v1/audit")).status_code == 403
    assert (await viewer.get("/api/v1/audit/fence")).status_code == 403
    for path in ("audit", "audit/apply", "audit/accept"):
        assert (await viewer.send_json(f"/api/v1/cameras/{camera}/{path}", {"key": "p2p"})).status_code == 403
