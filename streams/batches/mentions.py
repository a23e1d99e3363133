"""What a batch of mentions.raw.v1 becomes."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field, replace
from typing import TypeVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from models.predictions import Classifier, Predictions, Texts
from streams.batches.culprits import StepRaisedError, culprits, told_apart
from streams.batches.parents import parents_of
from streams.batches.seen import SeenEvents
from streams.delivery import RecordBatch
from streams.landing import batch_number
from streams.ledger import Ledger, Plan
from streams.model_book import ModelBook, ModelsInForce
from streams.pipeline import Outcome, Turn
from streams.rule_book import RuleBook, RulesInForce
from streams.sinks.clickhouse import ClickHouse
from streams.steps import columns
from streams.steps.columns import Origin
from streams.steps.decode import Decoded, Record, Rejected, decode_batch
from streams.steps.duplicates import Versions
from streams.steps.enrich import Enricher, Heard, Parent
from streams.steps.shadow import shadow_table

log = logging.getLogger(__name__)
T = TypeVar("T")


@dataclass(frozen=True)
class MentionSteps:
    """What the deciders of all partitions share."""

    clickhouse: ClickHouse
    models: ModelBook
    rules: RuleBook
    enricher: Enricher
    threads: Executor
    worker: str


@dataclass(slots=True)
class _Grounds:
    """What a batch is decided by, beside its records."""

    batch: RecordBatch
    rules: RulesInForce
    models: ModelsInForce  # for the whole batch, whatever is promoted meanwhile
    parents: dict[str, Parent] = field(default_factory=dict)
    refused: list[Rejected] = field(default_factory=list)  # records that no step bears

    @property
    def records(self) -> Sequence[Record]:
        """Those of the batch that are not refused."""
        if not self.refused:
            return self.batch.records
        refused = {letter.record.offset for letter in self.refused}
        return [record for record in self.batch.records if record.offset not in refused]


class MentionDecider:
    """Decides the batches of one partition; see `streams.pipeline.Decider`."""

    def __init__(self, steps: MentionSteps, origin: Origin) -> None:
        self._steps = steps
        self._origin = origin
        self._ledger = Ledger(steps.clickhouse)
        self._seen = SeenEvents(steps.clickhouse, origin)

    async def __call__(self, batch: RecordBatch, my_turn: Turn) -> Outcome:
        """Filter, drop what was seen, enrich, judge; a record that no step bears is a dead letter.

        Raises what the steps raise for no record alone, and what is no record's doing.
        """
        rules = await self._rules_for(batch)
        grounds = _Grounds(batch, rules, self._steps.models.in_force)
        while True:
            try:
                return await self._decide(grounds, my_turn)
            except StepRaisedError as raised:
                await my_turn()
                found = await self._in_thread(lambda: self._culprits(grounds))
                if not found:
                    raise raised.__cause__ or raised from None
            self._seen.take_back(batch.position)
            grounds.refused += found

    async def _decide(self, grounds: _Grounds, my_turn: Turn) -> Outcome:
        batch = grounds.batch
        decoded, heard = await self._in_thread(lambda: self._hear(grounds.records, grounds))
        await my_turn()
        versions = await self._seen.drop_from(
            heard, position=batch.position, done=batch.delivery.committable
        )
        grounds.parents = await parents_of(self._steps.clickhouse, heard)
        decoded.refuse(grounds.refused)
        return await self._in_thread(lambda: self._outcome(grounds, decoded, heard, versions))

    async def _rules_for(self, batch: RecordBatch) -> RulesInForce:
        """The newest rules; for a batch planned before, those it was planned with."""
        if not batch.was_planned:
            return self._steps.rules.current
        version = await self._ledger.rules_of(
            self._origin.topic_id, self._origin.partition, batch.position
        )
        return await self._steps.rules.of(version)

    def _hear(self, records: Sequence[Record], grounds: _Grounds) -> tuple[Decoded, Heard]:
        decoded, rules = decode_batch(records), grounds.rules
        return decoded, self._steps.enricher.hear(decoded, rules.rules, rules.pseudonymiser)

    def _culprits(self, grounds: _Grounds) -> list[Rejected]:
        alone = replace(grounds, models=ModelsInForce(grounds.models.current))

        def attempt(records: Sequence[Record]) -> None:
            decoded, heard = self._hear(records, alone)
            self._blocks(alone, decoded, heard, np.ones(len(heard.mentions), dtype=bool))

        return culprits(grounds.records, attempt)

    def _blocks(
        self, grounds: _Grounds, decoded: Decoded, heard: Heard, counted: npt.NDArray[np.bool_]
    ) -> tuple[dict[str, pa.Table], dict[str, pa.Table]]:
        """Blocks of the tables that the ledger accounts for, and of those beside it."""
        batch, rules, models = grounds.batch, grounds.rules, grounds.models
        origin, model = self._origin, models.current
        blocks: dict[str, pa.Table] = {}
        beside: dict[str, pa.Table] = {}
        if decoded.rejected:
            blocks["dead_letters"] = columns.dead_letters_table(decoded.rejected, origin)
        if heard.deletions:
            blocks["deletions"] = columns.deletions_table(
                heard.deletions, heard.deletion_records, origin
            )
        if heard.interactions:
            blocks["interactions"] = columns.interactions_table(
                heard.interactions, heard.interaction_records, heard.interaction_brands, origin
            )
        if heard.mentions:
            enriched = self._steps.enricher.enrich(heard, grounds.parents)
            predictions = model.predict(enriched.texts)
            blocks["mentions"] = columns.mentions_table(
                heard,
                enriched,
                predictions,
                columns.Provenance(
                    origin,
                    batch_number(origin.chain, batch.position),
                    model.version,
                    rules.sequence,
                    rules.rules.version,
                ),
                counted=counted,
            )
            judged = None if models.shadow is None else self._judged(models.shadow, enriched.texts)
            if models.shadow is not None and judged is not None:
                beside["shadow_judgements"] = shadow_table(
                    heard,
                    judged,
                    origin,
                    models.shadow.version,
                    judged_by=columns.judged_by(predictions, model.version),
                )
        if decoded.heartbeats:
            # Last, so that they never look fresher than mentions.
            blocks["heartbeats"] = columns.heartbeats_table(
                decoded.heartbeats, decoded.heartbeat_records, origin
            )
        return blocks, beside

    def _outcome(
        self, grounds: _Grounds, decoded: Decoded, heard: Heard, versions: Versions
    ) -> Outcome:
        batch, origin = grounds.batch, self._origin
        blocks, beside = self._blocks(grounds, decoded, heard, versions.first[versions.fresh])
        stored = len(heard.mentions) + len(heard.interactions)
        first = int(versions.first.sum())
        plan = Plan(
            topic=origin.topic,
            topic_id=origin.topic_id,
            kafka_partition=origin.partition,
            position=batch.position,
            first_offset=batch.records[0].offset,
            last_offset=batch.last_offset,
            records=len(batch.records),
            mentions=first,
            edits=len(heard.mentions) - first,
            interactions=len(heard.interactions),
            deletions=len(decoded.deletions),
            heartbeats=len(decoded.heartbeats),
            duplicates=len(decoded.mentions) + len(decoded.interactions) - heard.filtered - stored,
            dead_letters=len(decoded.rejected),
            filtered=heard.filtered,
            worker=self._steps.worker,
            model_version=grounds.models.current.version,
            rules_version=grounds.rules.rules.version,
        )
        newest = max((m.published_at for m in heard.mentions), default=None)
        return Outcome(plan, blocks, newest, decoded.rejected, beside)

    def _judged(self, shadow: Classifier, texts: Texts) -> Predictions | None:
        """What the model in shadow says; None when it fails, which is its own affair."""
        try:
            return shadow.predict(texts)
        except Exception as error:
            log.exception("model %s fails in shadow", shadow.version)
            self._steps.models.give_up_shadow(shadow.version, error)
            return None

    async def _in_thread(self, step: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(
            self._steps.threads, told_apart, step
        )
