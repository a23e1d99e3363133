"""Grafana's alert rules, contact point and policy, as it takes them when it starts.

Grafana puts its environment into these files wherever a dollar stands, so queries have no macros:
they look at now. What each alarm means and what to do stands in deploy/RUNBOOK.md.
"""

import json
from dataclasses import dataclass
from typing import Any

from dashboards.named import read_query
from dashboards.panels import DATASOURCE
from dashboards.words import Text

FOLDER = "Escucha"
CONTACT = "escucha"
# Where notices go: addresses of mail, in Grafana's environment.
ADDRESSES = "$ESCUCHA_ALERT_ADDRESSES"


@dataclass(frozen=True)
class Rule:
    """An alarm when the number of `queries/alert_<name>.sql` is above a limit for so long."""

    name: str
    title: Text
    above: float
    lasting: str
    severity: str
    chapter: str  # of the RUNBOOK


RULES = (
    Rule(
        "freshness",
        Text("No se guarda nada nuevo", "Nothing new is stored"),
        300,
        "5m",
        "page",
        "EscuchaNotFresh",
    ),
    Rule(
        "ledger_gap",
        Text("El libro de lotes no cuadra", "The ledger does not add up"),
        0,
        "5m",
        "page",
        "EscuchaLedgerGap",
    ),
    Rule(
        "stalled_sources",
        Text("Una fuente está parada", "A source is stalled"),
        0,
        "5m",
        "ticket",
        "EscuchaSourceStalled",
    ),
    Rule(
        "dead_letters",
        Text("Hay cartas muertas sin mirar", "Dead letters wait"),
        0,
        "1h",
        "ticket",
        "EscuchaDeadLettersWait",
    ),
    Rule(
        "worker_trouble",
        Text("Un proceso no toma el modelo", "A worker refuses the model"),
        0,
        "5m",
        "ticket",
        "EscuchaModelRefused",
    ),
    Rule(
        "kept_tables",
        Text("Una tabla ya no se rehace", "A table is not kept any more"),
        0,
        "30m",
        "ticket",
        "EscuchaKeptTables",
    ),
    Rule(
        "refused_notices",
        Text("Un aviso no se entregará", "A notice will not be delivered"),
        0,
        "1m",
        "ticket",
        "EscuchaNoticeRefused",
    ),
)


def provisioning() -> dict[str, str]:
    """Return the file of alerting by its name; equal sources give equal bytes."""
    document = {
        "apiVersion": 1,
        "groups": [
            {
                "orgId": 1,
                "name": "escucha",
                "folder": FOLDER,
                "interval": "1m",
                "rules": [_rule(rule) for rule in RULES],
            }
        ],
        "contactPoints": [
            {
                "orgId": 1,
                "name": CONTACT,
                "receivers": [
                    {
                        "uid": "escucha-mail",
                        "type": "email",
                        "settings": {"addresses": ADDRESSES, "singleEmail": True},
                    }
                ],
            }
        ],
        "policies": [
            {
                "orgId": 1,
                "receiver": CONTACT,
                "group_by": ["grafana_folder", "alertname"],
                "group_wait": "30s",
                "group_interval": "5m",
                "repeat_interval": "12h",
            }
        ],
    }
    text = json.dumps(document, sort_keys=True, indent=2, ensure_ascii=False)
    return {"escucha.json": f"{text}\n"}


def _rule(rule: Rule) -> dict[str, Any]:
    """The query, the newest number of it, and the limit: A, B and C."""
    return {
        "uid": f"escucha-{rule.name.replace('_', '-')}",
        "title": rule.title.inline,
        "condition": "C",
        "for": rule.lasting,
        "noDataState": "OK",  # nothing was ever there to be late
        "execErrState": "Error",
        "labels": {"severity": rule.severity},
        "annotations": {
            "summary": rule.title.inline,
            "runbook": f"deploy/RUNBOOK.md#{rule.chapter.lower()}",
        },
        "data": [
            {
                "refId": "A",
                "datasourceUid": DATASOURCE.uid,
                "relativeTimeRange": {"from": 600, "to": 0},
                "model": {
                    "refId": "A",
                    "editorType": "sql",
                    "format": 1,
                    "queryType": "table",
                    "rawSql": read_query(f"alert_{rule.name}"),
                },
            },
            _expression("B", {"type": "reduce", "expression": "A", "reducer": "last"}),
            _expression(
                "C",
                {
                    "type": "threshold",
                    "expression": "B",
                    "conditions": [{"evaluator": {"type": "gt", "params": [rule.above]}}],
                },
            ),
        ],
    }


def _expression(name: str, model: dict[str, Any]) -> dict[str, Any]:
    return {
        "refId": name,
        "datasourceUid": "__expr__",
        "relativeTimeRange": {"from": 600, "to": 0},
        "model": {"refId": name, **model},
    }
