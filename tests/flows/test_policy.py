"""The policy: what it refuses in a brief, what it lets pass, and policies that are wrong themselves."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from flows.policy import Refusals, english_problems, policy_problems, read_policy
from flows.word_search import is_latin
from schemas.document import Document, read_document
from schemas.errors import SettingsError
from schemas.policy import Policy, gate_of

KAFFI = Path(__file__).parents[2] / "examples" / "kaffi" / "brief.yaml"
SMALL: dict[str, Any] = {
    "name": "tiny",
    "version": 3,
    "refused": [
        {"id": "tea", "because": "we sell coffee", "words": {"en": ["tea", "black tea*", "herb*"]}},
        {
            "id": "night",
            "because": "coffee is for the morning",
            "applies_to": "copy",
            "words": {"en": ["espresso"], "zh": ["咖啡"]},
            "together_with": {"en": ["midnight"], "zh": ["午夜"]},
            "spared": {"en": ["espresso brown"]},
        },
    ],
}


@pytest.fixture(scope="module", name="house")
def _house() -> Policy:
    return read_policy(None)


@pytest.fixture(scope="module", name="refusals")
def _refusals(house: Policy) -> Refusals:
    return Refusals(house)


def written(tmp_path: Path, policy: dict[str, Any] | str) -> Path:
    """Write a policy file."""
    path = tmp_path / "policy.yaml"
    text = policy if isinstance(policy, str) else yaml.safe_dump(policy, allow_unicode=True)
    path.write_text(text, encoding="utf-8")
    return path


def brief(**changes: Any) -> Document:
    """Return the example with parts replaced."""
    document = read_document(KAFFI.read_text(encoding="utf-8"))
    return Document(document.data | changes, document.lines, document.name)


def rules(refusals: Refusals, text: str) -> list[str]:
    """Return the rules that refuse a text, whatever it is for."""
    problems = refusals.of_text("text", text, "prompts", "copy")
    return [problem.what.partition(" by rule ")[2].partition(" ")[0] for problem in problems]


def test_the_example_passes(house: Policy) -> None:
    """Coffee offends nobody, in three languages."""
    assert [*policy_problems(brief(), house)] == []


@pytest.mark.parametrize(
    "text",
    [
        "Kill the competition with savings",
        "A nude lipstick for every woman, nude heels, one of a kind, sexy",
        "Naked Juice",
        "A naked cake for kids' birthdays; visible to the naked eye",
        "Lingerie, kids and menswear: up to 50% off!!! 3 for 2 @ home | $5 off",
        "White power bank, 20000 mAh; drop-tested, torture-tested",
        "Food porn: a burger in close-up, with a Bloody Mary",
        "Shoot your best selfie at the drug store",
        "Sensual tango in A minor, the heroine of the night",
        "Nacktschnecken weg, Kinder froh",
        "Pieds nus sur le sable avec les enfants",
        "Un nudo fácil para niños, con la voz de una madre",
        "女性爱用的口红。男性交流会。女性交友",
        "特色情人节礼物。粉色情侣装。亲子小孩",
        "做爱心早餐。消毒品牌。出口交货。起床戏水",
        "イエローの子供服とカップヌードル",
        "低カロリーでセクシー",
        "مرحبا بالأطفال، قهوة طازجة كل صباح، جنسية الطفل",
        "어린이 누드김밥과 참수리",
        "",
        "🙂 … 12.90 €",
    ],
)
def test_advertising_is_not_mistaken(refusals: Refusals, text: str) -> None:
    """Words that are harmless in most ads are not on the list, or are spared where they are."""
    assert rules(refusals, text) == []


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("a naked woman on a bed", "nudity"),
        ("eine nackte Frau am Fenster", "nudity"),
        ("une femme nue", "nudity"),
        ("mujeres desnudas", "nudity"),
        ("uma mulher nua", "nudity"),
        ("una donna nuda", "nudity"),
        ("обнажённая девушка", "nudity"),
        ("امرأة عارية", "nudity"),
        ("房间里的裸体女人", "nudity"),
        ("部屋でセックスシーン", "nudity"),
        ("포르노를 보다", "nudity"),
        ("a sexy schoolgirl", "minors"),
        ("nackte Kinder", "minors"),
        ("性感的女学生", "minors"),
        ("a severed head on a plate", "gore"),
        ("ハイル・ヒトラー", "hate"),
        ("Taylor, in the likeness of the singer", "likeness"),
        ("明星换脸视频", "likeness"),
        ("cocaine on a mirror", "drugs"),
        ("assault rifles, now 20 % off", "weapons"),
        ("go kill yourself", "self-harm"),
    ],
)
def test_what_is_refused_is_refused_in_eleven_languages(refusals: Refusals, text: str, rule: str) -> None:
    """One of each rule, one of each language."""
    assert rules(refusals, text) == [rule]


@pytest.mark.parametrize(
    "text",
    [
        "PORN",
        "\uff50\uff4f\uff52\uff4e",
        "\U0001d4c5\U0001d45c\U0001d4c7\U0001d4c3",
        "ⓟⓞⓡⓝ",
        "pórñ",
        "p\u200bo\u200dr\u00adn",
        "p\ufe0fo\u034frn",
        "p0rn!",
        "p0rno",
        "p o r n",
        "P.O.R.N",
        "p-o-r-n",
        "poooorn",
        "p\u043erno",
        "naked\u3000w0man",
        "nak3d\nw\u043eman",
        "h4v1ng s3x",
        "b1owjob, blowj0b",
        "اِمْرَأَةٌ عَارِيَة",
        "امـــرأة عارية",
        "全\u200b裸",
    ],
)
def test_disguises_are_undone(refusals: Refusals, text: str) -> None:
    """Letters of other alphabets, digits, spaces, marks and invisible characters hide nothing."""
    assert rules(refusals, text) == ["nudity"]


def test_a_refusal_names_place_words_rule_policy_and_cure(house: Policy) -> None:
    """The author sees what to change; a word in disguise is told with what it was read as."""
    scenes = [{"id": "a", "show": "text", "prompt": "a n4ked woman"}]

    problems = [str(problem) for problem in policy_problems(brief(storyboard=scenes), house)]

    what = "'n4ked woman' (as 'naked woman') is refused by rule nudity of policy house/1"
    why = "ads show no nudity and no sexual acts"
    cure = "write it another way, or set REELMILL_POLICY to a policy of your own"
    assert problems == [f"storyboard[0].prompt: {what}: {why}; {cure}"]


def test_every_text_of_a_brief_is_read(house: Policy) -> None:
    """Prompts, tone, names, products, captions, copy of every locale and variant, disclaimers, voices."""
    bad = "porn"
    brand = {"name": bad, "tone": bad, "disclaimer": {"ar": bad}}
    names = ("hook", "benefit", "cta", "voiceover", "quote", "author", "before", "after")
    copy = dict.fromkeys(names, bad) | {"features": ["tea", bad]}
    variant = {"locales": {"ar": copy}, "storyboard": [{"prompt": bad, "caption": bad, "note": bad}]}
    document = brief(
        brand=brand,
        products=[{"title": bad, "description": {"de": bad}}],
        locales={"en-US": copy},
        storyboard=[{"prompt": bad, "caption": bad, "note": bad}],
        variants=[variant],
    )

    places = {problem.where for problem in policy_problems(document, house)}

    places_of_copy = (*names, "features[1]")
    copies = {
        f"{start}.{name}" for start in ("locales.en-US", "variants[0].locales.ar") for name in places_of_copy
    }
    assert places == copies | {
        "brand.name",
        "brand.tone",
        "brand.disclaimer.ar",
        "products[0].title",
        "products[0].description.de",
        "storyboard[0].prompt",
        "storyboard[0].caption",
        "storyboard[0].note",
        "variants[0].storyboard[0].prompt",
        "variants[0].storyboard[0].caption",
        "variants[0].storyboard[0].note",
    }


def test_what_is_no_text_is_passed_over(house: Policy) -> None:
    """The shape of a brief is somebody else's duty, and all problems are told at once."""
    document = brief(
        brand="porn.yaml", products=7, storyboard=[None, {"prompt": 5}], locales={"en": ["porn"]}
    )

    assert [*policy_problems(document, house)] == []


def test_rules_apply_to_prompts_or_to_copy(tmp_path: Path) -> None:
    """What a model may not draw may be said, and the other way round; a product's title is both."""
    refusals = Refusals(read_policy(written(tmp_path, SMALL)))

    assert [*refusals.of_text("x", "espresso at midnight", "prompts")] == []
    assert len([*refusals.of_text("x", "espresso at midnight", "copy")]) == 1
    assert len([*refusals.of_text("x", "espresso at midnight", "prompts", "copy")]) == 1


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Tea", "'Tea'"),
        ("steam and team", ""),
        ("Herbal, black", "'Herbal'"),
        ("a black teapot", "'black teapot'"),
        ("an espresso", ""),
        ("espresso after Midnight", "'espresso' together with 'Midnight'"),
        ("espresso-brown at midnight", ""),
        ("午夜的一杯咖啡", "'咖啡' together with '午夜'"),
    ],
)
def test_words_are_whole_unless_starred_or_without_spaces(tmp_path: Path, text: str, said: str) -> None:
    """Stars, pairs and spared phrases, as the file describes them."""
    refusals = Refusals(read_policy(written(tmp_path, SMALL)))

    problems = [problem.what for problem in refusals.of_text("x", text, "copy")]

    assert [what.partition(" is refused")[0] for what in problems] == ([said] if said else [])


def test_a_translation_is_read_too(house: Policy) -> None:
    """A prompt in a language without a list is refused by what it means."""
    english = {"wanita telanjang": "a naked woman", "secangkir kopi": "a cup of coffee"}

    (problem,) = english_problems(english, house)

    assert problem.where == "the English of 'wanita telanjang'"


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"version": 0}, "2: version: 0: Input should be greater than 0"),
        ({"version": "1"}, "version: '1'"),
        ({"name": "My House"}, "name: 'My House'"),
        ({"extra": 1}, "extra: 1: Extra inputs are not permitted"),
        ({"frames": {"limit": 2.0}}, "frames.limit: 2.0"),
        ({"frames": {"classifier": "mine"}}, "frames.classifier: 'mine'"),
        ({"refused": [{"id": "x", "because": "y"}]}, "refused[0].words: Field required"),
        (
            {"refused": [{"id": "x", "because": "y", "words": {"en": ["***"]}}]},
            "'***' has a word without letters",
        ),
        (
            {"refused": [{"id": "x", "because": "y", "words": {"en": ["*a*"]}}]},
            "has a star beside fewer than 3",
        ),
        ({"refused": [{"id": "x", "because": "y", "words": {"en": ["a" * 81]}}]}, "at most 80 characters"),
        ({"refused": [{"id": "x", "because": "y", "words": {"en": ["a"] * 401}}]}, "at most 400 items"),
        ({"refused": [{"id": "x", "because": "y", "words": {"../..": ["a"]}}]}, "should match pattern"),
    ],
)
def test_a_wrong_policy_is_refused(tmp_path: Path, changes: dict[str, Any], told: str) -> None:
    """With the variable, the file, the place and the value."""
    path = written(tmp_path, {"name": "x", "version": 1} | changes)

    with pytest.raises(SettingsError) as refused:
        read_policy(path)

    assert str(refused.value).startswith(f"REELMILL_POLICY: {path}:")
    assert told in str(refused.value)


@pytest.mark.parametrize(
    "text", ["", "[]", "a: &x 1\nb: *x", "!!python/object:os.system x", "a: b: c", "x" * 300_000]
)
def test_a_hostile_policy_file_does_no_harm(tmp_path: Path, text: str) -> None:
    """It is read as briefs are: no tags, no aliases, bounded."""
    with pytest.raises(SettingsError, match="REELMILL_POLICY"):
        read_policy(written(tmp_path, text))


def test_an_absent_or_unreadable_policy_is_named(tmp_path: Path) -> None:
    """A run without the policy that was asked for would be a run without a policy."""
    (tmp_path / "latin.yaml").write_bytes(b"name: caf\xe9")

    with pytest.raises(SettingsError, match=r"REELMILL_POLICY: .*absent\.yaml cannot be read, No such file"):
        read_policy(tmp_path / "absent.yaml")
    with pytest.raises(SettingsError, match=r"latin\.yaml is not UTF-8"):
        read_policy(tmp_path / "latin.yaml")


def test_a_policy_may_refuse_nothing(tmp_path: Path) -> None:
    """Who writes one takes the duty over."""
    policy = read_policy(written(tmp_path, {"name": "open", "version": 2}))

    assert [*policy_problems(brief(storyboard=[{"prompt": "porn"}]), policy)] == []
    assert gate_of(policy, "opennsfw@1") is None
    assert policy.revision == "open/2"


def test_what_was_looked_at_names_policy_and_classifier(house: Policy) -> None:
    """Where the classifier's weights are there; else nothing is looked at."""
    gate = gate_of(house, "opennsfw@864bb37bf886")

    assert gate is not None
    assert gate.revision == "house/1+opennsfw@864bb37bf886"
    assert gate_of(house, "") is None


def test_latin_texts_are_told_from_others() -> None:
    """A word or two of another script in a long text do not count."""
    assert is_latin("Café crème, ½ Liter, 3 µm, \uff21\uff22")
    assert is_latin("12.90 €")
    assert not is_latin("木桌上的咖啡")
    assert not is_latin("чашка espresso")


def test_a_text_without_end_takes_no_time(house: Policy) -> None:
    """It is refused for its length elsewhere; words are looked for in none longer than a brief may hold."""
    endless = "naked eye " * 20_000

    assert [*policy_problems(brief(brand={"tone": endless}), house)] == []
