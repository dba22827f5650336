"""What people get to see of a run: readable links, the contact sheet, rows for tables."""

import os
from collections.abc import Mapping, Sequence
from itertools import islice
from pathlib import Path, PurePath

from flows.naming import campaign_prefix, file_stem
from schemas.plan import Ad, Plan
from schemas.settings import Settings
from storage.blobs import BlobStore

_SHEET = "contact-sheet.png"
_PICTURES_MAX = 4
"""Of one ad on the contact sheet."""


def out_folder(plan: Plan, settings: Settings) -> Path:
    """Return the folder in which people find a campaign's ads."""
    return settings.out / plan.campaign.split("/")[1]


def contact_sheet_path(plan: Plan, settings: Settings) -> Path:
    """Return where the campaign's contact sheet lies."""
    return out_folder(plan, settings) / f"{plan.campaign.split('/')[0]}_{_SHEET}"


def link_ads(plan: Plan, files: Mapping[str, Sequence[str]], settings: Settings) -> Path:
    """Link every finished ad and its captions under a readable name, and drop links that are not wanted.

    *files* has the names in the store of the finished ones, by key: the ad's and those of its captions. A
    contact sheet of earlier ads goes where there are none. Ads in S3 are not linked: `reelmill status`
    tells their names.
    """
    folder = out_folder(plan, settings)
    folder.mkdir(parents=True, exist_ok=True)
    if not files:
        contact_sheet_path(plan, settings).unlink(missing_ok=True)
    if settings.blobs.startswith("s3://"):
        return folder
    wanted = {
        f"{file_stem(ad)}{PurePath(name).suffix}": Path(settings.blobs) / name
        for ad in plan.ads
        for name in files.get(ad.key, ())
    }
    prefix = f"{campaign_prefix(plan.campaign)}_"
    for link in folder.glob(f"{prefix}*"):
        if link.is_symlink() and link.name not in wanted:
            link.unlink()
    for name, target in wanted.items():
        link = folder / name
        if not link.is_symlink():
            link.symlink_to(os.path.relpath(target, folder))
    return folder


def draw_sheet(plan: Plan, files: Mapping[str, str], blobs: BlobStore, settings: Settings) -> Path:
    """Draw the contact sheet of the finished ads, *files* in the store by key; return its path.

    Rejected ads are not among them: the sheet shows what is delivered.
    """
    # It decodes videos; a finished campaign, which has its sheet, is not to wait for those libraries.
    from actors.contact_sheet import ADS_MAX, Sample, draw_contact_sheet  # noqa: PLC0415

    path = contact_sheet_path(plan, settings)
    path.parent.mkdir(parents=True, exist_ok=True)
    done = [ad for ad in plan.ads if ad.key in files]
    samples = [
        Sample(
            row=f"{ad.product}  {ad.locale}  variant {ad.variant}",
            column=ad.placement,
            video=blobs.local(files[ad.key], settings.cache / "sheets"),
            moments=_moments(ad),
        )
        for ad in done[:ADS_MAX]
    ]
    shown = f" (the first {ADS_MAX} are shown)" if len(done) > ADS_MAX else ""
    draw_contact_sheet(samples, f"{plan.campaign}: {len(done)} of {len(plan.ads)} ads{shown}", path)
    return path


def _moments(ad: Ad) -> tuple[float, ...]:
    """Return when the first scenes of *ad* are well begun, in seconds."""
    first = islice(ad.composition.timeline, _PICTURES_MAX)
    return tuple((begin + 0.75 * cut.frames) / ad.composition.fps for begin, cut in first)
