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
panels    what the dashboards show
wanted    filters of mentions, as an address has them
tail      what was stored since the last look, for all filters at once
live      the live stream: one look for everybody, sent on as server-sent events
search    search in the rule language, and files of what is found
writers   what is done through others
guard     hosts, methods, sizes and headers
access    who may use which route, and what it takes and gives; rules, shapes: the words for it
gate      lets in who is signed in and may, and notes it
accounts  what knows the users
signing_in  in by a password, a one-time address, or a provider (OpenID Connect)
cookies   what the browser keeps
throttle  how often somebody may try
who       whose act it is
openapi   the description of the API, made of access; api_docs serves it
errors    what goes wrong, in plain words
app       routes
"""

from dashboards.console.app import create_app, serve
from dashboards.console.config import ConsoleConfig
from dashboards.console.provider import ProviderConfig
from dashboards.console.writers import Writers

__all__ = ["ConsoleConfig", "ProviderConfig", "Writers", "create_app", "serve"]
