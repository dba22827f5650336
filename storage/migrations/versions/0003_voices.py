"""Voices are a fourth kind of work."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

WORK = "'planned', 'running', 'done', 'failed', 'quarantined', 'cancelled'"
OLD_KINDS = "'still', 'shot', 'ad'"
KINDS = "'still', 'shot', 'voice', 'ad'"
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "voices",
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("key", "spec", "state", "error")),
        sa.Column("result", sa.Text(), nullable=True),
        *(sa.Column(name, MOMENT, nullable=False) for name in ("created_at", "updated_at")),
        sa.Column("run_id", sa.Integer(), nullable=True),
        sa.CheckConstraint(f"state IN ({WORK})", name=op.f("ck_voices_state")),
        sa.PrimaryKeyConstraint("key", name="pk_voices"),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], name="fk_voices_run_id"),
    )
    op.create_index("ix_voices_run_id", "voices", ["run_id"])
    # The same words in both databases, and SQLite need not copy the table.
    op.execute("ALTER TABLE runs ADD COLUMN voices INTEGER DEFAULT 0 NOT NULL")
    _allow(KINDS)


def downgrade() -> None:
    """Take back. Attempts at voices are forgotten with them."""
    op.execute("DELETE FROM attempts WHERE kind = 'voice'")
    op.execute("DELETE FROM assets WHERE kind = 'voice'")
    _allow(OLD_KINDS)
    op.execute("ALTER TABLE runs DROP COLUMN voices")
    op.drop_table("voices")


def _allow(kinds: str) -> None:
    """Let attempts be of *kinds*, and no other."""
    with op.batch_alter_table("attempts") as changed:
        changed.drop_constraint(op.f("ck_attempts_kind"), type_="check")
        changed.create_check_constraint(op.f("ck_attempts_kind"), f"kind IN ({kinds})")
