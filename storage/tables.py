"""The catalog's tables. A change here needs a migration; a test compares the two."""

from datetime import UTC, datetime
from typing import Any, ClassVar, get_args

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    DateTime,
    Dialect,
    ForeignKey,
    Index,
    MetaData,
    Text,
    text,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.types import TypeDecorator

from schemas.work import Kind, Verdict
from storage.rows import STANDING, ExportAction, Judgement, Measure, RunEnd

DONE = ("done", "published")
"""States in which it is there and good."""
MADE = (*DONE, "rejected")
"""States in which the file is there; a rejected ad is kept, for people to see what is wrong with it."""
UNFINISHED = ("planned", "failed", "blocked", "cancelled")
"""States that a new run plans again, without what was said there. What is ``running`` belongs to a run that
lives: whoever takes over from a dead one plans its rows first."""

RUN_STATES = ("running", *get_args(RunEnd))
WORK_STATES = ("planned", "running", "done", "failed", "quarantined", "cancelled")
AD_STATES = (*WORK_STATES, "blocked", "rejected", "published")
OUTCOMES = ("running", *get_args(Verdict))

_PLACE = ("product", "locale", "placement", "variant")
_FACETS = ("placement", "locale", "variant", "state", "decision")
_RUNNING, _DONE = text("state = 'running'"), text("outcome = 'done'")


class Moment(TypeDecorator[datetime]):
    """A time in UTC; SQLite forgets the zone, so it is put back."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """Return *value* with its zone."""
        return value.replace(tzinfo=UTC) if value is not None and value.tzinfo is None else value


def one_of(column: str, states: tuple[str, ...]) -> CheckConstraint:
    """Return the constraint that *column* has one of *states*."""
    listed = ", ".join(f"'{state}'" for state in states)
    return CheckConstraint(f"{column} IN ({listed})", name=column)


class Base(DeclarativeBase):
    """What all tables share: text without limit, times with zone, constraints with names."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_name)s",
            "uq": "uq_%(table_name)s_%(column_0_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map: ClassVar[dict[Any, Any]] = {str: Text, datetime: Moment}


class Campaign(Base):
    """A brand's campaign, for ever."""

    __tablename__ = "campaigns"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    created_at: Mapped[datetime]


class Run(Base):
    """One `reelmill run` of a campaign. While it is running it holds the campaign's lease."""

    __tablename__ = "runs"
    __table_args__ = (
        one_of("state", RUN_STATES),
        Index("uq_runs_live", "campaign_id", unique=True, sqlite_where=_RUNNING, postgresql_where=_RUNNING),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaigns.id"), index=True)
    brief_sha256: Mapped[str]
    brief: Mapped[str]
    """The brief as JSON."""
    source: Mapped[str] = mapped_column(server_default="")
    """Where the brief was read: a path or an address; empty where nobody knows."""
    state: Mapped[str]
    stills: Mapped[int]
    """How many the plan has; so for shots, voices and ads."""
    shots: Mapped[int]
    voices: Mapped[int] = mapped_column(server_default="0")
    ads: Mapped[int]
    owner: Mapped[str]
    """The process that makes it, text of a `storage.owner.Owner`; empty before there were owners."""
    beat_at: Mapped[datetime]
    """Its last heartbeat, by the database's clock."""
    cancel: Mapped[bool]
    """Whether someone asked it to stop."""
    started_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class Work:
    """The columns of anything that is made, named by the key of its specification."""

    key: Mapped[str] = mapped_column(primary_key=True)
    spec: Mapped[str]
    """The Still, Shot, Narration or Ad as JSON."""
    state: Mapped[str]
    result: Mapped[str | None]
    """The StillFile, Clip, VoiceFile or Asset as JSON, once made."""
    error: Mapped[str]
    """Why it is not made, or why an ad is rejected; empty otherwise."""
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class Shared(Work):
    """Work that campaigns share, so that two runs may want it at once."""

    run_id: Mapped[int | None] = mapped_column(ForeignKey("runs.id"), index=True)
    """The run that is making it, or was the last to try."""


class Still(Shared, Base):
    """A prepared picture."""

    __tablename__ = "stills"
    __table_args__ = (one_of("state", WORK_STATES),)


class Shot(Shared, Base):
    """A generated clip."""

    __tablename__ = "shots"
    __table_args__ = (one_of("state", WORK_STATES),)


class Voice(Shared, Base):
    """A spoken text."""

    __tablename__ = "voices"
    __table_args__ = (one_of("state", WORK_STATES),)


class Ad(Work, Base):
    """One deliverable of one campaign."""

    __tablename__ = "ads"
    __table_args__ = (
        one_of("state", AD_STATES),
        one_of("decision", ("", *STANDING)),
        Index("ix_ads_figures", "run_id", "state", "decision"),
        # All that the review page filters by stands in both: rows are wide, to read them all takes seconds.
        Index("ix_ads_gallery", "campaign_id", *_PLACE, "key", "run_id", "state", "decision", "wording"),
        Index("ix_ads_choices", "campaign_id", *_FACETS, "product", "run_id", "wording"),
    )

    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaigns.id"), index=True)
    run_id: Mapped[int] = mapped_column(ForeignKey("runs.id"), index=True)
    """The latest run that planned it."""
    product: Mapped[str]
    locale: Mapped[str]
    placement: Mapped[str]
    variant: Mapped[str]
    composition: Mapped[str] = mapped_column(index=True)
    """Key of its composition."""
    change_id: Mapped[int | None]
    """The request by which its latest plan departs from the brief, or was to; None for as in the brief."""
    change_left: Mapped[str] = mapped_column(server_default="")
    """Why that plan left the change out; empty where it did not."""
    decision: Mapped[str] = mapped_column(server_default="")
    """The latest decision about it, where that stands. `storage.decisions` writes both at once: to find it in
    its rows takes 0.2 s and more where 100,000 ads are filtered by it."""
    wording: Mapped[str | None] = mapped_column(ForeignKey("wordings.key"))


class Wording(Base):
    """What can be read in ads, for searching; ads of the same words share one."""

    __tablename__ = "wordings"

    key: Mapped[str] = mapped_column(primary_key=True)
    """The start of a hash of the other two."""
    title: Mapped[str]
    """Of the product, in the ad's locale."""
    words: Mapped[str]
    """Product, title and captions, casefolded, with single spaces."""


class Showing(Base):
    """That a composition shows a clip."""

    __tablename__ = "showings"

    shot: Mapped[str] = mapped_column(primary_key=True)
    """Key of the Shot that a model renders, though an enlarged one may be what is seen. Without a foreign
    key: neither shots nor ads ever lose their rows."""
    composition: Mapped[str] = mapped_column(primary_key=True)
    """As in ads."""


class Want(Base):
    """A part that the ads of a campaign's latest run lacked when it began."""

    __tablename__ = "wants"
    __table_args__ = (one_of("kind", get_args(Kind)),)

    run_id: Mapped[int] = mapped_column(ForeignKey("runs.id"), primary_key=True)
    kind: Mapped[Kind] = mapped_column(Text, primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)


class Attempt(Base):
    """One try at making one thing."""

    __tablename__ = "attempts"
    __table_args__ = (
        one_of("kind", get_args(Kind)),
        one_of("outcome", OUTCOMES),
        Index("ix_attempts_key", "kind", "key"),
        Index("ix_attempts_figures", "run_id", "kind", "model", "outcome", "gpus", "seconds"),
        Index("ix_attempts_pace", "kind", "model", sqlite_where=_DONE, postgresql_where=_DONE),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[Kind] = mapped_column(Text)
    key: Mapped[str]
    run_id: Mapped[int] = mapped_column(ForeignKey("runs.id"), index=True)
    worker: Mapped[str]
    model: Mapped[str]
    """What made it: a back-end, an upscaler, a recipe."""
    work: Mapped[float]
    """How much there was to do: megapixels x frames, or characters."""
    gpus: Mapped[float]
    started_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    outcome: Mapped[str]
    """A Verdict, or ``running``."""
    error: Mapped[str]
    seconds: Mapped[float]
    """From start to end; 0 while it runs."""


class Asset(Base):
    """One file in the blob store."""

    __tablename__ = "assets"
    __table_args__ = (Index("ix_assets_figures", "kind", "bytes"),)

    name: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str]
    sha256: Mapped[str]
    bytes: Mapped[int] = mapped_column(BigInteger)
    made_at: Mapped[datetime]


class Intake(Base):
    """A brief that came by the inbox."""

    __tablename__ = "intake"

    content: Mapped[str] = mapped_column(primary_key=True)
    """Hash of brief and media, whatever they are called."""
    campaign: Mapped[str]
    source: Mapped[str]
    """Path or ``s3://`` address of the brief."""
    handed: Mapped[bool]
    """Whether somebody else sees to it that it is made, or it is made."""
    taken_at: Mapped[datetime]


class Notice(Base):
    """Something that people were told of once."""

    __tablename__ = "notices"

    key: Mapped[str] = mapped_column(primary_key=True)
    told_at: Mapped[datetime]


class Export(Base):
    """One bundle of ads for a platform, at one destination, which it holds while it is running."""

    __tablename__ = "exports"
    __table_args__ = (one_of("state", ("running", "done")),)

    id: Mapped[int] = mapped_column(primary_key=True)
    destination: Mapped[str] = mapped_column(index=True)
    """An absolute folder, or ``s3://bucket/prefix``."""
    platform: Mapped[str]
    asked: Mapped[str]
    """What was asked for, as JSON."""
    state: Mapped[str]
    owner: Mapped[str]
    """The process that writes it, text of a `storage.owner.Owner`."""
    started_at: Mapped[datetime]
    beat_at: Mapped[datetime]
    """Its last heartbeat, by the database's clock."""
    ended_at: Mapped[datetime | None]


class ExportItem(Base):
    """What became of one ad in one export. Rows are only ever added."""

    __tablename__ = "export_items"
    __table_args__ = (
        one_of("action", get_args(ExportAction)),
        Index("ix_export_items_figures", "export_id", "action"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    export_id: Mapped[int] = mapped_column(ForeignKey("exports.id"), index=True)
    ad: Mapped[str] = mapped_column(index=True)
    """Key of the Ad; without a foreign key, for what was exported stays known when the ad is gone."""
    action: Mapped[ExportAction] = mapped_column(Text)
    name: Mapped[str]
    """Readable name of its files, without suffix."""
    sha256: Mapped[str]
    """Of the video."""
    bytes: Mapped[int] = mapped_column(BigInteger)
    reason: Mapped[str]
    """Why it was withdrawn; empty otherwise."""


class Decision(Base):
    """What a person decided about an ad. Rows are only ever added; the latest one counts."""

    __tablename__ = "decisions"
    __table_args__ = (
        one_of("decision", get_args(Judgement)),
        Index("ix_decisions_undo", "decided_by", "decided_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    ad: Mapped[str] = mapped_column(index=True)
    """Key of the Ad; without a foreign key, as in export_items."""
    decision: Mapped[Judgement] = mapped_column(Text)
    decided_by: Mapped[str]
    comment: Mapped[str]
    decided_at: Mapped[datetime]


class ChangeRow(Base):
    """What somebody asked to be otherwise in a slot. Rows are only ever added; the slot's latest counts."""

    __tablename__ = "changes"
    __table_args__ = (Index("ix_changes_slot", "campaign_id", "product", "locale", "placement", "variant"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaigns.id"))
    product: Mapped[str]
    locale: Mapped[str]
    placement: Mapped[str]
    variant: Mapped[str]
    ad: Mapped[str]
    """Key of the Ad that was looked at."""
    seed: Mapped[int | None]
    """None for the brief's."""
    hook: Mapped[str]
    """Empty for the brief's."""
    asked_by: Mapped[str]
    comment: Mapped[str]
    asked_at: Mapped[datetime]


class Forecast(Base):
    """What was foretold of a run in one measure, and what came."""

    __tablename__ = "forecasts"
    __table_args__ = (one_of("measure", get_args(Measure)),)

    run_id: Mapped[int] = mapped_column(ForeignKey("runs.id"), primary_key=True)
    measure: Mapped[Measure] = mapped_column(Text, primary_key=True)
    plain: Mapped[float]
    """Before it was corrected by what earlier forecasts were off by."""
    told: Mapped[float]
    """What people were told."""
    known: Mapped[float]
    """Share, 0 to 1, of the run's work that was foretold from attempts, not from the table of models."""
    came: Mapped[float | None]
    """None until the run has ended."""


class Removal(Base):
    """Something whose files are on their way out of the blob store; whoever removes them strikes it after."""

    __tablename__ = "removals"
    __table_args__ = (one_of("kind", get_args(Kind)),)

    kind: Mapped[Kind] = mapped_column(Text, primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)


WorkTable = type[Still] | type[Shot] | type[Voice] | type[Ad]
WORKS: dict[Kind, WorkTable] = {"still": Still, "shot": Shot, "voice": Voice, "ad": Ad}
