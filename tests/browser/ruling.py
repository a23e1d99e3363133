"""A console that publishes rules, and what tests of its page begin with."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import httpx

from dashboards.console import ConsoleConfig, Writers
from deploy.local.ports import free_ports
from streams.listening.desk import RulesDesk
from streams.settings import Settings
from tests.browser.serving import running

SLOW_MS = 60_000  # the matcher is compiled when it is first asked
FIRST = """# what we listen for
brands:
  - name: Volta
    own: true
  - name: Kestrel
topics:
  - name: costumbre
    rule: 'retraso OR "forty minutes"'
"""


@contextmanager
def ruling(settings: Settings, config: ConsoleConfig) -> Iterator[str]:
    """A console that may publish, wired as `escucha console` wires it."""
    with (
        RulesDesk(settings) as desk,
        running(replace(config, port=free_ports(1)[0]), Writers(rules=desk)) as url,
    ):
        yield url


def post(url: str, path: str, body: dict[str, Any]) -> httpx.Response:
    """What the page would send."""
    headers = {"origin": url}
    return httpx.post(f"{url}/api/rules/{path}", json=body, headers=headers, timeout=60)


def publish(
    url: str, text: str, expected: int, who: str, reason: str = "porque sí"
) -> httpx.Response:
    """Put rules in force as somebody else."""
    body = {"listening": text, "expected_sequence": expected, "reason": reason, "made_by": who}
    return post(url, "publish", body)
