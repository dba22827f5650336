"""Lists who speaks: engines, speakers, where each is at home, and what it needs."""

from importlib.util import find_spec
from typing import Literal

from actors.weights import MANIFEST
from schemas.money import parse_locale
from schemas.record import Record

Gender = Literal["female", "male"]

HIBARI_SHA256 = "5f70741d4e900f4e85d0037498736cc1b3e1b9a63a13546a5da1e63abf4fccd8"
"""Of the voice inside the package hibari-tts 0.2.1."""
_DIGITS = 12


class Voice(Record):
    """One speaker of one engine."""

    engine: Literal["hibari", "kokoro"]
    speaker: str
    gender: Gender
    language: str
    """ISO 639-1."""
    regions: tuple[str, ...] = ()
    """ISO 3166 codes in which it sounds at home, ``""`` for a locale without one; empty for everywhere."""
    foreign: tuple[str, ...] = ()
    """Regions in which it would sound wrong."""
    packages: tuple[str, ...] = ()
    """Python packages by which the language is read."""

    @property
    def name(self) -> str:
        """As plans carry it: ``kokoro:ef_dora@`` and the first digits of the hash of its weights."""
        sha256 = HIBARI_SHA256 if self.engine == "hibari" else MANIFEST["kokoro"].sha256
        return f"{self.engine}:{self.speaker}@{sha256[:_DIGITS]}"

    @property
    def weights(self) -> str:
        """Name of the weights to fetch; empty where the package holds them."""
        return "" if self.engine == "hibari" else self.engine

    @property
    def missing(self) -> tuple[str, ...]:
        """Packages that it needs and that are not installed."""
        return tuple(package for package in self.packages if find_spec(package) is None)


def _kokoro(
    language: str, speakers: str, *, at: str = "", foreign: str = "", packages: str = ""
) -> tuple[Voice, ...]:
    """Name Kokoro's speakers; the second letter of each tells its gender."""
    return tuple(
        Voice(
            engine="kokoro",
            speaker=speaker,
            gender="female" if speaker[1] == "f" else "male",
            language=language,
            regions=tuple(at.split()),
            foreign=tuple(foreign.split()),
            packages=tuple(packages.split()),
        )
        for speaker in speakers.split()
    )


VOICES: tuple[Voice, ...] = (
    *_kokoro("en", "bf_emma bm_george", at="GB IE"),
    Voice(engine="hibari", speaker="heart", gender="female", language="en", packages=("hibari",)),
    *_kokoro("en", "af_heart am_michael", packages="hibari"),
    *_kokoro("es", "ef_dora em_alex"),
    *_kokoro("fr", "ff_siwis", packages="g2p2"),
    *_kokoro("hi", "hf_alpha hm_omega"),
    *_kokoro("it", "if_sara im_nicola"),
    *_kokoro("ja", "jf_alpha jm_kumo", packages="fugashi unidic_lite"),
    # Brazilian: in Portugal and Africa they would sound foreign.
    *_kokoro("pt", "pf_dora pm_alex", foreign="PT AO MZ CV GW ST TL MO"),
    # Mandarin: Hong Kong and Macao speak Cantonese.
    *_kokoro("zh", "zf_xiaoxiao zm_yunjian", foreign="HK MO", packages="pypinyin rjieba"),
)
"""Best first for each language."""


def voices_for(locale: str) -> tuple[Voice, ...]:
    """Return the voices at home in the BCP 47 *locale*, best first."""
    parsed = parse_locale(locale)
    if parsed is None:
        return ()
    place = parsed.territory or ""
    fitting = [one for one in VOICES if one.language == parsed.language and place not in one.foreign]
    return tuple(one for one in fitting if not one.regions or place in one.regions)
