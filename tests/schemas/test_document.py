"""Reading the text of a brief: YAML and JSON as plain data, and nothing else."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.document import BYTES_MAX, Problem, join, read_document
from schemas.errors import BriefError

BAD_TEXTS = {
    "flow ten thousand deep": ("a: " + "[" * 10_000, "brief:1: nested more than 24 deep"),
    "block ten thousand deep": ("a:\n  " + "- " * 10_000, "brief:2: nested more than 24 deep"),
    "steps that never end": ("\n".join(" " * n + "a:" for n in range(700)), "nested more than 24 deep"),
    "a list": ("- a\n- b", "not a mapping"),
    "a word": ("hello", "not a mapping"),
    "nothing": ("", "the file is empty"),
    "a comment alone": ("# later", "the file is empty"),
    "an alias bomb": ("a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]", "brief:1: an anchor or alias"),
    "an unknown alias": ("a: 1\nb: *a", "brief:2: an anchor or alias"),
    "a tag": ("a: !!python/object/apply:os.system [x]", "the tag"),
    "a name twice": ("a: 1\nb: {c: 2,\n  c: 3}", "brief:3: b.c is given a second time"),
    "a name that is a list": ("[a]: 1", "a name in the brief is no text"),
    "two documents": ("a: 1\n---\nb: 2", "brief:2: not valid YAML"),
    "binary": ("\x00\x01", "not valid YAML"),
    "half a character": ('a: "\\ud83d"', "holds half a character"),
    "a lone surrogate": ("a: \ud800", "not valid YAML"),
    "a tab": (
        "a:\n\tb: 1",
        "brief:2: not valid YAML, found character '\\t' that cannot start any token; indent",
    ),
    "a colour without quotes": ("a: {b: #fff000, c: 1}\nd: 2", "quote colours"),
    "ten megabytes": ("a: " + "x" * 10_000_000, f"longer than {BYTES_MAX // 1024} kB"),
}


@pytest.mark.parametrize(("text", "words"), BAD_TEXTS.values(), ids=BAD_TEXTS)
def test_a_text_that_is_no_brief_is_refused_in_one_line(text: str, words: str) -> None:
    """The line is named, and nothing deep, long or clever is built."""
    with pytest.raises(BriefError) as caught:
        read_document(text)

    assert words in str(caught.value)
    assert "\n" not in str(caught.value)
    assert "; " in str(caught.value)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("no", "no"),
        ("on", "on"),
        ("12:30", "12:30"),
        ("2026-12-24", "2026-12-24"),
        ("0x10", "0x10"),
        ("010", 10),
        (".inf", ".inf"),
        ("1e3", 1000.0),
        ("-2", -2),
        ("true", True),
        ("~", None),
        ("'1'", "1"),
        ("99999999999999999999", 1e20),
        ('"\\ud83d\\ude00"', "\N{GRINNING FACE}"),
    ],
)
def test_words_stay_words(text: str, value: object) -> None:
    """YAML 1.2's core schema: Norway is no boolean, and a time is no number."""
    assert read_document(f"a: {text}").data == {"a": value}


def test_names_are_texts_whatever_they_look_like() -> None:
    """`no` is a locale, and a number can be a name."""
    assert read_document("no: 1\n~: 2\n5: 3").data == {"no": 1, "~": 2, "5": 3}


@pytest.mark.parametrize("indent", [None, 2, "\t"])
def test_json_is_read_however_it_is_indented(indent: str | int | None) -> None:
    """Editors and programs write JSON in their own ways."""
    data = {"a": 1, "b": [True, None, "x: y", {"c": 'é "\u200f/'}], "d": 2.5}

    assert read_document(json.dumps(data, indent=indent)).data == data


def test_a_byte_order_mark_is_passed_over() -> None:
    """Windows editors write one."""
    assert read_document("\ufeffcampaign: x").data == {"campaign": "x"}


def test_select_yields_paths_and_passes_over_what_has_another_shape() -> None:
    """Rules run on documents that are only partly right."""
    document = read_document("a: [{b: 1}, {b: 2}, 3, {c: 4}]\nd: {e: {b: 5}, f: 6}\ng: {b: 7}")

    assert list(document.select("a[].b")) == [("a[0].b", 1), ("a[1].b", 2)]
    assert list(document.select("d.*.b")) == [("d.e.b", 5)]
    assert list(document.select("g[].b")) == []
    assert list(document.select("h.i")) == []


def test_place_names_the_line_of_a_part_or_of_what_holds_it() -> None:
    """A missing field has no line of its own."""
    document = read_document("a:\n  - b: 1\n    c: 2\n  - d: 3", "x.yaml")

    assert document.place("a[0].c") == ("x.yaml", 3)
    assert document.place("a[1].b.c[7]") == ("x.yaml", 4)
    assert document.place("z") == ("x.yaml", 1)


def test_a_part_from_another_file_keeps_its_own_lines() -> None:
    """Problems of a brand file are told where they stand."""
    whole = read_document("brand: brand.yaml\nbrands: 1", "x.yaml").put(
        "brand", read_document("\nname: Kaffi\ncolors:\n  primary: x", "brand.yaml")
    )

    assert whole.data == {"brand": {"name": "Kaffi", "colors": {"primary": "x"}}, "brands": 1}
    assert whole.place("brand.colors.primary") == ("brand.yaml", 4)
    assert whole.place("brand.logo") == ("brand.yaml", 2)
    assert whole.place("brands") == ("x.yaml", 2)


def test_a_path_stays_on_one_line() -> None:
    """Names come from strangers too."""
    assert join("a", "b") == "a.b"
    assert join("a", 3) == "a[3]"
    assert join("", "b\n\x1b[31m") == r"'b\n\x1b[31m'"
    assert len(join("", "x" * 500)) < 70


def test_a_problem_is_one_sentence() -> None:
    """Path, what is wrong, cure."""
    assert str(Problem(where="a", what="1 is odd", cure="add 1")) == "a: 1 is odd; add 1"
    assert str(Problem(where="", what="1 is odd", cure="add 1")) == "1 is odd; add 1"


YAML_PIECES = st.sampled_from(
    [
        *"ab[]{},?#>\"'=~1é\t\ufeff\ud800\x00\u2028",
        *(": ", "\n", "- ", "  ", "&x", "*x", "!!map", "|\n", "%YAML 1.1", "---", "...", "<<", "\\ud800"),
    ]
)


@settings(max_examples=400)
@given(st.one_of(st.text(max_size=200), st.lists(YAML_PIECES, max_size=30).map("".join)))
def test_any_text_is_read_or_refused(text: str) -> None:
    """Never another error than ours, and never two lines of it."""
    said = ""
    try:
        json.dumps(read_document(text).data, ensure_ascii=False).encode()
    except BriefError as error:
        said = str(error)

    assert said == "" or said.isprintable()
