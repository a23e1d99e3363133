"""Reads what skops has written, from whoever it may come: types that are known, and no bombs.

skops rebuilds only types that are trusted, so a crafted file cannot run code. It can still unpack
to more than memory holds, or be wrong in a hundred ways that each raise something else.
"""

import io
import zipfile
import zlib
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import Any, Final

from skops import io as skops_io
from skops.io.exceptions import UntrustedTypesFoundException

from models.errors import ModelRefusedError

# The shipped model unpacks to 20 MB; unpacking stops at the sizes that the file itself tells.
MAX_UNPACKED_BYTES: Final = 1024**3
MAX_MEMBERS: Final = 10_000
# What skops, zipfile and numpy have been seen to raise on crafted files: they promise nothing.
_FAULTS: Final = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    EOFError,
    ImportError,
    LookupError,
    MemoryError,  # an array that claims to be larger than the machine
    NotImplementedError,  # ways to pack that zipfile does not know
    OSError,
    RecursionError,
    RuntimeError,  # a member with a password
    SyntaxError,  # of an array's header
    TypeError,
    UntrustedTypesFoundException,
    ValueError,
    zipfile.BadZipFile,
    zlib.error,
)


@contextmanager
def refused(version: str, file: str) -> Iterator[None]:
    """Within it, whatever a crafted file raises is ModelRefusedError naming version and file."""
    try:
        yield
    except _FAULTS as error:
        raise ModelRefusedError(f"{version}: {file}: {error or type(error).__name__}") from error


def rebuilt(content: bytes, version: str, file: str, trusted: Collection[str]) -> Any:
    """What a file holds; raises ModelRefusedError, before anything large is unpacked."""
    with refused(version, file):
        with zipfile.ZipFile(io.BytesIO(content)) as members:
            listed = members.infolist()
        if len(listed) > MAX_MEMBERS or sum(one.file_size for one in listed) > MAX_UNPACKED_BYTES:
            raise ModelRefusedError(f"{version}: {file} would unpack to more than a model is")
        unknown = set(skops_io.get_untrusted_types(data=content)) - set(trusted)
        if unknown:
            raise ModelRefusedError(f"{version}: types that are not trusted: {sorted(unknown)}")
        return skops_io.loads(content, trusted=list(trusted))
