"""A person leaves a record, and other people's records stay as they were."""

import json
from typing import Any

import msgspec
import pytest

from schemas.business import Label, Order
from schemas.mention import Event, Mention
from streams.errors import SettingsError
from streams.privacy.retention import DEFAULT_DAYS, Retention
from streams.privacy.scrub import BusinessScrubber, PlainScrubber, Scrubber
from streams.privacy.subject import Subject

ANA = Subject(frozenset({"ana"}), frozenset({"ana.example"}))


def mention(mention_id: str, who: str, **more: Any) -> bytes:
    event = {
        "type": "mention",
        "mention_id": mention_id,
        "source": "csv",
        "author": {"id": who},
        "text": "hola",
        "published_at": "2026-07-04T10:00:00Z",
    }
    return json.dumps(event | more).encode()


def left(value: bytes, subject: Subject = ANA, key: bytes = b"k") -> Mention | None:
    kept = Scrubber(subject).without(key, value)
    event = None if kept is None else msgspec.json.decode(kept, type=Event)
    assert event is None or isinstance(event, Mention)
    return event


def test_a_stranger_s_record_stays_byte_for_byte() -> None:
    value = mention("csv:1", "luis", text="about @anabel and ana")
    assert Scrubber(ANA).without(b"luis", value) is value


@pytest.mark.parametrize(
    "value",
    [
        mention("csv:1", "ana"),
        mention("csv:1", "x", author={"id": "x", "handle": "Ana.Example"}),
        b'{"broken": "ana"',
        b'{"type": "heartbeat", "producer": "csv", "sequence": 1,'
        b' "sent_at": "2026-07-04T10:00:00Z"}',
        b'{"type": "deletion", "target": "author", "target_id": "ana", "source": "csv",'
        b' "deleted_at": "2026-07-04T10:00:00Z"}',
        mention("csv:1", "luis", hashtags=["ana", "x"]),  # nowhere else to take her out of
    ],
)
def test_what_is_the_person_s_or_nobody_s_goes(value: bytes) -> None:
    assert left(value) is None


def test_a_reply_loses_what_it_repeats_of_the_person() -> None:
    reply = left(
        mention(
            "csv:2",
            "luis",
            text="gracias @ANA.example!",
            parent_author_id="ana",
            parent_id="csv:1",
            parent_text="her words",
            mentioned=[{"id": "ana"}, {"handle": "ana.example"}, {"id": "eva"}],
        )
    )
    assert reply is not None
    assert reply.text == "gracias ‹@›!"
    assert (reply.parent_author_id, reply.parent_id, reply.parent_text) == ("", "", "")
    assert [account.id for account in reply.mentioned] == ["eva"]


def test_a_reply_is_known_by_the_post_it_answers_once_that_was_seen() -> None:
    scrubber = Scrubber(ANA)
    reply = mention("csv:2", "luis", parent_id="csv:1", parent_text="her words")
    assert not scrubber.holds(b"luis", reply)
    assert scrubber.holds(b"ana", mention("csv:1", "ana"))
    assert scrubber.holds(b"luis", reply)
    kept = scrubber.without(b"luis", reply)
    assert kept is not None
    assert b"her words" not in kept


def test_a_namesake_of_another_source_stays() -> None:
    subject = Subject(frozenset({"ana"}), source="bluesky")
    assert left(mention("csv:1", "luis"), subject) is not None


def test_business_records() -> None:
    order = {"ordered_at": "2026-07-04T10:00:00Z", "amount": "1", "currency": "EUR"}
    orders = BusinessScrubber(ANA, Order)
    own = json.dumps({"order_id": "1", "author_id": "ana", **order}).encode()
    referred = json.dumps({"order_id": "2", "author_id": "x", "referred_by": "ana", **order})
    assert orders.without(b"ana", own) is None
    kept = orders.without(b"x", referred.encode())
    assert kept is not None
    assert msgspec.json.decode(kept, type=Order).referred_by == ""
    labels = BusinessScrubber(ANA.with_posts(frozenset({"csv:1"})), Label)
    label = {"labeller": "eva", "labelled_at": "2026-07-04T10:00:00Z", "guide_version": "1"}
    value = json.dumps({"mention_id": "csv:1", **label}).encode()
    assert labels.without(b"csv:1", value) is None
    other = json.dumps({"mention_id": "csv:2", **label}).encode()
    assert labels.without(b"csv:2", other) is other
    assert PlainScrubber(ANA).without(None, b"{}") == b"{}"


def test_retention_reads_what_a_person_writes() -> None:
    retention = Retention.parse("mentions=90, mentions.raw.v1=3,labels=0")
    assert retention.tables["mentions"] == 90
    assert retention.tables["labels"] == 0
    assert retention.tables["interactions"] == DEFAULT_DAYS["interactions"]
    assert retention.topics == {"mentions.raw.v1": 3}


@pytest.mark.parametrize("text", ["mentions", "mentions=-1", "mentions=1.5", "mention=3", "=3"])
def test_a_bad_retention_names_itself(text: str) -> None:
    with pytest.raises(SettingsError, match="ESCUCHA_RETENTION_DAYS"):
        Retention.parse(text)
