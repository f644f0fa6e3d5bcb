"""Events, alerts with their deliveries, outages, who is enrolled for Telegram, and what channels remember."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "events",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("camera", sa.String(32), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("label", sa.String(64), nullable=False),
        sa.Column("start_us", sa.BigInteger, nullable=False),
        sa.Column("end_us", sa.BigInteger),
        sa.Column("score", sa.Float, nullable=False),
        sa.Column("x0", sa.Float),
        sa.Column("y0", sa.Float),
        sa.Column("x1", sa.Float),
        sa.Column("y1", sa.Float),
        sa.Column("zones", sa.Text, nullable=False),
        sa.Column("picture", sa.Boolean, nullable=False),
        sa.Column("best_us", sa.BigInteger, nullable=False),
        sa.Column("reviewed", sa.Boolean, nullable=False),
        sa.Column("told", sa.Boolean, nullable=False),
        sa.Column("detail", sa.Text, nullable=False),
        sa.Column("received_ns", sa.BigInteger, nullable=False),
    )
    op.create_index("events_by_start", "events", ["start_us", "id"])
    op.create_index("events_by_camera", "events", ["camera", "start_us"])
    op.create_table(
        "alerts",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("event", sa.String(32), nullable=False),
        sa.Column("camera", sa.String(32)),
        sa.Column("severity", sa.String(16), nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("at_us", sa.BigInteger, nullable=False),
        sa.Column("dedupe_key", sa.String(128), nullable=False, unique=True),
        sa.Column("received_ns", sa.BigInteger, nullable=False),
        sa.Column("decided_ns", sa.BigInteger, nullable=False),
        sa.Column("parts", sa.String(64), nullable=False),
        sa.Column("skip_channel", sa.String(64), nullable=False),
        sa.Column("degraded", sa.Boolean, nullable=False),
    )
    op.create_index("alerts_by_time", "alerts", ["at_us", "id"])
    op.create_index("alerts_by_event", "alerts", ["event"])
    op.create_table(
        "deliveries",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("alert", sa.String(32), sa.ForeignKey("alerts.id", ondelete="CASCADE"), nullable=False),
        sa.Column("channel", sa.String(64), nullable=False),
        sa.Column("part", sa.String(16), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("tries", sa.Integer, nullable=False),
        sa.Column("next_us", sa.BigInteger, nullable=False),
        sa.Column("maybe_sent", sa.Boolean, nullable=False),
        sa.Column("last_error", sa.Text, nullable=False),
        sa.Column("decided_ms", sa.Float),
        sa.Column("accepted_ms", sa.Float),
        sa.UniqueConstraint("alert", "channel", "part", name="deliveries_once"),
    )
    op.create_index("deliveries_by_state", "deliveries", ["state", "channel", "id"])
    op.create_table(
        "outages",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("fault", sa.String(32), nullable=False),
        sa.Column("camera", sa.String(32)),
        sa.Column("subject", sa.String(64), nullable=False),
        sa.Column("start_us", sa.BigInteger, nullable=False),
        sa.Column("end_us", sa.BigInteger),
        sa.Column("detail", sa.Text, nullable=False),
        sa.Column("told", sa.Boolean, nullable=False),
    )
    op.create_index("outages_by_start", "outages", ["start_us"])
    op.create_table(
        "telegram_people",
        sa.Column("chat_id", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("user_id", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("enrolled_us", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "channel_state",
        sa.Column("key", sa.String(128), primary_key=True),
        sa.Column("value", sa.Text, nullable=False),
    )


def downgrade() -> None:
    for table in ("channel_state", "telegram_people", "outages", "deliveries", "alerts", "events"):
        op.drop_table(table)
