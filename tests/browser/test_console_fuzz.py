"""The console's routes, whichever there are, asked anything over a real ClickHouse."""

from dataclasses import replace

from dashboards.console import ConsoleConfig
from tests.fuzz.engine import fuzz
from tests.fuzz.targets import TARGETS
from tests.fuzz.targets.http import asking


def test_every_route_answers_or_refuses_whatever_it_is_asked(config: ConsoleConfig) -> None:
    target = replace(TARGETS["console"], open=asking(replace(config, answer_lifetime_sec=0.0)))
    result = fuzz(target, seed=20_261_130, inputs=len(target.seeds()) + 300)
    assert [f"{crash.why}\n{crash.content[:500]!r}" for crash in result.crashes] == []
    assert any(" 200 " in outcome for outcome in result.outcomes)
