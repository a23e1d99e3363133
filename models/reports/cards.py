"""Cards of models, of heads of the accurate profile, and the history, for a terminal."""

import textwrap
from collections.abc import Callable, Mapping, Sequence

from models.accurate_store import AccurateCard
from models.accurate_training import AccurateRecipe
from models.behaviour import BehaviourReport
from models.bias import GroupRates
from models.by_language import LanguageFigures
from models.promotions import Promotion
from models.reports.tables import Table
from models.reports.terminal import WIDTH, lines_of
from models.reports.words import MISSING, Language, Wording
from models.store import ModelCard
from models.training import Recipe


def card_text(
    card: ModelCard, language: Language = "en", *, note: Callable[[str], str] = str
) -> str:
    """Return a model card as text; `note` says what a trainer noted in the language."""
    say = Wording(language)
    training = card.training
    lines = [
        say("card", card.version),
        say(
            "trained",
            f"{card.created_at:%Y-%m-%d %H:%M}",
            training.seed,
            training.label_set_hash[:12],
        ),
        *(say("on", note(say.known(words))) for words in card.trained_on),
        *(say("mentions of", say.count(file.mentions), note(file.name)) for file in card.data),
        *([say("held out", say.count(card.held_out))] if card.held_out else []),
        say("features", card.features),
    ]
    rows = [
        [
            say.head(name),
            say.count(one.mentions),
            *(
                say.number(value, 3)
                for value in (
                    one.macro_f1,
                    one.average_precision,
                    one.prevalence,
                    one.log_loss,
                    one.baseline_log_loss,
                )
            ),
        ]
        for name, one in training.metrics.items()
    ]
    header = ("head", "mentions", "macro_f1", "av. precision", "chance", "log loss", "of shares")
    title = say("cross-validated", training.recipe.folds)
    lines += lines_of(Table(title, tuple(map(say, header)), rows, say("cross-validated note")))
    counts = [
        [say.head(name), ", ".join(f"{label} {say.count(count)}" for label, count in one.items())]
        for name, one in training.counts.items()
    ]
    lines += lines_of(Table(say("counts"), (say("head"), say("classes")), counts, words=2))
    lines += _intent_by_language(training.recipe, training.languages, say)
    if training.behaviour is not None:
        lines += ["", *behaviour_lines(training.behaviour, say)]
        if failures := len(training.behaviour.failures):
            lines.append(say("failures", failures))
    lines += _apart("varieties apart", "variety", training.bias, say)
    lines += _apart("sources apart", "source", training.bias_by_source, say)
    return "\n".join(lines)


def heads_text(
    card: AccurateCard, language: Language = "en", *, note: Callable[[str], str] = str
) -> str:
    """Return the card of heads as text: figures on mentions that were held out."""
    say = Wording(language)
    training = card.training
    learnt = "; ".join(note(say.known(words)) for words in card.trained_on)
    lines = [
        say("heads", card.version),
        say("heads learnt", say.count(training.mentions), learnt),
        say("heads judged", say.known(training.judged_on)),
    ]
    rows = [
        [
            say.head(head),
            say.known(lang),
            say.count(one.mentions),
            *(
                say.number(value, decimals)
                for value, decimals in (
                    (one.macro_f1, 3),
                    (one.average_precision, 3),
                    (one.f1, 3),
                    (one.threshold, 2),
                    (one.log_loss, 3),
                )
            ),
        ]
        for head, languages in training.figures.items()
        for lang, one in languages.items()
    ]
    header = ("head", "language", "mentions", "macro_f1", "av. precision", "f1", "at threshold")
    title, under = say("heads figures"), say("heads figures note")
    names = (*map(say, header), say("log loss"))
    lines += lines_of(Table(title, names, rows, under if card.thresholds else "", words=2))
    lines += ["", *_calibration(card, say)] if not training.languages else []
    lines += _intent_by_language(training.recipe, training.languages, say)
    lines += ["", say("cascade")]
    for lang, found in training.cascade.items():
        line = say(
            "ruled out",
            say.known(lang),
            say.number(found.threshold, 3),
            say.share(found.ruled_out),
            say.share(found.missed),
        )
        if found.precision is not None:
            line += say("cascade decides", say.number(found.precision), say.number(found.recall))
        lines.append(line)
    if card.behaviour is not None:
        lines += ["", *behaviour_lines(card.behaviour, say)]
    return "\n".join(lines)


def _calibration(card: AccurateCard, say: Wording) -> list[str]:
    """What holds of heads of which no language has a threshold for what was asked."""
    if card.thresholds:
        return textwrap.wrap(say("heads too few", *asked_for(card.training.recipe, say)), WIDTH)
    shares = ", ".join(
        f"{say.known(lang)} {say.share(one.prevalence)}"
        for lang, one in card.training.figures.get("intent", {}).items()
    )
    return textwrap.wrap(say("heads of before", shares), WIDTH)


def asked_for(recipe: Recipe | AccurateRecipe, say: Wording) -> tuple[str, str]:
    """What a model was calibrated for, and what its thresholds were chosen for."""
    share = say("as labelled")
    if recipe.prevalence is not None:
        share = say("taken to be", say.plain(recipe.prevalence))
    chosen = say("best f1")
    if recipe.precision is not None:
        chosen = say("a precision", say.plain(recipe.precision))
    return share, chosen


def _intent_by_language(
    recipe: Recipe | AccurateRecipe, languages: Mapping[str, LanguageFigures], say: Wording
) -> list[str]:
    """How each language decides for intent, and what came of it."""
    share, chosen = asked_for(recipe, say)
    rows = [
        [
            lang,
            say.count(one.mentions),
            say.number(one.prevalence, 3),
            *(
                say.number(value)
                for value in (
                    one.threshold,
                    one.precision,
                    one.recall,
                    one.f1,
                    one.average_precision,
                )
            ),
        ]
        for lang, one in languages.items()
    ]
    names = ("language", "mentions", "share", "at threshold", "precision", "recall", "f1")
    header = (*map(say, names), say("av. precision"))
    title = say("intent by language", chosen, share)
    return lines_of(Table(title, header, rows, say("intent by language note"))) if rows else []


def behaviour_lines(found: BehaviourReport, say: Wording) -> list[str]:
    """What behavioural tests found, as lines."""

    def heading(what: str, *columns: str) -> list[str]:
        cells = "".join(f"{say(name):>9}" for name in columns)
        return ["", f"{say(what):31} {say('head'):20}{cells}"]

    def row(name: str, head: str, texts: int, hits: int, *rest: str) -> str:
        share = say.share(hits / texts) if texts else MISSING
        cells = "".join(f"{cell:>9}" for cell in (say.count(texts), share, *rest))
        return f"{name:31} {say.head(head):20}{cells}"

    lines = [say("behaviour", say.count(found.cases))]
    lines += heading("should not matter", "texts", "flips", "change")
    for i in found.invariance:
        lines.append(row(say.known(i.name), i.head, i.texts, i.flips, say.number(i.mean_change, 3)))
    lines += heading("should move", "texts", "wrong", "change")
    for d in found.direction:
        name = f"{say.known(d.name):29} {'↑' if d.wanted == 'up' else '↓'}"
        change = say.number(d.mean_change, 3, sign=True)
        lines.append(row(name, d.head, d.texts, d.wrong, change))
    lines += heading("unmistakable", "cases", "passed")
    return [*lines, *(row(f.label, f.head, f.cases, f.passed) for f in found.functionality)]


def _apart(title: str, kind: str, groups: Sequence[GroupRates], say: Wording) -> list[str]:
    """The varieties or sources that fare otherwise than the rest."""
    apart = [
        [
            one.group,
            say.head(one.head),
            say.count(one.labelled.of),
            ", ".join(say(name.replace("_", " ")) for name in one.apart),
            *(say.share(rate.hits / max(1, rate.of)) for rate in (one.missed, one.false_alarms)),
        ]
        for one in groups
        if one.apart
    ]
    header = tuple(map(say, (kind, "head", "mentions", "apart in", "missed", "false alarms")))
    return lines_of(Table(say(title), header, apart, say("apart note"), 2)) if apart else []


def history_text(
    history: Sequence[Promotion],
    language: Language = "en",
    *,
    gate: Callable[[str], str] = str,
    number: int = 10,
) -> str:
    """Return the newest promotions as text; `gate` says what the gate said in the language."""
    say = Wording(language)
    rows = [
        [
            f"{one.since:%Y-%m-%d %H:%M:%S}",
            one.version,
            f"{say(one.how)}{say('forced') if one.forced else ''}",
            one.promoted_by,
            gate(one.gate),
        ]
        for one in history[:number]
    ]
    header = tuple(map(say, ("when", "version", "what", "by", "gate said")))
    return "\n".join(lines_of(Table(say("history"), header, rows, words=5)))
