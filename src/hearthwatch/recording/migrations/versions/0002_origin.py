"""Where footage comes from, and an index over what did not come live."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.add_column("segments", sa.Column("origin", sa.Text, nullable=False, server_default="live"))
    op.create_index(
        "segments_by_origin", "segments", ["origin", "camera", "start_us"], sqlite_where=sa.text("origin != 'live'")
    )
