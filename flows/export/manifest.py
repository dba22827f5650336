"""The manifest of an export: what it holds, file by file, and what it does not and why; written last."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from flows.export.choosing import Held, Withdrawn
from flows.export.packing import Packed

FORMAT = 1
_MEASURED = {
    "width", "height", "fps", "frames", "seconds", "video_codec", "pixel_format", "audio_codec", "audio_rate",
    "audio_channels", "lufs", "true_peak", "kbps", "moov_first", "keyframe_seconds_max",
}  # fmt: skip


class ManifestWriter:
    """Writes the manifest to *path*, an ad after the other, so that ten thousand need no memory."""

    def __init__(self, path: Path, head: Mapping[str, Any]) -> None:
        self.path = path
        self._file = path.open("w", encoding="utf-8")
        opened = _json({"format": FORMAT, **head})
        self._file.write(f'{opened[:-1]}, "ads": [')
        self._separator = "\n"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def add(self, packed: Packed, folder: str, archive: str) -> None:
        """Enter an ad whose files lie in *folder* of the export, or in *archive*."""
        self._file.write(self._separator + _json(_ad(packed, folder, archive)))
        self._separator = ",\n"

    def end(self, tail: Mapping[str, Any]) -> None:
        """Enter the rest, *tail*, and close the file."""
        self._file.write(f"\n], {_json(dict(tail))[1:]}\n")
        self._file.close()


def held_rows(held: Iterable[Held]) -> list[dict[str, str]]:
    """Return *held* as rows for tables and JSON."""
    return [
        {
            "product": one.listed.product,
            "locale": one.listed.locale,
            "placement": one.listed.placement,
            "variant": one.listed.variant,
            "why": one.hold.kind,
            "reason": one.hold.reason,
            "campaign": one.listed.campaign,
            "key": one.listed.key,
        }
        for one in held
    ]


def withdrawn_rows(withdrawn: Iterable[Withdrawn]) -> list[dict[str, str]]:
    """Return *withdrawn* as rows for tables, sheets and JSON."""
    return [
        {
            "name": one.ad.name,
            "reason": one.reason,
            "product": one.ad.product,
            "locale": one.ad.locale,
            "placement": one.ad.placement,
            "variant": one.ad.variant,
            "exported": f"{one.ad.exported_at:%Y-%m-%d %H:%M}",
            "campaign": one.ad.campaign,
            "key": one.ad.key,
        }
        for one in withdrawn
    ]


def _ad(packed: Packed, folder: str, archive: str) -> dict[str, Any]:
    ad, listed, marks = packed.ad, packed.chosen.listed, packed.ad.composition.marks
    inside = {"archive": archive} if archive else {}
    return {
        "key": ad.key,
        "name": packed.chosen.name,
        **ad.model_dump(include={"campaign", "product", "locale", "placement", "variant"}),
        "revision": listed.revision,
        "price": ad.composition.price,
        "files": [
            {
                "role": piece.role,
                "name": folder + piece.file.name,
                "sha256": piece.file.sha256,
                "bytes": piece.file.bytes,
                **inside,
            }
            for piece in packed.pieces
        ],
        "measured": packed.asset.facts.model_dump(include=_MEASURED),
        "provenance": marks.model_dump(mode="json", exclude_defaults=True) if marks else None,
    }


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False)
