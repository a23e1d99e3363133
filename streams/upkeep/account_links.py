"""Which accounts are one person's: an operator's word, kept and taken back."""

import uuid
from collections.abc import Sequence

from clickhouse_connect.driver.client import Client

from streams.errors import InputError


def link(client: Client, accounts: Sequence[str], by: str) -> str:
    """Make `accounts` one person's, with all that were linked to any of them; returns the person.

    An account is an author_id, or NETWORK/HANDLE. Raises InputError for one that nobody has heard.
    """
    ids = [_author(client, account) for account in accounts]
    if len(set(ids)) < 2:
        raise InputError("name at least two accounts, for example bluesky/ana.example mastodon/ana")
    persons = {person for person in _persons(client, ids).values() if person}
    joined = {*ids, *_accounts(client, sorted(persons))}
    person = min(persons, default=f"person-{uuid.uuid4()}")
    _note(client, sorted(joined), person, by)
    return person


def unlink(client: Client, account: str, by: str) -> None:
    """Let an account be a person of its own again; raises InputError when it is that already."""
    author = _author(client, account)
    if not _persons(client, [author]).get(author):
        raise InputError(f"{account} is not linked to any other account")
    _note(client, [author], "", by)


def _author(client: Client, account: str) -> str:
    network, slash, handle = account.partition("/")
    found = client.query(
        "SELECT DISTINCT author_id FROM mentions WHERE author_id = {account:String}"
        " OR ({slash:String} != '' AND source = {network:String}"
        " AND lowerUTF8(author_handle) = lowerUTF8({handle:String})) LIMIT 2",
        {
            "account": account,
            "slash": slash,
            "network": network,
            "handle": handle.removeprefix("@"),
        },
    ).result_rows
    if not found:
        raise InputError(
            f"nobody was heard as {account!r}; write NETWORK/HANDLE as the dashboards show them,"
            " or an author_id"
        )
    if len(found) > 1:
        raise InputError(f"{account!r} was used by more than one account; write the author_id")
    return str(found[0][0])


def _persons(client: Client, ids: Sequence[str]) -> dict[str, str]:
    rows = client.query(
        "SELECT author_id, argMax(person, linked_at) FROM account_links"
        " WHERE author_id IN {ids:Array(String)} GROUP BY author_id",
        {"ids": list(ids)},
    ).result_rows
    return dict(map(tuple, rows))


def _accounts(client: Client, persons: Sequence[str]) -> list[str]:
    rows = client.query(
        "SELECT author_id FROM account_links GROUP BY author_id"
        " HAVING argMax(person, linked_at) IN {persons:Array(String)}",
        {"persons": list(persons)},
    ).result_rows
    return [str(author) for (author,) in rows]


def _note(client: Client, ids: Sequence[str], person: str, by: str) -> None:
    client.insert(
        "account_links",
        [[author, person, by] for author in ids],
        column_names=["author_id", "person", "linked_by"],
    )
