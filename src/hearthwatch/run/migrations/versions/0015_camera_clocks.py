"""How far each camera's clock was off, and when: what its burnt-in time is worth as evidence."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "camera_clocks",
        sa.Column("camera", sa.String(32), primary_key=True),
        sa.Column("at_us", sa.BigInteger, primary_key=True),
        sa.Column("off_us", sa.BigInteger, nullable=False),
    )


def downgrade() -> None:
    op.drop_table("camera_clocks")
