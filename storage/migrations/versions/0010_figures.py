"""Indexes that hold all that is counted, so that figures are read without the rows."""

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

_INDEXES = {
    "ix_ads_figures": ("ads", ["run_id", "state", "decision"]),
    "ix_attempts_figures": ("attempts", ["run_id", "kind", "model", "outcome", "gpus", "seconds"]),
    "ix_assets_figures": ("assets", ["kind", "bytes"]),
    "ix_export_items_figures": ("export_items", ["export_id", "action"]),
}


def upgrade() -> None:
    """Add them."""
    for name, (table, columns) in _INDEXES.items():
        op.create_index(name, table, columns)


def downgrade() -> None:
    """Take them back."""
    for name, (table, _) in _INDEXES.items():
        op.drop_index(name, table)
