"""What CI must have is a failure there and a skip elsewhere."""

import re
from pathlib import Path

import pytest

from streams.operate.machine_checks import OTHERS
from tests.needs import BROWSER, KAFKA, missing

CI = Path(__file__).parents[2] / ".ci" / "run"


@pytest.mark.parametrize("variable", [KAFKA, BROWSER])
def test_what_is_missing_is_skipped_and_in_ci_fails(
    variable: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(variable, raising=False)
    with pytest.raises(pytest.skip.Exception, match="no such program"):
        missing("no such program", variable)
    monkeypatch.setenv(variable, "1")
    with pytest.raises(pytest.fail.Exception, match=f"no such program .*{variable}"):
        missing("no such program", variable)


@pytest.mark.parametrize("variable", [KAFKA, BROWSER])
def test_ci_says_what_it_must_have_and_doctor_knows_the_name(variable: str) -> None:
    assert re.search(rf"^export .*\b{variable}=1", CI.read_text(), re.MULTILINE)
    assert variable in OTHERS
