"""A rule's text to its tree, by the grammar in `rules.lark`."""

import functools
from pathlib import Path
from typing import Final, cast

from lark import Lark, Token, Tree, UnexpectedCharacters, UnexpectedInput, UnexpectedToken

from streams.rules.errors import Problem, RuleError
from streams.rules.fields import KNOWN, LITERAL_FIELDS, read_field, unknown_field
from streams.rules.nodes import (
    MAX_DISTANCE,
    And,
    Field,
    Near,
    Node,
    Not,
    Or,
    Phrase,
    Span,
    all_of,
    any_of,
)
from streams.rules.nodes import Token as RuleToken
from streams.rules.terms import TermError, tokens_of

MAX_CHARS: Final = 10_000
MAX_DEPTH: Final = 40
MAX_OPERANDS: Final = 6
_QUOTES: Final = str.maketrans("“”„«»", '"""""')  # what word processors make of "
_OPERATORS: Final = ("and", "or", "not")
_GRAMMAR: Final = Path(__file__).with_name("rules.lark")


@functools.cache
def _lark() -> Lark:
    grammar = _GRAMMAR.read_text(encoding="utf-8")
    return Lark(grammar, parser="lalr", propagate_positions=True, maybe_placeholders=False)


def parse(text: str) -> Node:
    """Return the tree of a rule; raises RuleError with the place of each mistake."""
    read_as = text.translate(_QUOTES)
    problems = _problems_at_first_sight(read_as)
    try:
        tree = _lark().parse(_mended(read_as, problems))
    except UnexpectedInput as error:
        if not problems:
            problems = [_explain(error, read_as)]
        raise RuleError(text, problems) from None
    builder = _Builder()
    node = builder.build(tree)
    problems += builder.problems
    if problems:
        raise RuleError(text, problems)
    return node


def _mended(text: str, problems: list[Problem]) -> str:
    """Return a text whose quotes and parentheses are in pairs, so that more mistakes show.

    Raises RuleError where mending is no use.
    """
    tail = ""
    for problem in problems:
        if problem.start == problem.end:
            raise RuleError(text, problems)
        if text[problem.start] == ")":
            text = text[: problem.start] + " " + text[problem.end :]
        else:
            tail = ('"' + tail) if text[problem.start] == '"' else (tail + ")")
    return text + tail


def _problems_at_first_sight(text: str) -> list[Problem]:
    if len(text) > MAX_CHARS:
        message = f"a rule of {len(text):,} characters"
        return [Problem(start=0, end=0, message=message, remedy=f"at most {MAX_CHARS:,}")]
    if not text.strip():
        return [Problem(start=0, end=0, message="an empty rule", remedy="write what to look for")]
    problems = []
    opened: list[int] = []
    quote = -1
    deepest = 0
    for at, character in enumerate(text):
        if character == '"':
            quote = at if quote < 0 else -1
        elif quote < 0 and character == "(":
            opened.append(at)
            if len(opened) > max(deepest, MAX_DEPTH):
                deepest = len(opened)
        elif quote < 0 and character == ")":
            if opened:
                opened.pop()
            else:
                problems.append(_problem(at, at + 1, "`)` closes nothing", "remove it"))
    problems += [
        _problem(at, at + 1, "`(` is never closed", "add `)`") for at in opened[:MAX_DEPTH]
    ]
    if quote >= 0:
        problems.append(_problem(quote, quote + 1, "a quotation mark is never closed", 'add `"`'))
    if deepest:
        message = f"parentheses nested {deepest} deep"
        problems.append(_problem(0, 0, message, f"at most {MAX_DEPTH}"))
    return problems


def _problem(start: int, end: int, message: str, remedy: str = "") -> Problem:
    return Problem(start=start, end=end, message=message, remedy=remedy)


def _explain(error: UnexpectedInput, text: str) -> Problem:
    if isinstance(error, UnexpectedToken):
        token = error.token
        if token.type == "$END":
            message = "something is missing at the end"
            return _problem(len(text.rstrip()), len(text), message, "write what to look for")
        start, end = cast(int, token.start_pos), cast(int, token.end_pos)
        if token.type == "DISTANCE":
            message = f"`{token}` after a single word (similar spellings are not searched)"
            remedy = 'write spellings out with OR, `~word` for its forms, or `"two words"~5`'
        elif token.type in ("_AND", "_BOTH", "_OR", "_EITHER", "NEAR"):
            message, remedy = (
                f"nothing to the left of `{token}`",
                "write it, or remove the operator",
            )
        elif token.type == "RPAR":
            message, remedy = "nothing before `)`", "write what to look for, or remove it"
        else:
            message, remedy = f"`{token}` cannot stand here", _remedy(text[start : start + 1])
        return _problem(start, end, message, remedy)
    at = error.pos_in_stream if isinstance(error, UnexpectedCharacters) else 0
    at = at if at is not None else 0
    character = text[at : at + 1]
    return _problem(at, at + 1, f"`{character}` cannot stand here", _remedy(character))


def _remedy(character: str) -> str:
    remedies = {
        "[": "ranges need a field: `followers:[100 TO 500]`",
        "~": 'write `~word` for its forms, `"two words"~5` for words near each other',
        ":": "a field and its value stand together: `lang:es`",
        "-": "write NOT, or `-` right before what must not be there",
        "!": "write NOT, or `!` right before what must not be there",
        "&": "write AND",
        "|": "write OR",
    }
    return remedies.get(character, "put it in quotes to search for it")


class _Builder:
    """Makes nodes of lark's tree, and collects what is wrong on the way."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []

    def build(self, tree: Tree[Token]) -> Node:
        """Return the node of a subtree; where it is wrong, a stand-in and a problem."""
        span = _span(tree)
        match tree.data:
            case "start":
                return self.build(_trees(tree)[0])
            case "or":
                return any_of(tuple(self.build(child) for child in _trees(tree)), span)
            case "and":
                return all_of(tuple(self.build(child) for child in _trees(tree)), span)
            case "not":
                node = self.build(_trees(tree)[-1])
                return Not(node, span) if len(tree.children) % 2 == 0 else node
            case "near":
                return self._near(tree, span)
            case "group":
                return self._group(tree, span)
            case "field":
                return self._field(tree, span)
            case _:
                return self._term(tree, span)

    def _wrong(self, span: Span, message: str, remedy: str = "") -> Node:
        self.problems.append(_problem(*span, message, remedy))
        return Phrase((RuleToken("?"),), span)

    def _term(self, tree: Tree[Token], span: Span) -> Node:
        tokens = [child for child in tree.children if isinstance(child, Token)]
        if tree.data == "word":
            word = str(tokens[0])
            lower = word.lower()
            if lower in _OPERATORS and word.isupper():
                remedy = f'write it, or "{word}" in quotes to search for the word'
                return self._wrong(span, f"nothing to the left of `{word}`", remedy)
            if lower in _OPERATORS:
                remedy = f'write {lower.upper()}, or "{word}" in quotes to search for the word'
                return self._wrong(span, f"`{word}` in lower case is no operator", remedy)
            if lower == "near" or lower.startswith("near/"):
                remedy = "write NEAR/5 (at most five words between), NEAR/5f to keep the order"
                return self._wrong(span, f"`{word}` is no operator", remedy)
            if word.startswith("+") and word[1:2].isalpha():
                remedy = "leave the `+` out: all words are required unless you write OR"
                return self._wrong(span, f"`{word}` begins with `+`", remedy)
            if word.startswith("/") and word.endswith("/") and len(word) > 2:
                remedy = "write words with wildcards: `airl*`, `wom?n`"
                return self._wrong(span, "regular expressions are not searched", remedy)
            if "^" in word:
                remedy = "leave it out: a rule matches or does not"
                return self._wrong(span, f"`{word}`: a weight has no meaning here", remedy)
            return self._phrase(word, span)
        if tree.data == "stem":
            return self._stem(tokens[1], span)
        text = str(tokens[0])[1:-1]
        phrase = self._phrase(text, span, quoted=True)
        if len(tokens) == 1 or not isinstance(phrase, Phrase):
            return phrase
        operands = tuple((Phrase((token,), span),) for token in phrase.tokens)
        return self._make_near(operands, tokens[1][1:], span, ordered=False)

    def _phrase(self, text: str, span: Span, *, quoted: bool = False) -> Node:
        try:
            return Phrase(tokens_of(text, quoted=quoted), span)
        except TermError as error:
            return self._wrong(span, str(error), error.remedy)

    def _stem(self, token: Token, span: Span) -> Node:
        text = str(token).strip('"')
        try:
            tokens = tokens_of(text, how="stem")
        except TermError as error:
            return self._wrong(span, str(error), error.remedy)
        if "*" in text or "?" in text:
            return self._wrong(span, f"`~{text}` mixes forms and wildcards", "choose one of them")
        return Phrase(tokens, span)

    def _field(self, tree: Tree[Token], span: Span) -> Node:
        first = cast(Token, tree.children[0])
        name = str(first)[:-1]
        if name not in KNOWN:
            start, end = cast(int, first.start_pos), cast(int, first.end_pos)
            return self._wrong((start, end), *unknown_field(name))
        values = []
        for child in tree.children[1:]:
            token = cast(Token, child.children[0] if isinstance(child, Tree) else child)
            place = (cast(int, token.start_pos), cast(int, token.end_pos))
            text = str(token)
            if token.type == "STRING":
                text = text[1:-1]
            values.append(self._field_value(name, text, place if len(tree.children) > 2 else span))
        return any_of(tuple(values), span)

    def _field_value(self, name: str, value: str, span: Span) -> Node:
        if name in LITERAL_FIELDS:
            try:
                return Phrase(tokens_of(value, how="case" if name == "case" else "exact"), span)
            except TermError as error:
                return self._wrong(span, str(error), error.remedy)
        found = read_field(name, value, span)
        return found if isinstance(found, Field) else self._wrong(span, *found)

    def _group(self, tree: Tree[Token], span: Span) -> Node:
        node = self.build(_trees(tree)[0])
        distance = tree.children[-1]
        if not isinstance(distance, Token):
            return node
        children = node.children if isinstance(node, And) else (node,)
        return self._make_near(self._operands(children), distance[1:], span, ordered=False)

    def _near(self, tree: Tree[Token], span: Span) -> Node:
        nodes = [self.build(child) for child in _trees(tree)]
        operators = {str(child) for child in tree.children if isinstance(child, Token)}
        if not operators:
            return nodes[0]
        if len(operators) > 1:
            remedy = "use one of them, or join two rules with AND"
            return self._wrong(span, f"{' and '.join(sorted(operators))} in one chain", remedy)
        operator = operators.pop().removeprefix("NEAR/")
        ordered = operator.endswith("f")
        return self._make_near(
            self._operands(tuple(nodes)), operator.rstrip("f"), span, ordered=ordered
        )

    def _operands(self, nodes: tuple[Node, ...]) -> tuple[tuple[Phrase, ...], ...]:
        operands = []
        for node in nodes:
            alternatives = node.children if isinstance(node, Or) else (node,)
            for alternative in alternatives:
                if not isinstance(alternative, Phrase):
                    self._wrong(
                        alternative.span,
                        "only words and phrases, or some of them joined with OR, can be near",
                        "move the rest outside with AND",
                    )
            operands.append(tuple(a for a in alternatives if isinstance(a, Phrase)))
        return tuple(operands)

    def _make_near(
        self, operands: tuple[tuple[Phrase, ...], ...], distance: str, span: Span, *, ordered: bool
    ) -> Node:
        if len(operands) < 2:
            return self._wrong(span, "one word alone is near nothing", "write two, or no distance")
        if len(operands) > MAX_OPERANDS:
            return self._wrong(span, f"{len(operands)} words near each other", "at most six")
        if len(distance) > 6 or int(distance) > MAX_DISTANCE:
            return self._wrong(span, f"a distance of {distance} words", f"at most {MAX_DISTANCE}")
        return Near(operands, int(distance), ordered, span)


def _trees(tree: Tree[Token]) -> list[Tree[Token]]:
    return [child for child in tree.children if isinstance(child, Tree)]


def _span(tree: Tree[Token]) -> Span:
    return (tree.meta.start_pos, tree.meta.end_pos) if not tree.meta.empty else (0, 0)
