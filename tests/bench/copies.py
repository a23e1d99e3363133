"""How well copies are told from look-alikes: `python -m tests.bench.copies`.

Pairs are made of real posts. Copies: a post and what people and programs make of it. Others: two
different posts, some chosen because they look alike (adverts of one template for other models),
and posts in which one number or one name was replaced. A pair is found when it shares the
fingerprint or a band; it is called a copy when the texts pass `streams.upkeep.similarity`, too.
"""

import random
import re
import unicodedata
from collections.abc import Callable, Sequence
from itertools import combinations

from streams.steps.copies import signatures
from streams.steps.normalise import normalise
from streams.upkeep.similarity import similarity, wording
from tests.bench.posts import texts

SEED = 11
SAMPLE = 3_000
WORD = re.compile(r"\w+")


def _another_word(text: str, rng: random.Random) -> str:
    spelled = [m for m in WORD.finditer(text) if m[0].islower() and len(m[0]) > 3]
    if not spelled:
        return text
    chosen = rng.choice(spelled)
    other = rng.choice(["really", "maybe", "nuevo", "siempre", "little", "claro"])
    return text[: chosen.start()] + other + text[chosen.end() :]


def _without_marks(text: str, rng: random.Random) -> str:
    return " ".join(word if "://" in word else _bare(word) for word in text.split())


def _bare(word: str) -> str:
    letters = (c for c in unicodedata.normalize("NFD", word) if not unicodedata.combining(c))
    kept = "".join(letters).strip(".,;:!?¡¿'\"")
    return kept.replace("'", "")


def _truncated(text: str, rng: random.Random) -> str:
    return text[: int(len(text) * rng.uniform(0.65, 0.9))].rstrip() + "…"


PERTURBATIONS: dict[str, Callable[[str, random.Random], str]] = {
    "retweet prefix": lambda text, rng: f"RT @somebody_{rng.randrange(99)}: {text}",
    "a link added": lambda text, rng: f"{text} https://t.co/{rng.randrange(10**8):x}",
    "a handle added": lambda text, rng: f"@friend{rng.randrange(99)} {text}",
    "an emoji added": lambda text, rng: f"{text} {rng.choice('😂🔥❤🙏😍')}",
    "upper case": lambda text, rng: text.upper(),
    "accents and marks gone": _without_marks,
    "a hashtag added": lambda text, rng: f"{text} #{rng.choice(['win', 'deal', 'viral'])}",
    "a word changed": _another_word,
    "truncated": _truncated,
}


def _another_number(text: str, rng: random.Random) -> str:
    words = text.split(" ")
    numbers = [n for n, word in enumerate(words) if re.fullmatch(r"[$€£]?\d+[.,;:!?]?", word)]
    if not numbers or numbers[-1] == len(words) - 1:
        return text
    chosen = rng.choice(numbers)
    words[chosen] = re.sub(r"\d+", lambda n: str(int(n[0]) + rng.randrange(1, 9)), words[chosen])
    return " ".join(words)


def _another_name(text: str, rng: random.Random) -> str:
    """One word with a capital inside a sentence replaced by the name of something else."""
    names = list(re.finditer(r"(?<=[a-z,] )[A-Z][a-z]{3,}\b", text))
    names = [n for n in names if re.search(r"(?<![@\w])[a-z]+,? $", text[: n.start()])]
    if not names:
        return text
    chosen = rng.choice(names)
    other = rng.choice(["Toledo", "Kyoto", "Pavilion", "Zenbook", "Lufthansa", "Sevilla"])
    return text[: chosen.start()] + other + text[chosen.end() :]


def look_alikes(found: Sequence[str], rng: random.Random) -> list[tuple[str, str]]:
    """Pairs of different posts that start with the same three words or end alike."""
    groups: dict[tuple[str, ...], list[str]] = {}
    for text in found:
        words = WORD.findall(re.sub(r"https?://\S+|@\w+", " ", text.lower()))
        if len(words) >= 7:
            groups.setdefault(("from", *words[:3]), []).append(text)
            groups.setdefault(("to", *words[-4:]), []).append(text)
    pairs = []
    for group in groups.values():
        pairs += rng.sample(
            list(combinations(group[:40], 2)), min(3, len(group) * (len(group) - 1) // 2)
        )
    # Each has a number that the other lacks; where only one has, it is often a copy with a tail.
    different = [
        (a, b) for a, b in pairs if _numbers(a) - _numbers(b) and _numbers(b) - _numbers(a)
    ]
    return rng.sample(different, min(SAMPLE, len(different)))


def _numbers(text: str) -> set[str]:
    """What tells adverts of one template apart: words with digits, links left out."""
    return {
        w
        for w in WORD.findall(re.sub(r"https?://\S+|@\w+", " ", text.lower()))
        if re.search(r"\d", w)
    }


def judge(pairs: Sequence[tuple[str, str]]) -> tuple[int, int, int]:
    """Of the pairs that can be judged: how many there are, are found, and are called copies."""
    left, right = (normalise([pair[side] for pair in pairs]) for side in (0, 1))
    (one, one_bands), (other, other_bands) = signatures(left), signatures(right)
    judged = found = called = 0
    for row in range(len(pairs)):
        if not one[row] or not other[row]:
            continue
        judged += 1
        same = one[row] == other[row]
        if same or not set(one_bands[row].tolist()).isdisjoint(other_bands[row].tolist()):
            found += 1
            called += bool(same or similarity(wording(left[row]), wording(right[row])))
    return judged, found, called


def main() -> None:
    """Print recall per perturbation, false calls per kind of negative, precision and recall."""
    found = texts()
    rng = random.Random(SEED)
    sample = rng.sample(found, min(SAMPLE, len(found)))
    print(f"{len(found):,} different posts; copies made of {len(sample):,} of them")
    right = copies = 0
    for name, perturb in PERTURBATIONS.items():
        judged, candidates, called = judge([(text, perturb(text, rng)) for text in sample])
        right, copies = right + called, copies + judged
        print(
            f"  {name:30} {judged:6,} judged  found {candidates / judged:7.2%}"
            f"  called copies {called / judged:7.2%}"
        )
    shuffled = rng.sample(found, 2 * len(sample) if 2 * len(sample) <= len(found) else len(found))
    negatives = {
        "any two posts": list(zip(shuffled[::2], shuffled[1::2], strict=False)),
        "look-alikes, other numbers": look_alikes(found, rng),
    }
    for name, change in (("another number", _another_number), ("another name", _another_name)):
        changed = [(text, change(text, rng)) for text in found]
        changed = [(text, other) for text, other in changed if text != other]
        negatives[f"the same with {name}"] = rng.sample(changed, min(SAMPLE, len(changed)))
    wrong = 0
    for name, pairs in negatives.items():
        judged, candidates, called = judge(pairs)
        wrong += called
        print(
            f"  {name:30} {judged:6,} judged  found {candidates / judged:7.2%}"
            f"  called copies {called / judged:7.2%} ({called})"
        )
    print(f"recall {right / copies:.2%} of {copies:,} copies")
    print(f"precision {right / (right + wrong):.3%}: {wrong} of the others called copies")


if __name__ == "__main__":
    main()
