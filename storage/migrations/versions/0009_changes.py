"""What people asked to be made otherwise, and what the latest plan of each ad made of it."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

SLOT = ("product", "locale", "placement", "variant")


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "changes",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("campaign_id", sa.Integer(), nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in (*SLOT, "ad")),
        sa.Column("seed", sa.Integer(), nullable=True),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("hook", "asked_by", "comment")),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["campaign_id"], ["campaigns.id"], name="fk_changes_campaign_id"),
        sa.PrimaryKeyConstraint("id", name="pk_changes"),
    )
    op.create_index("ix_changes_slot", "changes", ["campaign_id", *SLOT])
    # The same words in both databases, and SQLite need not copy the table.
    op.execute("ALTER TABLE ads ADD COLUMN change_id INTEGER")
    op.execute("ALTER TABLE ads ADD COLUMN change_left TEXT DEFAULT '' NOT NULL")


def downgrade() -> None:
    """Take back. What people asked for is forgotten: the next run makes every ad as the brief says."""
    op.execute("ALTER TABLE ads DROP COLUMN change_left")
    op.execute("ALTER TABLE ads DROP COLUMN change_id")
    op.drop_table("changes")
