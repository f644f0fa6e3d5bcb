"""Log-ins to the cameras for ever, their system logs for a while, and what is needed to see each line only once."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "logins",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("camera", sa.String(32), nullable=False),
        sa.Column("action", sa.String(32), nullable=False),
        sa.Column("code", sa.Text, nullable=False),
        sa.Column("user", sa.Text, nullable=False),
        sa.Column("address", sa.String(64)),
        sa.Column("origin", sa.Text, nullable=False),
        sa.Column("via", sa.Text, nullable=False),
        sa.Column("local_us", sa.BigInteger),
        sa.Column("at_us", sa.BigInteger, nullable=False),
        sa.Column("seen_us", sa.BigInteger, nullable=False),
        sa.Column("source", sa.String(16), nullable=False),
        sa.Column("verdict", sa.String(32), nullable=False),
        sa.Column("raw", sa.Text, nullable=False),
        sa.Column("merged", sa.Boolean, nullable=False),
        sa.Column("wanted", sa.Boolean, nullable=False),
        sa.Column("told", sa.Boolean, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index("logins_by_time", "logins", ["at_us", "id"])
    op.create_index("logins_by_camera", "logins", ["camera", "at_us"])
    op.create_index("logins_untold", "logins", ["camera"], sqlite_where=sa.text("wanted AND NOT told"))
    op.create_table(
        "log_seen",
        sa.Column("camera", sa.String(32), primary_key=True),
        sa.Column("book", sa.String(16), primary_key=True),
        sa.Column("key", sa.LargeBinary(16), primary_key=True),
        sa.Column("count", sa.Integer, nullable=False),
        sa.Column("undated", sa.Boolean, nullable=False),
    )
    op.create_table(
        "login_own",
        sa.Column("camera", sa.String(32), primary_key=True),
        sa.Column("day", sa.String(10), primary_key=True),
        sa.Column("count", sa.Integer, nullable=False),
    )
    op.create_table(
        "login_state",
        sa.Column("camera", sa.String(32), primary_key=True),
        sa.Column("book", sa.String(16), primary_key=True),
        sa.Column("state", sa.Text, nullable=False),
    )
    op.create_table(
        "log_lines",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("camera", sa.String(32), nullable=False),
        sa.Column("at_us", sa.BigInteger, nullable=False),
        sa.Column("seen_us", sa.BigInteger, nullable=False),
        sa.Column("local_us", sa.BigInteger),
        sa.Column("code", sa.Text, nullable=False),
        sa.Column("user", sa.Text, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("raw", sa.Text, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index("log_lines_by_time", "log_lines", ["at_us", "id"])
    op.create_index("log_lines_by_camera", "log_lines", ["camera", "at_us"])


def downgrade() -> None:
    for table in ("log_lines", "login_state", "login_own", "log_seen", "logins"):
        op.drop_table(table)
