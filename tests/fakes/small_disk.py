"""A file system of its own that can be filled to the last byte; needs root."""

import contextlib
import subprocess
from collections.abc import Iterator
from pathlib import Path


@contextlib.contextmanager
def small_disk(folder: Path, size_mb: int) -> Iterator["Ballast"]:
    """Put a file system of this size in place of `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    mount = ["mount", "-t", "tmpfs", "-o", f"size={size_mb}m", "tmpfs", str(folder)]
    subprocess.run(mount, check=True)
    try:
        yield Ballast(folder / "ballast")
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


class Ballast:
    """A file that takes all the room there is."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def fill(self) -> None:
        """Return when the disk takes no byte more; what was freed since is taken, too."""
        with self._path.open("ab", buffering=0) as file:
            for size in (1_048_576, 4_096, 1):
                with contextlib.suppress(OSError):  # it is full
                    while file.write(b"\0" * size) == size:
                        pass

    def drop(self) -> None:
        """Give the room back."""
        self._path.unlink()
