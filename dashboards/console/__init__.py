"""The local web page: renders the generated Grafana dashboards without Grafana.

config    what it needs to know
boards    reads the dashboards' JSON; what of it the page may see
queries   period, variables and macros put into a panel's query
frames    rows of ClickHouse as the page draws them
database  ClickHouse, with limits and one answer for equal questions
labelling what a person is asked to judge, and where the judgement goes
desk      the queues of leads and of what waits for a reply
wanted    filters of mentions, as an address has them
tail      what was stored since the last look, for all filters at once
live      the live stream: one look for everybody, sent on as server-sent events
search    search in the rule language, and files of what is found
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
