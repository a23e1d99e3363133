"""The tables of an evaluation and of a comparison: what terminal and page have in common."""

from collections.abc import Sequence
from dataclasses import dataclass

from models.comparison import Comparison, Difference
from models.evaluated import Alert, Baseline, Bin, Evaluation, Group, HeadEvaluation
from models.predictions import HEADS
from models.reports.words import Wording

Rows = list[list[str]]
MEMORY = "–"  # in place of files that there are none of
_ALERT_FIGURES = ("precision", "recall", "f1", "average_precision", "ece")


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under a header; the first `words` columns are words, the others numbers."""

    title: str
    header: Sequence[str]
    rows: Rows
    note: str = ""
    words: int = 1


def facts(found: Evaluation, say: Wording) -> list[str]:
    """Return what was measured, on what, and how to read it."""
    lines = [
        f"{say('measured on')}: {', '.join(found.files) or MEMORY}, {say.count(found.mentions)}"
        f" {say('mentions')} ({say('labels')} {found.label_set_hash[:12]})."
    ]
    if found.learnt:
        lines.append(say("learnt", say.count(found.learnt)))
    if found.prevalence is not None:
        weighed, in_file = say.share(found.prevalence), say.share(found.prevalence_in_file)
        lines.append(say("prevalence weighed", weighed, in_file))
    elif found.prevalence_in_file is not None:
        lines.append(say("prevalence as is", say.share(found.prevalence_in_file)))
    lines.append(say("intervals", say.count(found.resamples), found.seed))
    if found.not_labelled:
        names = ", ".join(say(name).lower() for name in found.not_labelled)
        lines.append(say("not labelled", names))
    return lines


def summary(found: Evaluation, say: Wording) -> Table:
    """Return a line for each head."""
    names = ("macro_f1", "average_precision", "ece")
    return Table(
        say("summary"),
        [say("head"), say("mentions"), *map(say, names)],
        [
            [say(h.head), say.count(h.mentions), *(say.figure(h.figures[n]) for n in names)]
            for h in found.heads
        ],
        say("summary note"),
    )


def question(head: str, say: Wording) -> str:
    """Return what an alert of a head is about."""
    return say("any intent" if head == "intent" else "needs reply")


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]


def alert(head: HeadEvaluation, found: Alert, say: Wording) -> Table:
    """Return the figures of a question of yes or no at the alert threshold."""
    threshold = say.number(found.threshold)
    title = _sentence(say("alert", question(head.head, say), threshold))
    figures = [say.figure(getattr(found, name)) for name in _ALERT_FIGURES]
    note = say("alert note", threshold, say.share(found.prevalence), say.share(found.flagged))
    return Table(title, [*map(say, _ALERT_FIGURES)], [figures], note, 0)


def baselines(head: HeadEvaluation, say: Wording) -> Table:
    """Return the model beside what is reached without one."""
    if head.alert is not None:
        header = ["precision", "recall", "f1", "average_precision"]
        ours = [say.number(getattr(head.alert, name).value) for name in header]
        rows = head.alert.baselines
    else:
        header = ["macro_f1", "average_precision"]
        ours = [say.number(head.figures[name].value) for name in header]
        rows = head.baselines
    gains = ("lift_f1", "lift_average_precision")

    def line(one: Baseline) -> list[str]:
        figures = [
            say.number(getattr(one, "f1" if n == "macro_f1" else n)) for n in (*header, *gains)
        ]
        return [_name(one.name, head, say), *figures]

    return Table(
        say("against"),
        [say("baseline"), *map(say, header), *map(say, gains)],
        [[say("model"), *ours, "", ""], *map(line, rows)],
        say("against note"),
    )


def _name(baseline: str, head: HeadEvaluation, say: Wording) -> str:
    if baseline == "always yes" and head.alert is None and not HEADS[head.head].many:
        return say("always the commonest")
    return say(baseline)


def thresholds(found: Alert, say: Wording) -> Table:
    """Return what other alert thresholds give."""
    names = ("precision", "recall", "f1")
    return Table(
        say("thresholds"),
        [say("threshold"), say("flagged"), *map(say, names)],
        [
            [
                say.number(one.threshold, 1),
                say.share(one.flagged),
                *(say.number(getattr(one, name)) for name in names),
            ]
            for one in found.thresholds
        ],
    )


def classes(head: HeadEvaluation, say: Wording) -> Table:
    """Return each class against the rest."""
    return Table(
        say("classes"),
        [say("class"), say("mentions"), *map(say, _ALERT_FIGURES)],
        [
            [one.label, say.count(one.mentions)]
            + [say.figure(getattr(one, name)) for name in _ALERT_FIGURES]
            for one in head.classes
        ],
    )


def confusion(title: str, counts: list[list[int]], names: Sequence[str], say: Wording) -> Table:
    """Return how many mentions of each class were decided for each."""
    rows = zip(names, counts, strict=True)
    return Table(
        f"{title}. {say('confusion')}",
        ["", *names],
        [[name, *map(say.count, row)] for name, row in rows],
    )


def confusions(head: HeadEvaluation, say: Wording) -> list[Table]:
    """Return the confusion of a head with one answer, and of its alert where that differs."""
    tables = []
    if head.confusion is not None:
        tables.append(confusion(say(head.head), head.confusion, HEADS[head.head].classes, say))
    if head.alert is not None and len(HEADS[head.head].classes) > 2:
        title = _sentence(say("alert", question(head.head, say), say.number(head.alert.threshold)))
        tables.append(confusion(title, head.alert.confusion, (say("no"), say("yes")), say))
    return tables


def reliability(bins: list[Bin], say: Wording) -> Table:
    """Return promises and outcomes."""
    return Table(
        say("reliability"),
        [say("bin"), say("mentions"), say("promised"), say("came")],
        [
            [
                f"{say.number(one.low, 1)}–{say.number(one.low + 0.1, 1)}",
                say.count(one.mentions),
                say.number(one.promised),
                say.number(one.came),
            ]
            for one in bins
        ],
        say("reliability note"),
    )


def groups(head: HeadEvaluation, say: Wording) -> Table | None:
    """Return the figures within languages, sources and varieties, None without any."""
    if not head.groups:
        return None
    shown = ("macro_f1", "decided_f1", *_ALERT_FIGURES)
    names = [name for name in shown if name in head.figures]
    return Table(
        say("groups"),
        [say("group"), say("mentions"), *map(say, names)],
        [
            [f"{say(group.kind)} {group.name}", say.count(group.mentions)]
            + [say.figure(group.figures[name]) for name in names]
            for group in head.groups
        ],
        say("groups note"),
    )


def lifts(head: HeadEvaluation, say: Wording) -> Table | None:
    """Return what the model gains on no model within each group, None without any."""
    if not head.groups:
        return None
    figures = ("lift_f1", "lift_average_precision")
    names = [one.name for one in head.groups[0].baselines if one.name != "class shares"]
    header = [f"{say(f)}: {_name(name, head, say)}" for name in names for f in figures]
    return Table(
        say("lifts by group"),
        [say("group"), *header],
        [
            [f"{say(group.kind)} {group.name}"]
            + [
                say.number(getattr(one, figure))
                for one in group.baselines
                if one.name in names
                for figure in figures
            ]
            for group in head.groups
        ],
        say("against note"),
    )


def within(head: HeadEvaluation, group: Group, say: Wording) -> list[Table]:
    """Return confusion and reliability of one language, source or variety."""
    found = [reliability(group.reliability, say)]
    if group.confusion is not None:
        title = f"{say(group.kind)} {group.name}"
        found.insert(0, confusion(title, group.confusion, HEADS[head.head].classes, say))
    return found


def mistakes(found: Evaluation, say: Wording) -> Table | None:
    """Return the surest mistakes with their texts, None without any."""
    if not found.examples:
        return None
    return Table(
        say("mistakes"),
        [say("head"), say("text"), say("truth"), say("decided"), say("probability")],
        [
            [say(one.head), one.text, one.truth, one.decided, say.number(one.probability)]
            for one in found.examples
        ],
        say("mistakes note"),
        4,
    )


def differences(found: Comparison, say: Wording) -> Table:
    """Return every figure of both models and their difference."""
    rows: Rows = []
    for head in found.heads:
        rows += [
            [
                say(head.head),
                say(one.name),
                say.number(one.a, 3),
                say.number(one.b, 3),
                say.figure(one.difference, sign=True),
                _verdict(one, say),
            ]
            for one in head.differences
        ]
    names = [say("head"), say("figure"), "A", "B", f"{say('difference')} B − A", say("verdict")]
    counts = (
        f"{say(head.head).lower()} {say.count(head.disagree)}/{say.count(head.mentions)}"
        for head in found.heads
    )
    return Table(
        say("compared", f"A = {found.a}", f"B = {found.b}"),
        names,
        rows,
        f"{say('disagree')}: {', '.join(counts)}.",
        2,
    )


def _verdict(one: Difference, say: Wording) -> str:
    low, high = one.difference.low, one.difference.high
    if low is None or high is None or low <= 0 <= high:
        return say("verdict open")
    return say("verdict better" if (low > 0) is (one.name != "ece") else "verdict worse")


def disagreements(found: Comparison, say: Wording) -> Table | None:
    """Return mentions on which the two decided differently, None without any."""
    if not found.examples:
        return None
    return Table(
        say("examples"),
        [say("head"), say("text"), say("truth"), "A", "B"],
        [[say(one.head), one.text, one.truth or "–", one.a, one.b] for one in found.examples],
        say("mistakes note"),
        5,
    )
