"""Says whole numbers as words: num2words for the languages of Europe, own rules for others."""

from num2words import num2words

_LIBRARY = {"en": "en", "es": "es", "fr": "fr", "it": "it", "pt": "pt_BR"}
_HINDI = """
शून्य एक दो तीन चार पाँच छह सात आठ नौ दस ग्यारह बारह तेरह चौदह पंद्रह सोलह सत्रह अठारह उन्नीस बीस इक्कीस बाईस
तेईस चौबीस पच्चीस छब्बीस सत्ताईस अट्ठाईस उनतीस तीस इकतीस बत्तीस तैंतीस चौंतीस पैंतीस छत्तीस सैंतीस अड़तीस उनतालीस
चालीस इकतालीस बयालीस तैंतालीस चौवालीस पैंतालीस छियालीस सैंतालीस अड़तालीस उनचास पचास इक्यावन बावन तिरपन चौवन पचपन
छप्पन सत्तावन अट्ठावन उनसठ साठ इकसठ बासठ तिरसठ चौंसठ पैंसठ छियासठ सड़सठ अड़सठ उनहत्तर सत्तर इकहत्तर बहत्तर तिहत्तर
चौहत्तर पचहत्तर छिहत्तर सतहत्तर अठहत्तर उनासी अस्सी इक्यासी बयासी तिरासी चौरासी पचासी छियासी सत्तासी अट्ठासी नवासी
नब्बे इक्यानवे बानवे तिरानवे चौरानवे पचानवे छियानवे सत्तानवे अट्ठानवे निन्यानवे""".split()
_HINDI_POWERS = ((10_000_000, "करोड़"), (100_000, "लाख"), (1000, "हज़ार"), (100, "सौ"))
_HAN = "零一二三四五六七八九"
_HAN_GROUPS = ((100_000_000, "亿"), (10_000, "万"))
_HAN_UNITS = ((1000, "千"), (100, "百"), (10, "十"))
_KANA = ("", "イチ", "ニ", "サン", "ヨン", "ゴ", "ロク", "ナナ", "ハチ", "キュー")
_KANA_UNITS = (
    (1000, "セン", {1: "セン", 3: "サンゼン", 8: "ハッセン"}),
    (100, "ヒャク", {1: "ヒャク", 3: "サンビャク", 6: "ロッピャク", 8: "ハッピャク"}),
    (10, "ジュー", {1: "ジュー"}),
)
_KANA_GROUPS = ((100_000_000, "オク"), (10_000, "マン"))
_TEENS = range(10, 20)
_HAN_HEADS = {(2, 1000): "两"}
"""Two thousand is 两千, two hundred 二百."""
_LARGEST = 10**12


def cardinal(number: int, language: str) -> str:
    """Return *number*, 0 or more, as a word or words; digit by digit where it is 10**12 or more."""
    if number >= _LARGEST:
        return " ".join(cardinal(int(digit), language) for digit in str(number))
    match language:
        case "hi":
            return _hindi(number)
        case "zh":
            return _chinese(number)
        case "ja":
            return _japanese(number)
    words = str(num2words(number, lang=_LIBRARY[language]))
    return words.replace(",", "")


def ordinal(number: int, language: str) -> str:
    """Return *number* as first, second, third; of languages of Europe."""
    return str(num2words(number, lang=_LIBRARY[language], to="ordinal")).replace(",", "")


def year(number: int, language: str) -> str:
    """Return a year from 1100 to 2099 as it is read."""
    if language == "zh":
        return "".join(_HAN[int(digit)] for digit in str(number))
    return str(num2words(number, lang="en", to="year")) if language == "en" else cardinal(number, language)


def _hindi(number: int) -> str:
    for power, name in _HINDI_POWERS:
        if number >= power:
            rest = number % power
            return f"{_hindi(number // power)} {name}{f' {_hindi(rest)}' if rest else ''}"
    return _HINDI[number]


def _chinese(number: int) -> str:
    for group, name in _HAN_GROUPS:
        if number >= group:
            rest = number % group
            gap = "零" if 0 < rest < group // 10 else ""
            return _chinese(number // group) + name + gap + (_chinese(rest) if rest else "")
    for unit, name in _HAN_UNITS:
        if number >= unit:
            head, rest = divmod(number, unit)
            gap = "零" if 0 < rest < unit // 10 else ""
            tail = ("一" if rest in _TEENS else "") + _chinese(rest) if rest else ""
            return ("" if number in _TEENS else _HAN_HEADS.get((head, unit), _HAN[head])) + name + gap + tail
    return _HAN[number]


def _japanese(number: int) -> str:
    """Return *number* in katakana, which no tagger takes for a particle, with its changes of sound."""
    if number == 0:
        return "ゼロ"
    for group, name in _KANA_GROUPS:
        if number >= group:
            return _japanese(number // group) + name + (_japanese(number % group) if number % group else "")
    words = ""
    for unit, name, changed in _KANA_UNITS:
        head, number = divmod(number, unit)
        words += changed.get(head, _KANA[head] + name) if head else ""
    return words + _KANA[number]
