"""Words of ads to search, what people decided beside what became of them, and where shots are used."""

import hashlib
import json
from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

BATCH = 500
WORDS_MAX = 2_000
KINDS = "'still', 'shot', 'voice', 'ad'"
PLACE = ("product", "locale", "placement", "variant")
FACETS = ("placement", "locale", "variant", "state", "decision")


def _table(name: str, *columns: str) -> sa.TableClause:
    return sa.table(name, *(sa.column(column) for column in columns))


_ADS = _table("ads", "key", "spec", "run_id", "product", "locale", "composition", "wording")
_RUNS = _table("runs", "id", "brief")
_SHOTS = _table("shots", "key", "spec")
_WORDINGS = _table("wordings", "key", "title", "words")
_SHOWINGS = _table("showings", "shot", "composition")


def upgrade() -> None:
    """Apply."""
    _wordings()
    _showings()
    _wants()
    # The same words in both databases, and SQLite need not copy the table.
    op.execute(
        "ALTER TABLE ads ADD COLUMN decision TEXT DEFAULT '' NOT NULL "
        "CONSTRAINT ck_ads_decision CHECK (decision IN ('', 'approved', 'rejected'))"
    )
    op.execute("ALTER TABLE ads ADD COLUMN wording TEXT CONSTRAINT fk_ads_wording REFERENCES wordings (key)")
    _fill_decisions()
    _fill_from_specifications()
    op.create_index(
        "ix_ads_gallery",
        "ads",
        ["campaign_id", *PLACE, "key", "run_id", "state", "decision", "wording"],
    )
    op.create_index("ix_ads_choices", "ads", ["campaign_id", *FACETS, "product", "run_id", "wording"])
    op.create_index("ix_decisions_undo", "decisions", ["decided_by", "decided_at"])


def downgrade() -> None:
    """Take back. What of it is not in older tables is in specifications, which stay."""
    op.drop_index("ix_decisions_undo", "decisions")
    for index in ("ix_ads_choices", "ix_ads_gallery"):
        op.drop_index(index, "ads")
    op.execute("ALTER TABLE ads DROP COLUMN decision")
    with op.batch_alter_table("ads") as changed:  # SQLite drops no column that is a foreign key
        changed.drop_column("wording")
    for table in ("wants", "showings", "wordings"):
        op.drop_table(table)


def _text(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.Text(), nullable=False) for name in names]


def _wordings() -> None:
    op.create_table(
        "wordings",
        *_text("key", "title", "words"),
        sa.PrimaryKeyConstraint("key", name="pk_wordings"),
    )


def _showings() -> None:
    op.create_table(
        "showings",
        *_text("shot", "composition"),
        sa.PrimaryKeyConstraint("shot", "composition", name="pk_showings"),
    )


def _wants() -> None:
    op.create_table(
        "wants",
        sa.Column("run_id", sa.Integer(), nullable=False),
        *_text("kind", "key"),
        sa.CheckConstraint(f"kind IN ({KINDS})", name=op.f("ck_wants_kind")),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], name="fk_wants_run_id"),
        sa.PrimaryKeyConstraint("run_id", "kind", "key", name="pk_wants"),
    )


def _fill_decisions() -> None:
    op.execute(
        "UPDATE ads SET decision = coalesce((SELECT decision FROM decisions WHERE id = "
        "(SELECT max(id) FROM decisions WHERE ad = ads.key) AND decision <> 'withdrawn'), '') "
        "WHERE key IN (SELECT ad FROM decisions)"
    )


def _fill_from_specifications() -> None:
    connection = op.get_bind()
    bases = dict(_bases(connection))
    for run, brief in connection.execute(sa.select(_RUNS.c.id, _RUNS.c.brief).order_by(_RUNS.c.id)).all():
        titles = {one.get("id"): one.get("title") for one in _json(brief).get("products", ())}
        for ads in _ads_of(connection, run):
            _fill(connection, ads, titles, bases)


def _bases(connection: sa.Connection) -> Iterator[tuple[str, str]]:
    """Yield the shots that enlarge others, each with the key of its base."""
    for page in _pages(connection, sa.select(_SHOTS.c.key, _SHOTS.c.spec), _SHOTS.c.key):
        for key, spec in page:
            if base := _json(spec).get("base"):
                yield key, base


def _ads_of(connection: sa.Connection, run: int) -> Iterator[list[Any]]:
    ad = _ADS.c
    query = sa.select(ad.key, ad.spec, ad.product, ad.locale, ad.composition).where(ad.run_id == run)
    yield from _pages(connection, query, ad.key)


def _pages(
    connection: sa.Connection, query: sa.Select[Any], key: sa.ColumnClause[Any]
) -> Iterator[list[Any]]:
    """Yield the rows of *query* a batch at a time, by *key*."""
    query = query.order_by(key).limit(BATCH)
    page = connection.execute(query).all()
    while page:
        yield list(page)
        page = connection.execute(query.where(key > page[-1].key)).all()


def _fill(
    connection: sa.Connection, ads: list[Any], titles: dict[str, dict[str, str]], bases: dict[str, str]
) -> None:
    wordings, links, showings = dict[str, dict[str, str]](), list[dict[str, str]](), set[tuple[str, str]]()
    for ad in ads:
        cuts = _json(ad.spec).get("composition", {}).get("cuts", ())
        title = _in_locale(titles.get(ad.product) or {}, ad.locale)
        texts = [cut.get(name, "") for cut in cuts for name in ("caption", "note")]
        words = " ".join(" ".join([ad.product, title, *texts]).casefold().split())[:WORDS_MAX]
        told = json.dumps([title, words], separators=(",", ":"), ensure_ascii=False)
        key = hashlib.sha256(told.encode()).hexdigest()[:16]
        wordings[key] = {"key": key, "title": title, "words": words}
        links.append({"this": ad.key, "with": key})
        showings |= {(bases.get(cut["shot"], cut["shot"]), ad.composition) for cut in cuts}
    _insert_new(connection, _WORDINGS, [*wordings.values()])
    link = sa.update(_ADS).where(_ADS.c.key == sa.bindparam("this"))
    connection.execute(link.values(wording=sa.bindparam("with")), links)
    _insert_new(connection, _SHOWINGS, [{"shot": shot, "composition": look} for shot, look in showings])


def _insert_new(connection: sa.Connection, table: sa.TableClause, rows: list[dict[str, Any]]) -> None:
    names = [column.name for column in table.columns]
    values = ", ".join(f":{name}" for name in names)
    entry = f"INSERT INTO {table.name} ({', '.join(names)}) VALUES ({values}) ON CONFLICT DO NOTHING"  # noqa: S608 (our names)
    if rows:
        connection.execute(sa.text(entry), rows)


def _json(text: str) -> dict[str, Any]:
    """Return what *text* says; nothing where it is no JSON object."""
    try:
        told = json.loads(text)
    except ValueError:
        return {}
    return told if isinstance(told, dict) else {}


def _in_locale(text: dict[str, str], tag: str) -> str:
    return next((text[name] for name in (tag, tag.split("-", maxsplit=1)[0], "") if name in text), "")
