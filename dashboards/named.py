"""Named queries: SQL in files, with the parts they share put in."""

import re
from pathlib import Path

QUERIES = Path(__file__).parent / "queries"

_INCLUDE = re.compile(r"^-- include: (\w+)", re.MULTILINE)


def read_query(name: str) -> str:
    """Return a named query, its parts put in, led by its name for who reads a query log."""

    sql = (QUERIES / f"{name}.sql").read_text(encoding="utf-8").strip()
    return f"-- query: {name}\n{_with_parts(sql)}\n"


def _with_parts(sql: str) -> str:
    """Put in what the parts of a query say; parts have parts."""

    def part(match: re.Match[str]) -> str:
        text = (QUERIES / "parts" / f"{match[1]}.sql").read_text(encoding="utf-8")
        return _with_parts(text.rstrip())

    return _INCLUDE.sub(part, sql)
