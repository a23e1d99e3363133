"""The RUNBOOK in Spanish says what the English one says: chapters, names, commands and figures."""

import re
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from streams.operate.doctor_es import SPANISH

DEPLOY = Path(__file__).parents[3] / "deploy"
ALARM = re.compile(r"Escucha[A-Z]\w+")


@dataclass(frozen=True)
class Chapter:
    """A heading and what stands below it, down to the next."""

    level: int
    heading: str
    text: str

    @property
    def code(self) -> list[str]:
        """What is written as code: names, commands, settings."""
        return sorted(
            set(re.findall(r"`([^`\n]+)`", re.sub(r"```.*?```", "", self.text, flags=re.S)))
        )

    @property
    def blocks(self) -> list[str]:
        """Blocks of code without their remarks, which are translated."""
        found = re.findall(r"```\w*\n(.*?)```", self.text, flags=re.S)
        return [re.sub(r"\s*#.*$", "", block, flags=re.M).strip() for block in found]

    @property
    def figures(self) -> list[str]:
        """Numbers, however each language writes them."""
        return sorted(re.sub(r"[.,]", "", one) for one in re.findall(r"\d[\d.,]*", self.text))

    @property
    def shape(self) -> tuple[int, int, int]:
        """How many rows of tables, steps and items."""
        rows = self.text.count("\n|")
        steps = len(re.findall(r"^\d+\. ", self.text, flags=re.M))
        return rows, steps, len(re.findall(r"^- ", self.text, flags=re.M))

    @property
    def alarms(self) -> list[str]:
        """Alarms that it sends the reader to."""
        return sorted(ALARM.findall(self.text))


def chapters(name: str) -> list[Chapter]:
    parts = re.split(r"^(#+) (.+)$", (DEPLOY / name).read_text("utf-8"), flags=re.M)[1:]
    return [
        Chapter(len(level), heading, text)
        for level, heading, text in zip(parts[::3], parts[1::3], parts[2::3], strict=True)
    ]


ENGLISH, OTHER = chapters("RUNBOOK.md"), chapters("RUNBOOK.es.md")


def test_both_have_the_same_chapters_in_the_same_order() -> None:
    assert [one.level for one in OTHER] == [one.level for one in ENGLISH]
    alarms = [one.heading for one in ENGLISH if ALARM.fullmatch(one.heading)]
    assert [one.heading for one in OTHER if ALARM.fullmatch(one.heading)] == alarms
    rules = yaml.safe_load((DEPLOY / "prometheus" / "alerts.yaml").read_text())
    ringing = {rule["alert"] for group in rules["groups"] for rule in group["rules"]}
    assert ringing <= set(alarms)


@pytest.mark.parametrize(
    ("english", "spanish"),
    list(zip(ENGLISH, OTHER, strict=False)),
    ids=[one.heading for one in ENGLISH[: len(OTHER)]],
)
def test_a_chapter_says_the_same_in_both(english: Chapter, spanish: Chapter) -> None:
    assert spanish.code == english.code
    assert spanish.blocks == english.blocks
    assert spanish.shape == english.shape
    assert spanish.alarms == english.alarms
    assert spanish.figures == english.figures
    assert spanish.text != english.text or not english.text.strip()


def test_the_doctor_names_chapters_that_there_are() -> None:
    """In each language by the heading of its own RUNBOOK, or by what stands in bold."""
    for texts, name in ((SPANISH.keys(), "RUNBOOK.md"), (SPANISH.values(), "RUNBOOK.es.md")):
        runbook = (DEPLOY / name).read_text("utf-8")
        named = {one for text in texts for one in re.findall(r"RUNBOOK, ([^,.]+)", text)}
        assert named
        for chapter in named:
            assert f"# {chapter}\n" in runbook or f"**{chapter}**" in runbook, chapter
