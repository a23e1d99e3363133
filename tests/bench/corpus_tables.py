"""The tables of models/corpus/README.md: `python -m tests.bench.corpus_tables`."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from operator import attrgetter

from models.labels import LabelledMention, load_corpus
from schemas.labels import ACTS, INTENTS, NEEDS_REPLY, SENTIMENTS, STAGES

COLUMNS = (("es", "balanced"), ("en", "balanced"), ("es", "natural"), ("en", "natural"))


def table(
    items: Sequence[LabelledMention],
    name: str,
    labels: Sequence[str] | None,
    of: Callable[[LabelledMention], Iterable[str]],
) -> str:
    """One table as Markdown: a label a line, most frequent first unless an order is given."""
    counts = Counter(
        (label, str(item.lang), str(item.draw)) for item in items for label in of(item)
    )
    sizes = Counter((str(item.lang), str(item.draw)) for item in items)
    totals: Counter[str] = Counter()
    for (label, _, _), count in counts.items():
        totals[label] += count
    lines = [f"| {name} | balanced es | balanced en | natural es | natural en | all |"]
    lines.append("|---|---|---|---|---|---|")
    for label in labels or [label for label, _ in totals.most_common()]:
        cells = []
        for lang, draw in COLUMNS:
            count = counts[label, lang, draw]
            cells.append(f"{count:,} ({count / sizes[lang, draw]:.0%})")
        total = f"{totals[label]:,} ({totals[label] / len(items):.0%})"
        lines.append(f"| {label} | {' | '.join(cells)} | {total} |")
    return "\n".join(lines)


def tables() -> str:
    """All tables, in the order of the README."""
    items = load_corpus()
    heads: dict[str, Sequence[str]] = {
        "intent": INTENTS, "stage": STAGES, "needs_reply": NEEDS_REPLY, "sentiment": SENTIMENTS,
    }  # fmt: skip
    parts = [table(items, "mentions", ["all"], lambda item: ["all"])]
    for head, labels in heads.items():
        parts.append(table(items, head, labels, _each(attrgetter(head))))
    parts.append(table(items, "act", ACTS, lambda item: item.acts or ()))
    for lang in ("es", "en"):
        own = [item for item in items if item.lang == lang]
        parts.append(_simple(own, f"variety in {lang}", lambda item: item.variety))
    parts.append(_simple(items, "sector", lambda item: item.sector or ""))
    return "\n\n".join(parts)


def _each(of: Callable[[LabelledMention], str]) -> Callable[[LabelledMention], Iterable[str]]:
    return lambda item: [of(item)]


def _simple(
    items: Sequence[LabelledMention], name: str, of: Callable[[LabelledMention], str]
) -> str:
    counts = Counter(of(item) for item in items).most_common()
    return f"{name}: " + " · ".join(f"{label} {count:,}" for label, count in counts)


if __name__ == "__main__":
    print(tables())
