"""A bill of materials in CycloneDX, the same whenever and wherever it is written.

No moment stands in it, and its serial number is a digest of the lock: two builds of one commit
can be compared byte by byte.
"""

import hashlib
import json
import re
import uuid
from collections.abc import Sequence
from importlib import metadata
from typing import Any
from urllib.parse import quote

from deploy.supply.licences import Licensed
from deploy.supply.lock import IMAGE_LOCK, LOCK, normal

SPEC = "1.6"
_NAME = re.compile(r"[A-Za-z0-9][\w.-]*")
_SERIALS = uuid.UUID("5f0c5d1e-7f0b-5c6e-9a7c-1c8f3f1d2a40")  # of this project


def document(found: Sequence[Licensed], version: str) -> dict[str, Any]:
    """The bill of everything that is locked; `ships` tells what is in the image."""
    digest = hashlib.sha256(LOCK.read_bytes() + IMAGE_LOCK.read_bytes()).hexdigest()
    root = f"pkg:generic/escucha@{version}"
    names = {one.package.name: _purl(one) for one in found}
    edges = {purl: _needed(name, names) for name, purl in names.items()}
    return {
        "$schema": f"http://cyclonedx.org/schema/bom-{SPEC}.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": SPEC,
        "serialNumber": f"urn:uuid:{uuid.uuid5(_SERIALS, digest)}",
        "version": 1,
        "metadata": {
            "component": {
                "type": "application",
                "bom-ref": root,
                "name": "escucha",
                "version": version,
            }
        },
        "components": [_component(one) for one in found],
        "dependencies": [
            {"ref": root, "dependsOn": _needed("escucha", names)},
            *({"ref": purl, "dependsOn": needed} for purl, needed in edges.items()),
        ],
    }


def written(found: Sequence[Licensed], version: str) -> str:
    """The document as a file."""
    return json.dumps(document(found, version), indent=1) + "\n"


def _component(one: Licensed) -> dict[str, Any]:
    package = one.package
    properties = [
        {"name": "escucha:in-image", "value": "yes" if one.ships else "no"},
        # One for each wheel: which of them is installed depends on the machine.
        *({"name": "escucha:sha256", "value": digest} for digest in package.hashes),
    ]
    if package.marker:
        properties.insert(1, {"name": "escucha:where", "value": package.marker})
    return {
        "type": "library",
        "bom-ref": _purl(one),
        "name": package.name,
        "version": package.version,
        "scope": "required" if one.ships else "optional",
        "licenses": [{"expression": one.licence}],
        "purl": _purl(one),
        "properties": properties,
    }


def _purl(one: Licensed) -> str:
    return f"pkg:pypi/{one.package.name}@{quote(one.package.version, safe='.')}"


def _needed(name: str, names: dict[str, str]) -> list[str]:
    """What a package asks for, of what is locked; nothing where it is not installed here."""
    try:
        required = metadata.requires(name) or []
    except metadata.PackageNotFoundError:
        return []
    matches = (_NAME.match(line) for line in required)
    wanted = {normal(match[0]) for match in matches if match}
    return sorted(names[one] for one in wanted if one in names)
