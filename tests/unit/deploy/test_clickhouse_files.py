import importlib.metadata
import resource
import sys
import types
from pathlib import Path
from xml.etree import ElementTree

import pytest

from deploy.local import clickhouse
from deploy.local.clickhouse_files import EngineFolder, EngineSettings
from deploy.local.errors import MissingPartError
from deploy.local.passwords import load_or_create


@pytest.fixture
def folder(tmp_path: Path) -> EngineFolder:
    folder = EngineFolder.of(tmp_path)
    folder.prepare()
    return folder


def parsed(folder: EngineFolder, place: str) -> ElementTree.Element:
    return ElementTree.parse(folder.path / place).getroot()  # noqa: S314 - our own file


def test_enough_files_may_be_opened_where_the_terminal_gives_few() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (256, hard))
    try:
        clickhouse.allow_open_files()
        allowed, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))

    assert 1_024 <= allowed <= clickhouse.OPEN_FILES


def test_the_engine_listens_on_this_machine_only(folder: EngineFolder) -> None:
    assert parsed(folder, "config.xml").findtext("listen_host") == "127.0.0.1"


def test_the_system_database_persists_under_one_uuid(folder: EngineFolder) -> None:
    path = folder.path / "data" / "metadata" / "system.sql"
    first = path.read_text()

    folder.prepare()

    assert first.startswith("ATTACH DATABASE _ UUID '")
    assert path.read_text() == first


def test_every_variable_the_files_name_is_provided(folder: EngineFolder) -> None:
    settings = EngineSettings(http_port=1, tcp_port=2)
    provided = settings.as_environment(load_or_create(folder.path.parent))

    named = {
        element.attrib["from_env"]
        for path in folder.path.rglob("*.xml")
        for element in ElementTree.parse(path).iter()  # noqa: S314 - our own file
        if "from_env" in element.attrib
    }

    assert named == set(provided)


def test_no_file_holds_a_password(folder: EngineFolder) -> None:
    passwords = load_or_create(folder.path.parent)

    for path in folder.path.rglob("*.xml"):
        text = path.read_text()
        assert passwords.writer not in text
        assert passwords.reader not in text


def test_the_reader_may_only_read_and_the_default_user_has_one_session(
    folder: EngineFolder,
) -> None:
    shared = parsed(folder, "users.d/escucha.xml")
    assert shared.findtext("profiles/grafana/readonly") == "2"
    grants = [each.text or "" for each in shared.findall("users/grafana/grants/query")]
    allowed = ("GRANT SELECT", "GRANT SHOW", "REVOKE ")
    assert all(grant.startswith(allowed) for grant in grants)

    local = parsed(folder, "users.xml")
    assert local.findtext("profiles/launcher/max_sessions_for_user") == "1"
    assert local.findtext("users/default/profile") == "launcher"


def test_a_server_asks_for_a_grant_of_the_engines_of_tables() -> None:
    """Else anybody who may make tables may make one of URL or S3; the embedded one always asks."""
    file = Path(clickhouse.__file__).parents[1] / "clickhouse" / "server.xml"
    asks = "access_control_improvements/table_engines_require_grant"
    assert ElementTree.parse(file).findtext(asks) == "true"  # noqa: S314 - our own file


def test_preparing_replaces_what_was_edited_by_hand(folder: EngineFolder) -> None:
    (folder.path / "users.xml").write_text("<clickhouse/>")

    folder.prepare()

    assert parsed(folder, "users.xml").find("users/default") is not None


def test_another_version_of_the_wheel_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.metadata, "version", lambda _name: "27.1.0")

    with pytest.raises(MissingPartError, match=r"pip install chdb-core==26\.9\.0"):
        clickhouse.check_version()


def test_a_missing_wheel_is_told_with_a_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> str:
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(importlib.metadata, "version", missing)

    with pytest.raises(MissingPartError, match="not installed"):
        clickhouse.check_version()


def test_a_wheel_without_the_private_function_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    package = types.ModuleType("chdb")
    package._chdb = types.ModuleType("chdb._chdb")  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "chdb", package)

    with pytest.raises(MissingPartError, match="private function"):
        clickhouse.load_query_function()


def test_the_start_script_opens_both_listeners_and_then_waits() -> None:
    statements = clickhouse.start_script(5).split("; ")

    assert statements[1:3] == ["SYSTEM START LISTEN HTTP", "SYSTEM START LISTEN TCP"]
    assert statements[3].startswith("SELECT * FROM file(5,")
