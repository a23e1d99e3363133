"""Looks at a running worker twice a second: whether it works, and what its gauges read."""

import asyncio
import contextlib
import time
from collections.abc import Sequence
from typing import cast

import faust

from streams.metrics import Metrics
from streams.model_book import ModelBook
from streams.rule_book import RuleBook
from streams.settings import Settings
from streams.sinks.clickhouse import ClickHouse
from streams.transport import Consumer
from streams.vitals import Signs, Vitals

SHOW_EVERY_SEC = 2.0
KNOCK_TIMEOUT_SEC = 2.0


class Watch:
    """Feeds `vitals` and the gauges of one worker. Call `look` from its event loop."""

    def __init__(
        self,
        settings: Settings,
        app: faust.App,
        clickhouse: ClickHouse,
        models: ModelBook,
        rules: RuleBook,
        metrics: Metrics,
        vitals: Vitals,
    ) -> None:
        self._settings, self._app, self._clickhouse = settings, app, clickhouse
        self._models, self._rules, self._metrics = models, rules, metrics
        self._vitals = vitals
        self._has_joined = False
        self._shown_at = 0.0

    async def look(self) -> bool:
        """Take note of everything; says whether the worker has ever joined its group."""
        now = time.monotonic()
        if not self._app.started:
            self._vitals.show(Signs(at=now))
            return False
        consumer = cast(Consumer, self._app.consumer)
        is_member = consumer.is_member and not self._app.rebalancing
        self._has_joined = self._has_joined or is_member
        lags = consumer.lags()
        self._vitals.show(
            Signs(
                at=now,
                has_joined=self._has_joined,
                is_member=is_member,
                flows=consumer.flow_active,
                asked_at=consumer.fetched_at,
                has_room=consumer.has_room,
                waiting=sum(lags.values()),
                done=consumer.done(),
                sink_trouble=self._clickhouse.trouble,
                # Asked only when it matters: whoever is a member has a broker.
                broker_is_away=not is_member
                and self._has_joined
                and not await answers(self._settings.kafka_bootstrap.split(",")),
            )
        )
        if now - self._shown_at > SHOW_EVERY_SEC:
            self._shown_at = now
            self._metrics.show_all(
                "escucha_lag_records",
                {(tp.topic, str(tp.partition)): lag for tp, lag in lags.items()},
            )
            self._metrics.show("escucha_in_flight_records", consumer.in_flight)
            self._show_versions()
        return self._has_joined

    def _show_versions(self) -> None:
        models, rules = self._models.in_force, self._rules.current
        judging: dict[tuple[str, ...], float] = {(models.current.version, "current"): 1.0}
        if models.shadow is not None:
            judging[models.shadow.version, "shadow"] = 1.0
        self._metrics.show_all("escucha_model_info", judging)
        self._metrics.show("escucha_model_trouble", bool(self._models.trouble))
        name = (rules.rules.version, str(rules.sequence))
        self._metrics.show_all("escucha_rules_info", {name: 1.0})


async def answers(servers: Sequence[str]) -> bool:
    """Whether any of these takes a connection."""
    for server in servers:
        host, _, port = server.strip().rpartition(":")
        with contextlib.suppress(OSError, TimeoutError):
            async with asyncio.timeout(KNOCK_TIMEOUT_SEC):
                _, writer = await asyncio.open_connection(host.strip("[]"), int(port))
            writer.close()
            return True
    return False
