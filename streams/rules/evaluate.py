"""The compiled evaluation: which rules match which rows, from the atoms that are present.

An atom is one thing that a rule asks (a word, a beginning, `lang:es`). A leaf is an atom or
several near each other; its value in a row is computed at most once, whichever rules share it.
"""

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from models.kernels import compiled

# What a leaf asks.
PRESENT: Final = 0  # [PRESENT, atom]
NEAR: Final = 1  # [NEAR, distance, ordered, operands, then each: phrases, then each: words, atoms…]

Ints = npt.NDArray[np.int32]


class Program(NamedTuple):
    """All rules, as tests that lead from one to the next.

    Step s asks leaf `step_leaf[s]` and goes on at `step_yes[s]` or `step_no[s]`; -1 is the end of
    a rule that matches, -2 of one that does not. `key_rules[key_starts[a]:key_starts[a + 1]]` are
    the rules to try where atom a is present, each if atom `key_also` is there, too (-1: always).
    """

    key_starts: Ints
    key_rules: Ints
    key_also: Ints
    rule_starts: Ints
    step_leaf: Ints
    step_yes: Ints
    step_no: Ints
    leaf_starts: Ints
    leaf_code: Ints


@compiled
def _stands(positions: Ints, firsts: Ints, counts: Ints, atom: int, position: int) -> bool:
    """Return whether an atom stands at a position of the row under way."""
    low, high = firsts[atom], firsts[atom] + counts[atom]
    while low < high:
        middle = (low + high) // 2
        if positions[middle] < position:
            low = middle + 1
        else:
            high = middle
    return bool(low < firsts[atom] + counts[atom] and positions[low] == position)


@compiled
def _near(
    code: Ints, at: int, stamp: int, stamps: Ints, firsts: Ints, counts: Ints, positions: Ints
) -> bool:
    """Return whether the operands stand near each other in the row under way."""
    distance, ordered, n_operands = code[at + 1], code[at + 2], code[at + 3]
    # How many places at most, and whether an operand has none at all.
    here = at + 4
    places = 0
    for _ in range(n_operands):
        n_phrases = code[here]
        here += 1
        own = 0
        for _ in range(n_phrases):
            n_words = code[here]
            fewest = counts[code[here + 1]]
            for word in range(n_words):
                atom = code[here + 1 + word]
                if stamps[atom] != stamp:
                    fewest = 0
            own += counts[code[here + 1]] if fewest else 0
            here += 1 + n_words
        if own == 0:
            return False
        places += own

    begin = np.empty(places, np.int32)
    end = np.empty(places, np.int32)
    owner = np.empty(places, np.int32)
    n = 0
    longest = 1
    here = at + 4
    for operand in range(n_operands):
        n_phrases = code[here]
        here += 1
        before = n
        for _ in range(n_phrases):
            n_words = code[here]
            present = True
            for word in range(n_words):
                present = present and stamps[code[here + 1 + word]] == stamp
            if present:
                longest = max(longest, n_words)
                atom = code[here + 1]
                for entry in range(firsts[atom], firsts[atom] + counts[atom]):
                    position = positions[entry]
                    stands = True
                    for word in range(1, n_words):
                        if not _stands(
                            positions, firsts, counts, code[here + 1 + word], position + word
                        ):
                            stands = False
                            break
                    if stands:
                        begin[n] = position
                        end[n] = position + n_words
                        owner[n] = operand
                        n += 1
            here += 1 + n_words
        if n == before:
            return False
    if n_operands == 1:
        return True
    return _choose(begin[:n], end[:n], owner[:n], n_operands, distance, ordered, longest)


@compiled
def _choose(
    begin: Ints, end: Ints, owner: Ints, n_operands: int, distance: int, ordered: int, longest: int
) -> bool:
    """Return whether one place of each owner, apart from each other, fits the distance."""
    order = np.argsort(begin)
    n = begin.size
    window = distance + n_operands * longest
    chosen = np.zeros(n_operands, np.int64)
    for first in range(n):
        leftmost = order[first]
        if ordered and owner[leftmost] != 0:
            continue
        depth = 1
        chosen[0] = first
        used = 1 << owner[leftmost]
        words = end[leftmost] - begin[leftmost]
        following = first + 1
        while depth:
            found = False
            last_end = end[order[chosen[depth - 1]]]
            while following < n:
                place = order[following]
                if begin[place] - begin[leftmost] > window:
                    break
                fits = begin[place] >= last_end and not used & (1 << owner[place])
                if fits and ordered:
                    fits = owner[place] == depth
                if fits:
                    length = end[place] - begin[place]
                    fits = end[place] - begin[leftmost] - words - length <= distance
                if fits:
                    found = True
                    break
                following += 1
            if found:
                place = order[following]
                chosen[depth] = following
                used |= 1 << owner[place]
                words += end[place] - begin[place]
                depth += 1
                following += 1
                if depth == n_operands:
                    return True
            else:
                depth -= 1
                if depth:
                    place = order[chosen[depth]]
                    used &= ~(1 << owner[place])
                    words -= end[place] - begin[place]
                    following = chosen[depth] + 1
    return False


@compiled
def evaluate(
    row_ends: npt.NDArray[np.int64],
    hits: Ints,
    fact_ends: npt.NDArray[np.int64],
    facts: Ints,
    n_atoms: int,
    program: Program,
) -> tuple[Ints, Ints]:
    """Return rows and rules that match, row by row.

    `hits` is as `scan` gives them, with atom -1 where a hit did not stand a closer look; `facts`
    are the atoms of each row that stand at no place in the text.
    """
    # Arrays taken out of the tuple once: inside the loops each access would count references.
    key_starts, key_rules, key_also = program.key_starts, program.key_rules, program.key_also
    rule_starts, step_leaf = program.rule_starts, program.step_leaf
    step_yes, step_no = program.step_yes, program.step_no
    leaf_starts, leaf_code = program.leaf_starts, program.leaf_code
    n_leaves = leaf_starts.size
    stamps = np.zeros(n_atoms, np.int32)
    firsts = np.zeros(n_atoms, np.int32)
    counts = np.zeros(n_atoms, np.int32)
    rule_stamps = np.zeros(rule_starts.size, np.int32)
    leaf_stamps = np.zeros(n_leaves, np.int32)
    leaf_values = np.zeros(n_leaves, np.bool_)
    most = 1
    for row in range(row_ends.size):
        start = row_ends[row - 1] if row else 0
        fact_start = fact_ends[row - 1] if row else 0
        most = max(most, row_ends[row] - start + fact_ends[row] - fact_start)
    present = np.empty(most, np.int32)
    positions = np.empty(most, np.int32)
    out_rows = np.empty(max(64, row_ends.size), np.int32)
    out_rules = np.empty(out_rows.size, np.int32)
    filled = 0

    for row in range(row_ends.size):
        stamp = row + 1
        start = row_ends[row - 1] if row else 0
        fact_start = fact_ends[row - 1] if row else 0
        n_present = 0
        is_candidate = False
        for hit in range(start, row_ends[row]):
            atom = hits[hit, 0]
            if atom < 0:
                continue
            if stamps[atom] != stamp:
                stamps[atom] = stamp
                counts[atom] = 0
                present[n_present] = atom
                n_present += 1
                if key_starts[atom] < key_starts[atom + 1]:
                    is_candidate = True
            counts[atom] += 1
        for fact in range(fact_start, fact_ends[row]):
            atom = facts[fact]
            if stamps[atom] != stamp:
                stamps[atom] = stamp
                counts[atom] = 0
                present[n_present] = atom
                n_present += 1
                if key_starts[atom] < key_starts[atom + 1]:
                    is_candidate = True
        if not is_candidate:
            continue

        place = 0
        for entry in range(n_present):
            firsts[present[entry]] = place
            place += counts[present[entry]]
            counts[present[entry]] = 0
        for hit in range(start, row_ends[row]):
            atom = hits[hit, 0]
            if atom >= 0:
                positions[firsts[atom] + counts[atom]] = hits[hit, 1]
                counts[atom] += 1

        for entry in range(n_present):
            atom = present[entry]
            for key in range(key_starts[atom], key_starts[atom + 1]):
                also = key_also[key]
                if also >= 0 and stamps[also] != stamp:
                    continue
                rule = key_rules[key]
                if rule_stamps[rule] == stamp:
                    continue
                rule_stamps[rule] = stamp
                step = rule_starts[rule]
                while step >= 0:
                    leaf = step_leaf[step]
                    code = leaf_starts[leaf]
                    if leaf_code[code] == PRESENT:
                        holds = stamps[leaf_code[code + 1]] == stamp
                    else:
                        if leaf_stamps[leaf] != stamp:
                            leaf_stamps[leaf] = stamp
                            leaf_values[leaf] = _near(
                                leaf_code, code, stamp, stamps, firsts, counts, positions
                            )
                        holds = leaf_values[leaf]
                    step = step_yes[step] if holds else step_no[step]
                if step == -1:
                    if filled == out_rows.size:
                        wider_rows = np.empty(2 * filled, np.int32)
                        wider_rules = np.empty(2 * filled, np.int32)
                        wider_rows[:filled] = out_rows
                        wider_rules[:filled] = out_rules
                        out_rows = wider_rows
                        out_rules = wider_rules
                    out_rows[filled] = row
                    out_rules[filled] = rule
                    filled += 1
    return out_rows[:filled], out_rules[:filled]
