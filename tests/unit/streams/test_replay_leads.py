"""A replay tells who would enter or leave the leads: people, by their strongest mention."""

from typing import Any

import pytest

from streams.modelling.replay_leads import LeadTally


def row(mention: str, author: str, intent: str = "none", **other: Any) -> dict[str, Any]:
    return {
        "mention_id": mention,
        "source": "csv",
        "author_id": author,
        "author_handle": f"@{author}",
        "author_role": "",
        "author_is_bot": False,
        "kind": "post",
        "spam": 0.0,
        "intent": intent,
        "intent_active": 0.5 if intent == "active" else 0.0,
        "intent_latent": 0.4 if intent == "latent" else 0.0,
        **other,
    }


def test_a_person_counts_once_by_the_strongest_mention() -> None:
    tally = LeadTally()
    tally.add(row("1", "ana", "latent"), True, 0.1, 0.2)
    tally.add(row("2", "ana", "active"), False, 0.0, 0.1)
    tally.add(row("3", "ben"), True, 0.2, 0.5)
    tally.add(row("4", "ben"), True, 0.7, 0.2)
    tally.add(row("5", "eva", "active"), False, 0.1, 0.1)

    found = tally.found()

    assert (found.before, found.after) == (2, 2)
    assert (found.entering_people, found.leaving_people) == (1, 1)
    [entering], [leaving] = found.entering, found.leaving
    assert (entering.handle, entering.mention_id, entering.weight) == ("@ben", "4", 0.76)
    assert (leaving.author_id, leaving.mention_id, leaving.weight) == ("eva", "5", 0.5)


@pytest.mark.parametrize(
    "other",
    [
        {"author_role": "own"},
        {"author_is_bot": True},
        {"kind": "repost"},
        {"spam": 0.5},
        {"author_id": ""},
    ],
)
def test_who_is_no_lead_in_the_queue_is_none_here(other: dict[str, Any]) -> None:
    tally = LeadTally()

    tally.add(row("1", "ana", "active", **other), True, 0.9, 0.0)

    assert (tally.found().before, tally.found().after) == (0, 0)
