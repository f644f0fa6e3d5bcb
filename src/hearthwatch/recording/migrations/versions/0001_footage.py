"""The first index of footage: stores, runs, segments, gaps and what was asked of ranges."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

_id = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    op.create_table(
        "stores",
        sa.Column("id", _id, primary_key=True),
        sa.Column("uuid", sa.Text, nullable=False, unique=True),
        sa.Column("first_seen_us", sa.BigInteger, nullable=False),
        sa.Column("in_use", sa.Boolean, nullable=False),
    )
    op.create_table(
        "runs",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("camera", sa.Text, nullable=False),
        sa.Column("stream", sa.Text, nullable=False),
        sa.Column("start_us", sa.BigInteger, nullable=False),
        sa.Column("info", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "segments",
        sa.Column("id", _id, primary_key=True),
        sa.Column("store", sa.BigInteger, nullable=False),
        sa.Column("run", sa.Text, nullable=False),
        sa.Column("camera", sa.Text, nullable=False),
        sa.Column("stream", sa.Text, nullable=False),
        sa.Column("sequence", sa.BigInteger, nullable=False),
        sa.Column("start_us", sa.BigInteger, nullable=False),
        sa.Column("duration_us", sa.BigInteger, nullable=False),
        sa.Column("size_bytes", sa.BigInteger, nullable=False),
        sa.Column("frames", sa.Integer, nullable=False),
        sa.Column("keyframes", sa.Integer, nullable=False),
        sa.Column("sha256", sa.LargeBinary, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("footage_class", sa.Text, nullable=False),
        sa.Column("pinned", sa.Boolean, nullable=False),
        sa.UniqueConstraint("camera", "stream", "sequence", name="segments_sequence"),
    )
    op.create_index("segments_by_time", "segments", ["camera", "stream", "start_us"])
    op.create_index("segments_by_age", "segments", ["store", "state", "pinned", "start_us"])
    op.create_table(
        "gaps",
        sa.Column("id", _id, primary_key=True),
        sa.Column("camera", sa.Text, nullable=False),
        sa.Column("stream", sa.Text, nullable=False),
        sa.Column("start_us", sa.BigInteger, nullable=False),
        sa.Column("end_us", sa.BigInteger),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("detail", sa.Text, nullable=False),
    )
    op.create_index("gaps_by_time", "gaps", ["camera", "stream", "start_us"])
    op.create_table(
        "ranges",
        sa.Column("id", _id, primary_key=True),
        sa.Column("camera", sa.Text, nullable=False),
        sa.Column("start_us", sa.BigInteger, nullable=False),
        sa.Column("end_us", sa.BigInteger, nullable=False),
        sa.Column("footage_class", sa.Text, nullable=False),
        sa.Column("pinned", sa.Boolean, nullable=False),
    )
    op.create_index("ranges_by_time", "ranges", ["camera", "start_us"])
