"""What can go wrong with the local stack. Every message ends with what to do about it.

* LocalStackError
  x PortInUseError          another process listens where a service should
  x AlreadyRunningError     this run directory has a living stack
  x ServiceFailedError      a service ended, or never became ready, while the stack came up
  x MissingPartError        a wheel, a binary or an entry point is not there
"""


class LocalStackError(Exception):
    """Shown to the user as it is: plain words and a remedy."""


class PortInUseError(LocalStackError):
    """A port the stack needs is taken."""


class AlreadyRunningError(LocalStackError):
    """A stack or an engine already owns this run directory."""


class ServiceFailedError(LocalStackError):
    """A service did not come up."""


class MissingPartError(LocalStackError):
    """Something that the stack is made of is not installed, or is another version."""
