"""What matching costs as rules grow: `python -m tests.bench.rules`.

Rules are made of the vocabulary of the texts: brand-like names with handles, phrases, proximity,
exclusions and fields, each about something of its own, as real ones are. Beside the engine, in the
same run: every rule evaluated on every mention (`naive`), and one regular expression with all
literals whose hits are evaluated exactly (`regex union`); both see fewer mentions, and their cost
per mention is what those took. The search for literals is also compared with Aho-Corasick. Texts
are the tweets in the folder ESCUCHA_DATA names (default: ../shared/data); where there are none,
the project's corpus, repeated.
"""

import random
import re
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from itertools import pairwise
from statistics import median

import ahocorasick_rs
import click

from schemas.mention import Author, Engagement, Mention
from streams.rules.compiled import CompiledRules, compile_rules
from streams.rules.entities import brand_rule, sensible
from streams.rules.keys import keys_of
from streams.rules.listening import Brand, Listening, Topic
from streams.rules.matcher import join
from streams.rules.nodes import Node, Token
from streams.rules.plainly import Text, evaluate
from streams.rules.program import assemble, literal_of
from streams.rules.scan import scan
from streams.rules.words import code_points, compose, read, reading_table
from tests.bench.analyser import read_texts

SIZES = (10, 100, 1_000, 10_000)
BATCH = 2_000  # mentions; a worker's batches are whole fetches of up to 10,000
SYLLABLES = ("ba", "ka", "lo", "mi", "ne", "ro", "su", "ti", "va", "zo", "lum", "ner", "tak", "vex")
OPERATORS = {"and", "or", "not", "near"}


def made_rules(count: int, texts: Sequence[str], seed: int = 7) -> Listening:
    """Return a listening file of `count` rules: one brand for four topics."""
    random_ = random.Random(seed)
    counts = Counter(word.folded for text in texts for word in read(compose(text)) if word.is_word)
    words = [w for w, n in counts.items() if len(w) > 3 and w.isalpha() and n < len(texts) / 50]
    words = sorted(set(words) - OPERATORS)
    common = [w for w, _ in counts.most_common(2_000) if len(w) > 2 and w.isalpha()]
    common = [word for word in common if word not in OPERATORS]
    pairs = sorted({pair for text in texts[:8_000] for pair in _pairs(text)})
    names = iter(_names(count, random_, words))
    brands, topics = [], []
    for number in range(count):
        if number % 5 == 0:
            name = next(names)
            handles = (f"@{name.lower()}",)
            brands.append(
                Brand(name=name, names=(f"{name} Air",), handles=handles, own=number == 0)
            )
        else:
            rule = _topic(number % 5, random_, words, common, pairs, next(names))
            topics.append(Topic(name=f"topic {number}", rule=rule))
    return Listening(brands=tuple(brands), topics=tuple(topics), interests=())


def _pairs(text: str) -> list[str]:
    words = [word.folded for word in read(compose(text)) if word.is_word and word.folded.isalpha()]
    return [f"{a} {b}" for a, b in pairwise(words) if len(a) + len(b) > 9]


def _names(count: int, random_: random.Random, words: Sequence[str]) -> list[str]:
    """Return names: one in ten is a word that people use, the others are invented."""
    names: dict[str, None] = {}
    while len(names) < count:
        if random_.random() < 0.1:
            names[random_.choice(words).capitalize()] = None
        else:
            names["".join(random_.choices(SYLLABLES, k=random_.randint(3, 4))).capitalize()] = None
    return list(names)


def _topic(
    kind: int,
    random_: random.Random,
    words: Sequence[str],
    common: Sequence[str],
    pairs: Sequence[str],
    name: str,
) -> str:
    a, b = random_.choice(words), random_.choice(words)
    one, two, three = random_.sample(list(common), 3)
    lang = random_.choice(("es", "en"))
    if kind == 1:
        return f'"{random_.choice(pairs)}" OR "{random_.choice(pairs)}" OR #{name.lower()}'
    if kind == 2:
        return f"({name} OR {a}) NEAR/5 ({one} OR {two} OR {b}) NOT {three}"
    if kind == 3:
        return f"lang:{lang} AND ({a} OR {name.lower()[:6]}*) AND ({one} OR {two} OR {three})"
    return f'({a} {one})~6 AND NOT ("{random_.choice(pairs)}" OR has:link) followers:>50'


def mentions_of(texts: Sequence[str]) -> list[Mention]:
    """Return mentions with these texts."""
    now = datetime(2026, 11, 1, tzinfo=UTC)
    return [
        Mention(
            mention_id=f"bench:{number}",
            source="bench",
            author=Author(id=f"a{number}", handle=f"a{number}", followers=number % 5_000),
            text=text,
            published_at=now,
            lang="en",
            engagement=Engagement(),
        )
        for number, text in enumerate(texts)
    ]


Work = Callable[[Sequence[Mention]], int]  # returns how many matches there were


def engine(rules: CompiledRules) -> Work:
    """Return the engine's work, batch by batch."""

    def run(mentions: Sequence[Mention]) -> int:
        found = 0
        for start in range(0, len(mentions), BATCH):
            batch = mentions[start : start + BATCH]
            texts = [mention.text for mention in batch]
            for hits in rules.match(batch, texts, [mention.lang for mention in batch]):
                found += len(hits.brands) + len(hits.topics)
        return found

    return run


def trees(listening: Listening) -> list[Node]:
    """Return each rule's tree."""
    return [
        *map(brand_rule, listening.brands),
        *(sensible(topic.rule) for topic in listening.topics),
    ]


def naive(rules: Sequence[Node]) -> Work:
    """Return the evaluation of every rule on every mention, one by one."""

    def run(mentions: Sequence[Mention]) -> int:
        read_texts_ = (Text.of(mention, mention.text, mention.lang) for mention in mentions)
        return sum(evaluate(rule, text) for text in read_texts_ for rule in rules)

    return run


def regex_union(rules: Sequence[Node]) -> Work:
    """Return one regular expression of all literals before the exact evaluation."""
    by_literal: dict[str, set[int]] = defaultdict(set)
    beginnings: set[str] = set()
    for number, rule in enumerate(rules):
        keys = keys_of(rule)
        for ask, _ in keys.pairs if keys else ():
            if not isinstance(ask, Token):
                raise TypeError("a rule that only fields find has no place in a regular expression")
            literal, is_beginning = literal_of(ask)
            by_literal[literal].add(number)
            if is_beginning:
                beginnings.add(literal)
    alternatives = sorted(by_literal, key=len, reverse=True)
    union = re.compile(
        r"(?<!\w)(?:"
        + "|".join(re.escape(a) + ("" if a in beginnings else r"(?!\w)") for a in alternatives)
        + ")"
    )

    def run(mentions: Sequence[Mention]) -> int:
        found = 0
        for mention in mentions:
            text = Text.of(mention, mention.text, mention.lang)
            folded = " ".join(word.folded for word in text.words)
            candidates: set[int] = set()
            for literal in union.findall(folded):
                candidates |= by_literal[literal]
            found += sum(evaluate(rules[number], text) for number in candidates)
        return found

    return run


def scanning(rules: Sequence[Node]) -> Work:
    """Return the engine's search for literals: reading the words of a text, and looking them up."""
    _, literals, _ = assemble(rules)

    def run(mentions: Sequence[Mention]) -> int:
        found = 0
        for start in range(0, len(mentions), BATCH):
            joined, starts, ends = join([m.text for m in mentions[start : start + BATCH]])
            hits = scan(code_points(joined), starts, ends, reading_table(), literals)[1]
            found += len(hits)
        return found

    return run


def aho_corasick(rules: Sequence[Node], mentions: Sequence[Mention]) -> Work:
    """Return the search for the same literals in texts that are folded already, ends unchecked."""
    _, _, atoms = assemble(rules)
    automaton = ahocorasick_rs.AhoCorasick(sorted({literal_of(token)[0] for token in atoms.tokens}))
    folded = {m.mention_id: " ".join(w.folded for w in read(compose(m.text))) for m in mentions}

    def run(mentions: Sequence[Mention]) -> int:
        found = 0
        for start in range(0, len(mentions), BATCH):
            joined = "\n".join(folded[m.mention_id] for m in mentions[start : start + BATCH])
            found += len(automaton.find_matches_as_indexes(joined, overlapping=True))
        return found

    return run


def seconds_per_mention(work: Work, mentions: Sequence[Mention]) -> tuple[float, int]:
    """Time one pass; return what a mention took and how many matches there were."""
    start = time.perf_counter()
    found = work(mentions)
    return (time.perf_counter() - start) / len(mentions), found


@click.command()
@click.option("--rounds", type=click.IntRange(min=1), default=5, show_default=True)
@click.option("--texts", "count", type=click.IntRange(min=BATCH), default=20_000, show_default=True)
@click.option("--baselines/--no-baselines", default=True, show_default=True)
def main(rounds: int, count: int, baselines: bool) -> None:
    """Compare 10 to 10,000 rules on the same mentions; print the curve and two baselines."""
    texts, source = read_texts(count)
    mentions = mentions_of(texts)
    listenings = {size: made_rules(size, texts) for size in SIZES}
    engines: dict[int, Work] = {}
    compiling: dict[int, float] = {}
    for size, listening in listenings.items():
        started = time.perf_counter()
        rules = compile_rules(listening)
        compiling[size] = time.perf_counter() - started
        engines[size] = engine(rules)
        engines[size](mentions[:BATCH])  # compiled loops load
    took: dict[int, list[float]] = {size: [] for size in SIZES}
    found = dict.fromkeys(SIZES, 0)
    for _ in range(rounds):
        for size, work in engines.items():
            seconds, found[size] = seconds_per_mention(work, mentions)
            took[size].append(seconds)
    costs = {size: median(times) * 1e6 for size, times in took.items()}
    click.echo(f"{source}: {len(texts):,} mentions in batches of {BATCH}; {rounds} rounds, medians")
    click.echo("  rules  us/mention   ratio  matches/1,000  compiled in")
    for size, cost in costs.items():
        share = 1_000 * found[size] / len(mentions)
        ratio = cost / costs[SIZES[0]]
        click.echo(f"{size:7,} {cost:11.2f} {ratio:6.2f}x {share:14.1f} {compiling[size]:10.2f} s")
    click.echo("\n" + curve(costs))
    if baselines:
        _baselines(listenings, mentions, engines)


def _baselines(
    listenings: dict[int, Listening], mentions: Sequence[Mention], engines: dict[int, Work]
) -> None:
    click.echo("\nThe search for literals alone, us/mention")
    click.echo("  rules  scan (reads words)  Aho-Corasick (folded before)")
    for size, listening in listenings.items():
        rules = trees(listening)
        works = scanning(rules), aho_corasick(rules, mentions)
        ours, theirs = (
            median(seconds_per_mention(work, mentions)[0] for _ in range(3)) * 1e6 for work in works
        )
        click.echo(f"{size:7,} {ours:19.2f} {theirs:29.2f}")
    click.echo("\nBaselines, on fewer mentions; every one must find what the engine finds there")
    click.echo(f"{'rules':>7} {'mentions':>9} {'naive':>15} {'regex union':>15}  us/mention")
    for size, listening in listenings.items():
        rules = trees(listening)
        few = mentions[:: max(1, len(mentions) // max(20, 20_000 // size))]
        expected = engines[size](few)
        costs = []
        for work in (naive(rules), regex_union(rules)):
            seconds, found = seconds_per_mention(work, few)
            if found != expected:
                raise SystemExit(f"{found} matches where the engine has {expected}")
            costs.append(seconds * 1e6)
        click.echo(f"{size:7,} {len(few):9,} {costs[0]:15,.1f} {costs[1]:15,.1f}")


def curve(costs: dict[int, float], width: int = 60) -> str:
    """Return the costs as bars."""
    most = max(costs.values())
    return "\n".join(
        f"{size:7,} {'█' * max(1, round(width * cost / most))} {cost:.2f} us"
        for size, cost in costs.items()
    )


if __name__ == "__main__":
    main()
