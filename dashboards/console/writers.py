"""What the console does through others: it reads ClickHouse and writes nothing itself.

Whoever makes a console hands these over. None: it is shown, and cannot be done from here.
"""

from dataclasses import dataclass

from dashboards.console.desk import DeskWriter
from dashboards.console.labelling import SaveLabels
from dashboards.console.rules_page import RulesKeeper


@dataclass(frozen=True, kw_only=True)
class Writers:
    """One for each thing that people do here."""

    labels: SaveLabels | None = None
    desk: DeskWriter | None = None
    rules: RulesKeeper | None = None
