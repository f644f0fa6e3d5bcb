"""Who each camera is: what stays the same when its address changes, and what may not change unnoticed."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "cameras_known",
        sa.Column("camera", sa.String(32), primary_key=True),
        sa.Column("key", sa.String(128), nullable=False),
        sa.Column("mac", sa.String(17), nullable=False),
        sa.Column("serial", sa.String(128), nullable=False),
        sa.Column("link_mac", sa.String(17), nullable=False),
        sa.Column("mark", sa.String(256), nullable=False),
        sa.Column("vendor", sa.String(32), nullable=False),
        sa.Column("maker", sa.String(128), nullable=False),
        sa.Column("model", sa.String(128), nullable=False),
        sa.Column("firmware", sa.String(128), nullable=False),
        sa.Column("host", sa.String(255), nullable=False),
        sa.Column("port", sa.Integer, nullable=False),
        sa.Column("tls", sa.Boolean, nullable=False),
        sa.Column("ip", sa.String(64), nullable=False),
        sa.Column("first_us", sa.BigInteger, nullable=False),
        sa.Column("last_us", sa.BigInteger, nullable=False),
    )


def downgrade() -> None:
    op.drop_table("cameras_known")
