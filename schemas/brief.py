"""The brief: what a marketing team asks for (the format is normative; `reelmill schema` prints it)."""

import re
import unicodedata
from datetime import UTC, datetime
from typing import Annotated, Any, Literal
from zoneinfo import available_timezones

from cronsim import CronSim, CronSimError
from pydantic import (
    AfterValidator,
    AwareDatetime,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    GetJsonSchemaHandler,
    PlainSerializer,
    StringConstraints,
    Tag,
    WithJsonSchema,
    model_validator,
)
from pydantic_core import CoreSchema

from schemas.money import Money, parse_locale, parse_money
from schemas.placements import PLACEMENTS
from schemas.record import Record
from schemas.template import FEATURES_MAX
from schemas.wording import refusal, shown, suggestion

Camera = Literal["push_in", "pull_out", "pan", "orbit", "parallax", "hold"]
VideoTask = Literal["restyle", "extend", "extend_back"]
Objective = Literal["awareness", "traffic", "engagement", "leads", "app_installs", "sales"]
Layout = Literal["headline", "feature", "offer", "quote", "label", "bumper"]
"""How a scene's caption is set: a headline, one item of a list, the price with its discount, a quotation with
its author, a label on the picture, or few large words."""
NOTED: tuple[Layout, ...] = ("quote", "label")
"""The layouts that show a note."""
Template = Literal[
    "auto",
    "bumper",
    "offer_countdown",
    "feature_list",
    "before_after",
    "testimonial",
    "product_hero",
]
"""Each name but ``auto`` is a file in ``flows/templates``; ``auto`` takes the first of them that suits."""

_CRON_FIELDS = 5
_CRON_REFUSED = re.compile(r"[0-9a-z]L|LW", re.IGNORECASE)
_CRON_CURE = 'give minute, hour, day, month and weekday, for example "0 6 * * 1" for Mondays at six'

BETWEEN_FIELDS = "between_fields"
"""Kind of the errors that concern a whole part; `flows.brief_rules` tells them in more detail."""
INVISIBLE = frozenset("\n\u00ad\u200b\u200c\u200d\u200e\u200f\u2060\u2066\u2067\u2068\u2069") | {
    chr(code) for code in range(0xE0020, 0xE0080)
}
"""Characters without a shape that writing needs: joiners, marks of direction, the tags of flag emoji."""


def _printable(text: str) -> str:
    for char in () if text.isprintable() else text:
        if unicodedata.category(char) in {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"} and char not in INVISIBLE:
            raise refusal(f"{shown(text)} holds the control character U+{ord(char):04X}", "take it out")
    return text


def _known_locale(tag: str) -> str:
    if parse_locale(tag) is None:
        raise refusal(
            f"{shown(tag)} is no locale that CLDR knows", "use a BCP 47 tag such as en-US, zh-CN or ar"
        )
    if tag != (written := "-".join(_cased(n, part) for n, part in enumerate(tag.split("-")))):
        raise refusal(f"{shown(tag)} is not how the locale is written", f"write {written}")
    return tag


def _cased(n: int, part: str) -> str:
    cases = {2: part.upper(), 4: part.title()}
    return part.lower() if n == 0 else cases.get(len(part), part)


def _known_placement(name: str) -> str:
    if name not in PLACEMENTS:
        raise refusal(f"{shown(name)} is no placement", suggestion(name, PLACEMENTS))
    return name


def _known_zone(name: str) -> str:
    if name not in available_timezones():
        raise refusal(f"{shown(name)} is no time zone", "use an IANA name such as Europe/Berlin")
    return name


def _known_cron(text: str) -> str:
    if len(text.split()) != _CRON_FIELDS:
        raise refusal(f"{shown(text)} is no list of five fields", _CRON_CURE)
    if _CRON_REFUSED.search(text):
        raise refusal(f"{shown(text)} has an L with a weekday, which Prefect does not know", _CRON_CURE)
    try:
        CronSim(text, datetime.now(UTC))
    except CronSimError as error:
        raise refusal(f"{shown(text)} is no cron expression, {error}", _CRON_CURE) from error
    return text


def _known_watermark(value: object) -> object:
    if value != "none":
        raise refusal(
            f"{shown(value)}: no watermark in the pixels is offered (README, Provenance, says why)",
            "take it out; XMP and a C2PA signature are written in any case",
        )
    return value


def _written_time(value: object) -> object:
    if isinstance(value, str | datetime):
        return value
    raise refusal(f"{shown(value)} is not a time", "write for example 2026-12-24T23:59:59+01:00")


class _OrPath:
    """Tells editors that a path to a file of the same shape may stand here; ingest puts its content in."""

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        path = {"type": "string", "description": "Path to a YAML file of the same shape."}
        return {"anyOf": [handler(schema), path]}


Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$")]
TEXT_MAX = 600
"""Characters of a text that is shown, said, or sent to a model."""
Text = Annotated[
    str, StringConstraints(strip_whitespace=True, max_length=TEXT_MAX), AfterValidator(_printable)
]
Name = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=80), AfterValidator(_printable)
]
Sku = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,49}$")]
Color = Annotated[str, StringConstraints(pattern=r"^#[0-9A-Fa-f]{6}$")]
Locale = Annotated[str, AfterValidator(_known_locale)]
MediaPath = Annotated[str, StringConstraints(min_length=1, max_length=400), AfterValidator(_printable)]
Price = Annotated[
    Money,
    BeforeValidator(parse_money),
    PlainSerializer(str),
    WithJsonSchema({"type": "string", "pattern": r"^[0-9]+(\.[0-9]+)? [A-Z]{3}$", "examples": ["12.90 EUR"]}),
]
EVERYWHERE = ""
"""The name under which a text that serves all locales is kept."""
Localized = Annotated[
    dict[Annotated[str, AfterValidator(lambda tag: tag and _known_locale(tag))], Text],
    BeforeValidator(lambda value: {EVERYWHERE: value} if isinstance(value, str) else value),
    WithJsonSchema(
        {"anyOf": [{"type": "string"}, {"type": "object", "additionalProperties": {"type": "string"}}]}
    ),
]
"""One text for all locales, or one for each."""

MOODS = ("upbeat", "calm", "brand", "none")
"""Music that needs no file of its own; ``brand`` plays brand.music."""
VOICES = ("auto", "female", "male", "none")
Music = Annotated[MediaPath, WithJsonSchema({"anyOf": [{"enum": list(MOODS)}, {"type": "string"}]})]
Voice = Annotated[MediaPath, WithJsonSchema({"anyOf": [{"enum": list(VOICES)}, {"type": "string"}]})]


class _Part(Record):
    """A part of the brief: the JSON Schema tells editors what its docstrings say."""

    # Not for all records: reading docstrings takes an eighth of the time that a command needs to start.
    model_config = ConfigDict(use_attribute_docstrings=True)


class Palette(_Part):
    """The brand's four colours, sRGB."""

    primary: Color
    accent: Color
    background: Color = "#FFFFFF"
    text: Color = "#1A1A1A"


class Fonts(_Part):
    """Families by name, which `reelmill doctor` lists, or paths of the brand's own TTF or OTF files."""

    heading: MediaPath = "Noto Sans"
    body: MediaPath = "Noto Sans"


class Brand(_Part):
    """Who advertises, and how that looks."""

    name: Name
    logo: MediaPath | None = None
    """PNG, JPEG, WebP or SVG; relative to the brief."""
    colors: Palette
    fonts: Fonts = Fonts()
    tone: Text = ""
    """Mood words that every prompt inherits."""
    disclaimer: Localized = {}
    music: MediaPath | None = None
    """The brand's own track, for audio.music: brand."""


class Product(_Part):
    """One thing to advertise."""

    id: Sku
    title: Localized
    description: Localized = {}
    price: Price | None = None
    sale_price: Price | None = None
    sale_starts: Annotated[AwareDatetime, BeforeValidator(_written_time)] | None = None
    """Empty: the sale is on already."""
    sale_ends: Annotated[AwareDatetime, BeforeValidator(_written_time)] | None = None
    link: Text = ""
    images: Annotated[tuple[MediaPath, ...], Field(min_length=1, max_length=11)]

    @model_validator(mode="after")
    def _sale_is_a_sale(self) -> "Product":
        if self.sale_price is None:
            return self
        if self.price is None:
            raise refusal("sale_price stands without price", "give both", kind=BETWEEN_FIELDS)
        if self.price.currency != self.sale_price.currency:
            raise refusal(
                f"{self.price} and {self.sale_price} differ in currency", "use one", kind=BETWEEN_FIELDS
            )
        if self.sale_price.amount >= self.price.amount:
            raise refusal(
                f"{self.sale_price} is not below {self.price}", "lower sale_price", kind=BETWEEN_FIELDS
            )
        if self.sale_starts and self.sale_ends and self.sale_starts >= self.sale_ends:
            raise refusal("the sale ends before it starts", "swap the two times", kind=BETWEEN_FIELDS)
        return self


def _listed(value: object) -> object:
    return [value] if isinstance(value, str) else value


_Texts = Annotated[
    tuple[Text, ...],
    BeforeValidator(_listed),
    WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]}),
]
_Amount = Annotated[
    Text,
    BeforeValidator(lambda value: str(value) if type(value) in {int, float} else value),
    WithJsonSchema({"type": ["string", "number"]}),
]


class Choice(_Part):
    """Which rows of a feed are taken, by one of their columns; all that is given must hold."""

    any_of: _Texts = ()
    """The value is one of these; capitals do not matter."""
    none_of: _Texts = ()
    contains: _Texts = ()
    """One of these stands somewhere in the value."""
    min: _Amount | None = None
    """Least price, such as 10.00 EUR, or least number."""
    max: _Amount | None = None


FeedFormat = Literal["auto", "google_merchant_center", "meta_catalog", "csv"]


class Feed(_Part):
    """Products from a feed file."""

    path: MediaPath
    """TSV, CSV or XML, also compressed with gzip; relative to the brief, https:// or s3://."""
    format: FeedFormat = "auto"
    """csv: its columns are called as the fields of a product here; auto tells by the columns."""
    select: dict[
        Name,
        Annotated[
            Choice,
            BeforeValidator(lambda value: {"any_of": value} if isinstance(value, str | list) else value),
        ],
    ] = {}
    """What the columns of a row must hold: a value, a list of them, or {min, max, contains, none_of}."""
    sort: _Texts = ()
    """Columns, the most important first; with a hyphen before it from the largest to the least."""
    group_by: Name | None = None
    """A column, such as item_group_id, of whose rows with one value only the first good one is taken."""
    limit: Annotated[int, Field(strict=True, gt=0)] | None = None
    on_bad_row: Literal["skip", "fail"] = "fail"


class FeedProducts(_Part):
    """Products given as a feed."""

    feed: Feed


Products = Annotated[
    Annotated[tuple[Product, ...], Field(min_length=1), Tag("list")] | Annotated[FeedProducts, Tag("feed")],
    Discriminator(lambda value: "feed" if isinstance(value, dict | FeedProducts) else "list"),
]


class Copy(_Part):
    """What is said in one locale; every text may use product fields such as {title}."""

    hook: Text = ""
    benefit: Text = ""
    cta: Text = ""
    """Words on the button of the end card."""
    voiceover: Text = ""
    """What a voice says over the ad, or the words of the recording that audio.voice names."""
    features: Annotated[tuple[Name, ...], Field(max_length=FEATURES_MAX)] = ()
    """Up to five short reasons to buy, for the template feature_list; in captions {feature1} and so on."""
    quote: Text = ""
    """What a customer says, for the template testimonial."""
    author: Text = ""
    """Who says it."""
    before: Text = ""
    """Label of the picture before, for the template before_after; so is *after*."""
    after: Text = ""


Seconds = Annotated[float, Field(strict=True, gt=0, le=600, allow_inf_nan=False)]
Seed = Annotated[int, Field(strict=True, ge=0, lt=2**31)]


class SceneChange(_Part):
    """Fields that a variant replaces in the scene of the same id."""

    id: Slug
    prompt: Text | None = None
    camera: Camera | None = None
    seconds: Seconds | None = None
    caption: Text | None = None
    note: Text | None = None


SHOWS = ("show", "image", "video", "subjects")
"""The fields of which a scene gives exactly one."""


class Scene(_Part):
    """One row of the storyboard: what is shown and what is written over it."""

    id: Slug
    show: Literal["product", "text", "presenter", "end_card"] | None = None
    """The product's first picture, the prompt alone, a person who speaks the voice-over, or the end card."""
    image: MediaPath | None = None
    """Path of a picture that is shown, instead of show."""
    video: MediaPath | None = None
    """Path of a video that is restyled or extended, instead of show; it stands beside task."""
    subjects: Annotated[tuple[MediaPath, ...], Field(max_length=4)] = ()
    """Paths of up to four pictures whose subjects appear together, each as itself, instead of show."""
    portrait: MediaPath | None = None
    """Path of a picture of the person who speaks, for show: presenter."""
    task: VideoTask | None = None
    """What is done with the video: another look, what comes after its end, or what came before its start."""
    until: MediaPath | None = None
    """Path of the picture on which the scene ends, beside image or show: product."""
    keep: Slug | None = None
    """A name for a look: later scenes with the same name show the character or product of the first."""
    sound: bool = False
    """Whether the model makes the sound of the scene too; the music steps back for it."""
    still: Name | None = None
    """A model that first draws a picture of the prompt, for show: text; `reelmill models` has their names."""
    prompt: Text = ""
    """What is to be seen, in a sentence or two; no letters, which captions and the closing card set."""
    camera: Camera = "push_in"
    seconds: Seconds = 2.0
    """Length, before the storyboard is fitted to each placement."""
    caption: Text = ""
    """What is written over the scene; it may use fields such as {hook} or {title}."""
    layout: Layout = "headline"
    """How the caption is set."""
    note: Text = ""
    """A second text, for two layouts: who says a quote, the label of a picture."""

    @model_validator(mode="after")
    def _shows_one_thing(self) -> "Scene":
        given = [name for name in SHOWS if getattr(self, name)]
        if len(given) != 1:
            what = f"gives {' and '.join(given) or 'nothing to show'}"
            raise refusal(what, f"give exactly one of {', '.join(SHOWS)}", kind=BETWEEN_FIELDS)
        return self


class Variant(_Part):
    """A version of every ad: it replaces fields of copy or storyboard, or takes another template."""

    id: Slug
    locales: dict[Locale, Copy] = {}
    storyboard: tuple[SceneChange, ...] = ()
    template: Template | None = None
    """Another ready storyboard than the brief's."""


class Video(_Part):
    """Which model makes the shots, and how."""

    model: Name = "auto"
    """A name that `reelmill models` tells, or auto: the best that can and is here, and costs nothing."""
    seed: Seed = 0
    """Another number gives another take."""
    upscale: Literal["auto", "span", "anime4k", "realesrgan", "lanczos", "none"] = "auto"
    """How what is too small is enlarged; auto takes the least super-resolution that suffices and is here."""


class Audio(_Part):
    """What is heard."""

    voice: Annotated[
        dict[Annotated[str, AfterValidator(lambda tag: tag and _known_locale(tag))], Voice],
        BeforeValidator(lambda value: {EVERYWHERE: value} if isinstance(value, str) else value),
        WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "object"}]}),
    ] = {EVERYWHERE: "auto"}
    """Who speaks the voiceover: one for all locales, or one for each; a path is a recording of it."""
    music: Music = "upbeat"
    captions: Literal["auto", "on", "off"] = "auto"
    """Word-by-word captions of the voice; auto shows them wherever there is a voice."""


class Labels(_Part):
    """Disclosure of AI; what machines read is written in any case."""

    ai: Literal["auto", "always", "never"] = "auto"
    """The label that people see: auto follows the rules of each market, always also tells of AI that Reelmill
    cannot see, such as in the pictures given; never is refused where a market asks for it."""
    producer: Text = ""
    """Name or code of who makes the ads, for the key AIGC in China; by default the brand's name."""
    watermark: Annotated[Literal["none"], BeforeValidator(_known_watermark)] = "none"
    """A watermark in the pixels; none is offered."""


class Budget(_Part):
    """A hard cap."""

    gpu_seconds: Annotated[float, Field(strict=True, ge=0, allow_inf_nan=False)]


class Schedule(_Part):
    """When the campaign runs by itself."""

    cron: Annotated[str, AfterValidator(_known_cron)]
    """Minute, hour, day of the month, month, day of the week."""
    timezone: Annotated[str, AfterValidator(_known_zone)] = "UTC"


class Brief(_Part):
    """A campaign: one ad is made for every product, locale, placement and variant."""

    campaign: Slug
    objective: Objective = "sales"
    brand: Annotated[Brand, _OrPath()]
    products: Products
    locales: Annotated[dict[Locale, Copy], Field(min_length=1)]
    placements: Annotated[tuple[Annotated[str, AfterValidator(_known_placement)], ...], Field(min_length=1)]
    variants: Annotated[tuple[Variant, ...], Field(min_length=1)] = (Variant(id="a"),)
    storyboard: tuple[Scene, ...] = ()
    """Empty: the template's."""
    template: Template = "auto"
    """A ready storyboard; auto chooses by objective, length, and what the copy has."""
    video: Video = Video()
    audio: Audio = Audio()
    labels: Labels = Labels()
    budget: Budget | None = None
    schedule: Schedule | None = None


def in_locale(text: dict[Any, str], tag: str) -> str:
    """Return the text for *tag*: the locale's own, its language's, the one for all, or nothing."""
    for name in (tag, tag.split("-", maxsplit=1)[0], EVERYWHERE):
        if name in text:
            return text[name]
    return ""
