"""Products from feeds: what is taken, what is left out, what is bad and what is said of it."""

import gzip
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flows.equipment import Equipment
from flows.ingest import Ingested, ingest
from flows.planner import make_plan
from flows.prices import products_now
from flows.reach import Reach
from schemas.errors import BriefError
from schemas.plan import Plan
from schemas.settings import read_settings
from tests.flows.feeds.feeds import HEAD, brief, faults, ids, read, row, table

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
MORE = (*HEAD, "additional_image_link")
ATOM = """<?xml version="1.0" encoding="UTF-8"?>
<feed xmlns="http://www.w3.org/2005/Atom" xmlns:g="http://base.google.com/ns/1.0"><title>Leaf</title>
<entry><g:id>T-1</g:id><title>Old name</title><g:title>Green &amp; gold</g:title><link href="https://a.example"/>
<g:image_link>media/tea.png</g:image_link><g:additional_image_link>media/leaf.png</g:additional_image_link>
<g:price>9.00 EUR</g:price><g:shipping><g:price>4.00 EUR</g:price></g:shipping></entry>
<entry><g:id>T-2</g:id><title><![CDATA[White tea]]></title><g:image_link>media/tea.png</g:image_link>
<g:price>9,50 EUR</g:price></entry></feed>"""
RSS = (
    ATOM.replace('<feed xmlns="http://www.w3.org/2005/Atom"', '<rss version="2.0"')
    .replace("<title>Leaf</title>", "<channel><title>Leaf</title>")
    .replace("</feed>", "</channel></rss>")
    .replace("entry>", "item>")
)


def planned(taken: Ingested) -> Plan:
    """Return the plan of a brief."""
    return make_plan(taken, Equipment(), now=NOW)


# A shop's table: each row with the column and the reason of what is wrong, or what becomes of it.
SHOP: list[tuple[dict[str, str], tuple[str, str] | str]] = [
    (row(id="T-100", price="12.00 EUR", sale_price="8.00 EUR",
         sale_price_effective_date="2026-11-01T00:00+0100/2026-12-24T23:59+0100"), "taken"),
    (row(id="T-101", availability="in stock"), "taken"),
    (row(id="T-102", availability="preorder", price="16,50 EUR"), ("price", "decimal comma")),
    (row(id="T-103", availability="out_of_stock", price="?"), "left out"),
    (row(id="T-104", description='=HYPERLINK("http://evil.example","click")'), "taken"),
    (row(id="T-105", image_link="http://169.254.169.254/latest/meta-data/"),
     ("image_link", "local or reserved network")),
    (row(id="T-106", image_link="../../../../etc/passwd"), ("image_link", "leaves the folder")),
    (row(id="T-107", title=""), ("title", "is empty")),
    (row(id="T-108", price="25"), ("price", "has no currency")),
    (row(id="T-100", title="Green tea, again"), ("id", "stands already in line 2")),
    (row(id="T-109", title="Thé « vert » — édition", price="18.00 EUR", sale_price="19.00 EUR"),
     ("sale_price", "is not below")),
    (row(id="T-110", price="13.00 EUR", sale_price="9.00 EUR",
         sale_price_effective_date="2026-06-01T00:00+0200/2026-08-31T23:59+0200"), "taken"),
    (row(id="T-111", availability="instok"), ("availability", "is unknown")),
    (row(id="a b/c"), ("id", "is not written as it must be")),
    (row(id="T-112", title="x" * 201), ("title", "has 201 characters")),
    (row(id="T-113", sale_price="5.00 EUR", sale_price_effective_date="2026-12-01/2026-11-01"),
     ("sale_price_effective_date", "without a zone")),
    (row(id="T-114", sale_price="5.00 EUR", sale_price_effective_date="soon"),
     ("sale_price_effective_date", "is no start/end")),
    (row(id="T-115", link="javascript:alert(1)"), ("link", "is no web address")),
    (row(id="T-116", image_link="s3://somebody/secret.png"), ("image_link", "no bucket that rows")),
    (row(id="T-117", image_link="media/te.png"), ("image_link", "is missing")),
    (row(id="T-118", image_link="feed.tsv"), ("image_link", "is broken or no picture")),
    (row(id="T-119", price="9.00 EURO"), ("price", "is not a price")),
    (row(id="T-120", sale_price="5.00 USD"), ("sale_price", "differ in currency")),
]  # fmt: skip


def test_a_shops_table_is_sorted_into_taken_left_out_and_bad(tmp_path: Path) -> None:
    """Each bad row is told by line, column, value, reason and cure; good rows go on."""
    taken = read(
        tmp_path,
        table(*(one for one, _ in SHOP)),
        select={"availability": ["in_stock", "preorder"]},
        limit=100,
    )

    assert ids(taken) == [one["id"] for one, what in SHOP if what == "taken"]
    wanted = [(line, what) for line, (_, what) in enumerate(SHOP, 2) if isinstance(what, tuple)]
    found = faults(taken)
    assert [(line, column) for line, column, _ in found] == [(line, column) for line, (column, _) in wanted]
    for (_, _, said), (_, (_, reason)) in zip(found, wanted, strict=True):
        assert reason in said
    assert taken.feed is not None
    assert all(bad.cure for bad in taken.feed.bad_rows)
    assert taken.feed.bad_rows[0].value == "16,50 EUR"
    assert (taken.feed.rows, taken.feed.taken, taken.feed.left_out) == (len(SHOP), 4, 1)
    assert taken.feed.bad == len(wanted)
    assert (
        taken.notes[0]
        == f"products.feed: feed.tsv: {len(SHOP)} rows read, 4 taken, 1 left out by select, 18 bad"
    )


def test_sales_follow_their_windows(tmp_path: Path) -> None:
    """One is on, one is over, one has not begun."""
    windows = {
        "on": "2026-11-01T00:00+0100/2026-12-24T23:59+0100",
        "over": "2026-06-01T00:00+0200/2026-08-31T23:59+0200",
        "later": "2026-12-01T00:00+0100 / 2026-12-02T00:00+0100",
        "always": "",
    }
    rows = (
        row(id=name, sale_price="5.00 EUR", sale_price_effective_date=when) for name, when in windows.items()
    )
    plan = planned(read(tmp_path, table(*rows)))

    prices = {ad.product: (ad.composition.price, ad.composition.old_price) for ad in plan.ads}
    full, reduced = ("€9.00", ""), ("€5.00", "€9.00")
    assert prices == {"on": reduced, "over": full, "later": full, "always": reduced}
    assert any(note.startswith("over: the sale ended on 2026-08-31") for note in plan.notes)
    assert any(note.startswith("later: the sale starts on 2026-12-01") for note in plan.notes)


@pytest.mark.parametrize(
    ("name", "feed", "form"),
    [
        ("feed.tsv", table(row(additional_image_link="media/leaf.png"), head=MORE), "google"),
        ("feed.csv", table(row(additional_image_link="media/leaf.png, media/tea.png"),
                           head=MORE, delimiter=","), "google"),
        ("bom.csv", b"\xef\xbb\xbf" + table(row(), delimiter=";"), "google"),
        ("utf16.tsv", table(row(title="绿茶")).decode().encode("utf-16"), "google"),
        ("utf16.xml", ATOM.replace("UTF-8", "UTF-16").encode("utf-16"), "google"),
        ("feed.tsv.gz", gzip.compress(table(row())), "google"),
        ("windows.csv", table(row(), delimiter="|").replace(b"\n", b"\r\n"), "google"),
        ("spelt.tsv", table(row()).replace(b"image_link", b"Image Link").replace(b"id", b"g:ID", 1),
         "google"),
        ("atom.xml", ATOM.encode(), "google"),
        ("rss.xml", RSS.encode(), "google"),
        ("plain.csv", b'id,title,images,price\nT-1,Tea,"media/tea.png,media/leaf.png",9.00 EUR\n', "csv"),
    ],
)  # fmt: skip
def test_every_format_gives_the_same_product(tmp_path: Path, name: str, feed: bytes, form: str) -> None:
    """Tables and XML, in UTF-8 and UTF-16, plain and packed; ``auto`` tells them apart."""
    taken = read(tmp_path, feed, name)

    assert isinstance(taken.brief.products, tuple)
    product = taken.brief.products[0]
    assert (product.id, str(product.price), product.images[0]) == ("T-1", "9.00 EUR", "media/tea.png")
    assert product.images[1:] in {("media/leaf.png",), ()}
    assert ("media/leaf.png" in product.images) == (b"leaf" in feed.replace(b"\0", b""))
    assert taken.feed is not None
    assert taken.feed.format.startswith(form)
    if name.endswith("xml"):
        assert product.title == {"": "Green & gold"}
        assert faults(taken) == [(6, "price", "has a decimal comma, and prices take a point")]


def test_a_plain_table_may_have_a_title_a_locale(tmp_path: Path) -> None:
    """And a row without the one that is asked for is bad."""
    feed = "id,title.en-US,title.de,images\nT-1,Green tea,Grüntee,media/tea.png\nT-2,,Weißtee,media/tea.png\n"
    taken = read(tmp_path, feed.encode(), "feed.csv")

    assert isinstance(taken.brief.products, tuple)
    assert taken.brief.products[0].title == {"en-US": "Green tea", "de": "Grüntee"}
    assert faults(taken) == [(3, "title.en-US", "is empty, and the closing card shows it")]


STOCK = [
    row(id="A", price="5.00 EUR", item_group_id="g", custom_label_0="10", title="Green tea"),
    row(id="B", price="20.00 EUR", item_group_id="g", custom_label_0="9", title="Black tea"),
    row(id="C", price="12.00 EUR", custom_label_0="", title="Mint"),
    row(id="D", price="12.00 USD", item_group_id="h", custom_label_0="9", title="White tea"),
    row(id="E", price="7.00 EUR", item_group_id="h", custom_label_0="b", title="tea bags"),
]


@pytest.mark.parametrize(
    ("asked", "wanted"),
    [
        ({}, "ABCDE"),
        ({"select": {"custom_label_0": "9"}}, "BD"),
        ({"select": {"title": {"contains": ["TEA"], "none_of": "green tea"}}}, "BDE"),
        ({"select": {"price": {"min": "7.00 EUR", "max": "12.00 EUR"}}}, "CE"),
        ({"select": {"price": {"min": 12}, "custom_label_0": {"max": 9.5}}}, "BD"),
        ({"select": {"Availability": ["In Stock"]}}, "ABCDE"),
        ({"sort": ["price"]}, "AECDB"),
        ({"sort": "-price"}, "BDCEA"),
        ({"sort": ["custom_label_0", "-id"]}, "DBAEC"),
        ({"sort": ["-custom_label_0"]}, "EABDC"),
        ({"group_by": "item_group_id"}, "ACD"),
        ({"group_by": "item_group_id", "sort": ["-price"]}, "BDC"),
        ({"limit": 2}, "AB"),
        ({"limit": 2, "group_by": "item_group_id", "sort": ["-id"]}, "EC"),
    ],
)
def test_rows_are_selected_ordered_grouped_and_limited(
    tmp_path: Path, asked: dict[str, Any], wanted: str
) -> None:
    """Of a group the first in order is taken, and the limit counts what is taken."""
    taken = read(tmp_path, table(*STOCK), **asked)

    assert "".join(ids(taken)) == wanted
    report = taken.feed
    assert report is not None
    assert (
        report.taken + report.left_out + report.grouped + report.over_limit + report.bad == report.rows == 5
    )


def test_a_bad_picture_makes_room_for_the_next_row(tmp_path: Path) -> None:
    """In its group, and under the limit."""
    feed = table(
        row(id="A", item_group_id="g", image_link="media/none.png"),
        row(id="B", item_group_id="g"),
        row(id="C", image_link="media/none.png"),
        row(id="D"),
        row(id="E"),
    )
    assert ids(read(tmp_path, feed, group_by="item_group_id", limit=2)) == ["B", "D"]


BROKEN = {
    "Windows-1252": (
        table(row(title="Thé")).decode().encode("cp1252"), {}, "is not UTF-8 (line 2, byte 0xE9)"),
    "nothing": (b"\n", {}, "'feed.tsv' is empty"),
    "no columns": (b"hello\n", {}, "no names of columns"),
    "no rows": (table(), {}, "gives no product: 0 rows read"),
    "a workbook": (b"PK\x03\x04rest", {}, "is a zip archive or a workbook"),
    "half a gzip": (gzip.compress(table(row()))[:-9], {}, "is broken or cut short"),
    "a bomb": (gzip.compress(b"x" * 3_000_000), {}, "has a line of more than 1000000 characters"),
    "many bytes": (
        gzip.compress(table(row()) + (b" " * 99 + b"\n") * 25_000), {},
        "has more than 2 MB; split it, or raise REELMILL_FEED_MB"),
    "many rows": (table(*(row(id=f"T{n}") for n in range(60))), {}, "more than 50 rows; split it"),
    "many columns": (b"\t".join(b"c%d" % n for n in range(501)), {}, "has 501 columns"),
    "a column twice": (b"id\tid\ttitle\n", {}, "has the column 'id' twice"),
    "a column that lacks": (b"id\ttitle\tprice\nT-1\tTea\t9.00 EUR\n", {}, "lacks the column image_link"),
    "a stranger to select": (table(row()), {"select": {"avail": "x"}}, "did you mean availability?"),
    "a bound that is none": (table(row()), {"select": {"price": {"min": "cheap"}}}, "has the bound 'cheap'"),
    "XML called csv": (ATOM.encode(), {"format": "csv"}, "is XML, and format: csv is a table"),
    "broken XML": (ATOM[:-30].encode(), {}, "is broken XML in line"),
    "entities": (b'<!DOCTYPE a [<!ENTITY x "y">]><rss><item>&x;</item></rss>', {}, "has a DOCTYPE"),
    "deep XML": (b"<a>" * 40, {}, "is nested more than 32 deep"),
    "other XML": (b"<html></html>", {}, "has no item and no entry"),
    "XML of Mars": (b'<?xml version="1.0" encoding="mars"?><rss/>', {}, "is broken XML"),
}  # fmt: skip


@pytest.mark.parametrize(("feed", "asked", "said"), BROKEN.values(), ids=BROKEN)
def test_a_feed_that_cannot_be_read_is_refused_with_the_cure(
    tmp_path: Path, feed: bytes, asked: dict[str, Any], said: str
) -> None:
    """As a whole: to go on without what is missing could withdraw half a shop."""
    path = brief(tmp_path, feed, **asked)

    with pytest.raises(BriefError) as caught:
        ingest(path, reach=Reach(rows=50, bytes=2_000_000))

    (line,) = str(caught.value).splitlines()
    assert ": products.feed: " in line
    assert said in line
    assert line.rpartition("; ")[2]


def test_on_fail_every_bad_row_is_told_and_nothing_is_made(tmp_path: Path) -> None:
    """With the file of the feed and its lines."""
    feed = table(row(), row(id="T-2", price="1"), row(id="T-3", title="", price=""))

    with pytest.raises(BriefError) as caught:
        read(tmp_path, feed, on_bad_row="fail")

    said = str(caught.value).splitlines()
    assert [line.partition(": ")[0] for line in said] == ["feed.tsv:3", "feed.tsv:4", "feed.tsv:4"]
    assert "product T-2, price: '1' has no currency; write" in said[0]


def test_a_broken_row_takes_no_other_with_it(tmp_path: Path) -> None:
    """Not where a quote is left open, nor where there are too many values."""
    lines = table(*(row(id=f"T-{n}") for n in range(6))).decode().splitlines()
    lines[2] = lines[2].replace("Green tea", '"Green tea')
    lines[3] = lines[3].replace("T-2\tGreen tea", 'T-2\t"Green\n\ttea"')
    lines[4] += "\tmore\tand more"
    taken = read(tmp_path, "\n".join(lines).encode())

    assert ids(taken) == ["T-0", "T-2", "T-4", "T-5"]
    assert [(line, said.partition(";")[0]) for line, _, said in faults(taken)] == [
        (3, "a quote is opened and not closed"),
        (6, "the row has 13 values for 11 columns"),
    ]
    assert isinstance(taken.brief.products, tuple)
    assert taken.brief.products[1].title == {"": "Green tea"}


def test_texts_of_a_feed_steer_nothing(tmp_path: Path) -> None:
    """Control characters and turning marks go, HTML becomes text, braces and formulas are letters."""
    taken = read(
        tmp_path,
        table(
            row(
                title="\u202eGreen\x1b[31m\x00 tea\u2067 {price}",
                description="<p>Fine &amp; <b>fresh</b></p>",
            )
        ),
    )

    assert isinstance(taken.brief.products, tuple)
    (product,) = taken.brief.products
    assert product.title == {"": "Green[31m tea {price}"}
    assert product.description == {"": "Fine & fresh"}
    assert {cut.caption for ad in planned(taken).ads for cut in ad.composition.cuts} & {
        "Green[31m tea {price}"
    }


@settings(max_examples=40)
@given(st.binary(max_size=300), st.sampled_from([b"", table(row()), ATOM.encode()[:-40]]))
def test_no_bytes_bring_the_reading_down(
    tmp_path_factory: pytest.TempPathFactory, noise: bytes, start: bytes
) -> None:
    """Whatever comes is read, or refused as a wrong brief is."""
    folder = tmp_path_factory.getbasetemp() / "noise"
    path = brief(folder, start + noise)

    with suppress(BriefError):
        assert ids(ingest(path))


def test_a_changed_row_opens_its_own_ads_and_a_changed_price_makes_no_shot(tmp_path: Path) -> None:
    """All other ads and all shots keep their keys, and so does everything when nothing has changed."""
    rows = [row(id=f"T-{n}", title=f"Tea {n}") for n in range(3)]
    before, same = (planned(read(tmp_path, table(*rows))) for _ in range(2))
    rows[1] = row(id="T-1", title="Tea 1", price="8.50 EUR")
    after = planned(read(tmp_path, table(*rows)))

    assert {ad.key for ad in before.ads} == {ad.key for ad in same.ads}
    assert {shot.key for shot in after.shots} == {shot.key for shot in before.shots}
    assert {ad.key for ad in before.ads if ad.product != "T-1"} == {
        ad.key for ad in after.ads if ad.product != "T-1"
    }
    assert not {ad.key for ad in before.ads if ad.product == "T-1"} & {ad.key for ad in after.ads}


def test_products_now_are_those_that_the_feed_has_now(tmp_path: Path) -> None:
    """Without a look at pictures; nobody can tell where the feed is gone."""
    ours = read_settings({"REELMILL_HOME": str(tmp_path / "home")})
    path = brief(tmp_path, table(row()), select={"availability": "in_stock"})
    feed = table(
        row(price="7.00 EUR", image_link="media/gone.png"), row(id="T-2", availability="out_of_stock")
    )
    (tmp_path / "feed.tsv").write_bytes(feed)

    now = products_now(path, ours)
    (tmp_path / "feed.tsv").unlink()

    assert now is not None
    assert {name: str(product.price) for name, product in now.items()} == {"T-1": "7.00 EUR"}
    assert products_now(path, ours) is None
