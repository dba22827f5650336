"""What each market asks of ads in which AI took part: labels that people see, and keys for machines.

Every ad carries XMP and C2PA, wherever it is shown: the EU asks it of all that AI made, no market forbids it,
and an ad that says that no AI took part loses nothing by it. The rows tell what comes on top. They were read
from secondary sources (see each row), not from gazettes: a table of facts, no legal advice.
"""

from typing import Literal

from schemas.marks import Label
from schemas.record import Record
from schemas.regions import regions_of

LABEL_SECONDS, LABEL_SHARE = 2.0, 0.05
"""GB 45438-2025 for videos: on the opening frames, at least so long, and so high. Other markets ask for what
is conspicuous without a number, and have the same."""


class Market(Record):
    """What one region asks for."""

    region: str
    """ISO 3166 code, or ``EU``."""
    law: str
    since: str
    """When it came into force, ISO 8601."""
    visible: Literal["all", "people", ""]
    """Which ads need a label that people see: all in which AI took part, those in which a person was made by
    it, or none."""
    aigc: bool = False
    """Whether the file needs the metadata key ``AIGC``."""
    source: str
    read: str = "2026-11-23"


MARKETS = (
    Market(
        region="CN",
        law="GB 45438-2025",
        since="2025-09-01",
        visible="all",
        aigc=True,
        source="agiyes.com/ainews/ai-content-labeling-regulation; aibase.com/news/20918",
    ),
    Market(
        region="EU",
        law="AI Act, Art. 50",
        since="2026-08-02",
        visible="people",  # Art. 50(4) is about deep fakes; 50(2), for machines, about everything
        source="iptc.org/news/eu-ai-transparency-code-of-practice-june-2026",
    ),
    Market(
        region="US",
        law="New York GBL 396-b (S.8420-A) and California SB 942",
        since="2026-06-09",
        visible="people",  # New York; an ad for the US is seen there. California asks for marks for machines
        source="crossing.one/blog/new-york-sb-8420-a-ai-advertising-disclosure-marketing-agencies-2026; "
        "policywindow.org/wiki/ca-sb-942",
    ),
    Market(
        region="KR",
        law="AI Basic Act, Art. 31, and the government's plan for AI ads of 2025-12-10",
        since="2026-01-22",
        visible="all",
        source="shinkim.com/eng/media/newsletter/3190; independent.co.uk, b2881877",
    ),
    Market(
        region="IN",
        law="IT Rules as amended by G.S.R. 120(E)",
        since="2026-02-20",
        visible="all",
        source="digitalpolicyalert.org/event/37705",
    ),
)

_TEXTS = {
    "ar": "مُنشأ بالذكاء الاصطناعي",
    "cs": "Vytvořeno AI",
    "da": "AI-genereret",
    "de": "KI-generiert",
    "en": "AI-generated",
    "es": "Generado con IA",
    "fi": "Tekoälyllä luotu",
    "fr": "Généré par IA",
    "hi": "AI द्वारा निर्मित",
    "id": "Dibuat dengan AI",
    "it": "Generato con IA",
    "ja": "AI生成",
    "ko": "AI 생성물",
    "nl": "AI-gegenereerd",
    "pl": "Wygenerowane przez AI",
    "pt": "Gerado por IA",
    "ru": "Создано ИИ",
    "sv": "AI-genererad",
    "tr": "Yapay zekâ ile",
    "uk": "Створено ШІ",
    "vi": "Tạo bởi AI",
    "zh": "AI生成",
}
"""The label by language. Chinese as GB 45438-2025 has it ("AI" or 人工智能 with 生成), Korean as the
government's word for what AI made (생성물); no other market rules the wording."""
_ANY = "AI"
"""The label of a language without a text of its own: the sign of the EU's draft icon."""


def markets_of(locale: str) -> tuple[Market, ...]:
    """Return the rows for where *locale* is spoken; none where nothing is asked beyond marks for machines."""
    regions = regions_of(locale)
    return tuple(market for market in MARKETS if market.region in regions)


def label_of(locale: str) -> Label:
    """Return the label in the language of *locale*."""
    text = _TEXTS.get(locale.split("-", maxsplit=1)[0], _ANY)
    return Label(text=text, seconds=LABEL_SECONDS, share=LABEL_SHARE)
