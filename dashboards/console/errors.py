"""What goes wrong, in words for who reads the page.

ConsoleError
 ├ BadRequestError      400: the address asks for what cannot be meant
 ├ NotFoundError        404: no such dashboard or panel
 ├ QueryRefusedError    502: ClickHouse refused the query
 ├ NotMigratedError     503: the tables are not there yet
 ├ QueryTooBigError     503: it took too long or gave too much
 └ DatabaseAwayError    503: ClickHouse does not answer
"""


class ConsoleError(Exception):
    """An answer other than the one asked for: what happened and what helps.

    `code` is what the page translates; `error` and `remedy` say the same in English.
    """

    status = 500
    code = "internal"

    def __init__(self, error: str, remedy: str) -> None:
        super().__init__(error)
        self.error = error
        self.remedy = remedy


class BadRequestError(ConsoleError):
    """The address asks for what cannot be meant."""

    status, code = 400, "bad_request"


class NotFoundError(ConsoleError):
    """No such dashboard or panel."""

    status, code = 404, "not_found"


class QueryRefusedError(ConsoleError):
    """ClickHouse refused the query; asking again gives the same."""

    status, code = 502, "query_refused"


class NotMigratedError(ConsoleError):
    """The tables are not there yet."""

    status, code = 503, "not_migrated"


class QueryTooBigError(ConsoleError):
    """The query took too long or gave too much."""

    status, code = 503, "query_too_big"


class DatabaseAwayError(ConsoleError):
    """ClickHouse does not answer; asking again may help."""

    status, code = 503, "database_away"
