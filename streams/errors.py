"""Every error the pipeline raises on purpose.

EscuchaError
├── SettingsError            a setting is missing or wrong: names it and the remedy
├── InputError               a user's file, mapping or rule is wrong: names the place
├── BrokerUnavailableError   Kafka cannot be reached or does not answer: try again
├── SinkUnavailableError     ClickHouse cannot be reached or is overloaded: try again
├── SinkRejectedError        ClickHouse will never take this: stop, a person must look
├── OwnershipLostError       another worker has taken the partition over: drop the batch
├── LedgerBrokenError        a plan is missing from the ledger: stop
├── TruncatedLogError        a partition ends before its committed offset: stop
├── TooManyDeadLettersError  a topic would drain into the bin: stop
└── MigrationError           the tables or topics are not what this version needs
"""


class EscuchaError(Exception):
    """Base of the tree; its text says what is wrong and what to do."""


class SettingsError(EscuchaError):
    """A setting is missing or wrong."""


class InputError(EscuchaError):
    """Something a user wrote (file, mapping, rule) is wrong at a named place."""


class BrokerUnavailableError(EscuchaError):
    """Kafka cannot be reached or does not answer now; the same call may succeed later."""


class SinkUnavailableError(EscuchaError):
    """ClickHouse cannot take the rows now; the same call may succeed later."""


class SinkRejectedError(EscuchaError):
    """ClickHouse refused the rows for a reason that time does not heal."""


class OwnershipLostError(EscuchaError):
    """Another worker planned this position first; the batch is its business now."""


class TruncatedLogError(EscuchaError):
    """A partition ends before its committed offset: the log was cut or the topic made again."""


class LedgerBrokenError(EscuchaError):
    """A plan is missing between others, so that nobody knows where its batch ended."""


class TooManyDeadLettersError(EscuchaError):
    """Dead letters came one after the other past the ceiling."""


class MigrationError(EscuchaError):
    """Tables or topics differ from what this version needs."""
