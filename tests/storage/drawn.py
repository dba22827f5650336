"""Plans and results for the catalog's tests, drawn without a planner."""

from schemas.brief import Palette
from schemas.layout import Box
from schemas.media import Asset, Clip, Finding, StillFile, StoredFile, VoiceFile, Word
from schemas.plan import Ad, BrandKit, Composition, Cut, Narration, Plan, Shot, Sound, Still
from tests.compositions import draw_facts

PALETTE = Palette(primary="#5B2A1E", accent="#FF6A3D")


NARRATION = Narration(text="Good morning.", locale="en-US", voice="hibari:heart@1", recipe=1)
TOO_LOUD = Finding(rule="loudness", measured="-9 LUFS", limit="-14 LUFS", source="house", severity="reject")


def draw_plan(
    *products: str, campaign: str = "kaffi/spring-roast", shots: int = 1, voiced: bool = False
) -> Plan:
    """Return a plan with one ad for each of *products*, whose price is all that differs.

    Of its *shots* every ad shows the first; where it is *voiced*, every ad says the same.
    """
    still = Still(source="inputs/a.png", source_sha256="a", scale=2, upscaler="lanczos", matte="", recipe=1)
    drawn = tuple(_shot(still.key, seed) for seed in range(shots))
    voice = NARRATION.key if voiced else ""
    ads = tuple(_ad(campaign, product, drawn[0].key, voice) for product in products)
    return Plan(
        campaign=campaign,
        brief_sha256="b",
        stills=(still,),
        shots=drawn,
        narrations=(NARRATION,) if voiced else (),
        ads=ads,
        notes=(),
    )


def still_file(still: Still) -> StillFile:
    """Return *still* as made."""
    file = StoredFile(name=f"stills/{still.key}.png", sha256="c" * 64, bytes=10)
    return StillFile(still=still.key, file=file, width=10, height=10, matted=False, cpu_seconds=1)


def clip(shot: Shot) -> Clip:
    """Return *shot* as made."""
    file = StoredFile(name=f"clips/{shot.key}.mp4", sha256="d" * 64, bytes=20)
    return Clip(shot=shot.key, file=file, width=1080, height=1920, fps=30, frames=60, cpu_seconds=2)


def voice_file(narration: Narration) -> VoiceFile:
    """Return *narration* as spoken."""
    file = StoredFile(name=f"voices/{narration.key}.flac", sha256="a" * 64, bytes=15)
    words = (Word(text="Good", start=0.1, end=0.4), Word(text="morning.", start=0.4, end=0.9))
    return VoiceFile(narration=narration.key, file=file, seconds=1, words=words, cpu_seconds=1)


def asset(ad: Ad) -> Asset:
    """Return *ad* as made."""
    file = StoredFile(name=f"ads/{ad.key}.mp4", sha256="e" * 64, bytes=3_000_000_000)
    return Asset(ad=ad.key, file=file, facts=draw_facts(), cpu_seconds=3)


def _shot(still: str, seed: int) -> Shot:
    return Shot(
        show="product",
        still=still,
        prompt="a cup",
        camera="push_in",
        palette=PALETTE,
        width=1080,
        height=1920,
        frames=60,
        seed=seed,
        model="motion@1",
    )


def _ad(campaign: str, product: str, shot: str, voice: str) -> Ad:
    composition = Composition(
        width=1080,
        height=1920,
        safe=Box(left=0, top=0, right=1080, bottom=1920),
        locale="en-US",
        cuts=(Cut(shot=shot, frames=180, caption="hi", end_card=False),),
        kit=BrandKit(name="Kaffi", palette=PALETTE, heading="Noto Sans", body="Noto Sans", logo=""),
        price=product,
        old_price="",
        button="Shop now",
        disclaimer="",
        sound=Sound(music="", lufs=-14, true_peak_max=-1, voice=voice),
        fonts="1",
        recipe=1,
    )
    return Ad(
        campaign=campaign,
        product=product,
        locale="en-US",
        placement="meta_reels",
        variant="a",
        composition=composition,
    )
