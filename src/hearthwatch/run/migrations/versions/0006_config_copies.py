"""Dated copies of the cameras' settings."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "config_copies",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("camera", sa.String(32), nullable=False),
        sa.Column("vendor", sa.String(16), nullable=False),
        sa.Column("firmware", sa.String(128), nullable=False),
        sa.Column("taken_us", sa.BigInteger, nullable=False),
        sa.Column("seen_us", sa.BigInteger, nullable=False),
        sa.Column("reason", sa.String(128), nullable=False),
        sa.Column("drift", sa.Boolean, nullable=False),
        sa.Column("told", sa.Boolean, nullable=False),
        sa.Column("setting_count", sa.Integer, nullable=False),
        sa.Column("change_count", sa.Integer, nullable=False),
        sa.Column("settings", sa.LargeBinary, nullable=False),
        sa.Column("secrets", sa.LargeBinary, nullable=False),
    )
    op.create_index("config_copies_by_camera", "config_copies", ["camera", "id"])


def downgrade() -> None:
    op.drop_table("config_copies")
