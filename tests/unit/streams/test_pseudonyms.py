"""Authors go, threads stay; keys rotate by the day of the event."""

from datetime import UTC, datetime, timedelta

import pytest
from msgspec.structs import asdict, replace

from schemas.mention import Account, Author, Deletion, Interaction, Mention
from streams.errors import SettingsError
from streams.steps.pseudonyms import HANDLE_MASK, AuthorKeys, Pseudonymiser

ROTATED = datetime(2026, 7, 1, tzinfo=UTC)
BEFORE, AFTER = ROTATED - timedelta(days=3), ROTATED + timedelta(days=3)
ONE, TWO = f"1:{'a1' * 32}", f"2@2026-07-01:{'b2' * 32}"
ANA, LUIS, BRAND = "did:plc:ana", "did:plc:luis", "did:plc:brand"


def post(number: int, who: str = ANA, **changes: object) -> Mention:
    mention = Mention(
        mention_id=f"bluesky:at://{who}/app.bsky.feed.post/{number}",
        source="bluesky",
        author=Author(id=who, handle="ana.example", name="Ana", followers=7),
        text="hola",
        url=f"https://bsky.app/profile/{who}/post/{number}",
        published_at=BEFORE,
    )
    return replace(mention, **changes)


def pseudonymiser(keys: str = ONE) -> Pseudonymiser:
    return Pseudonymiser.from_keys(keys, public_ids=[BRAND], public_handles=["@Iberia"])


def test_without_a_key_everything_stays() -> None:
    mention = post(1)
    assert pseudonymiser("").mentions([mention]) == [mention]
    assert pseudonymiser("").texts(["@ana"]) == ["@ana"]


def test_nothing_of_the_author_is_left() -> None:
    [mention] = pseudonymiser().mentions(
        [post(1, links=(f"https://bsky.app/profile/{ANA}", "https://shop.example/x?y=1"))]
    )
    assert "ana" not in repr(asdict(mention)).casefold()
    assert mention.author.id.startswith("p1:")
    assert mention.author.followers == 7
    assert mention.links == ("https://bsky.app/", "https://shop.example/x?y=1")


def test_replies_likes_and_deletions_still_find_what_they_mean() -> None:
    hide = pseudonymiser()
    first, reply = post(1), post(2, LUIS)
    reply = replace(
        reply, parent_id=first.mention_id, root_id=first.mention_id, parent_author_id=ANA
    )
    like = Interaction(
        interaction_id="bluesky:like",
        source="bluesky",
        author=Author(id=LUIS),
        kind="like",
        target_id=first.mention_id,
        target_author_id=ANA,
        occurred_at=BEFORE,
    )
    follow = replace(like, kind="follow", target_id=ANA)
    gone = Deletion(
        target="mention", target_id=first.mention_id, source="bluesky", deleted_at=BEFORE
    )
    left = replace(gone, target="author", target_id=ANA)
    first, reply = hide.mentions([first, reply])
    like, follow = hide.interactions([like, follow])
    gone, left = hide.deletions([gone, left])
    assert {reply.parent_id, reply.root_id, like.target_id, gone.target_id} == {first.mention_id}
    assert {reply.parent_author_id, like.target_author_id, follow.target_id, left.target_id} == {
        first.author.id
    }
    assert like.author.id == reply.author.id


def test_brands_and_care_stay_recognisable() -> None:
    mention = post(1, BRAND, author=Author(id=BRAND, handle="iberia", name="Iberia"))
    mentioned = (Account(id=BRAND), Account(handle="@iberia"), Account(id=ANA, handle="ana"))
    [mention] = pseudonymiser().mentions([replace(mention, mentioned=mentioned)])
    assert mention.author == Author(id=BRAND, handle="iberia", name="Iberia")
    assert mention.mentioned[:2] == (Account(id=BRAND), Account(handle="@iberia"))
    assert mention.mentioned[2].handle == ""


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("@ana.example, ¿y @IBERIA?", f"{HANDLE_MASK}, ¿y @IBERIA?"),
        ("@ana.example@mastodon.example hola", f"{HANDLE_MASK} hola"),
        ("a@example.com stays for the masking", "a@example.com stays for the masking"),
        ("no handle @ all", "no handle @ all"),
        ("＠ana", HANDLE_MASK),
    ],
)
def test_handles_in_texts(text: str, expected: str) -> None:
    assert pseudonymiser().texts([text]) == [expected]
    assert pseudonymiser().mentions([post(1, text=text)])[0].text == expected


def test_a_replay_after_a_rotation_gives_the_same_pseudonyms() -> None:
    before = pseudonymiser(ONE).mentions([post(1)])
    assert pseudonymiser(f"{ONE},{TWO}").mentions([post(1)]) == before
    [edited] = pseudonymiser(f"{ONE},{TWO}").mentions([post(1, text="x", edited_at=AFTER)])
    assert edited.mention_id == before[0].mention_id


def test_from_its_day_on_a_new_key_gives_new_pseudonyms() -> None:
    hide = pseudonymiser(f"{TWO}\n{ONE}")
    old, new = hide.mentions([post(1), post(2, published_at=AFTER)])
    assert old.author.id.startswith("p1:")
    assert new.author.id.startswith("p2:")
    keys = AuthorKeys.parse(f"{ONE},{TWO}")
    assert keys.all_of_author(ANA) == [old.author.id, new.author.id]


def test_a_deletion_reaches_posts_from_before_a_rotation() -> None:
    hide = pseudonymiser(f"{ONE},{TWO}")
    mention = post(1)
    deletion = Deletion(
        target="mention", target_id=mention.mention_id, source="bluesky", deleted_at=AFTER
    )
    forms, records = hide.deletions_under_all_keys([deletion], ["record"])
    assert hide.mentions([mention])[0].mention_id in {form.target_id for form in forms}
    assert records == ["record", "record"]


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        ("secret", "write it as ID:HEX"),
        ("1:abc", "odd number of hex digits"),
        ("1:abcd", "its secret has 2 bytes"),
        (f"{ONE},{ONE}", "same id"),
        (f"{ONE},2:{'b2' * 32}", "same day"),
        (f"1@2026-13-01:{'a1' * 32}", "no day"),
    ],
)
def test_a_bad_key_is_refused_without_being_repeated(keys: str, words: str) -> None:
    with pytest.raises(SettingsError, match=words) as error:
        AuthorKeys.parse(keys)
    assert "a1a1" not in str(error.value)
    assert "secret" not in str(error.value).replace("its secret has", "")


def test_a_key_is_not_shown() -> None:
    assert "a1a1" not in repr(AuthorKeys.parse(ONE))
    assert repr(b"\xa1\xa1")[2:-1] not in repr(AuthorKeys.parse(ONE))
