"""Who may use which route: one line each. A route without a line is closed to everybody.

viewer   sees dashboards and queues
agent    also changes leads and care, and labels
analyst  also rules, comparing models, search and export
admin    also what is in force for all: models, rules, users
"""

from collections.abc import Mapping
from typing import Final

from dashboards.console import shapes
from dashboards.console.desk import CARE_CHANGE_PATH, LEAD_CHANGE_PATH, TARGET_PATH
from dashboards.console.labelling import LABELS_PATH, OFFER_PATH, Ask
from dashboards.console.routes import EVERYBODY, Rule
from dashboards.console.signing_in import (
    BACK_PATH,
    END_PATH,
    LINK_PATH,
    PROVIDER_PATH,
    SESSION_PATH,
    LinkSignIn,
    Nothing,
    PasswordSignIn,
    SessionAnswer,
    SessionAsk,
    SignedIn,
)
from schemas.accounts import Signed, allows
from schemas.desk import Change, Target

_BOARD: Final = "/api/dashboards/{uid}"

_ALL: Final = (
    # Signing in.
    Rule("GET", "/login", EVERYBODY),
    Rule("GET", PROVIDER_PATH, EVERYBODY),
    Rule("GET", BACK_PATH, EVERYBODY),
    Rule("GET", "/healthz", EVERYBODY),
    Rule("GET", "/favicon.ico", EVERYBODY),
    Rule("GET", SESSION_PATH, EVERYBODY, "Who is signed in, and what goes out with every post.",
         asks=SessionAsk, answers=SessionAnswer),
    Rule("POST", SESSION_PATH, EVERYBODY, "Sign in with name and password.",
         takes=PasswordSignIn, answers=SignedIn),
    Rule("POST", LINK_PATH, EVERYBODY, "Sign in with the token of a one-time address.",
         takes=LinkSignIn, answers=SignedIn),
    Rule("POST", END_PATH, "viewer", "Sign out.", takes=Nothing, answers=SignedIn),
    # Pages.
    Rule("GET", "/", "viewer"),
    Rule("GET", "/d/{uid}", "viewer"),
    Rule("GET", "/leads", "viewer"),
    Rule("GET", "/care", "viewer"),
    Rule("GET", "/labels", "agent"),
    Rule("GET", "/api", "viewer"),
    # This description.
    Rule("GET", "/api/openapi.json", "viewer", "This description.", answers=dict),
    # Dashboards.
    Rule("GET", "/api/dashboards", "viewer", "The dashboards there are.",
         answers=shapes.BoardsAnswer),
    Rule("GET", _BOARD, "viewer", "One dashboard: panels, their place and how they look.",
         answers=shapes.BoardAnswer),
    Rule("GET", f"{_BOARD}/variables", "viewer", "What there is to choose from.",
         answers=shapes.ChoicesAnswer),
    Rule("GET", f"{_BOARD}/annotations", "viewer", "Moments that every chart shows.",
         asks=shapes.PeriodAsk, answers=shapes.AnnotationsAnswer),
    Rule("GET", f"{_BOARD}/panels/{{panel_id:int}}/data", "viewer", "What one panel shows.",
         asks=shapes.PeriodAsk, answers=shapes.PanelAnswer),
    # Queues.
    Rule("GET", "/api/leads", "viewer", "Who would buy, the strongest and freshest first.",
         asks=shapes.QueueAsk, answers=shapes.LeadsAnswer),
    Rule("GET", "/api/leads/history", "viewer", "What people decided about one lead.",
         asks=shapes.SubjectAsk, answers=shapes.HistoryAnswer),
    Rule("POST", LEAD_CHANGE_PATH, "agent",
         "Assign a lead, say how it stands, note something; 409 when somebody else was first.",
         takes=Change, answers=shapes.LeadChanged),
    Rule("GET", "/api/care", "viewer", "What waits for a reply, by the time it is due.",
         asks=shapes.QueueAsk, answers=shapes.CareAnswer),
    Rule("GET", "/api/care/history", "viewer", "What people decided about one that waits.",
         asks=shapes.SubjectAsk, answers=shapes.HistoryAnswer),
    Rule("POST", CARE_CHANGE_PATH, "agent", "The same as for a lead.",
         takes=Change, answers=shapes.CareChanged),
    Rule("POST", TARGET_PATH, "agent", "How soon a first reply is due from now on.",
         takes=Target, answers=shapes.TargetAnswer),
    # Labels.
    Rule("GET", "/api/labelling", "agent", "Whether labels can be saved, and by which guide.",
         answers=shapes.LabellingAnswer),
    Rule("POST", OFFER_PATH, "agent", "Mentions for a person to judge next.",
         takes=Ask, answers=shapes.OfferAnswer),
    Rule("POST", LABELS_PATH, "agent", "Save labels, all or none.",
         takes=shapes.LabelsGiven, answers=shapes.SavedAnswer),
)  # fmt: skip

RULES: Final[Mapping[tuple[str, str], Rule]] = {(rule.method, rule.path): rule for rule in _ALL}


def needed_for(path: str, signed: Signed | None) -> tuple[bool, str]:
    """Whether somebody may see a page, and the role it takes; "" for one that takes none."""
    page = path.partition("?")[0]
    rule = RULES.get(("GET", "/d/{uid}" if page.startswith("/d/") else page))
    if rule is None or rule.is_api or rule.needs is None:
        return True, ""
    return signed is not None and allows(signed.role, rule.needs), rule.needs
