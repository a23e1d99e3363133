"""When a lead is due: set on its card, up to the stored event."""

from collections.abc import Iterator

import httpx
import pytest
from clickhouse_connect.driver.client import Client
from playwright.sync_api import Page, expect

from dashboards.console import ConsoleConfig
from deploy.local.handles import ClickHouseHandle
from tests.browser.desk_page import (
    CONTRAST,
    SURE,
    console,
    events,
    item,
    open_page,
    people_of_ours,
    say,
)

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def url(
    clickhouse: ClickHouseHandle, config: ConsoleConfig, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    with console(clickhouse, config, tmp_path_factory.mktemp("desk")) as url:
        yield url


@pytest.fixture
def people(writer: Client) -> Iterator[Client]:
    with people_of_ours(writer):
        yield writer


def test_when_a_lead_is_due_is_set_on_its_card_by_keyboard_and_left_to_the_rule_again(
    page: Page, url: str, people: Client, complaints: list[str]
) -> None:
    say(people, 15, "yago", **SURE)
    due = "SELECT due_at FROM leads WHERE author_id = 'desk-yago'"
    by_rule = people.query(due).first_row
    open_page(page, url, "leads")
    lead = item(page, "@yago")
    opener = lead.get_by_role("button", name="Cambiar vencimiento")
    opener.press("Enter")
    expect(opener).to_have_attribute("aria-expanded", "true")
    field = lead.get_by_label("Vence", exact=True)
    expect(field).to_be_focused()

    field.fill("2020-01-01T10:00")
    field.press("Enter")
    assert field.evaluate("field => field.validationMessage").startswith("Elige un momento")
    assert events(people, "lead_events", "yago") == []
    field.fill("2031-05-04T17:30")
    assert page.evaluate(CONTRAST) == []
    field.press("Enter")

    expect(lead.locator(".fate")).to_have_text("Guardado.")
    expect(lead.locator("time.due")).to_contain_text("Vence 4 may")
    chosen = page.evaluate("new Date('2031-05-04T17:30').toISOString()")
    assert events(people, "lead_events", "yago") == [(1, "due", chosen, "Ana")]
    assert people.query(due).first_row[0].isoformat() == chosen[:19]

    opener.press("Enter")
    expect(field).to_have_value("2031-05-04T17:30")
    lead.get_by_role("button", name="El de la regla").press("Enter")
    expect(lead.locator("time.due")).not_to_contain_text("4 may")
    assert people.query(due).first_row == by_rule
    lead.locator(".events summary").press("Enter")
    expect(lead.locator(".events li").last).to_contain_text("Ana deja el vencimiento de la regla")
    assert complaints == []


def test_a_due_time_that_somebody_was_choosing_is_kept_when_another_was_first(
    page: Page, url: str, people: Client
) -> None:
    say(people, 16, "zoe", **SURE)
    open_page(page, url, "leads", me="Ben")
    lead = item(page, "@zoe")
    lead.get_by_role("button", name="Cambiar vencimiento").click()
    lead.get_by_label("Vence", exact=True).fill("2031-05-04T17:30")
    change = {"source": "bluesky", "subject": "desk-zoe", "expected_version": 0}
    first = httpx.post(
        f"{url}/api/leads/change",
        json=change | {"kind": "assigned", "value": "Ana", "made_by": "Ana"},
        headers={"origin": url},
        timeout=60,
    )
    assert first.status_code == 200, first.text

    lead.get_by_role("button", name="Guardar").click()

    expect(lead.locator(".fate")).to_contain_text("Otra persona la cambió antes")
    expect(lead.get_by_label("Vence", exact=True)).to_have_value("2031-05-04T17:30")
    lead.get_by_role("button", name="Guardar").click()
    expect(lead.locator(".fate")).to_have_text("Guardado.")
    expect(lead.get_by_label("Vence", exact=True)).to_be_hidden()
