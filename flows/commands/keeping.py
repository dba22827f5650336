"""The commands about ads that are there: make one again, tell two apart, hand out links, remove old ones."""

from pathlib import Path

import click

from schemas.settings import read_settings

_json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON for machines.")
_SOME_FAILED = 1


class Age(click.ParamType[float]):
    """How long ago, ``30d``, ``12h`` or ``4w``; in seconds."""

    name = "age"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Return the seconds; fail with a sentence for anything else."""
        from flows.retention import read_age

        try:
            return value if isinstance(value, float) else read_age(str(value))
        except ValueError as error:
            self.fail(str(error), param, ctx)


@click.command()
@click.argument("ad")
@click.option("--to", type=click.Path(path_type=Path, dir_okay=False), help="Copy the new ad to this file.")
@click.option("--from-clips", is_flag=True, help="Take the stored clips and voice; compose anew.")
@_json_option
def remake(ad: str, to: Path | None, *, from_clips: bool, as_json: bool) -> int:
    """Make AD again from its sidecar, and compare.

    AD is a key, the start of one, or the path of a sidecar. Nothing stored is touched, and no database is
    needed. Exit code 1 where it is not the same ad, or cannot be made again.
    """
    from flows.remake import print_remade
    from flows.remake import remake as make_again

    def say(sentence: str) -> None:
        click.echo(sentence, err=True)

    made = make_again(ad, read_settings(), to=to, from_clips=from_clips, say=say)
    print_remade(made, as_json=as_json)
    return 0 if made.same else _SOME_FAILED


@click.command()
@click.argument("one")
@click.argument("other")
@_json_option
def diff(one: str, other: str, *, as_json: bool) -> None:
    """Say how two ads differ in what they are made from.

    ONE and OTHER are keys, their starts, or paths of sidecars.
    """
    from flows.difference import print_differences
    from flows.sidecars import read_sidecar
    from storage.blobs import open_blobs

    blobs = open_blobs(read_settings().blobs)
    print_differences(read_sidecar(one, blobs), read_sidecar(other, blobs), as_json=as_json)


@click.command()
@click.argument("asked", nargs=-1, required=True, metavar="CAMPAIGN|AD...")
@click.option(
    "--hours", type=click.IntRange(1, 168), default=24, show_default=True, help="How long they last."
)
@_json_option
def links(asked: tuple[str, ...], hours: int, *, as_json: bool) -> int:
    """Print links to finished ads for people without keys.

    Of a CAMPAIGN (brand/name) to all its good ads; an AD is a key or the start of one. A store in S3 gives
    addresses, a folder gives paths.
    """
    from flows.links import make_links, print_links

    made = make_links(asked, hours, read_settings())
    print_links(made, as_json=as_json)
    return _SOME_FAILED if any(link.problem for link in made) else 0


@click.command()
@click.option("--older-than", "age", type=Age(), required=True, metavar="AGE", help="30d, 12h or 4w.")
@click.option("--campaign", "campaigns", multiple=True, metavar="BRAND/NAME", help="Only of these campaigns.")
@click.option("--yes", is_flag=True, help="Remove it; without, only tell.")
@_json_option
def gc(age: float, campaigns: tuple[str, ...], *, yes: bool, as_json: bool) -> None:
    """Remove ads of earlier runs, and what only they were made from.

    Never what is exported or approved, what the latest run of a campaign has made, or what these are made
    from. Without --yes nothing is removed. Runs may go on meanwhile.
    """
    from flows.retention import clear, look, print_cleared
    from storage.leaving import Retention

    act = clear if yes else look
    print_cleared(act(Retention(seconds=age, campaigns=campaigns), read_settings()), as_json=as_json)
