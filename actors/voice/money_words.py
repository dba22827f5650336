"""Says which words a language has for currencies and their hundredths, as people say them at a till."""

from babel.core import get_global
from babel.numbers import get_currency_name, get_currency_symbol, get_territory_currencies

from schemas.record import Record

_NAMES = {
    "en": """
        EUR euro/euros cent/cents; USD dollar/dollars cent/cents; GBP pound/pounds penny/pence; JPY
        yen/yen; BRL real/reais centavo/centavos; MXN peso/pesos centavo/centavos; INR rupee/rupees
        paisa/paise; CNY yuan/yuan fen/fen; CHF franc/francs centime/centimes; CAD dollar/dollars
        cent/cents; AUD dollar/dollars cent/cents; NZD dollar/dollars cent/cents""",
    "es": """
        EUR euro/euros céntimo/céntimos; USD dólar/dólares centavo/centavos; GBP libra/libras
        penique/peniques; JPY yen/yenes; BRL real/reales centavo/centavos; MXN peso/pesos
        centavo/centavos; ARS peso/pesos centavo/centavos; COP peso/pesos centavo/centavos; CLP
        peso/pesos; PEN sol/soles céntimo/céntimos; INR rupia/rupias paisa/paisas; CNY yuan/yuanes
        fen/fen; CHF franco/francos céntimo/céntimos""",
    "fr": """
        EUR euro/euros centime/centimes; USD dollar/dollars cent/cents; GBP livre/livres penny/pence; JPY
        yen/yens; BRL réal/réals centavo/centavos; INR roupie/roupies paisa/paisas; CNY yuan/yuans
        fen/fen; CHF franc/francs centime/centimes; CAD dollar/dollars cent/cents; XOF franc/francs; XAF
        franc/francs""",
    "it": """
        EUR euro/euro centesimo/centesimi; USD dollaro/dollari centesimo/centesimi; GBP sterlina/sterline
        penny/pence; JPY yen/yen; BRL real/reais centavo/centavos; INR rupia/rupie paisa/paise; CNY
        yuan/yuan fen/fen; CHF franco/franchi centesimo/centesimi""",
    "pt": """
        BRL real/reais centavo/centavos; EUR euro/euros cêntimo/cêntimos; USD dólar/dólares
        centavo/centavos; GBP libra/libras centavo/centavos; JPY iene/ienes; MXN peso/pesos
        centavo/centavos; INR rupia/rupias paisa/paisas; CNY yuan/yuans fen/fen; CHF franco/francos
        centavo/centavos""",
    "hi": """
        INR रुपया/रुपये पैसा/पैसे; USD डॉलर/डॉलर सेंट/सेंट; EUR यूरो/यूरो सेंट/सेंट;
        GBP पाउंड/पाउंड पेंस/पेंस; JPY येन/येन; CNY युआन/युआन फेन/फेन""",
    "ja": """
        JPY 円/円; USD ドル/ドル セント/セント; EUR ユーロ/ユーロ セント/セント;
        GBP ポンド/ポンド ペンス/ペンス;
        CNY
        元/元; INR ルピー/ルピー; BRL レアル/レアル""",
    "zh": """
        CNY 元/元; USD 美元/美元; EUR 欧元/欧元; GBP 英镑/英镑; JPY 日元/日元; TWD 元/元;
        SGD 元/元; INR
        卢比/卢比; BRL 雷亚尔/雷亚尔""",
}
_WRITTEN = {"€": "EUR", "£": "GBP", "₹": "INR", "Rs.": "INR", "Rs": "INR", "R$": "BRL", "US$": "USD"}
_BY_LANGUAGE = {
    "ja": {"円": "JPY", "ドル": "USD", "ユーロ": "EUR", "¥": "JPY", "￥": "JPY"},
    "zh": {"元": "CNY", "块": "CNY", "¥": "CNY", "￥": "CNY", "美元": "USD", "欧元": "EUR", "日元": "JPY"},
    "hi": {"रुपये": "INR", "रु": "INR", "₹": "INR"},
}


class CurrencyWords(Record):
    """What a currency is called."""

    one: str
    many: str
    hundredth: str = ""
    """Empty where nobody says one."""
    hundredths: str = ""


def currency_words(currency: str, language: str) -> CurrencyWords:
    """Return the words of *language* for the ISO 4217 *currency*; CLDR's where the table has none."""
    for row in _NAMES.get(language, "").split(";"):
        code, *names = row.split()
        if code == currency:
            return CurrencyWords(
                **dict(
                    zip(("one", "many", "hundredth", "hundredths"), "/".join(names).split("/"), strict=False)
                )
            )
    one, many = (get_currency_name(currency, count=count, locale=language) for count in (1, 5))
    return CurrencyWords(one=one, many=many)


def currency_marks(language: str, territory: str) -> dict[str, str]:
    """Return every way in which texts of *language* in *territory* write a currency, with its ISO code."""
    home = territory or get_global("likely_subtags").get(language, "").rpartition("_")[2]
    locale = f"{language}_{home}"
    own = get_territory_currencies(home)[-1] if get_territory_currencies(home) else ""
    codes = sorted({row.split()[0] for rows in _NAMES.values() for row in rows.split(";")} | {own} - {""})
    marks = {code: code for code in codes}
    marks |= {get_currency_symbol(code, locale): code for code in reversed(codes)}
    dollar = own if own and "$" in get_currency_symbol(own, locale) else "USD"
    return marks | _WRITTEN | {"$": dollar, "¥": "JPY"} | _BY_LANGUAGE.get(language, {})
