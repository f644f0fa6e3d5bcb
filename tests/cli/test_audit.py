from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC

from tests.audit.test_checks import BAD, EVERYTHING, GOOD, evidence
from tests.cli.conftest import Home

from hearthwatch.audit import checks
from hearthwatch.audit.finding import FindingState, Mended, Report, score
from hearthwatch.cli import audit
from hearthwatch.run.control_audit import Audited
from hearthwatch.vendors.device import Account

CONFIG = '[camera.porch]\nmain = "rtsp://192.168.1.20/main"\n'


def report(settings, **more) -> Report:
    found = checks.findings(evidence(settings=settings, can=EVERYTHING, **more))
    return Report(camera=evidence().camera, at_us=evidence().at_us, findings=found, score=score(found))


def shown(reply: Audited, *, apply: bool = False) -> str:
    return "\n".join(audit.lines(reply, UTC, apply=apply))


def test_what_is_open_comes_first_and_what_is_not_known_is_never_among_what_is_right():
    told = report(BAD | {"Telnet.Enable": "?"})
    text = shown(Audited(reports=(told,), mended=()))
    assert text.startswith(f"camera porch: {told.score} of 100 (2026-11-18 ")
    assert "  !! Access through the maker's cloud (P2P) [can be put right from here]" in text
    assert "       by hand: Setup → Network → P2P" in text
    assert text.index("!! ") < text.index("not known, so not safe to call right:") < text.index("  right: ")
    assert "    ? Telnet: The camera does not tell us." in text
    right = text[text.index("  right: ") :]
    assert "Telnet" not in right
    assert "`hearthwatch audit --apply` puts right" in text


def test_what_takes_a_decision_is_shown_as_the_command_for_it():
    eve = Account(name="eve; rm -rf", group="admin", is_admin=True, is_built_in=False)
    text = shown(Audited(reports=(report(GOOD, accounts=(eve,)),), mended=()))
    assert "when you decide so: hearthwatch repair porch remove-account 'eve; rm -rf'" in text


def test_what_the_owner_knows_is_named_and_no_more():
    told = report(BAD)
    accepted = replace(told, findings=tuple(replace(one, accepted=one.key == "p2p") for one in told.findings))
    text = shown(Audited(reports=(accepted,), mended=()))
    assert "  you know of: Access through the maker's cloud (P2P)" in text
    assert "!! Access through" not in text


def test_apply_says_what_was_done_what_was_not_and_what_is_left():
    before, after = report(BAD), report(BAD | {"T2UServer.Enable": "false"})
    found = {one.key: one for one in before.findings}
    mended = (
        Mended(finding=found["p2p"], done=True, text="porch: Switched off."),
        Mended(finding=found["upnp"], done=False, text="porch: it did not work."),
    )
    text = shown(Audited(reports=(after,), mended=mended), apply=True)
    assert "  put right: Access through the maker's cloud (P2P): porch: Switched off." in text
    assert "  NOT put right: It opens your router by itself (UPnP): porch: it did not work." in text
    left = next(line for line in text.splitlines() if line.startswith("  left to you: "))
    assert "It sends mail unencrypted" in left
    assert "UPnP" not in left


def test_a_camera_that_did_not_answer_is_said_to_be_unknown():
    silent = Report(camera=evidence().camera, at_us=evidence().at_us, findings=(), score=None, trouble="it does not answer")
    text = shown(Audited(reports=(silent,), mended=()))
    assert "camera porch: not known" in text
    assert "  ! it could not be looked at: it does not answer" in text
    assert not audit.is_good((silent,))


def test_the_exit_code_is_good_only_without_an_open_serious_weakness():
    assert audit.is_good((report(GOOD),))
    assert not audit.is_good((report(BAD),))
    told = report(BAD)
    known = tuple(replace(one, accepted=one.state is FindingState.FOUND) for one in told.findings)
    assert audit.is_good((replace(told, findings=known),))


def test_json_has_the_key_by_which_a_finding_is_accepted():
    told = audit.plain(Audited(reports=(report(BAD),), mended=()))
    [one] = json.loads(json.dumps(told))["reports"]
    p2p = next(finding for finding in one["findings"] if finding["key"] == "p2p")
    assert (p2p["state"], p2p["grade"], p2p["remedy"]["kind"]) == ("found", "serious", "service-off")


def test_without_a_running_house_it_says_that_one_must_run(empty_home: Home) -> None:
    (empty_home.data / "hearthwatch.toml").write_text(CONFIG)
    for argv in (("audit",), ("audit", "--apply"), ("audit", "--fence", "nftables")):
        ran = empty_home.run(*argv)
        assert ran.code == 1
        assert "Hearthwatch is not running" in ran.err
        assert "`hearthwatch run`" in ran.err


def test_without_a_door_there_is_nothing_to_audit(empty_home: Home) -> None:
    (empty_home.data / "hearthwatch.toml").write_text('[camera.porch]\nmain = "demo://street?seed=1"\n')
    ran = empty_home.run("audit")
    assert ran.code == 2
    assert "[camera.NAME.door]" in ran.err
    assert "there is no camera prch" in empty_home.run("audit", "--camera", "prch").err
