"""Rules to the arrays that the compiled loops run on."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import numpy.typing as npt

from streams.rules.evaluate import NEAR, PRESENT, Program
from streams.rules.keys import Ask, keys_of
from streams.rules.nodes import And, Field, Leaf, Node, Not, Or, Phrase, Sigil, Token
from streams.rules.scan import (
    HANDLE,
    HASHTAG,
    LONGEST_PREFIX,
    MULTIPLIER,
    PLAIN,
    Ints,
    Literals,
    Points,
    find,
    hash_text,
)
from streams.rules.scan import (
    Keys as KeyArray,
)
from streams.rules.stems import stem_beginning
from streams.rules.words import code_points, compose, read

MATCHES: Final = -1
FAILS: Final = -2
_SALTS: Final[dict[Sigil, int]] = {"": PLAIN, "#": HASHTAG, "@": HANDLE}


@dataclass(slots=True)
class Atoms:
    """Everything that rules ask, each once, numbered."""

    tokens: dict[Token, int] = field(default_factory=dict)
    fields: dict[Field, int] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.tokens) + len(self.fields)

    def token(self, token: Token) -> int:
        """Return the number of a token's atom."""
        return self.tokens.setdefault(token, len(self))

    def field(self, asked: Field) -> int:
        """Return the number of a field's atom."""
        return self.fields.setdefault(asked, len(self))

    def of(self, ask: Ask) -> int:
        """Return the number of either's atom."""
        return self.token(ask) if isinstance(ask, Token) else self.field(ask)


@dataclass(slots=True)
class _Code:
    """The program as it grows."""

    atoms: Atoms = field(default_factory=Atoms)
    leaves: dict[Leaf, int] = field(default_factory=dict)
    leaf_code: list[int] = field(default_factory=list)
    leaf_starts: list[int] = field(default_factory=list)
    step_leaf: list[int] = field(default_factory=list)
    step_yes: list[int] = field(default_factory=list)
    step_no: list[int] = field(default_factory=list)

    def leaf(self, leaf: Leaf) -> int:
        """Return the number of a leaf; the same for all rules that ask the same."""
        if leaf not in self.leaves:
            code = self._code_of(leaf)
            self.leaves[leaf] = len(self.leaf_starts)
            self.leaf_starts.append(len(self.leaf_code))
            self.leaf_code += code
        return self.leaves[leaf]

    def _code_of(self, leaf: Leaf) -> list[int]:
        if isinstance(leaf, Field):
            return [PRESENT, self.atoms.field(leaf)]
        if isinstance(leaf, Phrase):
            if len(leaf.tokens) == 1:
                return [PRESENT, self.atoms.token(leaf.tokens[0])]
            return [NEAR, 0, 1, 1, *self._operand((leaf,))]
        code = [NEAR, leaf.distance, int(leaf.ordered), len(leaf.operands)]
        for operand in leaf.operands:
            code += self._operand(operand)
        return code

    def _operand(self, phrases: tuple[Phrase, ...]) -> list[int]:
        code = [len(phrases)]
        for phrase in phrases:
            code += [len(phrase.tokens), *map(self.atoms.token, phrase.tokens)]
        return code

    def rule(self, node: Node, yes: int = MATCHES, no: int = FAILS) -> int:
        """Add the steps of a rule, last ones first; return where it starts."""
        match node:
            case Not():
                return self.rule(node.child, no, yes)
            case And():
                for child in reversed(node.children):
                    yes = self.rule(child, yes, no)
                return yes
            case Or():
                for child in reversed(node.children):
                    no = self.rule(child, yes, no)
                return no
            case _:
                self.step_leaf.append(self.leaf(node))
                self.step_yes.append(yes)
                self.step_no.append(no)
                return len(self.step_leaf) - 1


def assemble(rules: Sequence[Node]) -> tuple[Program, Literals, Atoms]:
    """Return the program of rules that each have keys, the literals to scan for, the atoms."""
    code = _Code()
    starts = [code.rule(rule) for rule in rules]
    tries: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for number, rule in enumerate(rules):
        keys = keys_of(rule)
        if keys is None:
            raise ValueError(f"rule {number} can match without anything being there")
        for ask, also in keys.pairs:
            also_atom = -1 if also is None else code.atoms.of(also)
            tries[code.atoms.of(ask)].append((number, also_atom))
    in_order = [sorted(tries[atom]) for atom in range(len(code.atoms))]
    key_starts, key_rules = _rows([[rule for rule, _ in of] for of in in_order])
    _, key_also = _rows([[also for _, also in of] for of in in_order])
    program = Program(
        key_starts=key_starts,
        key_rules=key_rules,
        key_also=key_also,
        rule_starts=_ints(starts),
        step_leaf=_ints(code.step_leaf),
        step_yes=_ints(code.step_yes),
        step_no=_ints(code.step_no),
        leaf_starts=_ints(code.leaf_starts),
        leaf_code=_ints(code.leaf_code),
    )
    return program, _literals(code.atoms.tokens), code.atoms


def literal_of(token: Token) -> tuple[str, bool]:
    """Return what to scan for, folded, and whether it is only the beginning of a word."""
    match token.how:
        case "word":
            return token.text, False
        case "prefix":
            return token.text[:LONGEST_PREFIX], True
        case "pattern":
            return token.text.split("*")[0].split("?")[0][:LONGEST_PREFIX], True
        case "stem":
            return stem_beginning(token.text)[:LONGEST_PREFIX], True
        case "case" | "exact":
            return "".join(word.folded for word in read(compose(token.text), links=False)), False


def is_literal(token: Token) -> bool:
    """Return whether a scan decides a token, without a closer look at the word it found."""
    if token.how == "prefix":
        return len(token.text) <= LONGEST_PREFIX
    return token.how == "word"


def _literals(tokens: dict[Token, int]) -> Literals:
    slots: dict[tuple[str, bool, Sigil], list[int]] = defaultdict(list)
    for token, atom in tokens.items():
        slots[*literal_of(token), token.sigil].append(atom)
    starts, atoms = _rows(list(slots.values()))
    texts = [code_points(text) for text, _, _ in slots]
    lengths = np.zeros(LONGEST_PREFIX + 1, np.bool_)
    for text, is_prefix, _ in slots:
        if is_prefix:
            lengths[len(text)] = True
    word_keys, word_slots = _hash_table(slots, texts, prefixes=False)
    prefix_keys, prefix_slots = _hash_table(slots, texts, prefixes=True)
    return Literals(
        word_keys=word_keys,
        word_slots=word_slots,
        prefix_keys=prefix_keys,
        prefix_slots=prefix_slots,
        prefix_lengths=lengths,
        starts=starts,
        atoms=atoms,
        text_starts=_ints(np.cumsum([0, *map(len, texts)])),
        text=np.concatenate(texts) if texts else np.empty(0, np.uint32),
    )


def _hash_table(
    slots: Iterable[tuple[str, bool, Sigil]], texts: Sequence[Points], *, prefixes: bool
) -> tuple[KeyArray, Ints]:
    """Put each literal of one sort into a table that is at most a quarter full."""
    wanted = [
        (slot, sigil) for slot, (_, is_prefix, sigil) in enumerate(slots) if is_prefix == prefixes
    ]
    size = 8
    while size < 4 * len(wanted):
        size *= 2
    keys, values = np.zeros(size, np.uint64), np.zeros(size, np.int32)
    for slot, sigil in wanted:
        key = np.uint64(hash_text(texts[slot], np.uint64(_SALTS[sigil])) or MULTIPLIER)
        place = find(keys, key)
        if keys[place]:
            raise RuntimeError("two literals have the same 64-bit key; change the seed in scan.py")
        keys[place], values[place] = key, slot
    return keys, values


def _rows(rows: Sequence[Sequence[int]]) -> tuple[Ints, Ints]:
    """Return where each row starts (and the last ends), and all rows after each other."""
    starts = np.cumsum([0, *map(len, rows)])
    return _ints(starts), _ints([value for row in rows for value in row])


def _ints(values: Sequence[int] | npt.NDArray[np.int64]) -> Ints:
    return np.asarray(values, np.int32)
