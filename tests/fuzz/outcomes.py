"""Names for what came of an input, few enough to count and apart enough to be news."""

import re

_PARTICULARS = re.compile(r"'(?:[^'\\]|\\.)*'|\"[^\"]*\"|`[^`]*`|/\S+|\d+|[^\x20-\x7e]+")


def refused(error: BaseException) -> str:
    """The kind of a refusal: its type and words, without what they quote."""
    words = _PARTICULARS.sub("…", str(error).splitlines()[0] if str(error) else "")
    return f"{type(error).__name__}: {words[:70]}"
