"""Where the pages lie."""

from pathlib import Path
from typing import Final

STATIC: Final = Path(__file__).parent / "static"
