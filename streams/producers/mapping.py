"""What a user says about a file's columns, joined with what their names tell."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
import yaml

from streams.errors import InputError
from streams.producers.columns import MENTIONS, Vocabulary, guess_columns
from streams.producers.readers import FileFormat

_YAML_KEYS = ("map", "set", "timezone", "time_format")


@dataclass(frozen=True, kw_only=True)
class MappingRequest:
    """A mapping as asked for by flags or a file; what it leaves open is guessed."""

    columns: Mapping[str, str] = field(default_factory=dict)  # target to column
    constants: Mapping[str, str] = field(default_factory=dict)  # target to value
    timezone: str | None = None
    time_format: str | None = None

    def over(self, other: "MappingRequest") -> "MappingRequest":
        """This request where it says something, `other` elsewhere."""
        said = {*self.columns, *self.constants}
        columns = {target: name for target, name in other.columns.items() if target not in said}
        constants = {name: value for name, value in other.constants.items() if name not in said}
        return MappingRequest(
            columns={**columns, **self.columns},
            constants={**constants, **self.constants},
            timezone=self.timezone or other.timezone,
            time_format=self.time_format or other.time_format,
        )


@dataclass(frozen=True, kw_only=True)
class ColumnMapping:
    """Which column or constant fills each field; complete enough to make mentions."""

    columns: Mapping[str, str]
    constants: Mapping[str, str]
    guessed: frozenset[str]
    unused: tuple[str, ...]
    timezone: str
    time_format: str | None
    vocabulary: Vocabulary = MENTIONS

    def digest(self) -> str:
        """Same digest, same events from the same rows."""
        facts = (
            sorted(self.columns.items()),
            sorted(self.constants.items()),
            self.timezone,
            self.time_format,
        )
        return hashlib.blake2b(msgspec.json.encode(facts), digest_size=8).hexdigest()

    def describe(self) -> list[str]:
        """The mapping in lines for people."""
        lines: list[str] = []
        for target in self.vocabulary.targets:
            if target in self.columns:
                how = "guessed" if target in self.guessed else "as asked"
                lines.append(f"{target:<14} from column {self.columns[target]} ({how})")
            elif target in self.constants:
                lines.append(f"{target:<14} is always {self.constants[target]!r}")
            elif target in self.vocabulary.without:
                lines.append(f"{target:<14} {self.vocabulary.without[target]}")
        if self.vocabulary.time in self.columns:
            form = f", form {self.time_format}" if self.time_format else ""
            lines.append(f"{'time zone':<14} {self.timezone} where a time has no offset{form}")
        if self.unused:
            lines.append(f"{'not used':<14} {', '.join(self.unused)}")
        return lines


def resolve(
    request: MappingRequest,
    *,
    place: str,
    file_format: FileFormat,
    columns: Sequence[str],
    default_source: str = "",
    vocabulary: Vocabulary = MENTIONS,
) -> ColumnMapping:
    """Fill a request's gaps by guessing; raises InputError when a needed field has no column."""
    for target, column in request.columns.items():
        # JSON rows may lack a column that later ones have, so only needed ones must be there.
        if column not in columns and (file_format != "jsonl" or target in vocabulary.required):
            raise InputError(
                f"{place}: --map {target}={column}: there is no such column; "
                f"there are: {', '.join(columns)}"
            )
    said = {**dict.fromkeys(request.constants, ""), **request.columns}
    guessed = guess_columns(columns, said, vocabulary)
    chosen = {**guessed, **request.columns}
    constants = {**request.constants}
    if "source" in vocabulary.targets and "source" not in chosen:
        constants.setdefault("source", default_source)
    for target in vocabulary.required:
        if target not in chosen and target not in constants:
            raise InputError(
                f"{place}: no column looks like {target}; say which with --map {target}=COLUMN. "
                f"There are: {', '.join(columns)}"
            )
    used = set(chosen.values())
    return ColumnMapping(
        columns=chosen,
        constants=constants,
        guessed=frozenset(guessed),
        unused=tuple(column for column in columns if column not in used),
        timezone=request.timezone or "UTC",
        time_format=request.time_format,
        vocabulary=vocabulary,
    )


def from_flags(
    maps: Sequence[str],
    sets: Sequence[str],
    *,
    timezone: str | None = None,
    time_format: str | None = None,
    vocabulary: Vocabulary = MENTIONS,
) -> MappingRequest:
    """A request from `--map target=column` and `--set target=value`; raises InputError."""
    request = MappingRequest(
        columns=_pairs("--map", maps),
        constants=_pairs("--set", sets),
        timezone=timezone,
        time_format=time_format,
    )
    for target in request.columns:
        _check_target(target, "--map", vocabulary)
    for target in request.constants:
        _check_target(target, "--set", vocabulary)
        if target in request.columns:
            raise InputError(f"{target}: both --map and --set name it; keep one")
    return request


def from_yaml(path: Path, vocabulary: Vocabulary = MENTIONS) -> MappingRequest:
    """A request from a YAML file with map, set, timezone, time_format; raises InputError."""
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: cannot be read ({error})") from error
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except (yaml.YAMLError, RecursionError) as error:
        raise InputError(f"{path}: not YAML: {' '.join(str(error).split())}") from error
    if node is None:
        return MappingRequest()
    top = _entries(path, node, "the file")
    for key, (line, _) in top.items():
        if key not in _YAML_KEYS:
            raise InputError(
                f"{path}, line {line}: {key!r} is not known; known are {', '.join(_YAML_KEYS)}"
            )
    columns = _section(path, top, "map", vocabulary)
    constants = _section(path, top, "set", vocabulary)
    for target, (line, _) in constants.items():
        if target in columns:
            raise InputError(f"{path}, line {line}: {target}: in map and in set; keep one")
    return MappingRequest(
        columns={target: value for target, (_, value) in columns.items()},
        constants={target: value for target, (_, value) in constants.items()},
        timezone=_scalar(path, top, "timezone"),
        time_format=_scalar(path, top, "time_format"),
    )


def _pairs(option: str, texts: Sequence[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for text in texts:
        target, value = _pair(option, text)
        if found.setdefault(target, value) != value:
            raise InputError(f"{option} {target}: given twice, as {found[target]} and as {value}")
    return found


def _pair(option: str, text: str) -> tuple[str, str]:
    target, sign, value = text.partition("=")
    if not sign or not target.strip() or not value:
        raise InputError(f"{option} {text!r}: write it as {option} text=VALUE")
    return target.strip(), value


def _check_target(target: str, place: str, vocabulary: Vocabulary) -> None:
    if target not in vocabulary.targets:
        known = ", ".join(vocabulary.targets)
        raise InputError(f"{place} {target}: no such field; there are: {known}")
    if target in vocabulary.unique and place.endswith("set"):
        raise InputError(f"{place} {target}: each row needs an id of its own; map a column")


def _entries(path: Path, node: yaml.Node, what: str) -> dict[str, tuple[int, yaml.Node]]:
    if not isinstance(node, yaml.MappingNode):
        line = node.start_mark.line + 1
        raise InputError(f"{path}, line {line}: {what} must hold `name: value` lines")
    entries: dict[str, tuple[int, yaml.Node]] = {}
    for key, value in node.value:
        name, line = str(key.value), key.start_mark.line + 1
        if name in entries:
            raise InputError(f"{path}, line {line}: {name} stands in line {entries[name][0]} too")
        entries[name] = (line, value)
    return entries


def _section(
    path: Path, top: Mapping[str, tuple[int, yaml.Node]], name: str, vocabulary: Vocabulary
) -> dict[str, tuple[int, str]]:
    if name not in top:
        return {}
    section: dict[str, tuple[int, str]] = {}
    for target, (line, value) in _entries(path, top[name][1], name).items():
        _check_target(target, f"{path}, line {line}: {name}", vocabulary)
        section[target] = (line, _word(path, line, target, value))
    return section


def _scalar(path: Path, top: Mapping[str, tuple[int, yaml.Node]], name: str) -> str | None:
    if name not in top:
        return None
    line, value = top[name]
    return _word(path, line, name, value)


def _word(path: Path, line: int, name: str, value: yaml.Node) -> str:
    if not isinstance(value, yaml.ScalarNode) or not value.value:
        raise InputError(f"{path}, line {line}: {name} needs one value")
    return str(value.value)
