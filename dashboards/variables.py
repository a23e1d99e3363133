"""Dashboard variables for a front end that is not Grafana: what was chosen, put into SQL safely.

Grafana interpolates `${lang:singlequote}` in its own front end. Here the server does it, with two
differences: only a value that the variable's own query returned is accepted, and backslashes are
escaped too (Grafana's formatter leaves them alone).
"""

import re
from collections.abc import Collection, Mapping, Sequence

ALL = "$__all"  # how Grafana writes "All" in an address

_REFERENCE = re.compile(r"\$\{(\w+)(?::(\w+))?\}")
_BARE = re.compile(r"\$(?!__)(?:[A-Za-z_]\w*|\{)|\[\[\w")
_QUOTING_FORMATS = frozenset({"singlequote", "sqlstring"})


class UnknownValueError(ValueError):
    """A value that the variable's own query does not return."""


class InterpolationError(ValueError):
    """A query refers to a variable in a way that cannot be made safe."""


def literal(value: str) -> str:
    """Return `value` as a ClickHouse string literal; nothing in it can end the literal."""
    escaped = value.replace("\\", "\\\\").replace("'", "\\'").replace("\0", "\\0")
    return f"'{escaped}'"


def chosen(name: str, values: Sequence[str], known: Collection[str]) -> list[str]:
    """Return the distinct values, all of them known; raises UnknownValueError.

    An empty list means "All": nothing was chosen, or "All" itself was.
    """
    if not values or ALL in values:
        return []
    for value in values:
        if value not in known:
            raise UnknownValueError(f"{name} has no value {value[:60]!r}")
    return list(dict.fromkeys(values))


def interpolate(
    sql: str, selection: Mapping[str, Sequence[str]], all_values: Mapping[str, str]
) -> str:
    """Return `sql` with each variable replaced by literals; raises InterpolationError.

    `all_values` is what the dashboard itself says stands for "All", used as it is. What is put in
    is not looked at again, so a value that looks like a variable or a macro stays text.
    """

    def replacement(match: re.Match[str]) -> str:
        name, form = match.groups()
        if name not in selection:
            raise InterpolationError(f"no variable is called {name}")
        if form not in _QUOTING_FORMATS:
            raise InterpolationError(f"{match[0]} puts a value in without quotes")
        if selection[name]:
            return ", ".join(literal(value) for value in selection[name])
        if not all_values.get(name):
            raise InterpolationError(f"{name} says nothing that would stand for All")
        return all_values[name]

    if (bare := _BARE.search(_REFERENCE.sub("", sql))) is not None:
        raise InterpolationError(f"{bare[0]!r} puts a value in without quotes")
    return _REFERENCE.sub(replacement, sql)
