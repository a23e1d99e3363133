"""Alarms, runbook and metrics agree: no alarm without a remedy, none on a metric that is not."""

import re
from pathlib import Path

import yaml

from dashboards.alerting import RULES as GRAFANAS
from streams.metrics import COUNTED, NAMES, OBSERVED, SHOWN

DEPLOY = Path(__file__).parents[3] / "deploy"
RULES = yaml.safe_load((DEPLOY / "prometheus" / "alerts.yaml").read_text())["groups"][0]["rules"]
RUNBOOK = (DEPLOY / "RUNBOOK.md").read_text()


def test_every_alarm_has_a_chapter_and_every_chapter_an_alarm() -> None:
    chapters = re.findall(r"^### (Escucha\w+)$", RUNBOOK, flags=re.MULTILINE)
    alarms = {rule["alert"] for rule in RULES} | {rule.chapter for rule in GRAFANAS}
    assert sorted(chapters) == sorted(alarms)


def test_every_alarm_reads_a_metric_with_labels_that_it_has() -> None:
    labels = {name: set(one.labels) for name, one in {**COUNTED, **OBSERVED, **SHOWN}.items()}
    for rule in RULES:
        used = re.findall(r"(escucha_\w+)(?:\{(\w+)=)?", rule["expr"])
        assert used, rule["alert"]
        for name, label in used:
            assert name in NAMES, f"{rule['alert']}: there is no {name}"
            assert not label or label in labels[name], f"{rule['alert']}: {name} has no {label}"


def test_pages_and_tickets_are_told_apart_in_the_runbook() -> None:
    for rule in RULES:
        chapter = RUNBOOK.split(f"### {rule['alert']}\n")[1].split("\n###")[0]
        assert rule["labels"]["severity"] in chapter.splitlines()[0]
        assert rule["annotations"]["summary"]
    for alarm in GRAFANAS:
        chapter = RUNBOOK.split(f"### {alarm.chapter}\n")[1].split("\n###")[0]
        assert alarm.severity in chapter.splitlines()[0]


def test_commands_of_the_runbook_exist() -> None:
    from streams.cli import cli

    context = cli.make_context("escucha", ["status"], resilient_parsing=True)
    known = set(cli.list_commands(context))
    named = set(re.findall(r"`escucha ([a-z-]+)", RUNBOOK))
    named |= set(re.findall(r"^escucha ([a-z-]+)", RUNBOOK, flags=re.MULTILINE))
    assert named <= known, named - known
