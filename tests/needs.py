"""Programs that tests need: skipped where one is missing, failed where CI says it must be there."""

import os
from typing import Final, NoReturn

import pytest

KAFKA: Final = "ESCUCHA_REQUIRE_KAFKA"  # Java, Maven, kcat
BROWSER: Final = "ESCUCHA_REQUIRE_BROWSER"  # Chromium


def required(variable: str) -> bool:
    """Whether what the variable stands for must be there."""
    return os.environ.get(variable) == "1"


def missing(reason: str, variable: str) -> NoReturn:
    """Skip the test with the reason, or fail it where the variable says so."""
    if required(variable):
        pytest.fail(f"{reason} ({variable}=1)")
    pytest.skip(reason)
