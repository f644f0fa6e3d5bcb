"""Which rows were stamped by a clock nobody kept right, so that they can be stamped anew once it is set."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    for table in ("segments", "gaps"):
        op.add_column(table, sa.Column("clock_boot", sa.Text))
        op.add_column(table, sa.Column("clock_us", sa.BigInteger))
    op.add_column("segments", sa.Column("stated_us", sa.BigInteger))
    op.create_index("segments_by_clock", "segments", ["clock_boot"], sqlite_where=sa.text("clock_boot IS NOT NULL"))
