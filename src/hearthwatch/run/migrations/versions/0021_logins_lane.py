"""The timeline counts the log-ins of a month by an index alone."""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        "logins_lane",
        "logins",
        ["camera", "at_us", "verdict", "user", "address"],
        sqlite_where=sa.text("verdict != 'own'"),
    )


def downgrade() -> None:
    op.drop_index("logins_lane", "logins")
