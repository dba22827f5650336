"""Runs hold leases, attempts have verdicts, and work that campaigns share knows its run."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
OLD_STATES = "'running', 'done', 'failed', 'cancelled'"
STATES = f"{OLD_STATES}, 'interrupted', 'capped', 'lost'"
OLD_OUTCOMES = "'running', 'done', 'failed', 'quarantined', 'cancelled', 'rejected'"
OUTCOMES = "'running', 'done', 'permanent', 'transient', 'memory', 'crash', 'timeout', 'lost', 'cancelled'"


def upgrade() -> None:
    """Apply. What still runs was killed: whoever migrates is alone."""
    for table in ("stills", "shots", "ads"):
        _reword(table, "state", running="planned")
    _give_leases()
    _give_verdicts()
    for table in ("stills", "shots"):
        # The same words in both databases, and SQLite need not copy the table.
        link = f"CONSTRAINT fk_{table}_run_id REFERENCES runs (id)"
        op.execute(f"ALTER TABLE {table} ADD COLUMN run_id INTEGER {link}")
        op.create_index(f"ix_{table}_run_id", table, ["run_id"])


def downgrade() -> None:
    """Take back."""
    for table in ("stills", "shots"):
        op.drop_index(f"ix_{table}_run_id", table)
        with op.batch_alter_table(table) as changed:
            changed.drop_column("run_id")
    _take_verdicts()
    _take_leases()


def _give_leases() -> None:
    with op.batch_alter_table("runs") as changed:
        changed.drop_constraint(op.f("ck_runs_state"), type_="check")
        changed.add_column(sa.Column("owner", sa.Text(), nullable=False, server_default=""))
        changed.add_column(sa.Column("beat_at", MOMENT, nullable=True))
        changed.add_column(sa.Column("cancel", sa.Boolean(), nullable=False, server_default=sa.false()))
    _reword("runs", "state", running="lost")
    op.execute("UPDATE runs SET beat_at = coalesce(ended_at, started_at)")
    with op.batch_alter_table("runs") as changed:
        changed.alter_column("owner", server_default=None)
        changed.alter_column("beat_at", nullable=False)
        changed.alter_column("cancel", server_default=None)
        changed.create_check_constraint(op.f("ck_runs_state"), f"state IN ({STATES})")
    running = sa.text("state = 'running'")
    op.create_index(
        "uq_runs_live", "runs", ["campaign_id"], unique=True, sqlite_where=running, postgresql_where=running
    )


def _take_leases() -> None:
    op.drop_index("uq_runs_live", "runs")
    with op.batch_alter_table("runs") as changed:
        changed.drop_constraint(op.f("ck_runs_state"), type_="check")
        for column in ("owner", "beat_at", "cancel"):
            changed.drop_column(column)
    _reword("runs", "state", interrupted="cancelled", capped="failed", lost="failed")
    with op.batch_alter_table("runs") as changed:
        changed.create_check_constraint(op.f("ck_runs_state"), f"state IN ({OLD_STATES})")


def _give_verdicts() -> None:
    with op.batch_alter_table("attempts") as changed:
        changed.drop_constraint(op.f("ck_attempts_outcome"), type_="check")
        changed.add_column(sa.Column("model", sa.Text(), nullable=False, server_default=""))
        changed.add_column(sa.Column("work", sa.Float(), nullable=False, server_default="0"))
        changed.add_column(sa.Column("gpus", sa.Float(), nullable=False, server_default="0"))
    _reword(
        "attempts", "outcome", failed="permanent", rejected="permanent", quarantined="crash", running="lost"
    )
    with op.batch_alter_table("attempts") as changed:
        for column in ("model", "work", "gpus"):
            changed.alter_column(column, server_default=None)
        changed.create_check_constraint(op.f("ck_attempts_outcome"), f"outcome IN ({OUTCOMES})")
    done = sa.text("outcome = 'done'")
    op.create_index(
        "ix_attempts_pace", "attempts", ["kind", "model"], sqlite_where=done, postgresql_where=done
    )


def _take_verdicts() -> None:
    op.drop_index("ix_attempts_pace", "attempts")
    with op.batch_alter_table("attempts") as changed:
        changed.drop_constraint(op.f("ck_attempts_outcome"), type_="check")
        for column in ("model", "work", "gpus"):
            changed.drop_column(column)
    failed = dict.fromkeys(("permanent", "transient", "memory", "timeout"), "failed")
    _reword("attempts", "outcome", **failed, crash="quarantined", lost="cancelled")
    with op.batch_alter_table("attempts") as changed:
        changed.create_check_constraint(op.f("ck_attempts_outcome"), f"outcome IN ({OLD_OUTCOMES})")


def _reword(table: str, column: str, **words: str) -> None:
    """Put another word for each of *words* in *column*."""
    rows = sa.table(table, sa.column(column, sa.Text()))
    for old, new in words.items():
        op.execute(rows.update().where(rows.c[column] == old).values({column: new}))
