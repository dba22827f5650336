"""Exports, and what people decide about ads."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Apply."""
    _exports()
    _export_items()
    _decisions()


def downgrade() -> None:
    """Take back. What was exported where, and what people decided, is forgotten."""
    for table in ("decisions", "export_items", "exports"):
        op.drop_table(table)


def _text(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.Text(), nullable=False) for name in names]


def _one_of(table: str, column: str, values: str) -> sa.CheckConstraint:
    return sa.CheckConstraint(f"{column} IN ({values})", name=op.f(f"ck_{table}_{column}"))


def _exports() -> None:
    op.create_table(
        "exports",
        sa.Column("id", sa.Integer(), nullable=False),
        *_text("destination", "platform", "asked", "state", "owner"),
        *(sa.Column(name, MOMENT, nullable=False) for name in ("started_at", "beat_at")),
        sa.Column("ended_at", MOMENT, nullable=True),
        _one_of("exports", "state", "'running', 'done'"),
        sa.PrimaryKeyConstraint("id", name="pk_exports"),
    )
    op.create_index("ix_exports_destination", "exports", ["destination"])


def _export_items() -> None:
    op.create_table(
        "export_items",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("export_id", sa.Integer(), nullable=False),
        *_text("ad", "action", "name", "sha256", "reason"),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        _one_of("export_items", "action", "'added', 'withdrawn'"),
        sa.PrimaryKeyConstraint("id", name="pk_export_items"),
        sa.ForeignKeyConstraint(["export_id"], ["exports.id"], name="fk_export_items_export_id"),
    )
    op.create_index("ix_export_items_export_id", "export_items", ["export_id"])
    op.create_index("ix_export_items_ad", "export_items", ["ad"])


def _decisions() -> None:
    op.create_table(
        "decisions",
        sa.Column("id", sa.Integer(), nullable=False),
        *_text("ad", "decision", "decided_by", "comment"),
        sa.Column("decided_at", MOMENT, nullable=False),
        _one_of("decisions", "decision", "'approved', 'rejected', 'withdrawn'"),
        sa.PrimaryKeyConstraint("id", name="pk_decisions"),
    )
    op.create_index("ix_decisions_ad", "decisions", ["ad"])
