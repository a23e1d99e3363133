"""Where notices go, from the environment or a file; what is wrong is said without the address."""

from pathlib import Path
from typing import cast
from urllib.parse import urlsplit

from streams.errors import SettingsError
from streams.settings import Settings
from streams.signals.emerging.notify.channels import Apprise, Channel, KafkaChannel, Webhook
from streams.signals.emerging.notify.texts import Language


def channels(settings: Settings) -> list[Channel]:
    """Kafka first, then what the settings name; raises SettingsError saying which and why not."""
    language = cast(Language, settings.alerts_language)
    found: list[Channel] = [KafkaChannel(settings.kafka)]
    lines = [*settings.alerts_to.split(), *_lines(settings.alerts_file)]
    for number, line in enumerate(lines, start=1):
        address, _, secret = line.partition(" ")
        if address.lower().startswith(("http://", "https://")):
            found.append(_webhook(address, secret.strip(), f"address {number}"))
            continue
        import apprise

        if not apprise.Apprise().add(address):
            raise SettingsError(
                f"ESCUCHA_ALERTS_TO or the file: address {number} is none that apprise knows;"
                " see its list of services, for example mailto:// or slack://"
            )
        found.append(Apprise(address, language))
    if settings.alerts_webhook:
        found.append(
            _webhook(
                settings.alerts_webhook, settings.alerts_webhook_secret, "ESCUCHA_ALERTS_WEBHOOK"
            )
        )
    return found


def _webhook(address: str, secret: str, name: str) -> Webhook:
    try:
        parts = urlsplit(address)
        is_sound = bool(parts.hostname) and parts.port != 0 and address.isascii()
    except ValueError:
        is_sound = False
    if not is_sound:
        raise SettingsError(f"{name}: no address of a webhook; it is https://HOST[:PORT]/PATH")
    if len(secret) < 16:
        raise SettingsError(f"{name}: a webhook needs a secret of at least 16 characters")
    return Webhook(address, secret)


def _lines(path: Path | None) -> list[str]:
    if path is None:
        return []
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"ESCUCHA_ALERTS_FILE {path}: {error}") from error
    lines = (line.strip() for line in text.splitlines())
    return [line for line in lines if line and not line.startswith("#")]
