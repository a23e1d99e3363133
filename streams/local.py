"""Settings for commands typed by a person: those of the running local stack, if there is one."""

from deploy.local.environment import stack_environment
from streams.settings import Settings


def local_settings() -> Settings:
    """What the environment says, and what it leaves open as the local stack has it."""
    return Settings.from_environment(defaults=stack_environment())
