"""Runs know where their briefs were read."""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    # The same words in both databases, and SQLite need not copy the table.
    op.execute("ALTER TABLE runs ADD COLUMN source TEXT DEFAULT '' NOT NULL")


def downgrade() -> None:
    """Take back."""
    op.execute("ALTER TABLE runs DROP COLUMN source")
