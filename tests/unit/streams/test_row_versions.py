"""Whatever is done to a stored mention, in whatever order: the newest has the last word."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.errors import InputError
from streams.steps import row_versions
from streams.steps.duplicates import EDIT_SHIFT


def row(edited_ms: int, rules: int, rescored: int = 0) -> pa.Table:
    return pa.table(
        {
            "version": pa.array([(edited_ms << EDIT_SHIFT) + rules + rescored], pa.uint64()),
            "rescored": pa.array([rescored], pa.uint16()),
        }
    )


def version(rows: pa.Table) -> int:
    return int(rows["version"][0].as_py())


def judged(rows: pa.Table) -> pa.Table:
    versions, rescored = row_versions.judged_anew(rows)
    return pa.table({"version": versions, "rescored": rescored})


def matched(rows: pa.Table, sequence: int) -> pa.Table:
    versions = row_versions.with_rules(rows, sequence)
    return rows.set_column(0, "version", pa.array(versions))


@given(
    edited_ms=st.integers(0, 2**41),
    first=st.integers(0, 9),
    steps=st.lists(st.sampled_from(["judge", "match"]), max_size=20),
)
def test_each_rewriting_is_newer_and_keeps_what_the_others_did(
    edited_ms: int, first: int, steps: list[str]
) -> None:
    rows, rules, rescored = row(edited_ms, first), first, 0
    for step in steps:
        before = version(rows)
        if step == "judge":
            rows, rescored = judged(rows), rescored + 1
        else:
            rules += 1
            rows = matched(rows, rules)
        assert version(rows) > before
        assert row_versions.rules_sequences(rows).tolist() == [rules]
        assert rows["rescored"].to_pylist() == [rescored]
    edit = row(edited_ms + 1, 0)
    assert version(edit) > version(rows)


def test_a_row_that_can_hold_no_more_is_refused_and_does_not_become_an_edit() -> None:
    full = row(5, 65_000, 535)
    for change in (judged, lambda rows: matched(rows, 65_001)):
        with pytest.raises(InputError, match="65535"):
            change(full)
    assert row_versions.rules_sequences(full).dtype == np.uint64
