"""What comes from others: terms that nobody looked at, and contents nobody pinned, are refused."""

import json
import zipfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from deploy.supply import audit, licences, sbom
from deploy.supply.__main__ import main
from deploy.supply.licences import Licensed, licensed
from deploy.supply.lock import IMAGE_LOCK, LOCK, ROOT, SupplyError, read_lock

HASH = f"--hash=sha256:{'0' * 64}"


@pytest.fixture(scope="module")
def found() -> list[Licensed]:
    return licensed()


def test_every_locked_package_has_terms_that_are_allowed_and_the_list_is_up_to_date() -> None:
    licences.check()


def test_the_list_in_the_repository_is_looked_at(tmp_path: Path) -> None:
    (tmp_path / "THIRD_PARTY.md").write_text("an older one")
    with pytest.raises(SupplyError, match="run make generate"):
        licences.check(tmp_path / "THIRD_PARTY.md")


@pytest.mark.parametrize(
    ("terms", "complaint"),
    [
        ("GPL-3.0-or-later", "click: 'GPL-3.0-or-later' is not among the allowed terms"),
        ("MIT AND AGPL-3.0-only", "AGPL-3.0-only"),
        ("LGPL-2.1-only", "LGPL-2.1-only"),
        ("Proprietary", "Proprietary"),
        ("", "no licence is known"),
        ("MPL-2.0", "say in REASONS why it may stay"),
    ],
)
def test_terms_that_reach_into_what_is_built_on_them_are_refused(
    monkeypatch: pytest.MonkeyPatch, terms: str, complaint: str
) -> None:
    monkeypatch.setattr(licences, "_READ", {**licences._READ, "click": terms})
    with pytest.raises(SupplyError, match=complaint):
        licensed()


def test_each_reason_is_still_needed(found: list[Licensed]) -> None:
    """A package that left, or changed its terms, takes its reason along."""
    copyleft = {one.package.name for one in found if "MPL" in one.licence}
    assert set(licences.REASONS) == copyleft


@pytest.mark.parametrize(
    "line",
    [
        "click==8.3.3",
        f"click>=8.3.3 {HASH}",
        f"git+https://code.example/click {HASH}",
        f"click==8.3.3 --index-url=x {HASH}",
        f"-e . {HASH}",
    ],
)
def test_a_line_that_pins_no_content_is_refused(tmp_path: Path, line: str) -> None:
    path = tmp_path / "requirements.lock"
    path.write_text(f"# a remark\nfaust==1.0 \\\n    {HASH}\n{line}\n")
    with pytest.raises(SupplyError, match="pins no content by hash"):
        read_lock(path)


def test_all_locks_pin_by_hash() -> None:
    for path in (LOCK, IMAGE_LOCK, LOCK.with_name("requirements-bench.lock")):
        assert len(read_lock(path)) > 50


def test_the_bill_of_materials_is_one_by_the_schema(found: list[Licensed]) -> None:
    text = sbom.written(found, "1.2.3")
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(text) is None
    told = json.loads(text)
    assert len(told["components"]) == len(read_lock(LOCK))
    faust = next(one for one in told["components"] if one["name"] == "faust-streaming")
    assert faust["purl"] == "pkg:pypi/faust-streaming@0.15.3"
    assert faust["scope"] == "required"
    needed = {edge["ref"]: edge["dependsOn"] for edge in told["dependencies"]}
    assert faust["purl"] in needed["pkg:generic/escucha@1.2.3"]
    assert any(one.startswith("pkg:pypi/mode-streaming@") for one in needed[faust["purl"]])


def test_it_is_the_same_each_time(found: list[Licensed]) -> None:
    assert sbom.written(found, "1") == sbom.written(licensed(), "1")
    assert "timestamp" not in sbom.written(found, "1")


@pytest.mark.parametrize(
    ("status", "said", "code"),
    [
        (0, "No known vulnerabilities found", 0),
        (1, "Found 1 known vulnerability in 1 package", 1),
        (1, "requests.exceptions.ConnectionError: Max retries exceeded", 75),
        (1, "timed out once. Found 2 known vulnerabilities in 1 package", 1),
        (0, "Dependency not found on PyPI and could not be audited: click (8.3.3)", 75),
    ],
)
def test_an_audit_that_reached_nobody_does_not_pass_for_a_clean_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], status: int, said: str, code: int
) -> None:
    tool = tmp_path / "python"
    tool.write_text(f"#!/bin/sh\necho '{said}'\necho '{said}' >&2\nexit {status}\n")
    tool.chmod(0o755)
    assert audit.ask(tool, LOCK) == code
    assert ("checked. Run it" in capsys.readouterr().err.replace("\n", " ")) == (code == 75)


def test_an_audit_that_takes_too_long_is_no_pass_and_no_traceback(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tool = tmp_path / "python"
    tool.write_text("#!/bin/sh\nexec sleep 60\n")
    tool.chmod(0o755)
    assert audit.ask(tool, LOCK, within_sec=0.1) == 75
    assert "NOTHING was checked" in capsys.readouterr().err


@pytest.mark.parametrize(("audited_as", "code"), [(0, 0), (1, 1), (75, 0)])
def test_ci_fails_by_holes_and_tells_where_nobody_could_be_asked(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    audited_as: int,
    code: int,
) -> None:
    monkeypatch.setattr(audit, "audit", lambda within_sec: audited_as)
    assert main(["audit-in-ci"]) == code
    assert ("fails no build" in capsys.readouterr().err) == (audited_as == 75)
    assert "\nmake audit-in-ci" in (ROOT / ".ci" / "run").read_text("utf-8")


def advisory(name: str = "click", **changes: Any) -> dict[str, Any]:
    """One as OSV writes them."""
    affected = {
        "package": {"ecosystem": "PyPI", "name": name, "purl": f"pkg:pypi/{name}"},
        "ranges": [
            {"type": "GIT", "repo": "https://code.example", "events": [{"introduced": "0"}]},
            {"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "1.2.0"}]},
        ],
        "versions": [],
    } | changes.pop("affected", {})
    return {
        "id": "PYSEC-2026-1", "modified": datetime.now(UTC).isoformat(), "summary": "a hole",
        "affected": [affected], **changes,
    }  # fmt: skip


def audited(folder: Path, version: str, *told: dict[str, Any]) -> int:
    archive = folder / "all.zip"
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as file:
        for number, one in enumerate(told):
            file.writestr(f"PYSEC-{number}.json", json.dumps(one))
    lock = folder / "requirements.lock"
    lock.write_text(f"Click=={version} \\\n    {HASH}\n")
    return audit.audit_by(archive, lock)


def spans(*events: dict[str, str]) -> dict[str, Any]:
    return {"affected": {"ranges": [{"type": "ECOSYSTEM", "events": list(events)}]}}


@pytest.mark.parametrize(
    ("version", "told", "code"),
    [
        ("1.1.9", advisory(), 1),
        ("1.2.0", advisory(), 0),
        ("1.10", advisory(), 0),  # by the order of versions, not of letters
        ("1.2.0rc1", advisory(), 1),
        ("1.1.9", advisory("cLICk"), 1),
        ("1.1.9", advisory("clicker"), 0),
        ("1.1.9", advisory(withdrawn="2026-01-01T00:00:00Z"), 0),
        ("3.0", advisory(affected={"versions": ["3.0"]}), 1),
        ("3.0", advisory(**spans({"introduced": "2"}, {"last_affected": "3.0"})), 1),
        ("3.1", advisory(**spans({"introduced": "2"}, {"last_affected": "3.0"})), 0),
        ("1.9", advisory(**spans({"introduced": "2"}, {"last_affected": "3.0"})), 0),
        ("5.1", advisory(**spans({"fixed": "2"}, {"introduced": "5"}, {"introduced": "0"})), 1),
        ("4.0", advisory(**spans({"fixed": "2"}, {"introduced": "5"}, {"introduced": "0"})), 0),
        ("3.0", advisory(affected={"package": {"ecosystem": "npm", "name": "click"}}), 0),
    ],
)
def test_an_archive_of_advisories_tells_of_holes_without_a_network(
    tmp_path: Path, version: str, told: dict[str, Any], code: int
) -> None:
    assert audited(tmp_path, version, told) == code


def test_what_is_found_is_said_with_its_remedy(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert audited(tmp_path, "1.1.9", advisory(), advisory("other")) == 1
    said = capsys.readouterr().out
    assert "click 1.1.9: PYSEC-2026-1 (a hole); mended in 1.2.0" in said
    assert "1 packages by 2 advisories" in said


def test_an_old_archive_does_not_pass_for_a_clean_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    modified = (datetime.now(UTC) - timedelta(days=8)).isoformat()
    assert audited(tmp_path, "3.0", advisory(modified=modified)) == 75
    assert "what came since was NOT checked" in capsys.readouterr().err


def test_what_is_no_archive_of_advisories_is_refused(tmp_path: Path) -> None:
    (tmp_path / "all.zip").write_bytes(b"PK no archive")
    with pytest.raises(SupplyError, match="not an archive of advisories"):
        audit.audit_by(tmp_path / "all.zip")
    with pytest.raises(SupplyError, match="there is no advisory in it"):
        audited(tmp_path, "3.0")
    with pytest.raises(SupplyError, match="too large for an advisory"):
        audited(tmp_path, "3.0", advisory(details="x" * 5_000_000))
