import json
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.mention import Account, Deletion, Engagement, Event, Interaction, Mention
from streams.producers.live.contract import MAPPING_ERRORS
from streams.producers.live.mastodon_mapping import MastodonMapper, host_of
from streams.producers.live.mastodon_memory import IN_CURSOR, IdMemory, Known
from tests.fakes.mastodon import account, status
from tests.integration.producers.helpers import real_file

NOW = datetime(2026, 7, 4, 12, tzinfo=UTC)


def mapper(memory: IdMemory | None = None) -> MastodonMapper:
    return MastodonMapper("here.example", IdMemory() if memory is None else memory, now=lambda: NOW)


def mapped(one: dict[str, Any], by: MastodonMapper | None = None) -> Any:
    event = (by or mapper()).status(json.dumps(one).encode())
    if event is not None:
        assert msgspec.json.decode(msgspec.json.encode(event), type=Event) == event
    return event


def test_a_status_becomes_a_mention_named_by_its_uri() -> None:
    found = mapped(
        status(
            3,
            "Mi <b>tetera</b></p><p>nueva",
            spoiler_text="Cocina &amp; más",
            account=account("ana@far.example", followers_count=12, bot=True),
            mentions=[{"id": "1", "acct": "luis"}, {"id": "2", "acct": "eva@x.example"}],
            tags=[{"name": "tetera"}, {"name": "té"}],
            card={"url": "https://shop.example/t"},
            favourites_count=4,
            reblogs_count=3,
            replies_count=2,
            quotes_count=1,
        )
    )
    assert isinstance(found, Mention)
    assert found.mention_id == "mastodon:https://far.example/users/ana/statuses/3"
    assert found.text == "Cocina & más\n\nMi tetera\n\nnueva"
    assert found.published_at == datetime(2026, 7, 4, 10, 0, 3, tzinfo=UTC)
    assert (found.kind, found.lang, found.site) == ("post", "es", "far.example")
    assert found.url == "https://far.example/@ana/3"
    assert found.author.id == "https://far.example/users/ana"
    assert (found.author.handle, found.author.name) == ("ana@far.example", "Ana")
    assert (found.author.followers, found.author.is_bot) == (12, True)
    assert found.mentioned == (Account(handle="luis@here.example"), Account(handle="eva@x.example"))
    assert found.hashtags == ("tetera", "té")
    assert found.links == ("https://shop.example/t",)
    assert found.engagement == Engagement(likes=4, reposts=3, replies=2, quotes=1)
    assert found.edited_at is None


@pytest.mark.parametrize(
    ("who", "author_id", "handle"),
    [
        ({"acct": "ana", "uri": None}, "https://here.example/@ana", "ana@here.example"),
        ({"acct": "ana", "uri": None, "url": None}, "ana@here.example", "ana@here.example"),
        ({"acct": "a@b.c", "uri": None, "url": ""}, "a@b.c", "a@b.c"),
    ],
)
def test_an_author_has_an_id_on_older_servers_too(
    who: dict[str, Any], author_id: str, handle: str
) -> None:
    found = mapped(status(1, account={**account("ana"), **who}))
    assert (found.author.id, found.author.handle) == (author_id, handle)


def test_hidden_followers_are_none_and_odd_languages_are_unknown() -> None:
    found = mapped(status(1, language="zh_TW", account=account(followers_count=-1)))
    assert (found.author.followers, found.lang) == (0, "zh-TW")
    assert mapped(status(1, language="español")).lang == ""
    assert mapped(status(1, language=None)).lang == ""


def test_one_status_through_two_instances_is_one_mention() -> None:
    near = MastodonMapper("near.example", IdMemory())
    far = MastodonMapper("far.example", IdMemory())
    one = status(1, id="77", account=account("ana"))
    assert mapped(status(1), near).mention_id == mapped(one, far).mention_id


@pytest.mark.parametrize("visibility", ["private", "direct", "limited", None])
def test_what_is_not_public_is_not_heard(visibility: str | None) -> None:
    assert mapped(status(1, visibility=visibility)) is None


def test_an_unlisted_status_is_heard() -> None:
    assert mapped(status(1, visibility="unlisted")) is not None


def test_a_reply_names_parent_and_root_by_their_uris_where_they_are_known() -> None:
    by = mapper()
    first, second, third = status(1), status(2), status(3)
    mapped(first, by)
    second |= {"in_reply_to_id": first["id"], "in_reply_to_account_id": "999"}
    reply = mapped(second, by)
    third |= {
        "in_reply_to_id": second["id"],
        "in_reply_to_account_id": third["account"]["id"],
    }
    deeper = mapped(third, by)
    assert reply.kind == "reply"
    assert reply.parent_id == reply.root_id == f"mastodon:{first['uri']}"
    assert reply.parent_author_id == "https://far.example/users/ana"
    assert (deeper.parent_id, deeper.root_id) == (reply.mention_id, reply.root_id)


def test_a_reply_to_something_unknown_names_the_local_id() -> None:
    reply = mapped(status(2, in_reply_to_id="42", in_reply_to_account_id="43"))
    assert (reply.kind, reply.parent_id) == ("reply", "mastodon:here.example/42")
    assert (reply.root_id, reply.parent_author_id) == ("", "")


@pytest.mark.parametrize(
    ("quote", "quoted_id"),
    [
        ({"state": "accepted", "quoted_status": status(9)}, status(9)["uri"]),
        ({"state": "accepted", "quoted_status_id": "42"}, "here.example/42"),
        ({"state": "accepted", "quoted_status_id": status(8)["id"]}, status(8)["uri"]),
        (status(9), status(9)["uri"]),  # as forks do
    ],
)
def test_a_quote_names_what_it_quotes(quote: dict[str, Any], quoted_id: str) -> None:
    by = mapper()
    mapped(status(8), by)
    fallback = '</p><p class="quote-inline">RE: <a href="https://far.example/9">x</a>'
    found = mapped(status(1, f"mira{fallback}", quote=quote), by)
    assert (found.kind, found.quoted_id) == ("quote", f"mastodon:{quoted_id}")
    assert (found.text, found.links) == ("mira", ())


def test_a_withdrawn_quote_is_a_post() -> None:
    assert mapped(status(1, quote={"state": "deleted", "quoted_status": None})).kind == "post"


def test_a_boost_is_a_repost_of_the_original_and_its_deletion_takes_it_back() -> None:
    by = mapper()
    boost = status(5, account=account("eva@x.example"), reblog=status(1))
    found = mapped(boost, by)
    assert isinstance(found, Interaction)
    assert (found.kind, found.target_id) == ("repost", f"mastodon:{status(1)['uri']}")
    assert found.target_author_id == "https://far.example/users/ana"
    assert found.author.id == "https://x.example/users/eva"
    gone = by.deletion(boost["id"].encode())
    assert gone == Deletion(
        target="interaction",
        target_id=found.interaction_id,
        source="mastodon",
        author_id=found.author.id,
        deleted_at=NOW,
    )


def test_an_edit_is_handed_on_once_and_an_older_version_never_after_it() -> None:
    by = mapper()
    edit = status(1, "dos", edited_at="2026-07-04T11:00:00Z")
    first = mapped(status(1, "uno"), by)
    second = mapped(edit, by)
    assert (first.mention_id, first.published_at) == (second.mention_id, second.published_at)
    assert second.edited_at == datetime(2026, 7, 4, 11, tzinfo=UTC)
    assert mapped(edit, by) is None
    assert mapped(status(1, "uno"), by) is None


def test_a_deletion_is_handed_on_once_and_nothing_comes_after_it() -> None:
    by = mapper()
    mapped(status(1), by)
    local_id = status(1)["id"].encode()
    gone = by.deletion(local_id)
    assert gone is not None
    assert gone.target_id == f"mastodon:{status(1)['uri']}"
    assert by.deletion(local_id) is None
    assert mapped(status(1, edited_at="2026-07-04T11:00:00Z"), by) is None


@pytest.mark.parametrize("payload", [b"", b"a b", b'{"id":"1"}', b"\xff", b"1" * 65])
def test_a_deletion_of_no_id_is_refused(payload: bytes) -> None:
    with pytest.raises(MAPPING_ERRORS):
        mapper().deletion(payload)


@pytest.mark.parametrize(
    "changes",
    [
        {"uri": ""},
        {"uri": "https://x.example/a b"},
        {"uri": "x" * 600},
        {"id": 12},
        {"created_at": "yesterday"},
        {"created_at": "2026-07-04T10:00:00"},
        {"account": None},
        {"account": {"id": "1"}},
        {"content": 5},
    ],
)
def test_what_is_no_status_is_refused_with_a_reason(changes: dict[str, Any]) -> None:
    by, memory = mapper(), IdMemory()
    with pytest.raises(MAPPING_ERRORS) as caught:
        mapped(status(1, **changes), by)
    assert str(caught.value)
    assert len(memory) == 0


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20) | st.floats(allow_nan=False),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=5,
)


@given(st.dictionaries(st.sampled_from(sorted(status(1, quote=None))), _JSON, max_size=4))
def test_no_payload_makes_anything_but_an_event_or_a_reason(changes: dict[str, Any]) -> None:
    with suppress(*MAPPING_ERRORS):
        mapped(status(1, **changes))


def test_far_too_long_texts_and_lists_fit_the_schema() -> None:
    found = mapped(
        status(
            1,
            "x" * 200_000,
            spoiler_text="aviso",
            tags=[{"name": str(n)} for n in range(500)],
            account=account(display_name="n" * 5_000),
        )
    )
    assert len(found.text) == 100_000
    assert len(found.hashtags) == 200
    assert len(found.author.name) == 2_048


def test_the_memory_forgets_the_oldest() -> None:
    memory = IdMemory(most=3)
    for number in range(5):
        memory.remember(str(number), Known(f"m:{number}", "a", "", 0, False, number))
    assert len(memory) == 3
    assert memory.get("1") is None
    assert memory.get("2") is not None


def test_what_came_after_a_cursor_is_handed_on_again_in_the_same_process() -> None:
    memory = IdMemory()
    by = mapper(memory)
    mapped(status(1), by)
    step = memory.step
    mapped(status(2), by)
    memory.resume(step, memory.snapshot())
    assert mapped(status(1), by) is None
    assert mapped(status(2), by) is not None


def test_another_process_knows_the_newest_from_the_cursor() -> None:
    memory = IdMemory()
    by = mapper(memory)
    for number in range(IN_CURSOR + 100):
        mapped(status(number), by)
    snapshot = json.loads(json.dumps(memory.snapshot()))
    fresh = IdMemory()
    fresh.resume(memory.step, snapshot)
    assert len(fresh) == IN_CURSOR == len(snapshot)
    assert len(json.dumps(snapshot)) < 150_000
    by = mapper(fresh)
    assert mapped(status(IN_CURSOR + 99), by) is None
    assert mapped(status(99), by) is not None


def test_a_host_has_no_key_and_keeps_its_port() -> None:
    assert host_of("https://Mastodon.Social") == "mastodon.social"
    assert host_of("http://user:key@localhost:3000/x") == "localhost:3000"


@pytest.mark.parametrize("name", ["test_entity_status", "test_public_tl"])
def test_recorded_statuses_are_mentions(name: str) -> None:
    lines = real_file(f"fixtures/mastodon/{name}.ndjson").read_text("utf-8").splitlines()
    bodies = [json.loads(line)["body"] for line in lines]
    statuses = [it for body in bodies for it in (body if isinstance(body, list) else [body])]
    statuses = [it for it in statuses if "created_at" in it]
    # A POST's and a DELETE's answer has the source text in place of the content.
    found = [mapped(it) for it in statuses]
    assert len(found) >= 2
    assert all(isinstance(it, Mention) and it.mention_id for it in found)
    assert not any("<" in it.text and ">" in it.text for it in found)
