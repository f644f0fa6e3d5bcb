"""What no answer may hold, read from the description of the API: a secret that was set comes back from nowhere."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tests.web.fake_house import Built

from hearthwatch.web.description import description
from hearthwatch.web.gate import rules

SUSPECT = re.compile(r"passw|secret|token|word|key$|codes?$|credential|cookie|hash|identity|private_")
SHOWN_ONCE = {
    ("NewPasswordReply", "password"): "made up for other software, shown when it is made",
    ("OutcomeReply", "password"): "made up for a camera, shown to the owner when it is made",
    ("NewTokenReply", "word"): "a program's token, shown when it is made",
    ("EnrolTotpReply", "secret"): "for the code app, while it is being set up",
    ("ConfirmedReply", "codes"): "recovery codes, when they are made",
    ("RecoveryReply", "codes"): "recovery codes, when they are made",
    ("InvitationReply", "code"): "lets one machine join, once, shown when it is made",
    ("EnrolmentReply", "code"): "invites by Telegram once, for ten minutes",
    ("SealKeysReply", "identity"): "the private key of backups, made for the owner and kept nowhere",
}
OF_ITS_OWN_KIND = {
    ("PowerHookReply", "word"): "what the owner enters at the UPS",
    ("SecondReply", "key"): "goes on with a log-in in the very same browser",
    ("SessionReply", "token"): "what a page shows that it is this page; opens nothing by itself",
}
NO_SECRET = {
    ("ChangeReply", "key"): "the name of a setting",
    ("FindingReply", "key"): "the name of a finding",
    ("MendedReply", "key"): "the name of a finding",
    ("MistakeReply", "key"): "the name of a setting",
    ("SettingReply", "key"): "the name of a setting",
    ("KeyReply", "key"): "the name of a setting",
    ("PushKeyReply", "key"): "a public key",
    ("DoorReply", "identity"): "maker, model and serial number of a camera",
    ("ChangeReply", "secret"): "whether it is one",
    ("LineReply", "code"): "a word of a camera's log",
    ("LoginReply", "code"): "a word of a camera's log",
    ("NewTokenReply", "token"): "what a token is called and may do",
    ("SessionReply", "passwords_accepted"): "yes or no",
    ("OwnReply", "why_no_passkey"): "a sentence",
    ("PorchAccountReply", "has_password"): "yes or no",
    ("RelayReply", "has_password"): "yes or no",
    ("ConfigReply", "secrets"): "names, and whether each is set",
    ("SecondReply", "passkey"): "yes or no",
    ("StreamReply", "words"): "what a stream is, in a sentence",
    ("TiesReply", "tokens"): "what tokens are called",
    ("RelayReply", "restream_has_password"): "yes or no",
}
KNOWN = {name for table in (SHOWN_ONCE, OF_ITS_OWN_KIND, NO_SECRET) for name in table}


def named(part: object) -> Iterator[str]:
    """Yield the schemas that a part of the description refers to."""
    if isinstance(part, dict):
        for key, value in part.items():
            if key == "$ref":
                yield value.rsplit("/", 1)[1]
            else:
                yield from named(value)
    elif isinstance(part, list):
        for value in part:
            yield from named(value)


def answered(built: Built) -> set[tuple[str, str]]:
    """Return every field of every answer, as model (without its module) and name."""
    found = description(built.app)
    schemas, seen = found["components"]["schemas"], set()
    todo = [
        name
        for ways in found["paths"].values()
        for operation in ways.values()
        if isinstance(operation, dict)
        for name in named(operation.get("responses", {}))
    ]
    while todo:
        name = todo.pop()
        if name not in seen:
            seen.add(name)
            todo += list(named(schemas[name]))
    return {(name.rpartition("__")[2], field) for name in seen for field in schemas[name].get("properties", {})}


def test_sec_37_no_answer_has_a_field_for_a_secret_but_what_was_made_just_now(built: Built) -> None:
    fields = answered(built)
    assert len(fields) > 300
    assert {each for each in fields if SUSPECT.search(each[1])} - KNOWN == set()
    assert KNOWN - {("KeyReply", "key")} - fields == set(), "what is gone need not be excused"


GRAVE = {
    "DELETE /api/v1/access/people/{user_id}/factors",
    "DELETE /api/v1/fleet/hub",
    "POST /api/v1/fleet/hub",
    "POST /api/v1/machine/reboot",
    "POST /api/v1/fleet/invitations",
    "POST /api/v1/fleet/nodes/{node}/revoke",
    "PUT /api/v1/fleet/roles/{user_id}/{at}",
    "DELETE /api/v1/own/passkeys/{passkey}",
    "DELETE /api/v1/own/totp",
    "DELETE /api/v1/setup/cameras/{camera}",
    "DELETE /api/v1/telegram/people/{user_id}",
    "GET /api/v1/case.zip",
    "POST /api/v1/access/leave",
    "POST /api/v1/access/people",
    "POST /api/v1/access/people/{user_id}/password",
    "POST /api/v1/access/tokens",
    "POST /api/v1/cameras/{camera}/door/accept",
    "POST /api/v1/cameras/{camera}/own-page",
    "POST /api/v1/house/rules/{camera}",
    "POST /api/v1/house/rules/{camera}/enabled",
    "POST /api/v1/own/passkeys",
    "POST /api/v1/own/passkeys/ask",
    "POST /api/v1/own/password",
    "POST /api/v1/own/recovery-codes",
    "POST /api/v1/own/totp",
    "POST /api/v1/own/totp/confirm",
    "POST /api/v1/push/devices",
    "POST /api/v1/relay/passwords/{name}",
    "POST /api/v1/shares",
    "POST /api/v1/telegram/enrol",
    "POST /api/v1/telegram/people/{user_id}/role",
    "PUT /api/v1/access/people/{user_id}/rights",
    "PUT /api/v1/config/secrets/{name}",
}
"""Beside these, settings ask for it by what they are about (`api_config`), and disarming for the password itself."""


def test_sec_07_these_and_no_others_ask_once_more_who_it_is(built: Built) -> None:
    found = {f"{way} {rule.path}" for rule in rules(built.app) if rule.fresh for way in rule.methods - {"HEAD"}}
    assert found == GRAVE
