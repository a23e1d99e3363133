"""What tests need from the machine: skipped with the reason where it is missing.

CI sets what turns a missing program into a failure: see tests/needs.py.
"""

import os
import shutil

import pytest

from deploy import kafka_jvm
from tests.needs import BROWSER, KAFKA, required


def _chromium_missing() -> str | None:
    found = shutil.which("chromium") or shutil.which("chromium-browser")
    return None if found else "Chromium is not installed"


def pytest_configure() -> None:
    os.environ["ESCUCHA_LANG"] = "en"  # what commands say is asserted in English, on any machine


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    # Last, since Playwright keeps an event loop running in which no other test could run its own.
    items.sort(key=lambda item: item.path.parent.name == "browser")
    kafka, browser = kafka_jvm.available(), _chromium_missing()
    for item in items:
        if kafka and item.get_closest_marker("kafka_jvm") and not required(KAFKA):
            item.add_marker(pytest.mark.skip(reason=kafka))
        if browser and item.get_closest_marker("browser") and not required(BROWSER):
            item.add_marker(pytest.mark.skip(reason=browser))
