"""When the off-site copy of a file was proved: what retention asks before it takes footage that is backed up."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.add_column("segments", sa.Column("proved_us", sa.BigInteger))
