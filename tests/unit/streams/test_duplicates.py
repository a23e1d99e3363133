"""The cache of mention ids against a plain set, in which nothing is ever forgotten."""

from collections import defaultdict

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.steps.duplicates import MAX_RUNS, SeenIds, hash_ids

MINUTES = 8


def test_hashes_are_xxh3_as_clickhouse_computes_it() -> None:
    """Vectors of the xxHash project for 64 bits without a seed."""
    assert hash_ids([""])[0] == 0x2D06800538D394C2
    # SELECT xxh3('csv:1'), xxh3('bluesky:ñ😀') in ClickHouse 26.9
    assert hash_ids(["csv:1", "bluesky:ñ😀"]).tolist() == [11858961605570393125, 551879744528784327]
    assert hash_ids([]).shape == (0,)
    assert hash_ids(["a", "b"]).dtype == np.uint64


def test_the_first_of_a_batch_wins() -> None:
    seen = SeenIds()
    assert seen.unknown_minutes(np.array([5, 5, 6]), done=0) == [5, 6]
    seen.learn([5, 6], hash_ids(["stored"]))
    ids = ["a", "b", "a", "stored", "b", "c"]
    assert first(seen, ids).tolist() == [True, True, False, False, False, True]
    assert not first(seen, ids).any()
    assert seen.unknown_minutes(np.array([5, 6]), done=0) == []


def test_an_empty_batch_is_no_special_case() -> None:
    seen = SeenIds()
    assert seen.unknown_minutes(np.array([], dtype=np.int64), done=0) == []
    seen.learn([1], hash_ids([]))
    assert first(seen, []).shape == (0,)
    assert first(seen, ["a"]).tolist() == [True]


def test_the_smallest_and_largest_hashes_are_found() -> None:
    """They sit at the ends of a sorted run, where a search steps out of it."""
    ends = np.array([0, 2**64 - 1], dtype=np.uint64)
    seen = SeenIds()
    seen.learn([1], ends)
    assert not seen.first_of_their_kind(ends, 0).any()
    other = np.array([1, 2**64 - 2], dtype=np.uint64)
    assert seen.first_of_their_kind(other, 0).all()


def test_a_minute_known_only_to_the_oldest_ids_is_asked_for_again_before_they_go() -> None:
    """Minute 1 and its ids fall out as minute 3 comes in; its duplicate is known all the same."""
    seen = SeenIds(max_ids=4)
    learn(seen, {1: ["x"]})
    first(seen, ["a", "b"], position=1)
    learn(seen, {2: ["y", "z"]}, done=10)
    first(seen, ["c", "d"], position=2)
    stored = {1: ["x", "a", "b"], 2: ["y", "z", "c", "d"], 3: []}
    learn(seen, {minute: stored[minute] for minute in (1, 3)}, done=10)
    assert not first(seen, ["x"], position=3).any()


def test_ids_of_batches_that_have_not_landed_are_never_dropped() -> None:
    """ClickHouse does not know them yet, so asking it again would not bring them back."""
    seen = SeenIds(max_ids=2)
    learn(seen, {1: []}, done=0)
    first(seen, ["in flight"], position=0)
    for minute in range(2, 50):
        learn(seen, {minute: [f"stored {minute} {n}" for n in range(5)]}, done=0)
    learn(seen, {1: []}, done=0)
    assert not first(seen, ["in flight"], position=50).any()


def test_what_has_landed_is_dropped_so_that_memory_is_bounded() -> None:
    seen = SeenIds(max_ids=100)
    for number in range(1_000):
        learn(seen, {number: [f"stored {number}"]}, done=number)
        first(seen, [f"own {number}"], position=number)
    assert seen._young.size + seen._old.size < 150
    assert len(seen._young._runs) <= MAX_RUNS


Batch = list[tuple[int, int]]


@settings(max_examples=300, deadline=None)
@given(
    batches=st.lists(
        st.lists(st.tuples(st.integers(0, 40), st.integers(0, 30)), max_size=12), max_size=60
    ),
    stored_before=st.sets(st.integers(0, 40), max_size=20),
    max_ids=st.sampled_from([1, 2, 5, 20, 1_000]),
    in_flight=st.integers(1, 5),
)
def test_like_a_set_that_forgets_nothing(
    batches: list[Batch], stored_before: set[int], max_ids: int, in_flight: int
) -> None:
    """Batches land `in_flight` batches later, and whatever is dropped can be asked for again."""
    model = {name(number) for number in stored_before}
    database = defaultdict(set)
    for mention_id in model:
        database[minute_of(mention_id)].add(mention_id)
    landing: list[list[str]] = []
    seen = SeenIds(max_ids=max_ids)
    for position, numbers in enumerate(batches):
        ids = [name(number) for number, _ in numbers]
        minutes = np.array([minute_of(i) for i in ids], dtype=np.int64)
        while len(landing) >= in_flight:
            for mention_id in landing.pop(0):
                database[minute_of(mention_id)].add(mention_id)
        unknown = seen.unknown_minutes(minutes, done=position - len(landing))
        if unknown:
            seen.learn(unknown, hash_ids(sorted(set().union(*(database[m] for m in unknown)))))
        fresh = seen.first_of_their_kind(hash_ids(ids), position).tolist()
        expected = []
        for mention_id in ids:
            expected.append(mention_id not in model)
            model.add(mention_id)
        assert fresh == expected
        landing.append([i for i, is_fresh in zip(ids, fresh, strict=True) if is_fresh])


@pytest.mark.parametrize("repeats", [1, MAX_RUNS, MAX_RUNS + 1, 5 * MAX_RUNS])
def test_merging_runs_loses_nothing(repeats: int) -> None:
    seen = SeenIds(max_ids=10**6)
    for number in range(repeats):
        assert first(seen, [f"a{number}", f"b{number}"]).all()
    everything = [f"{letter}{number}" for letter in "ab" for number in range(repeats)]
    assert not first(seen, everything).any()


def name(number: int) -> str:
    return f"csv:{number}"


def minute_of(mention_id: str) -> int:
    return int(mention_id.removeprefix("csv:")) % MINUTES


def first(seen: SeenIds, ids: list[str], position: int = 0) -> np.ndarray:
    return seen.first_of_their_kind(hash_ids(ids), position)


def learn(seen: SeenIds, stored: dict[int, list[str]], done: int = 0) -> None:
    for minute in seen.unknown_minutes(np.array(list(stored)), done=done):
        seen.learn([minute], hash_ids(stored[minute]))
