"""The commands about ads that are there: make one again, tell two apart, hand out links."""

from pathlib import Path

import click

from schemas.settings import read_settings

_json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON for machines.")
_SOME_FAILED = 1


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
