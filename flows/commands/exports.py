"""`reelmill export`, and what people say of ads: `approve`, `reject` and `change`."""

import getpass
from collections.abc import Callable
from typing import TYPE_CHECKING

import click

from flows.export.platforms import PLATFORMS
from flows.name_patterns import DEFAULT_PATTERN, FIELDS
from schemas.settings import read_settings

if TYPE_CHECKING:
    from storage.rows import Judgement

_json = click.option("--json", "as_json", is_flag=True, help="Print JSON for machines.")


@click.command()
@click.argument("campaigns", nargs=-1, required=True, metavar="CAMPAIGN...")
@click.option("--to", required=True, metavar="DIR|s3://...", help="Each export is a folder of its own there.")
@click.option(
    "--for", "platform", required=True, type=click.Choice([*PLATFORMS]), help="Whose sheet and placements."
)
@click.option(
    "--since",
    default="LAST",
    show_default=True,
    metavar="LAST|ALL|DATE",
    help="What is new or changed since the last export there, everything, or what was made since a date.",
)
@click.option("--placement", "placements", multiple=True, metavar="NAME", help="Only this one; repeatable.")
@click.option("--locale", "locales", multiple=True, metavar="TAG", help="Only this one; repeatable.")
@click.option("--status", type=click.Choice(["approved"]), help="Only what people have approved.")
@click.option(
    "--name",
    "pattern",
    default=DEFAULT_PATTERN,
    metavar="PATTERN",
    help=f"How files are called, with fields such as {{product}}: {', '.join(FIELDS)}.",
)
@click.option("--archive", type=click.Choice(["zip", "tar"]), help="Pack the files of the ads.")
@click.option("--split", default="", metavar="SIZE", help="Most of one archive, such as 500MB or 4GiB.")
@click.option("--sidecars", is_flag=True, help="Put each ad's recipe beside it, prompts and all.")
@click.option("--dry-run", "dry", is_flag=True, help="Say what would be exported; write nothing.")
@_json
def export(
    campaigns: tuple[str, ...],
    to: str,
    platform: str,
    *,
    status: str | None,
    archive: str | None,
    as_json: bool,
    **options: object,
) -> int:
    """Export the finished ads of each CAMPAIGN (brand/name) with a platform's bulk sheet.

    Ads that failed a check, show a price or a sale of yesterday, lack a mark or were rejected are held back,
    and listed with the reason; what was exported earlier and is not true any more is listed to be taken down.
    Holding back is no failure; an ad that could not be written is (exit code 1).
    """
    from flows.export.exporting import export_ads
    from flows.export.printing import print_outcome
    from flows.export.request import read_request
    from flows.interrupts import as_interrupt

    with as_interrupt():
        settings = read_settings()
        request = read_request(
            campaigns,
            to,
            platform,
            approved_only=status == "approved",
            archive=archive or "",
            settings=settings,
            **options,  # type: ignore[arg-type]
        )
        outcome = export_ads(request, settings, lambda words: click.echo(words, err=True))
        return 1 if print_outcome(outcome, as_json=as_json) else 0


def _deciding(decision: "Judgement", told: str) -> Callable[..., None]:
    """Return the command that notes *decision*."""

    @click.argument("ads", nargs=-1, required=True, metavar="AD...")
    @click.option("--by", default="", metavar="NAME", help="Who decided; this user by default.")
    @click.option("--comment", default="", metavar="TEXT", help="Why.")
    @click.option("--take-back", is_flag=True, help="Take back what was decided before.")
    @_json
    def command(ads: tuple[str, ...], by: str, comment: str, *, take_back: bool, as_json: bool) -> None:
        from flows.decisions import decide

        judgement: Judgement = "withdrawn" if take_back else decision
        decide(ads, judgement, by or getpass.getuser(), comment, read_settings(), as_json=as_json)

    command.__doc__ = told
    return command


@click.command()
@click.argument("ads", nargs=-1, required=True, metavar="AD...")
@click.option(
    "--seed", default="", metavar="N|other", help="Another take; other: a number that it never had."
)
@click.option("--hook", default="", metavar="TEXT", help="Another hook, which may use fields as briefs do.")
@click.option("--by", default="", metavar="NAME", help="Who asks; this user by default.")
@click.option("--comment", default="", metavar="TEXT", help="Why.")
@click.option("--take-back", is_flag=True, help="Make it as the brief says again.")
@_json
def change(
    ads: tuple[str, ...], seed: str, hook: str, by: str, comment: str, *, take_back: bool, as_json: bool
) -> None:
    """Ask that each AD (its key, or the start of it) be made otherwise, from the next run on.

    It counts for the ad's product, locale, placement and variant in every later plan, until it is taken back;
    all other ads stay as they are, and the ad that is there stays in the catalog. A second wish is added to
    the first: another hook keeps the seed that was asked for. With another seed a model draws other pictures;
    the built-in renderer moves its camera and its lights otherwise. The closing card stays as it is.
    """
    from flows.changes import Wish, ask, print_asked, read_seed
    from storage.catalog import Catalog

    settings = read_settings()
    wish = Wish(read_seed(seed), hook, take_back)
    with Catalog(settings.database_url) as catalog:
        asked = ask(ads, wish, by or getpass.getuser(), comment, catalog, settings)
    print_asked(asked, as_json=as_json)


approve = click.command("approve")(
    _deciding("approved", "Note that each AD (its key, or the start of it) may go out.")
)
reject = click.command("reject")(
    _deciding("rejected", "Note that each AD (its key, or the start of it) may not go out.")
)
