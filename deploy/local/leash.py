"""Linux only, run as a script: ties a child to the life of its parent, then becomes the child.

A separate step between fork and exec, because running Python between the two inside a supervisor
with threads can deadlock. The tie is to the *thread* that forked: start children from the main one.
"""

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1


def main() -> None:
    """Become the command in the arguments; it gets SIGTERM when its parent ends."""
    expected_parent = int(sys.argv[1])
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != expected_parent:  # it ended before the tie was made
        sys.exit(1)
    os.execvp(sys.argv[2], sys.argv[2:])  # noqa: S606 - the supervisor's own command line


if __name__ == "__main__":
    main()
