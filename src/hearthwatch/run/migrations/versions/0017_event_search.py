"""Events are found by label, kind and zone, by free words and by what a person noted, however many there are."""

import sqlalchemy as sa
from alembic import op

from hearthwatch.events.wanted import words_of

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

_BATCH = 2000


def upgrade() -> None:
    op.add_column("events", sa.Column("words", sa.Text, nullable=False, server_default=""))
    op.add_column("events", sa.Column("note", sa.Text, nullable=False, server_default=""))
    op.add_column("events", sa.Column("note_words", sa.Text, nullable=False, server_default=""))
    op.create_index("events_by_label", "events", ["label", "start_us"])
    op.create_index("events_by_kind", "events", ["kind", "start_us"])
    op.create_index("events_by_zones", "events", ["zones"])
    op.create_index("events_unseen", "events", ["start_us", "id"], sqlite_where=sa.text("reviewed = 0"))
    op.create_index("events_false", "events", ["camera", "label", "start_us"], sqlite_where=sa.text("false_alarm = 1"))
    connection = op.get_bind()
    last = ""
    while rows := connection.execute(
        sa.text("SELECT id, kind, label, zones, detail FROM events WHERE id > :last ORDER BY id LIMIT :most"),
        {"last": last, "most": _BATCH},
    ).all():
        connection.execute(
            sa.text("UPDATE events SET words = :words WHERE id = :id"),
            [{"id": row.id, "words": words_of(row.kind, row.label, row.zones, row.detail)} for row in rows],
        )
        last = rows[-1].id


def downgrade() -> None:
    for index in ("events_false", "events_unseen", "events_by_zones", "events_by_kind", "events_by_label"):
        op.drop_index(index, "events")
    for column in ("note_words", "note", "words"):
        op.drop_column("events", column)
