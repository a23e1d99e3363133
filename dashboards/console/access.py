"""Who may use which route: one line each. A route without a line is closed to everybody.

viewer   sees dashboards and queues
agent    also changes leads and care, and labels
analyst  also rules, comparing models, files of what a search finds
admin    also which model is in force
"""

from collections.abc import Mapping
from typing import Final

from dashboards.console import shapes
from dashboards.console import shapes_of_models as told
from dashboards.console import shapes_of_work as work
from dashboards.console.alerts import ACT_PATH as ALERT_PATH
from dashboards.console.desk import CARE_CHANGE_PATH, LEAD_CHANGE_PATH, TARGET_PATH
from dashboards.console.labelling import LABELS_PATH, OFFER_PATH, Ask
from dashboards.console.menu import BOARD_PAGE
from dashboards.console.models_page import (
    CANCEL_PATH,
    COMPARE_PATH,
    PROMOTE_PATH,
    ROLL_BACK_PATH,
    SHADOW_PATH,
)
from dashboards.console.routes import EVENTS, EVERYBODY, Rule
from dashboards.console.rules_page import CHECK_PATH, PREVIEW_PATH, PUBLISH_PATH, Draft
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
from schemas import model_acts
from schemas.accounts import Signed, allows
from schemas.alert_acts import AlertAct
from schemas.desk import Change, Target
from schemas.rules import Checked, Publication, Trial
from schemas.search import FORMATS

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
    Rule("GET", BOARD_PAGE, "viewer"),
    Rule("GET", "/leads", "viewer"),
    Rule("GET", "/care", "viewer"),
    Rule("GET", "/labels", "agent"),
    Rule("GET", "/live", "viewer"),
    Rule("GET", "/search", "viewer"),
    Rule("GET", "/alerts", "viewer"),
    Rule("GET", "/rules", "viewer"),
    Rule("GET", "/models", "viewer"),
    Rule("GET", "/api", "viewer"),
    Rule("GET", "/api/pages", "viewer", "The menu: the pages that who asks may open.",
         answers=work.MenuAnswer),
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
    # Mentions as they come.
    Rule("GET", "/api/live", "viewer", "Mentions from now on, as server-sent events.",
         asks=work.WantedAsk, media=EVENTS),
    Rule("GET", "/api/live/before", "viewer", "The newest mentions that are there already.",
         asks=work.WantedAsk, answers=work.BeforeAnswer),
    # Search.
    Rule("GET", "/api/search", "viewer", "Steps of a search, as server-sent events.",
         asks=work.PageAsk, media=EVENTS),
    Rule("GET", "/api/search/about", "viewer", "Whether there is a search, what files hold.",
         answers=work.SearchAboutAnswer),
    Rule("GET", "/api/search/check", "viewer", "What is wrong with a search.",
         asks=work.RuleAsk, answers=work.SearchCheckAnswer),
    Rule("GET", "/api/search/export", "analyst", "What a search finds, as CSV or Parquet.",
         asks=work.ExportAsk, is_noted=True, media=tuple(FORMATS.values())),
    # Alerts.
    Rule("GET", "/api/alerts", "viewer", "Alerts with their evidence.",
         asks=work.AlertsAsk, answers=work.AlertsAnswer),
    Rule("GET", "/api/alerts/history", "viewer", "Every change of one alert.",
         asks=work.IdAsk, answers=work.AlertHistoryAnswer),
    Rule("POST", ALERT_PATH, "agent",
         "Acknowledge, silence, take back, note; 409 when the alert has changed meanwhile.",
         takes=AlertAct, answers=work.AlertActed),
    # Rules.
    Rule("GET", "/api/rules", "viewer", "The rules in force and those before.",
         answers=work.RulesAnswer),
    Rule("GET", "/api/rules/version", "viewer", "One set of rules.",
         asks=work.NumberAsk, answers=work.RulesText),
    Rule("POST", CHECK_PATH, "analyst", "Every mistake in a draft.", takes=Draft, answers=Checked),
    Rule("POST", PREVIEW_PATH, "analyst",
         "What a draft would match, as server-sent events.", takes=Trial, media=EVENTS),
    Rule("POST", PUBLISH_PATH, "analyst",
         "Put a draft in force; 409 when somebody else was first.",
         takes=Publication, answers=work.RulesPublished),
    # Models.
    Rule("GET", "/api/models", "viewer", "Versions, what is in force, in shadow, compared.",
         answers=told.ModelsAnswer),
    Rule("GET", "/api/models/card", "viewer", "One version's card.",
         asks=work.VersionAsk, answers=told.CardAnswer),
    Rule("GET", "/api/models/running", "viewer", "The comparison under way.",
         answers=told.RunningAnswer),
    Rule("GET", "/api/models/comparison", "viewer", "One comparison.",
         asks=work.IdAsk, answers=told.ComparisonAnswer),
    Rule("POST", COMPARE_PATH, "analyst", "Begin a comparison; 409 when another one runs.",
         takes=model_acts.Ask, answers=told.ModelActed),
    Rule("POST", CANCEL_PATH, "analyst", "End the comparison that runs.",
         takes=model_acts.Cancel, answers=told.ModelActed),
    Rule("POST", PROMOTE_PATH, "admin", "Put a version in force, through the gate.",
         takes=model_acts.Promote, answers=told.ModelActed),
    Rule("POST", ROLL_BACK_PATH, "admin", "Put the version in force that was before.",
         takes=model_acts.RollBack, answers=told.ModelActed),
    Rule("POST", SHADOW_PATH, "analyst", "Let a version judge beside the one in force, or none.",
         takes=model_acts.Shadow, answers=told.ModelActed),
)  # fmt: skip

RULES: Final[Mapping[tuple[str, str], Rule]] = {(rule.method, rule.path): rule for rule in _ALL}


def needed_for(path: str, signed: Signed | None) -> tuple[bool, str]:
    """Whether somebody may see a page, and the role it takes; "" for one that takes none."""
    page = path.partition("?")[0]
    rule = RULES.get(("GET", BOARD_PAGE if page.startswith("/d/") else page))
    if rule is None or rule.is_api or rule.needs is None:
        return True, ""
    return signed is not None and allows(signed.role, rule.needs), rule.needs
