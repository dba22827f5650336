"""What was foretold of runs and what came; and what is on its way out of the blob store."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

MEASURES = "'ads', 'seconds', 'cpu_seconds', 'gpu_seconds', 'bytes'"
KINDS = "'still', 'shot', 'voice', 'ad'"


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "forecasts",
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.Column("measure", sa.Text(), nullable=False),
        *(sa.Column(name, sa.Float(), nullable=False) for name in ("plain", "told", "known")),
        sa.Column("came", sa.Float(), nullable=True),
        sa.CheckConstraint(f"measure IN ({MEASURES})", name=op.f("ck_forecasts_measure")),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], name="fk_forecasts_run_id"),
        sa.PrimaryKeyConstraint("run_id", "measure", name="pk_forecasts"),
    )
    op.create_table(
        "removals",
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("kind", "key")),
        sa.CheckConstraint(f"kind IN ({KINDS})", name=op.f("ck_removals_kind")),
        sa.PrimaryKeyConstraint("kind", "key", name="pk_removals"),
    )


def downgrade() -> None:
    """Take back. Files whose removal was begun show as orphans then."""
    op.drop_table("removals")
    op.drop_table("forecasts")
