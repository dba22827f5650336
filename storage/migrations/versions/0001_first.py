"""Campaigns, runs, stills, shots, ads, attempts and assets."""

from datetime import datetime

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

WORK = "'planned', 'running', 'done', 'failed', 'quarantined', 'cancelled'"
AD = f"{WORK}, 'blocked', 'rejected', 'published'"
OUTCOME = "'running', 'done', 'failed', 'quarantined', 'cancelled', 'rejected'"
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Apply."""
    _campaigns()
    _runs()
    op.create_table("stills", *_work("stills", WORK))
    op.create_table("shots", *_work("shots", WORK))
    _ads()
    _attempts()
    _assets()


def downgrade() -> None:
    """Take back."""
    for table in ("assets", "attempts", "ads", "shots", "stills", "runs", "campaigns"):
        op.drop_table(table)


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=False)


def _moment(name: str, *, nullable: bool = False) -> sa.Column[datetime]:
    return sa.Column(name, MOMENT, nullable=nullable)


def _number(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.Integer(), nullable=False)


def _link(table: str, column: str, to: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [to], name=f"fk_{table}_{column}")


def _one_of(table: str, column: str, values: str) -> sa.CheckConstraint:
    return sa.CheckConstraint(f"{column} IN ({values})", name=op.f(f"ck_{table}_{column}"))


def _index(table: str, *columns: str) -> None:
    op.create_index(f"ix_{table}_{columns[-1]}", table, list(columns))


def _work(table: str, states: str) -> list[sa.schema.SchemaItem]:
    return [
        *(_text("key"), _text("spec"), _text("state"), _text("error")),
        sa.Column("result", sa.Text(), nullable=True),
        *(_moment("created_at"), _moment("updated_at")),
        _one_of(table, "state", states),
        sa.PrimaryKeyConstraint("key", name=f"pk_{table}"),
    ]


def _campaigns() -> None:
    op.create_table(
        "campaigns",
        *(_number("id"), _text("name"), _moment("created_at")),
        sa.PrimaryKeyConstraint("id", name="pk_campaigns"),
        sa.UniqueConstraint("name", name="uq_campaigns_name"),
    )


def _runs() -> None:
    op.create_table(
        "runs",
        *(_number("id"), _number("campaign_id"), _text("brief_sha256"), _text("brief"), _text("state")),
        *(_number("stills"), _number("shots"), _number("ads")),
        *(_moment("started_at"), _moment("ended_at", nullable=True)),
        _one_of("runs", "state", "'running', 'done', 'failed', 'cancelled'"),
        sa.PrimaryKeyConstraint("id", name="pk_runs"),
        _link("runs", "campaign_id", "campaigns.id"),
    )
    _index("runs", "campaign_id")


def _ads() -> None:
    op.create_table(
        "ads",
        *_work("ads", AD),
        *(_number("campaign_id"), _number("run_id")),
        *(_text("product"), _text("locale"), _text("placement"), _text("variant"), _text("composition")),
        _link("ads", "campaign_id", "campaigns.id"),
        _link("ads", "run_id", "runs.id"),
    )
    for column in ("campaign_id", "run_id", "composition"):
        _index("ads", column)


def _attempts() -> None:
    op.create_table(
        "attempts",
        *(_number("id"), _text("kind"), _text("key"), _number("run_id"), _text("worker")),
        *(_moment("started_at"), _moment("ended_at", nullable=True)),
        *(_text("outcome"), _text("error"), sa.Column("seconds", sa.Float(), nullable=False)),
        _one_of("attempts", "kind", "'still', 'shot', 'ad'"),
        _one_of("attempts", "outcome", OUTCOME),
        sa.PrimaryKeyConstraint("id", name="pk_attempts"),
        _link("attempts", "run_id", "runs.id"),
    )
    _index("attempts", "run_id")
    _index("attempts", "kind", "key")


def _assets() -> None:
    op.create_table(
        "assets",
        *(_text("name"), _text("kind"), _text("sha256"), sa.Column("bytes", sa.BigInteger(), nullable=False)),
        _moment("made_at"),
        sa.PrimaryKeyConstraint("name", name="pk_assets"),
    )
