"""What the menu lists: one list, of which only those show that the console has a route for."""

from collections.abc import Collection, Iterable
from typing import Any, Final

from dashboards.console.boards import Board

# Pages to work on, in the order of a day: what comes in, who waits, what the machine learns from.
WORK: Final = (
    ("/live", "En vivo · Live"),
    ("/search", "Buscar · Search"),
    ("/alerts", "Alertas · Alerts"),
    ("/leads", "Oportunidades · Leads"),
    ("/care", "Atender · Care"),
    ("/labels", "Etiquetar · Label"),
    ("/rules", "Reglas · Rules"),
    ("/models", "Modelos · Models"),
)


def menu(boards: Iterable[Board], served: Collection[str]) -> dict[str, Any]:
    """Return the groups of the menu; `served` are the paths that answer with a page."""
    look = [{"path": f"/d/{board.uid}", "title": board.title} for board in boards]
    work = [{"path": path, "title": title} for path, title in WORK if path in served]
    groups = [{"name": "look", "pages": look}, {"name": "work", "pages": work}]
    return {"groups": [group for group in groups if group["pages"]]}
