"""axe-core, as its wheel brings it along, asked about a page."""

from typing import Any

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page

IMPACTS = ("serious", "critical")
_RUN = """async () => (await axe.run(document, { resultTypes: ["violations"] })).violations.map(
  ({ id, impact, help, nodes }) => ({
    id, impact, help,
    nodes: nodes.map(({ target, html }) => `${target.join(" ")} ${html.slice(0, 160)}`),
  }))"""


def findings(page: Page) -> list[str]:
    """Serious and critical ones, each with the rule and where it is broken."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE_SCRIPT)
    found: list[dict[str, Any]] = page.evaluate(_RUN)
    return [
        f"{one['id']} ({one['impact']}): {one['help']}: {node}"
        for one in found
        if one["impact"] in IMPACTS
        for node in one["nodes"]
    ]
