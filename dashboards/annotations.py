"""Moments drawn over every chart: a campaign, an alert, another model, other rules."""

from grafana_foundation_sdk.builders import dashboard
from grafana_foundation_sdk.cog import builder as cogbuilder
from grafana_foundation_sdk.models import dashboard as models

from dashboards.named import read_query
from dashboards.panels import ACTIVE, BAD, CALM, DATASOURCE, LATENT
from dashboards.words import Text


class _ClickHouseTarget(models.AnnotationTarget):
    """What the data source plugin is asked; the SDK knows Grafana's own annotations only."""

    def __init__(self, sql: str) -> None:
        self._sql = sql

    def to_json(self) -> dict[str, object]:
        """Return the target as the plugin stores it."""
        return {"editorType": "sql", "format": 1, "queryType": "table", "rawSql": self._sql}


class _Annotation(cogbuilder.Builder[models.AnnotationQuery]):
    """Builds the annotation of the file `queries/annotation_<name>.sql`: columns time and text."""

    def __init__(self, name: str, title: Text, color: str) -> None:
        self._name, self._title, self._color = name, title, color

    def build(self) -> models.AnnotationQuery:
        """Return the annotation."""
        return models.AnnotationQuery(
            name=self._title.inline,
            datasource=DATASOURCE,
            enable=True,
            hide=False,
            icon_color=self._color,
            target=_ClickHouseTarget(read_query(f"annotation_{self._name}")),
        )


def annotated(builder: dashboard.Dashboard) -> dashboard.Dashboard:
    """Return the dashboard with what changed in its period drawn over its charts."""
    changes = (
        ("campaigns", Text("Campañas", "Campaigns"), CALM),
        ("alerts", Text("Alertas", "Alerts"), BAD),
        ("models", Text("Cambios de modelo", "Changes of model"), ACTIVE),
        ("rules", Text("Cambios de reglas", "Changes of rules"), LATENT),
    )
    for name, title, color in changes:
        builder = builder.annotation(_Annotation(name, title, color))
    return builder
