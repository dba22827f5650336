"""The fonts that come with Reelmill, inside pinned packages, all under the SIL Open Font License 1.1.

Only these, the brand's own files and the fetched emoji are drawn with, never the machine's fonts, so that
every machine draws the same text.
"""

from importlib.resources import files
from pathlib import Path

from schemas.record import Record, content_key


class FontFile(Record):
    """One variable font inside a package."""

    package: str
    path: str
    sha256: str

    @property
    def place(self) -> Path:
        """Where the file lies on this machine."""
        return Path(str(files(self.package))) / "fonts" / "ofl" / self.path


FONTS = {
    "Noto Sans": FontFile(
        package="justmytype_western_core",
        path="notosans/NotoSans[wdth,wght].ttf",
        sha256="bfb7bb691513f12e734dc346c03a03f784912432d7e3fa8e56efcf906fe86b3d",
    ),
    "Noto Serif": FontFile(
        package="justmytype_western_core",
        path="notoserif/NotoSerif[wdth,wght].ttf",
        sha256="4d8e6761424656867019081a1a01336f3cb086982682698714054fc33f782713",
    ),
    "Inter": FontFile(
        package="justmytype_western_core",
        path="inter/Inter[opsz,wght].ttf",
        sha256="29160a80ff49ddcab2c97711247e08b1fab27a484a329ce8b813d820dc559031",
    ),
    "Source Serif 4": FontFile(
        package="justmytype_western_core",
        path="sourceserif4/SourceSerif4[opsz,wght].ttf",
        sha256="97b2d4da6e3cb494b5a1e66ae176914d852ccabef49e0c02c0df25f3e39aca0b",
    ),
    "Noto Sans Arabic": FontFile(
        package="justmytype_intl_rtl",
        path="notosansarabic/NotoSansArabic[wdth,wght].ttf",
        sha256="63111b5b2e074dd48cc67692e0a2726d86ee94c1c37fe8598257b7b4e87e869e",
    ),
    "Noto Sans Hebrew": FontFile(
        package="justmytype_intl_rtl",
        path="notosanshebrew/NotoSansHebrew[wdth,wght].ttf",
        sha256="7ef36a2c3593758cdb622e1bdef4f84523e92fbc3ccc667438dd80ff54c2de88",
    ),
    "Noto Sans SC": FontFile(
        package="justmytype_intl_cjk",
        path="notosanssc/NotoSansSC[wght].ttf",
        sha256="a3041811a78c361b1de50f953c805e0244951c21c5bd412f7232ef0d899af0da",
    ),
    "Noto Sans TC": FontFile(
        package="justmytype_intl_cjk",
        path="notosanstc/NotoSansTC[wght].ttf",
        sha256="864727d210d54f2537bbe23b3a839436c3992af72de9322af5270897246bd44f",
    ),
    "Noto Sans JP": FontFile(
        package="justmytype_intl_cjk",
        path="notosansjp/NotoSansJP[wght].ttf",
        sha256="c2f3b4d463500a2ddcd3849cded1fceeb9fd6d1c32e6cbecd568453ba50fc68f",
    ),
    "Noto Sans KR": FontFile(
        package="justmytype_intl_cjk",
        path="notosanskr/NotoSansKR[wght].ttf",
        sha256="194018e6b2b293a7964f037b25c0249ce1418bc9ab3c971060a03aa57861e252",
    ),
    "Noto Sans Devanagari": FontFile(
        package="justmytype_intl_south_asia",
        path="notosansdevanagari/NotoSansDevanagari[wdth,wght].ttf",
        sha256="9ce7b04f60e363d8870e5997744cf85cf69d38a4d7d129d364d92a3b14b461d7",
    ),
    "Noto Sans Bengali": FontFile(
        package="justmytype_intl_south_asia",
        path="notosansbengali/NotoSansBengali[wdth,wght].ttf",
        sha256="dcd42978094e584a849c84a51450eeac40c8826057d566ea6d4b9627a403a05a",
    ),
    "Noto Sans Tamil": FontFile(
        package="justmytype_intl_south_asia",
        path="notosanstamil/NotoSansTamil[wdth,wght].ttf",
        sha256="aa3a9b321f4b0bb2c40203ffbde9af89713227866e0e13f76e5b9eeea727cf88",
    ),
    "Noto Sans Telugu": FontFile(
        package="justmytype_intl_south_asia",
        path="notosanstelugu/NotoSansTelugu[wdth,wght].ttf",
        sha256="e618af7bf999df192ed4f388eba2e563f2b5015034e9cbb317b5bd793bd7334d",
    ),
    "Noto Sans Thai": FontFile(
        package="justmytype_intl_sea",
        path="notosansthai/NotoSansThai[wdth,wght].ttf",
        sha256="5a1c559bb539583c8a1fd99d1c5b9491e5e14478c9cd2bd0970d5c3096cc9ef8",
    ),
    "Noto Sans Lao": FontFile(
        package="justmytype_intl_sea",
        path="notosanslao/NotoSansLao[wdth,wght].ttf",
        sha256="9608b94603a82d09a8038946f9775242f99e3b3459b7f1e4d5b335b578cd7ab3",
    ),
    "Noto Sans Khmer": FontFile(
        package="justmytype_intl_sea",
        path="notosanskhmer/NotoSansKhmer[wdth,wght].ttf",
        sha256="f37a8431a0c5d5ed2f81a767417546aca576a81fb7eff9c924d46aecf828f2ca",
    ),
    "Noto Sans Myanmar": FontFile(
        package="justmytype_intl_sea",
        path="notosansmyanmar/NotoSansMyanmar[wdth,wght].ttf",
        sha256="7abbbfbe2514105d7ce94937aee3feb2ba89b73a256c8b77b5866bd9b83e32ec",
    ),
    "Noto Sans Ethiopic": FontFile(
        package="justmytype_intl_africa",
        path="notosansethiopic/NotoSansEthiopic[wdth,wght].ttf",
        sha256="0dbccc00b22d180ebd6a4bd8a733918a29e709fa6798023adc3e6cd40da65077",
    ),
    "Noto Sans Symbols 2": FontFile(
        package="justmytype_western_core",
        path="notosanssymbols2/NotoSansSymbols2-Regular.ttf",
        sha256="7d5fb73b7ca67a6798101741f5d280a3d016a56a197afcd4199dbb57b4b82a21",
    ),
}

FONTS_REVISION = content_key({name: font.sha256 for name, font in FONTS.items()})[:12]
