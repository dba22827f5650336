"""Draws the picture that stands for an ad before it plays: the frame of a scene that shows the most."""

from io import BytesIO
from itertools import islice
from pathlib import Path

from PIL import Image

from actors.video import grab_picture
from schemas.plan import Composition

_SCENES_MAX = 3
_REDUCED = 8
_QUALITY = 90


def draw_thumbnail(video: Path, composition: Composition) -> bytes:
    """Return a JPEG, as large as the frames, of *video*, an ad of this *composition*: always the same bytes.

    Of its first scenes, each when it is well begun, it is the one with the most detail (Shannon entropy); the
    closing card only where there is no scene. It says in XMP, as the ad does, how it was made. Raises
    MediaError for a file without pictures.
    """
    moments = _moments(composition)
    best = moments[0]
    if moments[1:]:
        best = max(moments, key=lambda moment: _detail(video, moment))
    picture = Image.fromarray(grab_picture(video, best))
    out = BytesIO()
    picture.save(out, "JPEG", quality=_QUALITY, optimize=True, **_xmp(composition))
    return out.getvalue()


def _moments(composition: Composition) -> tuple[float, ...]:
    """Return when the first scenes are well begun, in seconds."""
    scenes = [(begin, cut) for begin, cut in composition.timeline if not cut.end_card]
    first = islice(scenes or composition.timeline, _SCENES_MAX)
    return tuple((begin + 0.75 * cut.frames) / composition.fps for begin, cut in first)


def _detail(video: Path, moment: float) -> float:
    return Image.fromarray(grab_picture(video, moment, every=_REDUCED)).convert("L").entropy()


def _xmp(composition: Composition) -> dict[str, bytes]:
    if composition.marks is None:
        return {}
    # Signatures come with it, which a plain export of old ads does not need.
    from actors.marks.embedded import xmp_of  # noqa: PLC0415

    return {"xmp": xmp_of(composition).encode()}
