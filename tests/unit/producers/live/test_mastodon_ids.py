"""What statuses are called, on disk: found after kill -9, bounded, and forgotten with a person."""

from contextlib import closing
from pathlib import Path

import pytest

from streams.privacy.status_ids import StatusIdsPlace
from streams.privacy.subject import Subject
from streams.producers.live.mastodon_ids import SUFFIX, StatusIds, connect

ANA, LUIS = "https://far.example/users/ana", "https://far.example/users/luis"


def named(author: str, number: int) -> str:
    return f"mastodon:{author}/statuses/{number}"


@pytest.mark.parametrize("local_id", ["113", "0113", "9hNwZ0Jx", "1" * 30, "٣"])
@pytest.mark.parametrize("event_id", [named(ANA, 1), "mastodon:urn:other", "+odd", ""])
@pytest.mark.parametrize("is_repost", [False, True])
def test_what_is_added_is_found_as_it_was(
    tmp_path: Path, local_id: str, event_id: str, is_repost: bool
) -> None:
    ids = StatusIds(tmp_path / f"a{SUFFIX}")
    ids.add(local_id, event_id, ANA, is_repost=is_repost)
    ids.commit()
    again = StatusIds(tmp_path / f"a{SUFFIX}")  # the first one was killed
    assert again.get(local_id) == (event_id, ANA, is_repost)
    again.drop(local_id)
    again.close()
    ids.close()
    assert StatusIds(tmp_path / f"a{SUFFIX}").get(local_id) is None


def test_a_zero_in_front_makes_another_id(tmp_path: Path) -> None:
    ids = StatusIds(tmp_path / f"a{SUFFIX}")
    ids.add("7", named(ANA, 7), ANA, is_repost=False)
    assert ids.get("07") is None
    ids.close()


def test_past_its_size_the_oldest_go(tmp_path: Path) -> None:
    ids = StatusIds(tmp_path / f"a{SUFFIX}", most_bytes=4_000_000)
    for number in range(100_000):
        ids.add(str(10**17 + number), named(ANA, 10**17 + number), ANA, is_repost=False)
        if number % 1_000 == 999:
            ids.commit()
    assert ids.get(str(10**17)) is None
    assert ids.get(str(10**17 + 99_999)) is not None
    ids.close()
    assert (tmp_path / f"a{SUFFIX}").stat().st_size < 6_000_000


def test_a_person_is_erased_from_every_file_and_leaves_no_bytes(tmp_path: Path) -> None:
    for host in ("one", "two"):
        ids = StatusIds(tmp_path / f"mastodon-{host}{SUFFIX}")
        for number in range(100):
            author = ANA if number % 2 else LUIS
            ids.add(str(number), named(author, number), author, is_repost=False)
        ids.commit()  # and the listener goes on
    place, subject = StatusIdsPlace(tmp_path), Subject(frozenset({ANA}))
    assert place.find(subject) == 100

    assert place.erase(subject) == []

    assert place.find(subject) == 0
    assert place.find(Subject(frozenset({LUIS}))) == 100
    assert not any(ANA.encode() in path.read_bytes() for path in tmp_path.iterdir())
    with closing(connect(tmp_path / f"mastodon-one{SUFFIX}")) as left:
        assert left.execute("SELECT count(*) FROM statuses").fetchone() == (50,)
