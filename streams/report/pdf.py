"""The report as a PDF: text that can be selected, plots as vectors, tagged for screen readers."""

import logging
from datetime import datetime
from pathlib import Path
from typing import Final, Literal

import emoji
import msgspec

from streams.errors import SettingsError
from streams.report.document import Document

_TEMPLATE: Final = Path(__file__).with_name("report.typ")
# PDF/UA: headings, tables, languages and descriptions of pictures are told apart by readers.
_STANDARD: Final = "ua-1"
_NO_FONT: Final = "could not be displayed"

log = logging.getLogger(__name__)


def pdf(document: Document, made_at: datetime) -> bytes:
    """Return the PDF; raises SettingsError where the extra that makes it is not installed.

    Where no font of this machine has a character, a box stands for it; then the PDF is tagged all
    the same, but does not call itself PDF/UA, which allows no box.
    """
    try:
        import typst
    except ImportError as error:
        raise SettingsError(
            "a PDF needs the extra `pdf`: pip install '.[pdf]' in the checkout; HTML does without"
        ) from error
    # No font of a report has emoji; their names say as much.
    said = emoji.demojize(msgspec.json.encode(document).decode(), language=document.language)
    try:
        made = _made(said, made_at, _STANDARD)
    except typst.TypstError as error:
        if _NO_FONT not in error.diagnostic:
            raise
        log.warning("the PDF has boxes for characters of which this machine has no font")
        made = _made(said, made_at, None)
    return made


def _made(said: str, made_at: datetime, standard: Literal["ua-1"] | None) -> bytes:
    import typst

    return typst.compile(
        _TEMPLATE,
        root=_TEMPLATE.parent,
        sys_inputs={"report": said},
        timestamp=made_at.replace(microsecond=0),
        pdf_standards=standard,
    )
