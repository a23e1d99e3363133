"""Accounts that an operator links are one person in several networks, and nothing else changes."""

import pytest

from streams.errors import InputError
from streams.upkeep.account_links import link, unlink
from tests.integration.value.conftest import Shop

PEOPLE = (
    "SELECT handles, networks, accounts, mentions FROM part_of_networks ORDER BY length(handles)"
    " DESC, handles"
)


@pytest.fixture
def people(shop: Shop) -> Shop:
    shop.client.command("TRUNCATE TABLE account_links")
    shop.mention("1", "ana at one", source="bluesky", author_handle="Ana.example")
    shop.mention("2", "ana at two", source="mastodon", author_handle="ana@two.example")
    shop.mention("3", "ana at two", source="mastodon", author_handle="ana@two.example")
    shop.mention("4", "ana at three", source="reddit", author_handle="ana_three")
    shop.mention("5", "ben", source="reddit", author_handle="ben")
    shop.run()
    return shop


def test_nobody_is_linked_by_guess(people: Shop) -> None:
    assert [row[2] for row in people.rows(PEOPLE)] == [1, 1, 1, 1]


def test_linked_accounts_are_one_person_and_links_chain(people: Shop) -> None:
    one = link(people.client, ["bluesky/@ana.EXAMPLE", "mastodon/ana@two.example"], "eva")
    assert link(people.client, ["ana at three", "ana at one"], "eva") == one
    assert people.rows(PEOPLE) == [
        (
            ["Ana.example", "ana@two.example", "ana_three"],
            ["bluesky", "mastodon", "reddit"],
            3,
            4,
        ),
        (["ben"], ["reddit"], 1, 1),
    ]
    unlink(people.client, "reddit/ana_three", "eva")
    assert [(row[0], row[2]) for row in people.rows(PEOPLE)] == [
        (["Ana.example", "ana@two.example"], 2),
        (["ana_three"], 1),
        (["ben"], 1),
    ]


def test_a_person_has_the_communities_of_all_accounts(people: Shop) -> None:
    circles = (("ana at one", "x", "y"), ("ana at two", "v", "w"))
    for one, two, three in circles:
        for who, to in ((one, two), (two, three), (three, one)):
            people.answer(f"{who} to {to}", who, "gone", 1, parent_author_id=to)
    people.run()
    link(people.client, ["ana at one", "ana at two"], "eva")
    communities = "SELECT communities FROM part_of_networks WHERE accounts = {}"
    assert people.rows(communities.format(2)) == [([1, 2],)]
    assert sorted(people.rows(communities.format(1))) == [([],)] * 2 + [([1],)] * 2 + [([2],)] * 2


def test_what_cannot_be_linked_is_said_with_a_remedy(people: Shop) -> None:
    with pytest.raises(InputError, match="nobody was heard as 'bluesky/zoe'; write NETWORK/HANDLE"):
        link(people.client, ["bluesky/zoe", "ben"], "eva")
    with pytest.raises(InputError, match="at least two accounts"):
        link(people.client, ["ben", "reddit/ben"], "eva")
    people.mention("6", "another ben", source="reddit", author_handle="ben")
    with pytest.raises(InputError, match="more than one account"):
        link(people.client, ["reddit/ben", "ana at one"], "eva")
    with pytest.raises(InputError, match="ben is not linked"):
        unlink(people.client, "ben", "eva")
