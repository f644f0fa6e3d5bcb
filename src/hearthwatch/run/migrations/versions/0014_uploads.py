"""The queue of what is to be kept elsewhere, one row for each piece and target; it is also what is known to be there."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "uploads",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("target", sa.String(32), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("camera", sa.String(32), nullable=False),
        sa.Column("stream", sa.String(8), nullable=False),
        sa.Column("sequence", sa.BigInteger, nullable=False),
        sa.Column("start_us", sa.BigInteger, nullable=False),
        sa.Column("end_us", sa.BigInteger, nullable=False),
        sa.Column("size_bytes", sa.BigInteger, nullable=False),
        sa.Column("sha256", sa.LargeBinary, nullable=False),
        sa.Column("footage_class", sa.String(16), nullable=False),
        sa.Column("pinned", sa.Boolean, nullable=False),
        sa.Column("event", sa.String(64), nullable=False),
        sa.Column("priority", sa.Integer, nullable=False),
        sa.Column("order_us", sa.BigInteger, nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("sealed_bytes", sa.BigInteger, nullable=False),
        sa.Column("sealed_sha256", sa.LargeBinary, nullable=False),
        sa.Column("sent_bytes", sa.BigInteger, nullable=False),
        sa.Column("token", sa.Text, nullable=False),
        sa.Column("tries", sa.Integer, nullable=False),
        sa.Column("next_us", sa.BigInteger, nullable=False),
        sa.Column("proved_us", sa.BigInteger),
        sa.Column("checked_us", sa.BigInteger),
        sa.Column("manifest", sa.LargeBinary, nullable=False),
        sa.Column("parcels", sa.LargeBinary, nullable=False),
        sa.UniqueConstraint("target", "kind", "camera", "stream", "sequence", "start_us", "event", name="uploads_piece"),
        sqlite_autoincrement=True,
    )
    op.create_index("uploads_due", "uploads", ["target", "state", "priority", "order_us"])
    op.create_index("uploads_by_file", "uploads", ["camera", "stream", "sequence"])
    op.create_index("uploads_by_name", "uploads", ["target", "name"])
    op.create_table(
        "upload_heads",
        sa.Column("target", sa.String(32), primary_key=True),
        sa.Column("camera", sa.String(32), primary_key=True),
        sa.Column("manifest", sa.LargeBinary, nullable=False),
    )


def downgrade() -> None:
    op.drop_table("upload_heads")
    op.drop_table("uploads")
