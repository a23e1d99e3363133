"""Where a figure leads: to the mentions behind it, or to the page of the console to act on it.

By the name of its query, so that a panel has its links wherever it stands.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from dashboards.words import Text

_PERIOD = "${__url_time_range}"
_SEARCH = f"/search?{_PERIOD}"


@dataclass(frozen=True)
class Link:
    """A way out of a panel; of one column or category, where `field` says which."""

    title: Text
    path: str
    field: str = ""

    @property
    def url(self) -> str:
        """As Grafana and the console read it."""
        return f"${{console}}{self.path}"


_MENTIONS = Text("Ver las menciones", "See the mentions")
_LEADS = Link(Text("Ir a Oportunidades", "Go to Leads"), "/leads")
_CARE = Link(Text("Ir a Atender", "Go to Care"), "/care")
_ALERTS = Link(Text("Ir a Alertas", "Go to Alerts"), "/alerts")
_MODELS = Link(Text("Ir a Modelos", "Go to Models"), "/models")
_LABELS = Link(Text("Ir a Etiquetar", "Go to Label"), "/labels")
_RULES = Link(Text("Ir a Reglas", "Go to Rules"), "/rules")


def _mentions(filters: str = "", field: str = "") -> Link:
    return Link(_MENTIONS, f"{_SEARCH}{filters}", field)


def _of(name: str, field: str) -> Link:
    """The mentions that the value of a column or category filters."""
    return _mentions(f"&{name}=${{__data.fields.{field}:percentencode}}", field)


def _by(field: str) -> Link:
    """What the person of a row said."""
    return _mentions(f"&q=author%3A${{__data.fields.{field}:percentencode}}", field)


LINKS: Mapping[str, tuple[Link, ...]] = {
    "mentions_total": (_mentions(),),
    "active_intent_total": (_mentions("&intent=yes"),),
    "intent_share": (_mentions("&intent=yes"),),
    "volume_by_language": (_mentions(),),
    "intent_by_hour": (_mentions("&intent=yes"),),
    "raw_and_net": (_mentions(),),
    "first_contacts": (_mentions(),),
    "journey_stages": (_mentions(),),
    "brands": (_of("brand", "brand"),),
    "topics": (_of("topic", "topic"),),
    "places": (_of("source", "source"),),
    "share_of_voice": (_mentions(),),
    "latest_mentions": (_by("author"),),
    "touchpoint_questions": (_mentions(),),
    "proactive_share": (_mentions("&intent=yes"),),
    "lead_time": (_LEADS,),
    "signals_split": (_LEADS,),
    "alerts_open": (_ALERTS,),
    "alerts_over_time": (_ALERTS,),
    "alerts_now": (Link(_ALERTS.title, "/alerts", "series"),),
    "alert_evidence": (Link(_ALERTS.title, "/alerts", "series"),),
    "open_leads": (_LEADS,),
    "leads_top": (Link(_LEADS.title, "/leads", "person"),),
    "propensity_top": (_by("person"),),
    "progress_median": (_LEADS,),
    "progress_over_time": (_LEADS,),
    "progress_distribution": (_LEADS,),
    "journey_now": (_LEADS,),
    "journey_funnel": (_LEADS,),
    "journey_transitions": (_LEADS,),
    "engagement_depth": (_mentions(),),
    "engagement_over_time": (_mentions(),),
    "engagement_returning": (_mentions(),),
    "engagement_reciprocity": (_mentions(),),
    "engagement_depth_over_time": (_mentions(),),
    "engagement_by_brand": (_of("brand", "brand"),),
    "recommendations": (_mentions(),),
    "campaigns_over_time": (_mentions(),),
    "campaign_results": (_mentions(),),
    "experiences": (_of("brand", "brand"),),
    "value_coherence": (_RULES,),
    "value_attributes": (_RULES,),
    "value_customers": (_by("customer"),),
    "value_influence": (_by("person"),),
    "value_rating": (_by("person"),),
    "value_bonds": (_by("customer"),),
    "value_interests": (_by("person"),),
    "value_exchange_people": (_by("person"),),
    "value_gestures": (_by("person"),),
    "value_presence": (_of("source", "network"),),
    "care_waiting": (_CARE,),
    "care_overdue": (_CARE,),
    "care_queue_top": (Link(_CARE.title, "/care", "author"),),
    "care_in_time": (_CARE,),
    "care_first_reply_median": (_CARE,),
    "care_first_reply_p90": (_CARE,),
    "care_over_time": (_CARE,),
    "care_wait_over_time": (_CARE,),
    "care_by_account": (_CARE,),
    "care_by_campaign": (_CARE,),
    "care_by_sentiment": (_CARE,),
    "care_by_hour": (_CARE,),
    "care_by_definition": (_CARE,),
    "drift_alarms": (_MODELS,),
    "drift_of_input": (_MODELS,),
    "drift_of_output": (_MODELS,),
    "drift_by_language": (_MODELS,),
    "drift_by_source": (_MODELS,),
    "calibration_on_labels": (_LABELS,),
    "label_agreement": (_LABELS,),
    "label_model_agreement": (_LABELS,),
    "workers": (_MODELS,),
    "sources": (_of("source", "source"),),
}
