"""What the console does through others: it reads ClickHouse and writes nothing itself.

Whoever makes a console hands these over. None: it is shown, and cannot be done from here.
"""

from dataclasses import dataclass

from dashboards.console.accounts import Accounts
from dashboards.console.alerts import AlertWriter
from dashboards.console.desk import DeskWriter
from dashboards.console.labelling import SaveLabels
from dashboards.console.models_page import ModelKeeper
from dashboards.console.rules_page import RulesKeeper
from dashboards.console.search import Searcher


@dataclass(frozen=True, kw_only=True)
class Writers:
    """One for each thing that people do here.

    Without `accounts` a console is open to whoever reaches it, which only code can have, and only
    on this machine.
    """

    labels: SaveLabels | None = None
    desk: DeskWriter | None = None
    rules: RulesKeeper | None = None
    accounts: Accounts | None = None
    search: Searcher | None = None  # reads, but by a language that the console does not know
    alerts: AlertWriter | None = None
    models: ModelKeeper | None = None
