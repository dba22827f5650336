"""Turns what is written into what is said: prices, units, percent, dates, ordinals and numbers become words.

Names of units and months are CLDR's.
"""

import re
import unicodedata
from collections.abc import Callable
from functools import cache

from babel.dates import get_month_names
from babel.units import format_unit

from actors.voice.money_words import CurrencyWords, currency_marks, currency_words
from actors.voice.number_words import cardinal, ordinal, year
from schemas.money import parse_locale

LANGUAGES = ("en", "es", "fr", "hi", "it", "ja", "pt", "zh")
"""Languages in which numbers are read."""

_MINUS = {
    "en": "minus",
    "es": "menos",
    "fr": "moins",
    "hi": "माइनस",
    "it": "meno",
    "ja": "マイナス",
    "pt": "menos",
    "zh": "减",
}
_PERCENT = {
    "en": "percent", "es": "por ciento", "fr": "pour cent", "hi": "प्रतिशत", "it": "per cento",
    "ja": "パーセント", "pt": "por cento",
}  # fmt: skip
_POINT = {
    "en": "point",
    "es": "coma",
    "fr": "virgule",
    "hi": "दशमलव",
    "it": "virgola",
    "ja": "テン",
    "pt": "vírgula",
    "zh": "点",
}
_AND = {"en": "and", "es": "y", "fr": "et", "hi": "और", "it": "e", "ja": "アンド", "pt": "e", "zh": "和"}
_PLUS = {
    "en": "plus",
    "es": "más",
    "fr": "plus",
    "hi": "प्लस",
    "it": "più",
    "ja": "プラス",
    "pt": "mais",
    "zh": "加",
}
_JOINED = {"es": "con", "it": "e", "pt": "e"}
"""What stands between a price's two numbers."""
_FEMININE = frozenset(
    "libra libras rupia rupias onza onzas pulgada pulgadas hora horas tonelada toneladas livre livres roupie "
    "roupies once onces heure heures tonne tonnes minute minutes seconde secondes sterlina sterline rupie "
    "oncia once ora ore tonnellata tonnellate polegada polegadas onça onças".split()
)
_UNITS = {
    "mg": "mass-milligram", "g": "mass-gram", "kg": "mass-kilogram", "oz": "mass-ounce", "lb": "mass-pound",
    "ml": "volume-milliliter", "mL": "volume-milliliter", "cl": "volume-centiliter", "l": "volume-liter",
    "L": "volume-liter", "mm": "length-millimeter", "cm": "length-centimeter", "m": "length-meter",
    "km": "length-kilometer", "°C": "temperature-celsius", "W": "power-watt", "kWh": "energy-kilowatt-hour",
    "GB": "digital-gigabyte", "TB": "digital-terabyte", "h": "duration-hour", "min": "duration-minute",
}  # fmt: skip
_CHINESE_UNITS = {
    "mg": "毫克", "g": "克", "kg": "公斤", "oz": "盎司", "lb": "磅", "ml": "毫升", "mL": "毫升", "cl": "厘升",
    "l": "升", "L": "升", "mm": "毫米", "cm": "厘米", "m": "米", "km": "公里", "°C": "摄氏度", "W": "瓦",
    "kWh": "千瓦时", "GB": "GB", "TB": "TB", "h": "小时", "min": "分钟",
}  # fmt: skip
_DAYS = {
    1: "ツイタチ", 2: "フツカ", 3: "ミッカ", 4: "ヨッカ", 5: "イツカ", 6: "ムイカ", 7: "ナノカ", 8: "ヨウカ",
    9: "ココノカ", 10: "トオカ", 14: "ジューヨッカ", 20: "ハツカ", 24: "ニジューヨッカ",
}  # fmt: skip
_MONTHS = {4: "シガツ", 7: "シチガツ", 9: "クガツ"}
_NUMBER = (
    r"\d{1,3}(?:[,.’'\u0020\u00a0\u202f]\d{3})+(?:[.,]\d{1,2})?(?![\d])"
    r"|\d{1,3}(?:,\d{2})+,\d{3}(?:\.\d{1,2})?|\d+(?:[.,]\d+)?"
)
_GAP = r"[\u0020\u00a0\u202f]?"
_GROUPED = re.compile(r"\d{1,3}([,.’'\u0020\u00a0\u202f])(\d{3}\1)*\d{3}|\d{1,2}(,\d{2})+,\d{3}")
_FIRST = {"es": "primero", "fr": "premier", "it": "primo", "pt": "primeiro"}
"""The first day of a month."""
_YEARS = range(1900, 2100)
_DAYS_MAX = 31
_LITTLE = 10
_PAIR = "两"
"""What Chinese says for two of something."""


class Reader:
    """Reads what is written in one locale."""

    def __init__(self, language: str, territory: str = "") -> None:
        self._language = language
        self._marks = currency_marks(language, territory)
        self._comma = _POINT[language] if (language, territory) not in _SPANISH_POINT else "punto"
        self._months = _month_numbers(language)
        self._rules = self._make_rules()
        self._any = re.compile(
            "|".join(f"(?P<{name}>{pattern})" for name, (pattern, _) in self._rules.items())
        )

    def spans(self, text: str) -> list[tuple[int, int, str]]:
        """Return begin and end of every stretch of *text* that is not read as it stands, and what is said."""
        plain = "".join(str(unicodedata.digit(one)) if one.isdecimal() else one for one in text)
        found = []
        for match in self._any.finditer(plain):
            _, say = self._rules[str(match.lastgroup)]
            found.append((match.start(), match.end(), say(match[0])))
        return found

    def say(self, text: str) -> str:
        """Return *text* as it is said."""
        for begin, end, said in reversed(self.spans(text)):
            text = f"{text[:begin]}{said}{text[end:]}"
        return text

    def _make_rules(self) -> dict[str, tuple[str, Callable[[str], str]]]:
        """Return, by name, the pattern of each kind of number and how it is said; the first that fits."""
        marks = "|".join(re.escape(mark) for mark in sorted(self._marks, key=len, reverse=True))
        units = "|".join(re.escape(unit) for unit in sorted(_UNITS, key=len, reverse=True))
        months = "|".join(re.escape(month) for month in sorted(self._months, key=len, reverse=True))
        sign = r"(?<![\w\d])[-−–]"
        rules: dict[str, tuple[str, Callable[[str], str]]] = {
            "price_after": (rf"(?:{sign})?(?:{_NUMBER}){_GAP}(?:{marks})(?![A-Za-z])", self._price),
            "price_before": (rf"(?:{sign})?(?<![A-Za-z])(?:{marks}){_GAP}(?:{_NUMBER})", self._price),
            "percent": (rf"(?:{sign})?(?:{_NUMBER}){_GAP}[%％]", self._percent),
        }
        if self._language in {"ja", "zh"}:
            rules["date"] = (r"\d{1,2}月\d{1,2}[日号]", self._han_date)
            rules["month"] = (r"\d{1,2}月(?!\d)", self._han_date)
            rules["day"] = (r"(?<!\d)\d{1,2}日(?!間)", self._han_date)
            rules["year"] = (r"\d{4}年", lambda text: year(int(text[:4]), self._language) + "年")
        else:
            day = r"\d{1,2}(?:st|nd|rd|th|er|º|\.)?"
            rules["date"] = (
                rf"(?<!\d){day}(?: de)? (?:{months})(?!\w)\.?|(?<!\w)(?:{months})\.? {day}(?![\d.,%])",
                self._date,
            )  # fmt: skip
            rules["ordinal"] = (
                r"(?<!\w)\d{1,4}(?:st|nd|rd|th|er|ère|re|ème|e|º|ª|°)(?![\w°])",
                self._ordinal,
            )
        rules["unit"] = (rf"(?:{sign})?(?:{_NUMBER}){_GAP}(?:{units})(?![A-Za-z])", self._unit)
        rules["number"] = (rf"(?:{sign})?(?:{_NUMBER})", self._plain)
        rules["sign"] = (r"[&+]", lambda text: f" {(_AND if text == '&' else _PLUS)[self._language]} ")
        return rules

    def _price(self, text: str) -> str:
        number = _number_in(text)
        mark = text.replace(number, "", 1).strip("-−–\u0020\u00a0\u202f")
        names = currency_words(self._marks[mark], self._language)
        whole, part = _value(number)
        hundredths = int(part.ljust(2, "0")[:2]) if part else 0
        minus = _MINUS[self._language] if text[0] in "-−–" else ""
        return self._join(minus, self._amount(whole, hundredths, part, names))

    def _amount(self, whole: int, hundredths: int, part: str, names: CurrencyWords) -> str:
        if self._language == "zh":
            digits = part.rstrip("0")
            return (_PAIR if (whole, digits) == (2, "") else self._decimal(whole, digits)) + names.one
        large = self._counted(whole, names.one, names.many)
        if not hundredths:
            return large
        if not names.hundredth:
            return self._join(self._decimal(whole, part), names.many)
        small = self._counted(hundredths, names.hundredth, names.hundredths)
        if not whole or self._language in {"hi", "ja"}:
            return self._join(large, small) if whole else small
        joined = _JOINED.get(self._language, "")
        if hundredths < _LITTLE:
            return self._join(large, joined or _AND[self._language], small)
        return self._join(large, joined, cardinal(hundredths, self._language))

    def _percent(self, text: str) -> str:
        minus = _MINUS[self._language] if text[0] in "-−–" else ""
        words = self._decimal(*_value(_number_in(text)))
        if self._language == "zh":
            return f"{minus}百分之{words}"
        return self._join(minus, words, _PERCENT[self._language])

    def _unit(self, text: str) -> str:
        number = _number_in(text)
        mark = text.replace(number, "", 1).strip("-−–\u0020\u00a0\u202f")
        whole, part = _value(number)
        minus = _MINUS[self._language] if text[0] in "-−–" else ""
        if self._language == "zh":
            return (
                minus
                + (_PAIR if (whole, part) == (2, "") else self._decimal(whole, part))
                + _CHINESE_UNITS[mark]
            )
        count = float(f"{whole}.{part or 0}")
        name = re.sub(
            r"[\d.,]+",
            "",
            format_unit(count, _UNITS[mark], "long", locale=_CLDR.get(self._language, self._language)),
        )
        name = " ".join(name.split())
        words = self._decimal(whole, part) if part else self._counted(whole, name, name, bare=True)
        return self._join(minus, words, name)

    def _plain(self, text: str) -> str:
        number = _number_in(text)
        whole, part = _value(number)
        if whole in _YEARS and number.isdigit() and self._language == "en":
            return year(whole, "en")
        if number.isdigit() and number[0] == "0" and len(number) > 1:
            return " ".join(cardinal(int(digit), self._language) for digit in number)
        return self._join(_MINUS[self._language] if text[0] in "-−–" else "", self._decimal(whole, part))

    def _ordinal(self, text: str) -> str:
        number = int(re.match(r"\d+", text)[0])  # type: ignore[index]
        if self._language not in {"en", "es", "fr", "it", "pt"}:
            return cardinal(number, self._language)
        said = ordinal(number, self._language)
        if text.endswith(("ª", "re", "ère")):
            said = "première" if self._language == "fr" else said[:-1] + "a"
        return said.removesuffix("o") if self._language == "es" and text.endswith("er") else said

    def _date(self, text: str) -> str:
        day = int(re.search(r"\d+", text)[0])  # type: ignore[index]
        name = next(
            month
            for month in sorted(self._months, key=len, reverse=True)
            if re.search(rf"(?<!\w){re.escape(month)}(?!\w)", text)
        )
        if not 1 <= day <= _DAYS_MAX:
            return text.replace(str(day), cardinal(day, self._language))
        month = _month_name(self._language, self._months[name])
        if self._language == "en":
            said = ordinal(day, "en")
            return f"the {said} of {month}" if text[0].isdigit() else f"{month} {said}"
        first = _FIRST.get(self._language) if day == 1 else None
        joined = " de " if self._language in {"es", "pt"} else " "
        return f"{first or cardinal(day, self._language)}{joined}{month}"

    def _han_date(self, text: str) -> str:
        said = ""
        for number, what in re.findall(r"(\d+)([月日号])", text):
            count = int(number)
            if self._language == "zh":
                said += cardinal(count, "zh") + what
            elif what == "月":
                said += _MONTHS.get(count, cardinal(count, "ja") + "ガツ")
            else:
                said += _DAYS.get(count, cardinal(count, "ja") + "ニチ")
        return said

    def _decimal(self, whole: int, part: str) -> str:
        """Read ``1.5``: digit by digit after the point, as a number in the languages that do so."""
        words = cardinal(whole, self._language)
        if not part:
            return words
        if self._language in {"en", "hi", "ja", "zh"} or part[0] == "0":
            digits = [cardinal(int(digit), self._language) for digit in part]
            return self._join(words, self._comma, *digits)
        return self._join(words, self._comma, cardinal(int(part), self._language))

    def _counted(self, count: int, one: str, many: str, *, bare: bool = False) -> str:
        """Return *count* of something, the number in the gender of the thing; *bare* leaves the thing out."""
        words = cardinal(count, self._language)
        first = many.split(maxsplit=1)[0] if many else ""
        feminine = first in _FEMININE
        if self._language == "es":
            words = _spanish(words, feminine=feminine)
        elif self._language == "pt" and feminine:
            words = re.sub(r"\bum$", "uma", re.sub(r"\bdois\b", "duas", words)).replace("entos", "entas")
        elif self._language == "it" and count == 1:
            words = "una" if feminine else "un"
        elif self._language == "fr" and feminine:
            words = re.sub(r"\bun$", "une", words)
        thing = one if count == 1 or (self._language == "fr" and count < 2) else many  # noqa: PLR2004 (zéro euro)
        if thing and count and count % 1_000_000 == 0:
            thing = {
                "es": "de ",
                "fr": "d'" if thing[0] in "aeiouéy" else "de ",
                "it": "di ",
                "pt": "de ",
            }.get(self._language, "") + thing
        return words if bare else self._join(words, thing)

    def _join(self, *words: str) -> str:
        return ("" if self._language in {"ja", "zh"} else " ").join(word for word in words if word)


_CLDR = {"pt": "pt_BR"}
_SPANISH_POINT = {("es", place) for place in ("MX", "US", "PR", "GT", "HN", "NI", "PA", "PE", "SV", "DO")}


@cache
def reader(locale: str) -> Reader | None:
    """Return who reads the BCP 47 *locale*, or None for a language whose numbers nobody reads here."""
    parsed = parse_locale(locale)
    if parsed is None or parsed.language not in LANGUAGES:
        return None
    return Reader(parsed.language, parsed.territory or "")


def _spanish(words: str, *, feminine: bool) -> str:
    if feminine:
        words = words.replace("cientos", "cientas").replace("quinientos", "quinientas")
        return re.sub(r"uno$", "una", words)
    return re.sub(r"\buno$", "un", re.sub(r"veintiuno$", "veintiún", words))


def _number_in(text: str) -> str:
    found = re.search(_NUMBER, text)
    return found[0] if found else "0"


def _value(number: str) -> tuple[int, str]:
    """Return the whole part and the digits after the point, whichever signs separate them."""
    if _GROUPED.fullmatch(number):
        return int(re.sub(r"\D", "", number)), ""
    whole, sign, part = re.match(r"(.*?)(?:([.,])(\d+))?$", number).groups()  # type: ignore[union-attr]
    return int(re.sub(r"\D", "", whole)), part if sign else ""


def _month_numbers(language: str) -> dict[str, int]:
    """Return the months' names, long and short, as texts write them, with their numbers."""
    found: dict[str, int] = {}
    for width in ("wide", "abbreviated"):
        for number, name in get_month_names(width, locale=_CLDR.get(language, language)).items():
            for one in (name, name.rstrip("."), name.capitalize(), name.rstrip(".").capitalize()):
                found[one] = number
    return found


def _month_name(language: str, number: int) -> str:
    return str(get_month_names("wide", locale=_CLDR.get(language, language))[number])
