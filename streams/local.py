"""Settings for commands typed by a person: those of the running local stack, if there is one."""

from deploy.local.environment import stack_environment
from streams import logs
from streams.settings import Settings, is_secret


def local_settings() -> Settings:
    """What the environment says, and what it leaves open as the local stack has it."""
    found = stack_environment()
    logs.hide(*(value for name, value in found.items() if is_secret(name)))
    return Settings.from_environment(defaults=found)
