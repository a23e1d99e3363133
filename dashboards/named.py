"""Named queries: SQL in files, with the parts they share put in."""

import re
from pathlib import Path

QUERIES = Path(__file__).parent / "queries"

_INCLUDE = re.compile(r"^-- include: (\w+)", re.MULTILINE)


def read_query(name: str) -> str:
    """Return a named query, its parts put in, led by its name for who reads a query log."""

    def part(match: re.Match[str]) -> str:
        return (QUERIES / "parts" / f"{match[1]}.sql").read_text(encoding="utf-8").rstrip()

    sql = (QUERIES / f"{name}.sql").read_text(encoding="utf-8").strip()
    return f"-- query: {name}\n{_INCLUDE.sub(part, sql)}\n"
