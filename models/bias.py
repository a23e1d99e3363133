"""Does a model treat groups alike? Rates and errors by language variety, source, or anything else.

Each share has a 95 % interval (Wilson 1927), which holds for few mentions too; where intervals of
two groups lie apart, they differ by more than chance. Many comparisons are made, so one in twenty
does so by chance. Groups may also truly differ: compare `labelled` before blaming `predicted`.
"""

import math
from collections.abc import Sequence
from typing import Final

import msgspec
import numpy as np

from models.labels import LabelledMention, is_own
from models.predictions import HEADS, Flags, Predictions

SMALL: Final = 50  # fewer say little: an interval is then some 0.28 wide
ANY: Final = "any"  # of intent and stage: whatever is not "none"
UNKNOWN: Final = "unknown"
OWN_CORPUS: Final = "corpus"  # in place of a source: the project's own
_Z: Final = 1.959964  # 97.5 % of a normal distribution lie below


class Rate(msgspec.Struct, frozen=True):
    """`hits` of `of`, and between what the true share lies; of nothing, anything."""

    hits: int
    of: int
    low: float
    high: float

    @property
    def share(self) -> float:
        """The share observed; NaN of nothing."""
        return self.hits / self.of if self.of else math.nan

    def __str__(self) -> str:
        return f"{self.share:.2f} [{self.low:.2f} {self.high:.2f}]" if self.of else "-"


class GroupRates(msgspec.Struct, frozen=True, kw_only=True):
    """How a label fares in one group of mentions, of those whose label is settled.

    `apart` names the rates whose interval lies wholly beside that of all other mentions.
    """

    group: str
    head: str
    label: str
    labelled: Rate  # have the label
    predicted: Rate  # are given it
    missed: Rate  # of those that have it, are not given it
    false_alarms: Rate  # of those that do not have it, are given it
    small: bool  # fewer than `SMALL` mentions, or fewer than a fifth of that with the label
    apart: tuple[str, ...]


_MEASURES: Final = ("labelled", "predicted", "missed", "false_alarms")


def rate(hits: int, of: int) -> Rate:
    """Return a share with its Wilson interval."""
    if not of:
        return Rate(0, 0, 0.0, 1.0)
    share, z2 = hits / of, _Z * _Z
    middle = (share + z2 / (2 * of)) / (1 + z2 / of)
    half = _Z / (1 + z2 / of) * math.sqrt(share * (1 - share) / of + z2 / (4 * of * of))
    return Rate(hits, of, max(0.0, middle - half), min(1.0, middle + half))


def varieties(items: Sequence[LabelledMention]) -> list[str]:
    """Group mentions by language and variety: "es-mx", "en-uk"; "es-unknown" where none is told."""
    return [f"{item.lang}-{item.variety or UNKNOWN}" for item in items]


def sources(items: Sequence[LabelledMention]) -> list[str]:
    """Group mentions by where they were found; what the project wrote itself is "corpus"."""
    return [item.source or (OWN_CORPUS if is_own(item) else UNKNOWN) for item in items]


def group_rates(
    items: Sequence[LabelledMention], predictions: Predictions, groups: Sequence[str]
) -> list[GroupRates]:
    """Return the rates of each label in each group, by head, label, then group in order of name.

    `groups` has a name for each mention: `varieties(items)`, sources, sectors. The first row of a
    label is that of all mentions, group "". Raises ValueError when lengths differ.
    """
    if not len(items) == len(predictions.acts) == len(groups):
        raise ValueError(
            f"{len(items)} mentions, {len(predictions.acts)} predictions, {len(groups)} groups"
        )
    names = sorted(set(groups))
    of_group = {name: np.array([group == name for group in groups], bool) for name in names}
    found = []
    for head, label, settled, has, given in _questions(items, predictions):
        everyone = _rates(settled, has, given)
        found.append(_row("", head, label, everyone, None))
        for name in names:
            own = _rates(settled & of_group[name], has, given)
            others = _rates(settled & ~of_group[name], has, given)
            found.append(_row(name, head, label, own, others))
    return found


def lines(rows: Sequence[GroupRates]) -> list[str]:
    """Return the table for a terminal; * marks a rate apart from that of the others."""
    heading = "".join(f"{name.replace('_', ' '):>20}" for name in _MEASURES)
    printed = [f"{'':34}{'mentions':>8}{heading}"]
    for row in rows:
        cells = (f"{getattr(row, n)!s}{'*' if n in row.apart else ' '}" for n in _MEASURES)
        name = f"{row.head} {row.label}" if not row.group else f"  {row.group}"
        note = "  few: says little" if row.small else ""
        body = "".join(f"{cell:>20}" for cell in cells)
        printed.append(f"{name:34}{row.labelled.of:8}{body}{note}")
    return printed


def _questions(
    items: Sequence[LabelledMention], predictions: Predictions
) -> list[tuple[str, str, Flags, Flags, Flags]]:
    """Head, label, and masks of the mentions: label settled, has it, is given it."""
    questions = []
    for head, about in HEADS.items():
        if about.many:
            settled = np.array([item.acts is not None for item in items], bool)
            for at, act in enumerate(about.classes):
                has = np.array([act in (item.acts or ()) for item in items], bool)
                questions.append((head, act, settled, has, predictions.acts[:, at]))
            continue
        labels = [getattr(item, head) for item in items]
        settled = np.array([label != "" for label in labels], bool)
        decided = predictions.labels[head]
        if "none" in about.classes:
            has = np.array([label not in ("", "none") for label in labels], bool)
            questions.append((head, ANY, settled, has, decided != about.classes.index("none")))
        for at, label in enumerate(about.classes):
            has = np.array([own == label for own in labels], bool)
            questions.append((head, label, settled, has, decided == at))
    return questions


def _rates(chosen: Flags, has: Flags, given: Flags) -> dict[str, Rate]:
    yes, no = chosen & has, chosen & ~has
    n, n_yes, n_no = int(chosen.sum()), int(yes.sum()), int(no.sum())
    return {
        "labelled": rate(n_yes, n),
        "predicted": rate(int((chosen & given).sum()), n),
        "missed": rate(int((yes & ~given).sum()), n_yes),
        "false_alarms": rate(int((no & given).sum()), n_no),
    }


def _row(
    group: str, head: str, label: str, own: dict[str, Rate], others: dict[str, Rate] | None
) -> GroupRates:
    apart = [
        name
        for name in _MEASURES
        if others
        and own[name].of
        and others[name].of
        and (own[name].low > others[name].high or own[name].high < others[name].low)
    ]
    small = own["labelled"].of < SMALL or own["labelled"].hits < SMALL / 5
    return GroupRates(group=group, head=head, label=label, **own, small=small, apart=tuple(apart))
