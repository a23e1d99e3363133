"""YAML read with the place of everything in it."""

import yaml
from yaml.nodes import Node, ScalarNode

from streams.rules.errors import PlacedProblem

MAX_BYTES = 4 * 2**20
# Signs that begin a rule mean something to YAML as well.
IN_QUOTES = "put it in single quotes: '…'; or, a rule, in the line below `rule: >`"
_REMEDIES = {
    "character '\\t'": "indent with blanks, not with tabs",
    "that cannot start any token": IN_QUOTES,
    "undefined alias": IN_QUOTES,
    "but found '<scalar>'": IN_QUOTES,
    "mapping values are not allowed here": IN_QUOTES,
}


class YamlFile:
    """The text of a file and its tree; collects problems at their places."""

    def __init__(self, name: str, text: str) -> None:
        self.name = name
        self.text = text
        self.problems: list[PlacedProblem] = []

    def root(self) -> Node | None:
        """Return the tree; None, with a problem, where the text is no YAML."""
        try:
            node = yaml.compose(self.text, Loader=yaml.SafeLoader)
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            place = (mark.line + 1, mark.column + 1) if mark else (1, 1)
            problem = f"{error.problem or error.context}"
            remedy = next((f": {said}" for told, said in _REMEDIES.items() if told in problem), "")
            self._add(*place, f"this is no YAML: {problem}{remedy}")
            return None
        except (yaml.YAMLError, RecursionError) as error:
            self._add(1, 1, f"this is no YAML: {' '.join(str(error).split())}")
            return None
        if node is None:
            self._add(1, 1, "the file is empty")
        return node

    def problem(self, node: Node, message: str, offset: int | None = None) -> None:
        """Note a mistake at a node, or at a character of a scalar's value."""
        if offset is not None and isinstance(node, ScalarNode):
            self._add(*self._place_in(node, offset), message)
        else:
            self._add(node.start_mark.line + 1, node.start_mark.column + 1, message)

    def _add(self, line: int, column: int, message: str) -> None:
        self.problems.append(
            PlacedProblem(file=self.name, line=line, column=column, message=message)
        )

    def _place_in(self, node: ScalarNode, offset: int) -> tuple[int, int]:
        """Return line and column of a character of a scalar, whatever its quotes and folding.

        Value and source are walked side by side: what is in the source only (quotes, escapes,
        line breaks, indentation) is stepped over until the value's character turns up.
        """
        at, end = node.start_mark.index, node.end_mark.index
        source = self.text
        if node.style in ("|", ">"):
            at = source.find("\n", at) + 1 or end
        elif node.style in ("'", '"'):
            at += 1
        at = self._skip(at, end, node.value[:1])
        for here, following in zip(node.value[:offset], [*node.value[1:], ""], strict=False):
            if not here.isspace() or (at < end and source[at].isspace()):
                at += 1
            at = self._skip(at, end, following)
        before = source[: min(at, end)]
        return before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + 1

    def _skip(self, at: int, end: int, wanted: str) -> int:
        """Return where the wanted character is, past what a scalar's source may hold besides."""
        start = at
        while at < end and self.text[at] != wanted and self.text[at] in " \t\r\n'\"\\":
            at += 1
        found = at < end and self.text[at] == wanted
        return at if found else start
