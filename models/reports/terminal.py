"""Reports as plain text, aligned, for a terminal or a file."""

import textwrap
import unicodedata
from collections.abc import Iterator, Sequence

from models.bias import GroupRates
from models.comparison import Comparison
from models.evaluated import Evaluation
from models.promotions import Promotion
from models.reports import tables
from models.reports.tables import Table
from models.reports.words import Language, Wording
from models.store import ModelCard

_WIDTH = 100
_LONGEST_CELL = 72


def evaluation_text(found: Evaluation, language: Language = "en") -> str:
    """Return an evaluation as text."""
    say = Wording(language)
    return "\n".join(_evaluation(found, say))


def _evaluation(found: Evaluation, say: Wording) -> Iterator[str]:
    yield say("title", found.model)
    for fact in tables.facts(found, say):
        yield from textwrap.wrap(fact, _WIDTH)
    yield from _lines(tables.summary(found, say))
    for head in found.heads:
        yield from ("", f"== {say(head.head)} ==")
        if head.alert is not None:
            yield from _lines(tables.alert(head, head.alert, say))
        yield from _lines(tables.baselines(head, say))
        if head.alert is not None:
            yield from _lines(tables.thresholds(head.alert, say))
        yield from _lines(tables.classes(head, say))
        for table in tables.confusions(head, say):
            yield from _lines(table)
        bins = head.alert.reliability if head.alert is not None else head.reliability
        yield from _lines(tables.reliability(bins, say))
        for by_group in (tables.groups(head, say), tables.lifts(head, say)):
            if by_group is not None:
                yield from _lines(by_group)
        for group in head.groups:
            if group.kind == "language" and group.confusion is not None:  # the page has all
                yield from _lines(tables.within(head, group, say)[0])
    if (wrong := tables.mistakes(found, say)) is not None:
        yield from _lines(wrong)


def comparison_text(found: Comparison, language: Language = "en") -> str:
    """Return a comparison as text."""
    say = Wording(language)
    lines = [
        f"{say('measured on')}: {', '.join(found.files) or tables.MEMORY},"
        f" {say.count(found.mentions)} {say('mentions')}.",
        *textwrap.wrap(say("intervals", say.count(found.resamples), found.seed), _WIDTH),
        *_lines(tables.differences(found, say)),
    ]
    if found.learnt:
        lines.insert(1, say("learnt", say.count(found.learnt)))
    if (texts := tables.disagreements(found, say)) is not None:
        lines += _lines(texts)
    return "\n".join(lines)


def card_text(card: ModelCard) -> str:
    """Return a model card as text."""
    training = card.training
    lines = [
        f"model {card.version}",
        f"trained {card.created_at:%Y-%m-%d %H:%M} UTC, seed {training.seed}, label set"
        f" {training.label_set_hash[:12]}",
        *(f"on {words}" for words in card.trained_on),
        *(f"   {file.mentions:>7,} mentions of {file.name}" for file in card.data),
        *([f"   {card.held_out:>7,} held out to judge by"] if card.held_out else []),
        f"features {card.features}",
    ]
    rows = [
        [
            name,
            f"{one.mentions:,}",
            f"{one.macro_f1:.3f}",
            f"{one.average_precision:.3f}",
            f"{one.prevalence:.3f}",
            f"{one.log_loss:.3f}",
            f"{one.baseline_log_loss:.3f}",
        ]
        for name, one in training.metrics.items()
    ]
    header = ("head", "mentions", "macro F1", "av. precision", "chance", "log loss", "of shares")
    lines += _lines(
        Table(
            f"Cross-validated ({training.recipe.folds} folds)",
            header,
            rows,
            "Chance is the share of mentions in any class but the first, and what guessing reaches"
            " in average precision; the last column is the log loss of guessing the class shares."
            " The corpus is balanced: judge a model with escucha evaluate --on FILE.jsonl.",
        )
    )
    counts = [
        [name, ", ".join(f"{label} {count:,}" for label, count in one.items())]
        for name, one in training.counts.items()
    ]
    lines += _lines(Table("Mentions", ("head", "classes"), counts, words=2))
    return "\n".join([*lines, *_intent_by_language(card), *_limits(card)])


def _intent_by_language(card: ModelCard) -> list[str]:
    """How each language decides for intent, and what came of it."""
    recipe = card.training.recipe
    chosen = "the best F1" if recipe.precision is None else f"precision {recipe.precision:g}"
    share = "as labelled" if recipe.prevalence is None else f"taken to be {recipe.prevalence:g}"
    rows = [
        [
            lang,
            f"{one.mentions:,}",
            f"{one.prevalence:.3f}",
            f"{one.threshold:.2f}",
            f"{one.precision:.2f}",
            f"{one.recall:.2f}",
            f"{one.f1:.2f}",
            f"{one.average_precision:.2f}",
        ]
        for lang, one in card.training.languages.items()
    ]
    header = (
        "language",
        "mentions",
        "share",
        "threshold",
        "precision",
        "recall",
        "F1",
        "av. prec.",
    )
    title = f"Intent yes or no by language: thresholds for {chosen}, share of intent {share}"
    note = "On mentions not seen, at thresholds chosen without them."
    return _lines(Table(title, header, rows, note)) if rows else []


def _limits(card: ModelCard) -> list[str]:
    """What behavioural tests found, and the varieties and sources that fare otherwise."""
    lines: list[str] = []
    behaviour = card.training.behaviour
    if behaviour is not None:
        lines += ["", *behaviour.lines()]
        if behaviour.failures:
            lines.append(
                f"{len(behaviour.failures)} failures, each with the id of its case, are in --json"
            )
    lines += _apart("Varieties that fare otherwise", "variety", card.training.bias)
    lines += _apart("Sources that fare otherwise", "source", card.training.bias_by_source)
    return lines


def _apart(title: str, kind: str, groups: Sequence[GroupRates]) -> list[str]:
    apart = [
        [
            one.group,
            one.head,
            f"{one.labelled.of:,}",
            ", ".join(name.replace("_", " ") for name in one.apart),
            *(f"{rate.hits / max(1, rate.of):.0%}" for rate in (one.missed, one.false_alarms)),
        ]
        for one in groups
        if one.apart
    ]
    header = (kind, "head", "mentions", "apart in", "missed", "false alarms")
    note = "Rates whose 95 % interval lies beside that of all others; the rest is in --json."
    return _lines(Table(title, header, apart, note, 2)) if apart else []


def history_text(history: list[Promotion], number: int = 10) -> str:
    """Return the newest promotions as text."""
    rows = [
        [
            f"{one.since:%Y-%m-%d %H:%M:%S}",
            one.version,
            f"{one.how}{', forced' if one.forced else ''}",
            one.promoted_by,
            one.gate,
        ]
        for one in history[:number]
    ]
    header = ("when (UTC)", "version", "what", "by", "the gate said")
    return "\n".join(_lines(Table("History", header, rows, words=5)))


def _lines(table: Table) -> list[str]:
    rows = [list(table.header), *([_short(cell) for cell in row] for row in table.rows)]
    widths = [max(_width(row[k]) for row in rows) for k in range(len(table.header))]
    lines = ["", table.title]
    for number, row in enumerate(rows):
        cells = [
            cell + " " * (width - _width(cell))
            if k < table.words
            else " " * (width - _width(cell)) + cell
            for k, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        lines.append(("  " + "  ".join(cells)).rstrip())
        if number == 0:
            lines.append("  " + "  ".join("─" * width for width in widths))
    return lines + [f"  {line}" for line in textwrap.wrap(table.note, _WIDTH - 2)]


def _short(cell: str) -> str:
    """A cell in one line that cannot move the cursor, whatever text it is."""
    plain = "".join(" " if unicodedata.category(c) in ("Cc", "Cs") else c for c in cell)
    plain = " ".join(plain.split())
    return plain if len(plain) <= _LONGEST_CELL else plain[: _LONGEST_CELL - 1] + "…"


def _width(cell: str) -> int:
    """Columns on a terminal: emoji and the like take two, marks none."""
    wide = sum(unicodedata.east_asian_width(c) in "WF" for c in cell)
    return len(cell) + wide - sum(unicodedata.category(c) in ("Mn", "Me", "Cf") for c in cell)
