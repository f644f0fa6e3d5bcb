"""The hub's ledger."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "sites",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("made_us", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "nodes",
        sa.Column("id", sa.String(8), primary_key=True),
        sa.Column("site", sa.String(32), nullable=False),
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("own", sa.Boolean, nullable=False),
        sa.Column("certificate_sha256", sa.LargeBinary(32), nullable=False),
        sa.Column("next_sha256", sa.LargeBinary(32), nullable=False),
        sa.Column("joined_us", sa.BigInteger, nullable=False),
        sa.Column("heard_us", sa.BigInteger, nullable=False),
        sa.Column("retired_us", sa.BigInteger, nullable=False),
        sa.Column("merged_into", sa.String(8)),
    )
    op.create_table(
        "invitations",
        sa.Column("kept", sa.LargeBinary(32), primary_key=True),
        sa.Column("site", sa.String(32), nullable=False),
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("ends_us", sa.BigInteger, nullable=False),
        sa.Column("node", sa.String(8)),
        sa.Column("key_sha256", sa.LargeBinary(32)),
    )
    op.create_table(
        "letters",
        sa.Column("node", sa.String(8), primary_key=True),
        sa.Column("kind", sa.String(16), primary_key=True),
        sa.Column("key", sa.String(200), primary_key=True),
        sa.Column("seq", sa.BigInteger, nullable=False),
        sa.Column("at_us", sa.BigInteger, nullable=False),
        sa.Column("camera", sa.String(32)),
        sa.Column("label", sa.String(64), nullable=False),
        sa.Column("start_us", sa.BigInteger, nullable=False),
        sa.Column("end_us", sa.BigInteger),
        sa.Column("gone", sa.Boolean, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
    )
    op.create_index("letters_by_start", "letters", ["kind", "start_us"])
    op.create_index("letters_by_node", "letters", ["node", "kind", "start_us"])
    op.create_table(
        "segments",
        sa.Column("node", sa.String(8), primary_key=True),
        sa.Column("key", sa.String(200), primary_key=True),
        sa.Column("seq", sa.BigInteger, nullable=False),
        sa.Column("at_us", sa.BigInteger, nullable=False),
        sa.Column("camera", sa.String(32)),
        sa.Column("start_us", sa.BigInteger, nullable=False),
        sa.Column("end_us", sa.BigInteger),
        sa.Column("size_bytes", sa.BigInteger, nullable=False),
        sa.Column("gone", sa.Boolean, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
    )
    op.create_index("segments_by_camera", "segments", ["node", "camera", "start_us"])


def downgrade() -> None:
    for table in ("segments", "letters", "invitations", "nodes", "sites"):
        op.drop_table(table)
