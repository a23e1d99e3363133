"""The columns of an exported search, each with its meaning."""

from typing import Final

from schemas.search import Column

COLUMNS: Final = (
    Column("mention_id", "Identificador: fuente y el de la propia red.", "Id: source and its own."),
    Column("published_at", "Cuándo se publicó, en UTC.", "When it was published, in UTC."),
    Column("source", "Red o fuente.", "Network or source."),
    Column("site", "Lugar dentro de la fuente.", "Place within the source."),
    Column(
        "kind",
        "Qué es: post, reply, repost, quote, review, comment.",
        "What it is: post, reply, repost, quote, review, comment.",
    ),
    Column("author_id", "Identificador de quien lo dijo.", "Id of who said it."),
    Column("author_handle", "Su nombre de usuario.", "Their handle."),
    Column(
        "author_name", "Su nombre, tal como lo da la fuente.", "Their name, as the source has it."
    ),
    Column("followers", "Cuántos le seguían al publicarlo.", "How many followed them then."),
    Column("lang", "Idioma detectado; vacío si no se sabe.", "Language found; empty if not known."),
    Column("text", "Lo que dijo.", "What they said."),
    Column("parent_text", "Lo que contestaba.", "What it answered."),
    Column("url", "Dirección del original.", "Address of the original."),
    Column("brands", "Marcas que nombra.", "Brands it names."),
    Column("topics", "Temas de los que habla.", "Topics it is about."),
    Column("campaigns", "Campañas con las que casa.", "Campaigns it matches."),
    Column(
        "intent",
        "Intención de compra según el modelo: none, latent, active.",
        "Purchase intent by the model: none, latent, active.",
    ),
    Column("intent_latent", "Probabilidad de intención latente.", "Probability of latent intent."),
    Column("intent_active", "Probabilidad de intención activa.", "Probability of active intent."),
    Column(
        "intent_words",
        "Palabras que más pesaron en la intención, de más a menos.",
        "Words that weighed most for the intent, strongest first.",
    ),
    Column(
        "stage",
        "Etapa: none, awareness, consideration, decision, use, advocacy.",
        "Stage: none, awareness, consideration, decision, use, advocacy.",
    ),
    Column("stage_probability", "Probabilidad de esa etapa.", "Probability of that stage."),
    Column(
        "sentiment",
        "Tono: negative, neutral, positive; vacío en filas de antes de medirlo.",
        "Tone: negative, neutral, positive; empty in rows from before it was measured.",
    ),
    Column("needs_reply", "1 si pide respuesta.", "1 if it asks for a reply."),
    Column("likes", "Me gusta cuando llegó.", "Likes when it came."),
    Column("reposts", "Veces compartido cuando llegó.", "Reposts when it came."),
    Column("replies", "Respuestas cuando llegó.", "Replies when it came."),
    Column("views", "Vistas cuando llegó.", "Views when it came."),
    Column("spam", "Cuánto parece spam, de 0 a 1.", "How much it looks like spam, 0 to 1."),
    Column("model_version", "Modelo que lo juzgó.", "Model that judged it."),
    Column("rules_version", "Reglas de escucha que casaron.", "Listening rules that matched it."),
)
