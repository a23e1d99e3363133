"""How a program tells the local stack that its first round is done."""

from pathlib import Path

from streams.settings import Settings


def ready_file(settings: Settings) -> Path | None:
    """Where to say that the first round is done; what a predecessor said is removed."""
    if not settings.worker_name:
        return None
    path = settings.run_dir / "ready" / settings.worker_name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    path.with_suffix(".port").unlink(missing_ok=True)
    return path
