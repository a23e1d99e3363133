"""The statements of a run: each says what it promises, and no table of theirs is forgotten."""

import re

import pytest

from streams.migrate import migrations
from streams.privacy.places import IMPERSONAL, TABLES
from streams.signals.value.steps import FOLDER, KEPT, WORKING, Step, steps


@pytest.mark.parametrize("step", steps(), ids=lambda step: step.name)
def test_a_step_says_its_promise_and_fills_a_table_of_runs(step: Step) -> None:
    assert (FOLDER / f"{step.name}.sql").read_text("utf-8").startswith("-- Promise: ")
    assert "/*" not in step.statement
    assert "--" not in step.statement
    [table] = re.findall(r"^INSERT INTO (\w+)", step.statement)
    assert table in KEPT + WORKING
    # What it reads of a run is of its own, and what it reads of the world as it stands.
    for read in re.findall(r"FROM (value_\w+)", step.statement):
        assert read in {*KEPT, *WORKING, "value_settings"}
    for line in step.statement.splitlines():
        assert not re.search(r"FROM (orders|gestures|value_settings)$", line.strip()) or (
            step.name == "09_people"
        )


def test_every_table_with_a_run_is_dropped_and_has_its_place() -> None:
    made = {
        table
        for migration in migrations()
        for statement in migration.statements
        for table in re.findall(r"^CREATE TABLE IF NOT EXISTS (value_\w+)\n\(\n    run ", statement)
    } - {"value_runs"}
    assert made == set(KEPT + WORKING)
    assert made <= {table.name for table in TABLES} | set(IMPERSONAL)
