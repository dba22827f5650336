"""The command about how files were made; heavy imports wait until it runs."""

from pathlib import Path

import click


@click.command()
@click.argument(
    "files",
    nargs=-1,
    required=True,
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    metavar="FILE...",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON for machines.")
def marks(files: tuple[Path, ...], *, as_json: bool) -> int:
    """Show what each FILE carries about how it was made.

    XMP, the key AIGC, the C2PA signature, and whether they hold; 1 where some do not.
    """
    from flows.marks import print_marks

    return 0 if print_marks(files, as_json=as_json) else 1
