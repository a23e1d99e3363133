import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.producers.live.reddit_window import KEPT, OVERLAP, Window, base36

_versions = st.sampled_from(["", "!", "~1790000000"])


@settings(deadline=None)
@given(st.dictionaries(st.integers(1, 2**45), _versions, max_size=60), st.integers(0, 2**45))
def test_a_cursor_brings_back_the_window_it_was_made_of(items: dict[int, str], floor: int) -> None:
    window = Window()
    window.begin_above(floor)
    for number, version in items.items():
        window.take(number, version)
    again = Window.from_cursor(json.loads(json.dumps(window.to_cursor())))
    assert again == window
    for number, version in items.items():
        assert again.knows(number)
        assert not again.wants(number, version)


@settings(deadline=None)
@given(st.data())
def test_items_that_come_a_few_places_late_are_taken_once(data: st.DataObject) -> None:
    count = data.draw(st.integers(1, 300))
    late = data.draw(st.lists(st.integers(0, 20), min_size=count, max_size=count))
    arrival = sorted(range(count), key=lambda n: (n + late[n], n))
    window, taken = Window(floor=0), []
    for end in sorted([*data.draw(st.lists(st.integers(0, count), max_size=8)), count]):
        listed = sorted(arrival[:end], reverse=True)[:100]
        for number in sorted(listed):
            if window.wants(number + 1, ""):
                taken.append(number)
                window.take(number + 1, "")
        window = Window.from_cursor(window.to_cursor())
    assert len(taken) == len(set(taken))


def test_a_window_keeps_the_newest_and_its_cursor_stays_small() -> None:
    window = Window(floor=0)
    for number in range(10**12, 10**12 + 40 * 5_000, 40):  # as busy as all of Reddit
        window.take(number, "")
    assert len(window.states) == KEPT
    assert window.knows(10**12)
    assert len(window.to_cursor()) < 2_000


def test_a_pivot_has_known_items_above_it() -> None:
    window = Window(floor=0)
    for number in range(1, OVERLAP + 1):
        window.take(number, "")
        assert window.pivot() is None
    window.take(OVERLAP + 1, "")
    assert window.pivot() == 1


@pytest.mark.parametrize("raw", [7, "", "? a", "1 é", ["a"]])
def test_what_is_no_cursor_is_refused(raw: object) -> None:
    with pytest.raises(ValueError, match=r".+"):
        Window.from_cursor(raw)


@settings(deadline=None)
@given(st.integers(0, 2**60))
def test_ids_are_written_as_reddit_writes_them(number: int) -> None:
    assert int(base36(number), 36) == number
