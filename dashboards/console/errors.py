"""What goes wrong, in words for who reads the page.

ConsoleError
  ├ BadRequestError      400: the address asks for what cannot be meant
  ├ BadLabelsError       422: some of the labels are none
  ├ NotFoundError        404: no such dashboard or panel
  ├ QueryRefusedError    502: ClickHouse refused the query
  ├ NotMigratedError     503: the tables are not there yet
  ├ QueryTooBigError     503: it took too long or gave too much
  ├ DatabaseAwayError    503: ClickHouse does not answer
  ├ NoLabelsHereError    403: this console takes no labels
  ├ LabelsAwayError      503: what keeps the labels does not answer
  ├ NoDeskHereError      403: this console changes no leads and replies
  ├ ChangedMeanwhileError 409: somebody else changed it first
  ├ DeskAwayError        503: what keeps the changes does not answer
  ├ NoRulesHereError     403: this console edits no rules
  ├ MistakenRulesError   422: the rules have mistakes
  ├ RulesAwayError       503: what keeps the rules does not answer
  ├ NotSignedInError     401: this is for who is signed in
  ├ WrongSignInError     401: name, password or token is wrong
  ├ TooManySignInsError  429: there were too many tries
  ├ BusyError            503: as many as there may be do this already
  ├ BadRuleError         400: a search cannot be read
  ├ NoSearchHereError    403: this console has nothing to search with
  ├ NoModelsHereError    403: this console does not show or change models
  ├ ModelRefusedError    409: a model is not put in force, or not in shadow
  └ ModelsBusyError      409: another comparison runs
"""

from collections.abc import Mapping, Sequence
from typing import Any

from schemas.rules import Mistake
from schemas.search import RuleProblem


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


class BadLabelsError(ConsoleError):
    """Some labels of a request are none, so none was taken; `problems` by place in the request."""

    status, code = 422, "bad_labels"

    def __init__(self, problems: Mapping[int, str]) -> None:
        super().__init__(
            f"{len(problems)} of the labels cannot be taken", "Leave them out and send the rest."
        )
        self.problems = problems


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


class NoLabelsHereError(ConsoleError):
    """This console takes no labels."""

    status, code = 403, "no_labels"


class LabelsAwayError(ConsoleError):
    """What keeps the labels does not answer; sending them again may help."""

    status, code = 503, "labels_away"


class NoDeskHereError(ConsoleError):
    """This console lists leads and replies, and changes none."""

    status, code = 403, "no_desk"


class ChangedMeanwhileError(ConsoleError):
    """Somebody else changed the item first, so nothing was written; `item` is how it is now."""

    status, code = 409, "changed_meanwhile"

    def __init__(self, item: Mapping[str, Any] | None) -> None:
        super().__init__("somebody else changed it meanwhile", "Look at it again, then decide.")
        self.item = item


class NoModelsHereError(ConsoleError):
    """This console has no store of models, or only shows it."""

    status, code = 403, "no_models"


class ModelRefusedError(ConsoleError):
    """A model is not put in force, or not in shadow; the remedy says why."""

    status, code = 409, "model_refused"


class ModelsBusyError(ConsoleError):
    """Another comparison runs; one at a time."""

    status, code = 409, "models_busy"


class DeskAwayError(ConsoleError):
    """What keeps the changes does not answer; sending it again may help."""

    status, code = 503, "desk_away"


class NoRulesHereError(ConsoleError):
    """This console shows rules, and edits none."""

    status, code = 403, "no_rules"


class MistakenRulesError(ConsoleError):
    """The rules have mistakes, so nothing was published."""

    status, code = 422, "mistaken_rules"

    def __init__(self, mistakes: Sequence[Mistake]) -> None:
        first = mistakes[0] if mistakes else None
        place = f"line {first.line}: {first.told.en}" if first else "they cannot be read"
        super().__init__("the rules have mistakes", place)


class RulesAwayError(ConsoleError):
    """What keeps the rules does not answer; trying again may help."""

    status, code = 503, "rules_away"


class NotSignedInError(ConsoleError):
    """This is for who is signed in."""

    status, code = 401, "not_signed_in"


class WrongSignInError(ConsoleError):
    """Name, password or token is wrong; which of them is not said."""

    status, code = 401, "wrong_sign_in"


class TooManySignInsError(ConsoleError):
    """There were too many tries; waiting helps."""

    status, code = 429, "too_many_sign_ins"


class BusyError(ConsoleError):
    """As many as there may be do this already; trying again may help."""

    status, code = 503, "busy"


class BadRuleError(ConsoleError):
    """A search in the rule language cannot be read; `problems` say where and what helps."""

    status, code = 400, "bad_rule"

    def __init__(self, problems: Sequence[RuleProblem]) -> None:
        super().__init__("the search cannot be read", "Correct it at the places that are marked.")
        self.problems = problems


class NoSearchHereError(ConsoleError):
    """This console has nothing to search with."""

    status, code = 403, "no_search"
