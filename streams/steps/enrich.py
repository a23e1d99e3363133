"""What a mention becomes before it is judged: heard by the rules, then enriched.

`hear` runs over everything that arrives, so it does no more than deciding what is kept takes;
`enrich` runs over what is kept and new.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import compress
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from msgspec.structs import replace

from models.predictions import Texts
from schemas.mention import Deletion, Interaction, Mention
from streams.rules.compiled import CompiledRules, Hits
from streams.steps.copies import Bands, signatures
from streams.steps.decode import Decoded, Record
from streams.steps.language import LanguageDetector
from streams.steps.masking import mask_mentions
from streams.steps.normalise import normalise_and_read
from streams.steps.pseudonyms import Pseudonymiser
from streams.steps.reading import Reading
from streams.steps.spam import score
from streams.steps.traits import Traits, traits

Mask = npt.NDArray[np.bool_]


@dataclass(slots=True)
class Heard:
    """The events of a batch that are kept; lists of one entry per event.

    `deletions` name rows, so one may have a form for each key that authors were ever hashed with.
    """

    mentions: list[Mention]  # texts normalised, otherwise as written
    records: list[Record]
    langs: list[str]
    lang_probabilities: npt.NDArray[np.float32]
    hits: list[Hits]
    reading: Reading  # of the mentions' texts
    interactions: list[Interaction]
    interaction_records: list[Record]
    interaction_brands: list[tuple[str, ...]]
    deletions: list[Deletion]
    deletion_records: list[Record]
    filtered: int
    older_parent_ids: Mapping[str, Sequence[str]]  # where a parent may be from before a rotation

    def only(self, fresh: Mask, fresh_interactions: Mask) -> None:
        """Drop the other mentions and interactions: they were seen before."""
        if not fresh.all():
            self.mentions = list(compress(self.mentions, fresh))
            self.records = list(compress(self.records, fresh))
            self.langs = list(compress(self.langs, fresh))
            self.lang_probabilities = self.lang_probabilities[fresh]
            self.hits = list(compress(self.hits, fresh))
            self.reading = self.reading.only(fresh)
        if not fresh_interactions.all():
            self.interactions = list(compress(self.interactions, fresh_interactions))
            self.interaction_records = list(compress(self.interaction_records, fresh_interactions))
            self.interaction_brands = list(compress(self.interaction_brands, fresh_interactions))


@dataclass(slots=True)
class Enriched:
    """Mentions as they are stored, and what their texts tell; lists of one entry per mention."""

    mentions: list[Mention]
    langs: list[str]
    masked: list[tuple[str, ...]]
    traits: Traits
    spam: npt.NDArray[np.float32]
    spam_reasons: Sequence[Sequence[str]]
    fingerprints: npt.NDArray[np.uint64]
    bands: Bands

    @property
    def texts(self) -> Texts:
        """What the model reads."""
        return Texts(
            [mention.text for mention in self.mentions],
            self.langs,
            [mention.parent_text for mention in self.mentions],
        )


class Parent(NamedTuple):
    """What a mention answers, as it is stored."""

    mention_id: str
    text: str


class Enricher:
    """The steps between decoding and judging. Threads may share one."""

    def __init__(self) -> None:
        self._language = LanguageDetector()

    def hear(self, decoded: Decoded, rules: CompiledRules, pseudonymiser: Pseudonymiser) -> Heard:
        """Keep the events that the rules keep, with what they matched; authors by pseudonym.

        A pure function of events, rules and keys, so that a redelivered batch is filtered alike.
        """
        written = decoded.mentions
        texts, reading = normalise_and_read([m.text for m in written])
        langs, probabilities = self._language.detect(texts, [m.lang for m in written], reading)
        hits = rules.match(written, texts, langs)
        kept = np.fromiter((found.keep for found in hits), dtype=bool, count=len(hits))
        mentions = [
            mention if mention.text is text else replace(mention, text=text)
            for mention, text in compress(zip(written, texts, strict=True), kept)
        ]
        pseudonymous = pseudonymiser.mentions(mentions)
        brands = [
            rules.brands_of_account(i.source, i.target_author_id, "") for i in decoded.interactions
        ]
        kept_interactions = [
            bool(named) or _keeps_everything(rules, interaction.source)
            for interaction, named in zip(decoded.interactions, brands, strict=True)
        ]
        interactions = list(compress(decoded.interactions, kept_interactions))
        deletions, deletion_records = pseudonymiser.deletions_under_all_keys(
            decoded.deletions, decoded.deletion_records
        )
        return Heard(
            mentions=pseudonymous,
            records=list(compress(decoded.mention_records, kept)),
            langs=list(compress(langs, kept)),
            lang_probabilities=probabilities[kept],
            hits=list(compress(hits, kept)),
            reading=_read_anew(reading.only(kept), mentions, pseudonymous),
            interactions=pseudonymiser.interactions(interactions),
            interaction_records=list(compress(decoded.interaction_records, kept_interactions)),
            interaction_brands=list(compress(brands, kept_interactions)),
            deletions=deletions,
            deletion_records=deletion_records,
            filtered=len(written) - int(kept.sum()) + kept_interactions.count(False),
            older_parent_ids=pseudonymiser.older_forms_of_parents(mentions),
        )

    def enrich(self, heard: Heard, parents: Mapping[str, Parent]) -> Enriched:
        """Mask what is personal and find what the texts tell.

        `parents` by the parent_id of replies whose source did not send the text along.
        """
        mentions, masked = mask_mentions(_with_parents(heard.mentions, parents))
        reading = _read_anew(heard.reading, heard.mentions, mentions)
        texts = [mention.text for mention in mentions]
        spam, reasons = score(mentions, texts, reading)
        fingerprints, bands = signatures(texts, reading)
        return Enriched(
            mentions=mentions,
            langs=heard.langs,
            masked=masked,
            traits=traits(mentions, texts, reading),
            spam=spam,
            spam_reasons=reasons,
            fingerprints=fingerprints,
            bands=bands,
        )


def parents_wanted(mentions: Sequence[Mention]) -> list[str]:
    """Ids of parents whose text the source did not send along, each once."""
    return list({m.parent_id: None for m in mentions if m.parent_id and not m.parent_text})


def _with_parents(mentions: list[Mention], parents: Mapping[str, Parent]) -> list[Mention]:
    if not parents:
        return mentions
    return [
        replace(mention, parent_id=found.mention_id, parent_text=found.text)
        if not mention.parent_text and (found := parents.get(mention.parent_id))
        else mention
        for mention in mentions
    ]


def _read_anew(reading: Reading, before: Sequence[Mention], now: Sequence[Mention]) -> Reading:
    """The reading of the texts as they are now, `reading` being of those before."""
    rows = [
        row
        for row, (was, mention) in enumerate(zip(before, now, strict=True))
        if was is not mention and was.text is not mention.text
    ]
    return reading.anew(rows, [now[row].text for row in rows])


def _keeps_everything(rules: CompiledRules, source: str) -> bool:
    keep = rules.listening.keep
    return keep.get(source, keep.get("default", "everything")) == "everything"
