"""What the receiver is asked to be, and the limits it keeps."""

from dataclasses import dataclass, field

from streams.errors import SettingsError

LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


@dataclass(frozen=True, kw_only=True)
class ReceiverOptions:
    """One receiver; raises SettingsError for one that anybody could write to."""

    host: str = "127.0.0.1"
    port: int = 8090
    secrets: tuple[str, ...] = field(default=(), repr=False)
    insecure_no_signature: bool = False
    max_body_bytes: int = 1024 * 1024
    max_events: int = 1_000
    max_in_flight: int = 64  # requests at once; each may hold a body
    requests_per_sec: float = 1_000.0  # of one sender, by its secret; 0: no limit
    refusals_per_sec: float = 5.0  # of one address that are told why; it is not logged beyond
    body_timeout_sec: float = 10.0
    header_timeout_sec: float = 10.0
    kafka_deadline_sec: float = 20.0
    heartbeat_sec: float = 5.0

    def __post_init__(self) -> None:
        if self.insecure_no_signature:
            if self.secrets:
                raise SettingsError("--insecure-no-signature: secrets are set; drop one of both")
            if self.host not in LOOPBACK:
                raise SettingsError(
                    f"--insecure-no-signature is for 127.0.0.1, ::1 or localhost, not {self.host}:"
                    " whoever reaches the port could write; set ESCUCHA_WEBHOOK_SECRETS instead"
                )
        elif not self.secrets:
            raise SettingsError(
                "there is no secret to know senders by: make one with `openssl rand -hex 32` and"
                " set ESCUCHA_WEBHOOK_SECRETS, or ESCUCHA_WEBHOOK_SECRETS_FILE to a file that"
                " holds it; to try things out on this machine only: --insecure-no-signature"
            )
