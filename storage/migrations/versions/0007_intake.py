"""Briefs that came by the inbox, and what people were told of."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "intake",
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("content", "campaign", "source")),
        sa.Column("handed", sa.Boolean(), nullable=False),
        sa.Column("taken_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("content", name="pk_intake"),
    )
    op.create_table(
        "notices",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("told_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_notices"),
    )


def downgrade() -> None:
    """Take back."""
    op.drop_table("notices")
    op.drop_table("intake")
