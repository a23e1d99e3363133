"""Asks a service of this container whether it is well: `python -m deploy.probe URL`.

The image has no curl. Exit code 0 for an answer of 200, else 1 with what was said.
"""

import sys
import urllib.error
import urllib.request

TIMEOUT_SEC = 4.0


def probe(url: str) -> str:
    """Return "" when `url` answers with 200, else what is wrong."""
    if not url.startswith(("http://127.0.0.1:", "http://localhost:")):
        return f"{url}: only a port of this machine is asked"
    try:
        with urllib.request.urlopen(url, timeout=TIMEOUT_SEC) as answer:  # noqa: S310
            return "" if answer.status == 200 else f"{url}: {answer.status}"
    except urllib.error.HTTPError as error:
        return f"{url}: {error.code} {error.read(500).decode(errors='replace')}"
    except OSError as error:
        return f"{url}: {error}"


def main(arguments: list[str]) -> int:
    """Ask the one URL that is given."""
    if len(arguments) != 1:
        sys.stderr.write("python -m deploy.probe URL\n")
        return 2
    trouble = probe(arguments[0])
    if trouble:
        sys.stderr.write(f"{trouble}\n")
    return 1 if trouble else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
