"""Letters to a hub: what the ledgers of events, alerts, arming, log-ins and outages hold, written by triggers in the
transaction of the thing itself once the house has joined one.

A view for each ledger says what a letter about one of its rows holds; the triggers and whoever compares or posts again read it.
Left out is what means nothing elsewhere (search words, monotonic times) and what stays in the house: offers of remedies, the
evidence of who was home, a camera's raw log line. Texts are cut so that no letter outgrows fleet.letter.MAX_BODY_BYTES.
"""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

_LEDGERS = {
    "event": (
        "events",
        "id",
        "start_us",
        "camera",
        {
            "kind": "kind",
            "label": "label",
            "start_us": "start_us",
            "end_us": "end_us",
            "score": "score",
            "x0": "x0",
            "y0": "y0",
            "x1": "x1",
            "y1": "y1",
            "zones": "substr(zones, 1, 2000)",
            "picture": "json(iif(picture, 'true', 'false'))",
            "best_us": "best_us",
            "reviewed": "json(iif(reviewed, 'true', 'false'))",
            "false_alarm": "json(iif(false_alarm, 'true', 'false'))",
            "detail": "substr(detail, 1, 4000)",
            "note": "substr(note, 1, 2000)",
        },
    ),
    "alert": (
        "alerts",
        "id",
        "at_us",
        "camera",
        {
            "event": "event",
            "severity": "severity",
            "title": "substr(title, 1, 500)",
            "text": "substr(text, 1, 8000)",
            "at_us": "at_us",
            "degraded": "json(iif(degraded, 'true', 'false'))",
        },
    ),
    "arming": (
        "arm_changes",
        "CAST(number AS TEXT)",
        "at_us",
        "NULL",
        {
            "at_us": "at_us",
            "before": '"before"',
            "mode": "mode",
            "cause": "cause",
            "who": "substr(who, 1, 200)",
            "via": "substr(via, 1, 200)",
            "until_us": "until_us",
        },
    ),
    "login": (
        "logins",
        "CAST(id AS TEXT)",
        "at_us",
        "camera",
        {
            "action": "action",
            "user": "substr(user, 1, 500)",
            "address": "address",
            "origin": "substr(origin, 1, 500)",
            "via": "substr(via, 1, 500)",
            "at_us": "at_us",
            "seen_us": "seen_us",
            "source": "source",
            "verdict": "verdict",
        },
    ),
    "outage": (
        "outages",
        "start_us || '-' || id",
        "start_us",
        "camera",
        {
            "fault": "fault",
            "subject": "subject",
            "start_us": "start_us",
            "end_us": "end_us",
            "detail": "substr(detail, 1, 4000)",
        },
    ),
}
"""By kind: the table, then as SQL what a letter's key, moment, camera and body are. An outage's number alone may come again."""

_COLUMNS = {
    "events": (
        *("kind", "label", "start_us", "end_us", "score", "x0", "y0", "x1", "y1", "zones", "picture", "best_us"),
        *("reviewed", "false_alarm", "detail", "note", "camera"),
    ),
    "alerts": ("event", "severity", "title", "text", "at_us", "degraded", "camera"),
    "arm_changes": ("at_us", '"before"', "mode", "cause", "who", "via", "until_us"),
    "logins": ("action", "user", "address", "origin", "via", "at_us", "seen_us", "source", "verdict", "camera"),
    "outages": ("fault", "subject", "start_us", "end_us", "detail", "camera"),
}
"""What a letter depends on: a change of anything else writes none."""


def upgrade() -> None:
    op.create_table(
        "letters",
        sa.Column("seq", sa.Integer, primary_key=True),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("key", sa.String(128), nullable=False),
        sa.Column("at_us", sa.BigInteger, nullable=False),
        sa.Column("camera", sa.String(32)),
        sa.Column("body", sa.Text, nullable=False),
        sa.UniqueConstraint("kind", "key", name="letters_thing"),
        sqlite_autoincrement=True,
    )
    op.create_index("letters_by_kind", "letters", ["kind", "seq"])
    op.create_table(
        "fleet_joined",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("joined_us", sa.BigInteger, nullable=False),
        sa.Column("since_us", sa.BigInteger, nullable=False),
        sa.Column("segments_after", sa.BigInteger, nullable=False),
        sa.Column("told_us", sa.BigInteger, nullable=False),
        sa.CheckConstraint("id = 1", name="fleet_joined_one"),
    )
    for kind, (table, key, at_us, camera, body) in _LEDGERS.items():
        row = "number" if table == "arm_changes" else "id"
        members = ", ".join(f"'{name}', {value}" for name, value in body.items())
        op.execute(
            f"CREATE VIEW letters_{kind} AS "  # noqa: S608 our own names
            f"SELECT {row} AS row, {key} AS key, {at_us} AS at_us, {camera} AS camera, "
            f"json_object({members}) AS body FROM {table}"
        )
        write = (
            f"DELETE FROM letters WHERE kind = '{kind}' "  # noqa: S608 our own names
            f"AND key = (SELECT key FROM letters_{kind} WHERE row = NEW.{row}); "
            "INSERT INTO letters (kind, key, at_us, camera, body) "
            f"SELECT '{kind}', key, at_us, camera, body FROM letters_{kind} WHERE row = NEW.{row};"
        )
        joined = "EXISTS (SELECT 1 FROM fleet_joined)"
        new = ", ".join(f"NEW.{name}" for name in _COLUMNS[table])
        op.execute(f"CREATE TRIGGER letters_{kind}_new AFTER INSERT ON {table} WHEN {joined} BEGIN {write} END")
        op.execute(
            f"CREATE TRIGGER letters_{kind}_changed AFTER UPDATE ON {table} "
            f"WHEN {joined} AND ({new}) IS NOT ({new.replace('NEW.', 'OLD.')}) BEGIN {write} END"
        )


def downgrade() -> None:
    for kind in _LEDGERS:
        op.execute(f"DROP TRIGGER letters_{kind}_changed")
        op.execute(f"DROP TRIGGER letters_{kind}_new")
        op.execute(f"DROP VIEW letters_{kind}")
    op.drop_table("fleet_joined")
    op.drop_table("letters")
