"""What of a day is kept elsewhere is asked with every look at the timeline."""

from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("uploads_by_time", "uploads", ["camera", "stream", "start_us"])


def downgrade() -> None:
    op.drop_index("uploads_by_time", "uploads")
