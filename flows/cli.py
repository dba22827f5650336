"""The command line. Heavy imports wait until a command needs them, so that help answers at once."""

import math
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from flows.commands import exports, keeping, monitoring, operations, provenance, reviewing
from schemas.errors import BriefError, ReelmillError, SettingsError, StorageError
from schemas.settings import Settings, read_settings

if TYPE_CHECKING:
    from flows.preflight import Preflight

DONE, SOME_FAILED, BAD_INPUT, BAD_ENVIRONMENT, INTERRUPTED = 0, 1, 2, 3, 130

_brief_arguments = click.argument(
    "briefs", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="BRIEF..."
)
_json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON for machines.")


class Share(click.ParamType[tuple[str, float]]):
    """A campaign and its weight, ``brand/name=4``."""

    name = "share"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, float]:
        """Return name and weight; fail with a sentence for anything else."""
        campaign, _, number = str(value).rpartition("=")
        try:
            weight = float(number)
        except ValueError:
            weight = 0.0
        if not campaign or not 0 < weight < math.inf:
            self.fail(f"{value!r}: use brand/name=N with N over 0", param, ctx)
        return campaign, weight


class Models(click.ParamType[tuple[str, ...]]):
    """Names of models, ``a,b,c``."""

    name = "models"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, ...]:
        """Return the names, each once; fail with a sentence for one that is not in the table."""
        from actors.backends import VIDEO_MODELS
        from schemas.wording import suggestion

        names = tuple(dict.fromkeys(part.strip() for part in str(value).split(",") if part.strip()))
        for name in names:
            if name not in VIDEO_MODELS:
                self.fail(f"{name!r} is no model; {suggestion(name, VIDEO_MODELS)}", param, ctx)
        if not names:
            self.fail("names no model; `reelmill models` lists them", param, ctx)
        return names


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="reelmill")
@click.pass_context
def cli(context: click.Context) -> None:
    """Turn campaign briefs into finished short video ads.

    Exit codes: 0 done, 1 some ads failed (each is named), 2 the brief or the usage is wrong and nothing was
    started, 3 the environment is wrong, 130 interrupted.
    """
    from flows.logs import BY_ITSELF, written

    context.with_resource(written("json" if context.invoked_subcommand in BY_ITSELF else "off"))


@cli.command()
@_brief_arguments
@_json_option
def plan(briefs: tuple[Path, ...], *, as_json: bool) -> None:
    """Show what would be made.

    Also what is there already, and what sharing saves; touches nothing but the cache.
    """
    from flows.preview import print_plans

    settings = read_settings()
    print_plans(_preflights(briefs, settings), settings, as_json=as_json)


@cli.command()
@_brief_arguments
@_json_option
def forecast(briefs: tuple[Path, ...], *, as_json: bool) -> None:
    """Say what making each BRIEF would take.

    Ads and what they are made from, time, worker seconds, GPU-seconds, storage and money
    (REELMILL_GPU_HOUR_PRICE); touches nothing but the cache.
    """
    from flows.preview import print_forecasts

    settings = read_settings()
    print_forecasts(_preflights(briefs, settings), settings, as_json=as_json)


@cli.command()
@_brief_arguments
@click.option("--retry", is_flag=True, help="Try quarantined items again.")
@click.option(
    "--share",
    "shares",
    multiple=True,
    type=Share(),
    metavar="CAMPAIGN=N",
    help="Weight of a campaign where several are made at once (brand/name=4); 1 by default.",
)
@click.option("--json", "as_json", is_flag=True, help="Print events for machines, one JSON object a line.")
def run(
    briefs: tuple[Path, ...], shares: tuple[tuple[str, float], ...], *, retry: bool, as_json: bool
) -> int:
    """Make the ads of each BRIEF; a rerun makes what is missing.

    An interrupt (Ctrl-C, SIGTERM) lets what is being made end within REELMILL_DRAIN_SECONDS (30); a second
    one stops it at once. The next run goes on from there.
    """
    from flows.feeds.showing import tell_feeds
    from flows.interrupts import as_interrupt
    from flows.leftovers import sweep
    from flows.preview import finished
    from flows.results import print_results
    from storage.blobs import open_blobs

    with as_interrupt():
        settings = read_settings()
        all_ready = dict(zip(briefs, _preflights(briefs, settings), strict=True))
        plans = [ready.plan for ready in all_ready.values()]
        tell_feeds([(one.plan.campaign, one.ingested.feed) for one in all_ready.values()], as_json=as_json)
        weights = _weights(shares, [plan.campaign for plan in plans])
        to_make = {
            brief: ready for brief, ready in all_ready.items() if retry or not finished(ready.plan, settings)
        }
        if to_make:
            _make(to_make, weights, settings, retry=retry, as_json=as_json)
        else:
            sweep(settings, open_blobs(settings.blobs))  # of a run that was killed when all was made
        return SOME_FAILED if print_results(plans, settings, as_json=as_json) else DONE


@cli.command()
@click.argument("brief", type=click.Path(path_type=Path))
@click.option(
    "--models",
    "names",
    type=Models(),
    required=True,
    metavar="A,B,C",
    help="Models of the table: `reelmill models`.",
)
@click.option("--product", default="", metavar="ID", help="The first one by default.")
@click.option(
    "--placement",
    default="",
    metavar="NAME",
    help="By default the one with the longest storyboard: its clips serve the others too.",
)
@click.option(
    "--json", "as_json", is_flag=True, help="Print events, then the result, one JSON object a line."
)
def compare(brief: Path, names: tuple[str, ...], product: str, placement: str, *, as_json: bool) -> int:
    """Make the same shots of BRIEF on several models.

    One ad of the brief a model, as a campaign of its own; what a later run of the brief on one of the models
    shows too is not made again. One table and one picture tell what each took and what was measured.
    """
    from flows.compare import compare as make_comparison
    from flows.interrupts import as_interrupt
    from flows.trials import Pick

    with as_interrupt():
        pick = Pick(product, placement)
        whole = make_comparison(brief, names, pick, read_settings(), as_json=as_json)
    return DONE if whole else SOME_FAILED


@cli.command()
@click.argument("campaign")
def cancel(campaign: str) -> None:
    """Stop CAMPAIGN (brand/name), whichever process makes it; others go on."""
    from flows.cancel import cancel as stop

    click.echo(stop(campaign, read_settings()))


@cli.command()
@click.option("--repair", is_flag=True, help="Mend what is found; needs that no run is alive.")
@_json_option
def verify(*, repair: bool, as_json: bool) -> int:
    """Check that rows, files and checksums agree, both ways."""
    from flows.verify import print_report
    from flows.verify import verify as examine_all

    report = examine_all(read_settings(), repair=repair)
    print_report(report, as_json=as_json)
    return SOME_FAILED if report.left else DONE


@cli.command()
@click.argument("campaign", required=False)
@_json_option
def status(campaign: str | None, *, as_json: bool) -> None:
    """Show campaigns, or the ads of one CAMPAIGN (brand/name)."""
    from flows.results import print_status

    print_status(campaign, read_settings(), as_json=as_json)


@cli.command()
def schema() -> None:
    """Print the JSON Schema of the brief."""
    from flows.tables import print_json
    from schemas.brief import Brief

    print_json(
        {
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            **Brief.model_json_schema(mode="validation"),
        }
    )


@cli.group(invoke_without_command=True)
@_json_option
@click.pass_context
def models(context: click.Context, *, as_json: bool) -> None:
    """List the models that make shots, or care for their checkpoints."""
    from flows.models import print_models

    if context.invoked_subcommand is None:
        print_models(read_settings(), as_json=as_json)


@models.command(name="check")
@click.argument("names", nargs=-1)
def check_models(names: tuple[str, ...]) -> int:
    """Hash the checkpoints NAMES, or all that are there.

    Says what is missing, changed or does not belong there.
    """
    from actors.backends import VIDEO_MODELS
    from flows.models import check_models as check

    if unknown := [name for name in names if name not in VIDEO_MODELS or not VIDEO_MODELS[name].weights]:
        known = ", ".join(name for name, entry in VIDEO_MODELS.items() if entry.weights)
        raise click.UsageError(f"no model with a checkpoint is called {unknown[0]!r}; these are: {known}")
    return DONE if check(names, read_settings()) else SOME_FAILED


@models.command(name="fetch")
@click.argument("name")
@click.option(
    "--from",
    "source",
    default="hub",
    metavar="FOLDER|s3://...|hub",
    help="Where the files come from; the Hugging Face hub by default.",
)
@click.option("--revision", default="", metavar="COMMIT", help="Commit of the hub, 40 hex digits.")
def fetch_model(name: str, source: str, revision: str) -> None:
    """Bring the checkpoint of NAME to REELMILL_MODELS.

    Only at a commit, only safetensors and settings, checked and sealed.
    """
    from flows.models import fetch_model as bring

    bring(name, source, revision, read_settings())


@models.command(name="seal")
@click.argument("folder", type=click.Path(path_type=Path))
def seal_model(folder: Path) -> None:
    """Write the SHA256SUMS of the checkpoint in FOLDER.

    Plans name a checkpoint by it, and workers prove it by it.
    """
    from flows.models import seal_folder

    seal_folder(folder)


@cli.command()
@_json_option
def placements(*, as_json: bool) -> None:
    """List the placements with their rules and sources."""
    from flows.placement_rows import print_placements

    print_placements(as_json=as_json)


@cli.group()
def weights() -> None:
    """Fetch small weights that make ads better.

    Everything works without them, in a plainer way.
    """


@weights.command(name="list")
@_json_option
def list_weights(*, as_json: bool) -> None:
    """List the weights, their licences, and whether they are there."""
    from actors.weights import MANIFEST, ready
    from flows.tables import print_json, print_rows

    there = ready(read_settings().weights)
    rows = [
        {"name": name, "ready": name in there, "licence": item.licence, "package": item.package}
        for name, item in MANIFEST.items()
    ]
    print_json(rows) if as_json else print_rows(rows)


@weights.command()
@click.argument("names", nargs=-1)
@click.option("--all", "every", is_flag=True, help="Also those that only some campaigns ask for.")
def fetch(names: tuple[str, ...], *, every: bool) -> int:
    """Fetch the weights NAMES, or those that any campaign may use; those that are there are left alone."""
    from actors.weights import MANIFEST
    from actors.weights import fetch as fetch_weights

    if unknown := [name for name in names if name not in MANIFEST]:
        raise click.UsageError(f"unknown weights {unknown[0]!r}; known: {', '.join(MANIFEST)}")
    usual = tuple(name for name, item in MANIFEST.items() if item.usual or every)
    failures = fetch_weights(names or usual, read_settings().weights, say=click.echo)
    for failure in failures:
        click.echo(failure, err=True)
    return SOME_FAILED if failures else DONE


for _command in (
    exports.export,
    exports.approve,
    exports.reject,
    exports.change,
    keeping.remake,
    keeping.diff,
    keeping.links,
    keeping.gc,
    operations.inbox,
    operations.serve,
    monitoring.doctor,
    monitoring.metrics,
    provenance.marks,
    reviewing.review,
):
    cli.add_command(_command)


def main() -> None:
    """Run the command line and end the process with its exit code."""
    sys.exit(_run_command())


def _run_command() -> int:
    try:
        return cli.main(standalone_mode=False) or DONE
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):
        click.echo("interrupted; run again to make what is missing", err=True)
        return INTERRUPTED
    except BriefError as error:
        click.echo(str(error), err=True)
        return BAD_INPUT
    except (SettingsError, StorageError) as error:
        click.echo(str(error), err=True)
        return BAD_ENVIRONMENT
    except ReelmillError as error:
        click.echo(str(error), err=True)
        return SOME_FAILED


def _make(
    all_ready: "dict[Path, Preflight]",
    weights: dict[str, float],
    settings: Settings,
    *,
    retry: bool,
    as_json: bool,
) -> None:
    from flows.launch import launch
    from flows.logs import say
    from flows.progress import show_progress

    with show_progress(as_json=as_json) as tell:
        for ready in () if as_json else all_ready.values():
            for sentence in (*ready.equipment.plainer, *ready.plan.notes):
                say(f"note: {sentence}")
        briefs = {brief: weights.get(ready.plan.campaign, 1.0) for brief, ready in all_ready.items()}
        launch(briefs, settings, tell=tell, retry=retry)


def _weights(shares: tuple[tuple[str, float], ...], campaigns: list[str]) -> dict[str, float]:
    for name, _ in shares:
        if name not in campaigns:
            raise click.UsageError(f"--share: no brief is of {name!r}; these are: {', '.join(campaigns)}")
    return dict(shares)


def _preflights(briefs: tuple[Path, ...], settings: Settings) -> "list[Preflight]":
    """Look at every brief before anything is started, and refuse all that are wrong together."""
    from flows.preflight import preflight

    ready, wrong = [], []
    for brief in briefs:
        try:
            ready.append(preflight(brief, settings))
        except BriefError as error:
            wrong.append(str(error))
    names = [one.plan.campaign for one in ready]
    wrong += [
        f"{brief}: campaign: {one.plan.campaign!r} is named by another brief of this command too: "
        f"make one after the other, or rename one"
        for brief, one in zip(briefs, ready, strict=False)
        if not wrong and names.count(one.plan.campaign) > 1
    ]
    if wrong:
        raise BriefError("\n".join(wrong))
    return ready


if __name__ == "__main__":
    main()
