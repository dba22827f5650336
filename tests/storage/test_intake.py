"""What the inbox took and what people were told of, on every database."""

from concurrent.futures import ThreadPoolExecutor

from storage.catalog import Catalog


def test_a_content_is_taken_once_and_waits_until_it_is_handed_over(catalog: Catalog) -> None:
    """Also by eight at once; one that was moved meanwhile is known at its new place."""
    with ThreadPoolExecutor(8) as many:
        new = list(many.map(lambda _: catalog.take_in("content", "kaffi/spring", "in/a.yaml"), range(8)))
    catalog.take_in("content", "kaffi/spring", "in/b.yaml")
    waiting = catalog.waiting()
    catalog.hand_over("content")
    catalog.take_in("content", "kaffi/spring", "in/c.yaml")

    assert sorted(new) == [False] * 7 + [True]
    assert [one.source for one in waiting] == ["in/b.yaml"]
    assert catalog.waiting() == []
    assert [one.source for one in catalog.latest_taken()] == ["in/b.yaml"]


def test_the_brief_that_was_taken_last_stands_for_its_campaign(catalog: Catalog) -> None:
    """Its schedule is the one that counts."""
    for content, campaign in (("1", "kaffi/spring"), ("2", "kaffi/autumn"), ("3", "kaffi/spring")):
        catalog.take_in(content, campaign, f"in/{content}.yaml")

    assert [(one.campaign, one.content) for one in catalog.latest_taken()] == [
        ("kaffi/autumn", "2"),
        ("kaffi/spring", "3"),
    ]


def test_news_is_news_once(catalog: Catalog) -> None:
    """For every process, and after a restart."""
    assert [catalog.is_news("late 1"), catalog.is_news("late 1"), catalog.is_news("late 2")] == [
        True,
        False,
        True,
    ]
