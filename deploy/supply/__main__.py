"""`python -m deploy.supply check | write | sbom [FILE] | audit [ADVISORIES] | audit-in-ci`."""

import sys
from importlib import metadata
from pathlib import Path

from deploy.supply import audit, licences, sbom
from deploy.supply.lock import SupplyError

USAGE = "say check, write, sbom [FILE], audit [ADVISORIES], an archive of OSV, or audit-in-ci"


def main(arguments: list[str]) -> int:
    """Do it; 1 with a line on standard error when something is not as it must be."""
    try:
        match arguments:
            case ["check"]:
                licences.check()
            case ["write"]:
                licences.LISTED.write_text(licences.page(licences.licensed()), "utf-8")
            case ["sbom", *where]:
                text = sbom.written(licences.licensed(), metadata.version("escucha"))
                Path(where[0]).write_text(text, "utf-8") if where else print(text, end="")
            case ["audit"]:
                return audit.audit()
            case ["audit-in-ci"]:
                return audit.audit_in_ci()
            case ["audit", archive]:
                return audit.audit_by(Path(archive))
            case _:
                raise SupplyError(USAGE)
    except SupplyError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
