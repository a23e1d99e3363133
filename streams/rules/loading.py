"""`listening.yaml` from disk: read, checked as a whole, with every mistake at its place."""

from pathlib import Path
from typing import Final, TypeVar

import msgspec
from msgspec.inspect import type_info

from streams.errors import InputError
from streams.rules.checks import Check
from streams.rules.errors import ListeningError
from streams.rules.listening import InterestsFile, Listening
from streams.rules.shapes import Reader
from streams.rules.yaml_places import MAX_BYTES, YamlFile

EXAMPLE: Final = Path(__file__).with_name("listening.example.yaml")
INTERESTS: Final = Path(__file__).with_name("interests.yaml")
Shape = TypeVar("Shape", Listening, InterestsFile)


def load_listening(path: Path, *, bundled_interests: bool = True) -> Listening:
    """Read and check a listening file; raises ListeningError with every mistake in it.

    Interests that the file leaves out are the bundled ones, unless these are not wanted.
    """
    listening = _load(path, Listening)
    return with_interests(listening) if bundled_interests else listening


def read_listening(
    text: str, name: str = "listening.yaml", *, bundled_interests: bool = False
) -> Listening:
    """The same of a file's text."""
    listening = _read(text, name, Listening)
    return with_interests(listening) if bundled_interests else listening


def with_interests(listening: Listening) -> Listening:
    """The same with the bundled interests where it names none."""
    if listening.interests is not None or not INTERESTS.is_file():
        return listening
    interests = _load(INTERESTS, InterestsFile).interests
    return msgspec.structs.replace(listening, interests=interests)


def _load(path: Path, shape: type[Shape]) -> Shape:
    try:
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
        text = content.decode("utf-8-sig")
    except FileNotFoundError as error:
        raise InputError(f"{path}: there is no such file") from error
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise InputError(f"{path}:{line}: not UTF-8: save the file as UTF-8") from error
    if len(content) > MAX_BYTES:
        raise InputError(f"{path}: larger than {MAX_BYTES // 2**20} MiB")
    return _read(text, str(path), shape)


def _read(text: str, name: str, shape: type[Shape]) -> Shape:
    file = YamlFile(name, text)
    root = file.root()
    if root is None:
        raise ListeningError(file.problems)
    reader = Reader(file)
    data = reader.read(root, type_info(shape))
    if data is not None:
        Check(file, reader.nodes, data).all()
    if file.problems:
        raise ListeningError(file.problems)
    return msgspec.convert(data, shape)
