"""What comes from others: terms that nobody looked at, and contents nobody pinned, are refused."""

import json
from pathlib import Path

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from deploy.supply import audit, licences, sbom
from deploy.supply.licences import Licensed, licensed
from deploy.supply.lock import IMAGE_LOCK, LOCK, SupplyError, read_lock

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
