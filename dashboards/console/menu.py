"""What the menu lists: of all pages those that are served, and that who looks may open."""

from collections.abc import Collection, Iterable
from typing import Any, Final

from dashboards.console.boards import Board

BOARD_PAGE: Final = "/d/{uid}"  # the path of the route of every dashboard
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


def menu(boards: Iterable[Board], may: Collection[str]) -> dict[str, Any]:
    """Return the groups of the menu; `may` are the paths of routes that one may open."""
    looked_at = boards if BOARD_PAGE in may else ()
    look = [{"path": f"/d/{board.uid}", "title": board.title} for board in looked_at]
    work = [{"path": path, "title": title} for path, title in WORK if path in may]
    groups = [{"name": "look", "pages": look}, {"name": "work", "pages": work}]
    return {"groups": [group for group in groups if group["pages"]]}
