"""Numbers are said as people of the language say them."""

import pytest

from actors.voice.reading import reader

CASES = {
    "en-US": {
        "€8.90": "eight euros ninety",
        "$19.99": "nineteen dollars ninety-nine",
        "$1": "one dollar",
        "£0.99": "ninety-nine pence",
        "€12.05": "twelve euros and five cents",
        "250 g of coffee": "two hundred and fifty grams of coffee",
        "1.5 l": "one point five liters",
        "1 kg": "one kilogram",
        "30 %": "thirty percent",
        "-31%": "minus thirty-one percent",
        "until 24 Dec": "until the twenty-fourth of December",
        "May 1": "May first",
        "the 1st": "the first",
        "1,299.50 USD": "one thousand two hundred and ninety-nine dollars fifty",
        "since 2026": "since twenty twenty-six",
    },
    "es-ES": {
        "8,90 €": "ocho euros con noventa",
        "1.280 €": "mil doscientos ochenta euros",
        "21 €": "veintiún euros",
        "1,00 €": "un euro",
        "200 £": "doscientas libras",
        "250 g": "doscientos cincuenta gramos",
        "1,5 l": "uno coma cinco litros",
        "30 %": "treinta por ciento",
        "24 de diciembre": "veinticuatro de diciembre",
        "0,99 €": "noventa y nueve céntimos",
    },
    "es-MX": {"$199.50": "ciento noventa y nueve pesos con cincuenta", "1.5 l": "uno punto cinco litros"},
    "fr-FR": {
        "8,90 €": "huit euros quatre-vingt-dix",
        "1\u202f280 €": "mille deux cent quatre-vingts euros",
        "21 £": "vingt et une livres",
        "1,5 l": "un virgule cinq litre",
        "30 %": "trente pour cent",
        "-31 %": "moins trente et un pour cent",
        "1er décembre": "premier décembre",
        "24 déc.": "vingt-quatre décembre",
        "250 g": "deux cent cinquante grammes",
        "2 000 000 €": "deux millions d'euros",
    },
    "it-IT": {
        "8,90 €": "otto euro e novanta",
        "1.280 €": "milleduecentottanta euro",
        "1 €": "un euro",
        "1,5 l": "uno virgola cinque litri",
        "30%": "trenta per cento",
        "24 dicembre": "ventiquattro dicembre",
        "250 g": "duecentocinquanta grammi",
        "1 kg": "un chilogrammo",
        "0,50 €": "cinquanta centesimi",
    },
    "pt-BR": {
        "R$\u00a012,90": "doze reais e noventa",
        "R$ 1.280,00": "mil duzentos e oitenta reais",
        "R$ 1": "um real",
        "R$ 0,50": "cinquenta centavos",
        "R$ 2.000.000": "dois milhões de reais",
        "2 £": "duas libras",
        "30%": "trinta por cento",
        "24 de dezembro": "vinte e quatro de dezembro",
        "250 g": "duzentos e cinquenta gramas",
    },
    "hi-IN": {
        "₹499": "चार सौ निन्यानवे रुपये",
        "₹1,25,000": "एक लाख पच्चीस हज़ार रुपये",
        "₹49.50": "उनचास रुपये पचास पैसे",
        "₹1": "एक रुपया",
        "30%": "तीस प्रतिशत",
        "250 g": "दो सौ पचास ग्राम",
        "1.5 l": "एक दशमलव पाँच लीटर",
        "24 दिसंबर": "चौबीस दिसंबर",
        "१२": "बारह",
    },
    "ja-JP": {
        "￥1,280": "センニヒャクハチジュー円",
        "3,600円": "サンゼンロッピャク円",
        "8800円": "ハッセンハッピャク円",
        "€8.90": "ハチユーロキュージューセント",
        "30%": "サンジューパーセント",
        "250g": "ニヒャクゴジューグラム",
        "12月24日": "ジューニガツニジューヨッカ",
        "4月1日": "シガツツイタチ",
        "12000円": "イチマンニセン円",
    },
    "zh-CN": {
        "¥89.90": "八十九点九元",
        "¥12": "十二元",
        "¥1,280": "一千二百八十元",
        "¥210": "二百一十元",
        "10005": "一万零五",
        "30%": "百分之三十",
        "250g": "二百五十克",
        "2kg": "两公斤",
        "12月24日": "十二月二十四日",
        "2026年": "二零二六年",
    },
}


@pytest.mark.parametrize(
    ("locale", "written", "said"),
    [(locale, written, said) for locale, cases in CASES.items() for written, said in cases.items()],
)
def test_numbers_are_said_as_words(locale: str, written: str, said: str) -> None:
    """Prices, units, percent, dates, ordinals and plain numbers follow the language."""
    found = reader(locale)
    assert found is not None

    assert found.say(written) == said


def test_other_languages_are_left_as_they_are() -> None:
    """German has no voice here, so nobody reads its numbers."""
    assert reader("de-DE") is None
