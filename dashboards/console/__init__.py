"""The local web page: renders the generated Grafana dashboards without Grafana.

config    what it needs to know
boards    reads the dashboards' JSON; what of it the page may see
queries   period, variables and macros put into a panel's query
frames    rows of ClickHouse as the page draws them
database  ClickHouse, with limits and one answer for equal questions
labelling what a person is asked to judge, and where the judgement goes
desk      the queues of leads and of what waits for a reply
rules_page listening rules: history, check, preview, publication
menu      what the menu lists
writers   what is done through others
who       whose act it is
guard     hosts, methods, sizes and headers
errors    what goes wrong, in plain words
app       routes
"""

from dashboards.console.app import create_app, serve
from dashboards.console.config import ConsoleConfig
from dashboards.console.writers import Writers

__all__ = ["ConsoleConfig", "Writers", "create_app", "serve"]
