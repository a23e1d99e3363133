"""What the report says, in Spanish and English, side by side."""

from typing import Final

from streams.report.numbers import Numbers

WORDS: Final[dict[str, tuple[str, str]]] = {
    "title": ("Informe semanal", "Weekly report"),
    "subtitle": ("Semana {week}: del {since} al {until}", "Week {week}: {since} to {until}"),
    "brand": ("Solo la marca {brand}", "Only the brand {brand}"),
    "made": ("Hecho el {at}.", "Made {at}."),
    "running": (
        "La semana no ha terminado: hasta ahora.", "The week is not over: up to now.",
    ),
    "contents": ("Contenido", "Contents"),
    "as table": ("Ver como tabla", "See as a table"),
    "page": ("Página {n} de {of}", "Page {n} of {of}"),
    # Headlines
    "headlines": ("En una mirada", "At a glance"),
    "empty week": (
        "Esta semana no se oyó ninguna mención.", "No mention was heard this week.",
    ),
    "before": ("la semana anterior: {value}", "the week before: {value}"),
    "mentions": ("Menciones", "Mentions"),
    "net": ("Sin copias", "Without copies"),
    "intent": ("Con intención de compra", "With purchase intent"),
    "proactive": ("Intención oída a tiempo", "Intent heard in time"),
    "opened": ("Oportunidades nuevas", "New leads"),
    "won": ("De ellas, ganadas", "Of them, won"),
    "in time": ("Atendidas a tiempo", "Answered in time"),
    "alerts": ("Alertas de intención", "Intent alerts"),
    "reads mentions": ("Se habló {value} veces", "People spoke {value} times"),
    "reads net": (
        "Sin textos repetidos quedan {value}", "{value} are left without repeated texts",
    ),
    "reads intent": (
        "De cada cien menciones, {value} muestran intención de compra",
        "Of a hundred mentions, {value} show purchase intent",
    ),
    "reads proactive": (
        "De cada cien señales de intención, {value} se oyeron antes del primer contacto",
        "Of a hundred signals of intent, {value} were heard before the first contact",
    ),
    "reads opened": (
        "{value} personas mostraron intención por primera vez en 30 días",
        "{value} people showed intent for the first time in 30 days",
    ),
    "reads won": ("{value} han comprado o se dan por ganadas", "{value} have ordered or are won"),
    "reads in time": (
        "De cada cien que pedían respuesta, {value} la tuvieron dentro del plazo",
        "Of a hundred that needed a reply, {value} had it within the target",
    ),
    "reads alerts": (
        "{value} veces se habló de una marca o un tema con más intención de lo habitual",
        "{value} times a brand or topic was spoken of with more intent than usual",
    ),
    # Where one, or none, is said otherwise.
    "reads mentions one": ("Se habló una vez", "People spoke once"),
    "reads mentions none": ("No se habló nada", "Nobody spoke"),
    "reads net one": ("Sin textos repetidos queda una", "One is left without repeated texts"),
    "reads opened one": (
        "Una persona mostró intención por primera vez en 30 días",
        "One person showed intent for the first time in 30 days",
    ),
    "reads opened none": (
        "Nadie mostró intención por primera vez en 30 días",
        "Nobody showed intent for the first time in 30 days",
    ),
    "reads won one": ("Una ha comprado o se da por ganada", "One has ordered or is won"),
    "reads won none": ("Ninguna ha comprado todavía", "None has ordered yet"),
    "reads alerts one": (
        "Una vez se habló de una marca o un tema con más intención de lo habitual",
        "Once a brand or topic was spoken of with more intent than usual",
    ),
    "reads alerts none": ("No se abrió ninguna alerta", "No alert opened"),
    "up": ("un {by} más que la semana anterior", "{by} more than the week before"),
    "down": ("un {by} menos que la semana anterior", "{by} less than the week before"),
    "up points": (
        "{by} puntos más que la semana anterior", "{by} points more than the week before",
    ),
    "down points": (
        "{by} puntos menos que la semana anterior", "{by} points less than the week before",
    ),
    "same": ("lo mismo que la semana anterior", "the same as the week before"),
    "none before": ("la semana anterior, ninguna", "none the week before"),
    "unknown before": (
        "de la semana anterior no se sabe", "the week before is not known",
    ),
    "unknown": ("No hay con qué calcularlo.", "There is nothing to work it out from."),
    "won note": (
        "Lo ganado es lo que hasta hoy ha sido de las oportunidades de cada semana; las de la "
        "anterior han tenido siete días más. La cola llega a 30 días: de antes no se sabe.",
        "Won is what has become of each week's leads up to today; those of the week before have "
        "had seven days more. The queue reaches back 30 days: of earlier weeks nothing is known.",
    ),
    # Trend
    "trend": ("Cuánto se habla", "How much is said"),
    "reads trend": (
        "El día de más menciones fue el {day}, con {value}; el de menos, el {low_day}, con {low}.",
        "The day with the most mentions was {day}, with {value}; the least, {low_day}, with {low}.",
    ),
    "day": ("Día", "Day"),
    "trend chart": ("Menciones por día", "Mentions by day"),
    "intent chart": ("Menciones con intención por día", "Mentions with intent by day"),
    "reads intents": (
        "De las que muestran intención, {active} son activas (buscan, comparan o deciden) y "
        "{latent} latentes.",
        "Of those with intent, {active} are active (they look, compare or decide) and {latent} "
        "latent.",
    ),
    # Voice
    "voice": ("De quién se habla", "Who is spoken of"),
    "voice chart": ("Menciones por marca, según su intención", "Mentions by brand, by intent"),
    "reads voice": (
        "{brand} se lleva el {share} de lo que se dice de las marcas de la lista.",
        "{brand} has {share} of what is said about the brands in the list.",
    ),
    "brand name": ("Marca", "Brand"),
    "share": ("Cuota", "Share"),
    "all": ("Todas", "All"),
    "no brands": ("Esta semana no se nombró ninguna marca.", "No brand was named this week."),
    # Asks
    "asks": ("Qué se pregunta", "What people ask"),
    "topics chart": ("Menciones por tema, según su intención", "Mentions by topic, by intent"),
    "reads topics": (
        "De lo que más se habla es de «{topic}»: {value} menciones.",
        "Most is said about “{topic}”: {value} mentions.",
    ),
    "topic": ("Tema", "Topic"),
    "no topic": ("sin tema", "no topic"),
    "no account": ("sin cuenta", "no account"),
    "no topics": ("Ninguna mención trata de un tema de las reglas.", "No mention has a topic."),
    "reads questions": (
        "La pregunta más frecuente, sobre «{about}», se hizo {value} veces y se contestó el "
        "{answered}.",
        "The most frequent question, about “{about}”, was asked {value} times and answered "
        "{answered} of them.",
    ),
    "no questions": ("Esta semana nadie preguntó nada.", "Nobody asked anything this week."),
    # Alerts
    "alerts section": ("Intención que surge", "Emerging intent"),
    "reads strongest": (
        "La más fuerte: {series} ({lang}), {observed} personas donde lo habitual son {expected}.",
        "The strongest: {series} ({lang}), {observed} people where {expected} are usual.",
    ),
    "no alerts": (
        "Esta semana no se abrió ninguna alerta.", "No alert was opened this week.",
    ),
    "evidence": ("Lo que dicen", "What they say"),
    "about": ("sobre {series}", "about {series}"),
    "opened at": ("Abierta", "Opened"),
    "series": ("De qué", "About"),
    "lang": ("Idioma", "Language"),
    "state": ("Estado", "State"),
    "severity": ("Gravedad", "Severity"),
    "observed": ("Personas", "People"),
    "expected": ("Lo habitual", "Usual"),
    "before_contact": ("Sin trato antes", "No contact before"),
    "driving_words": ("Palabras", "Words"),
    # Leads
    "leads": ("Quién quiere comprar", "Who wants to buy"),
    "leads table": ("Oportunidades nuevas", "New leads"),
    "reads leads": (
        "Lo más frecuente: «{kind}», {value} de {all}; ganadas hasta hoy, {won}.",
        "Most frequent: “{kind}”, {value} of {all}; won up to today, {won}.",
    ),
    "no leads": (
        "No se conoce ninguna oportunidad nueva de esta semana.",
        "No new lead of this week is known.",
    ),
    "kind": ("Qué haría", "What they would do"),
    "opened column": ("Nuevas", "New"),
    "won column": ("Ganadas", "Won"),
    "working": ("En curso", "In progress"),
    "waiting": ("Sin tocar", "Not taken up"),
    "closed": ("Cerradas sin venta", "Closed, not won"),
    "ready_to_buy": ("Lista para comprar", "Ready to buy"),
    "asks_recommendation": ("Pide recomendación", "Asks for a recommendation"),
    "unhappy_with_rival": ("Descontenta con un rival", "Unhappy with a rival"),
    "comparing": ("Busca o compara", "Looking or comparing"),
    "thinking": ("Se lo piensa", "Thinking about it"),
    # Care
    "care": ("A quién se responde", "Who is answered"),
    "care chart": ("Lo que pedía respuesta, por cuenta", "What needed a reply, by account"),
    "reads care": (
        "De {all} que pedían respuesta, {in_time} la tuvieron a tiempo, {late} tarde y "
        "{unanswered} siguen sin ella.",
        "Of {all} that needed a reply, {in_time} had it in time, {late} late, and {unanswered} "
        "are still without.",
    ),
    "account": ("Cuenta", "Account"),
    "no care": ("Esta semana nadie pedía respuesta.", "Nobody needed a reply this week."),
    # Value
    "value": ("Cuánto vale lo que se dice", "What talk is worth"),
    "value note": (
        "Como está ahora, de siempre y de todas las marcas; las compras, por meses.",
        "As it stands now, of all times and all brands; orders by months.",
    ),
    "reads influence": (
        "{person} es quien más mueve: {net} compras netas (entre {low} y {high}).",
        "{person} moves most: {net} orders net (between {low} and {high}).",
    ),
    "no influence": (
        "Todavía no hay recomendaciones seguidas de compras.",
        "There are no recommendations with orders after them yet.",
    ),
    "influence table": ("Quién recomienda y mueve", "Who recommends and moves"),
    "reads referred": (
        "El {value} de las compras del mes sigue a una recomendación.",
        "{value} of the month's orders follow a recommendation.",
    ),
    "no referrals": ("En el mes de esta semana no hubo compras.", "No orders in the month."),
    "reads gestures": (
        "El gesto que más devuelve deja {net} {currency} (entre {low} y {high}).",
        "The gesture that gives back most leaves {net} {currency} (between {low} and {high}).",
    ),
    "no gestures": ("Todavía no se ha anotado ningún gesto.", "No gesture has been noted yet."),
    # Coherence
    "coherence": ("Si se dice lo que se publica", "Whether people say what is published"),
    "reads coherence": ("{what}: {verdict}.", "{what}: {verdict}."),
    "no coherence": (
        "Las reglas no declaran atributos, o nadie habló de ellos.",
        "The rules declare no attributes, or nobody spoke of them.",
    ),
    # Honesty
    "honesty": ("Lo que conviene saber de estas cifras", "What to know about these figures"),
    "reads ledger": (
        "El libro de lotes cuadra: ningún registro se perdió ni se contó dos veces.",
        "The ledger balances: no record was lost or counted twice.",
    ),
    "reads gap": (
        "Al libro de lotes le faltan o sobran {value} registros: conviene avisar.",
        "The ledger is off by {value} records: somebody should look.",
    ),
    "no ledger": ("Todavía no hay lotes en el libro.", "There are no batches in the ledger yet."),
    "reads dead": (
        "De la semana esperan arreglo {value} registros que no se pudieron leer.",
        "{value} records of the week could not be read and wait to be mended.",
    ),
    "reads dead none": (
        "Todos los registros de la semana se pudieron leer.",
        "All records of the week could be read.",
    ),
    "reads dead one": (
        "Un registro de la semana no se pudo leer y espera arreglo.",
        "One record of the week could not be read and waits to be mended.",
    ),
    "reads stalled": (
        "Ahora mismo no llega nada de: {sources}.", "Right now nothing comes from: {sources}.",
    ),
    "no stalled": ("Ahora mismo no hay ninguna fuente parada.", "No source is stalled right now."),
    "no drift": (
        "El modelo no avisa de cambios en lo que oye ni en lo que dice.",
        "The model gives no alarm about what it hears or says.",
    ),
    "reads drift": (
        "Hay {value} avisos: lo que llega al modelo, o lo que dice, no es como al principio.",
        "There are {value} alarms: what the model hears, or says, is not as it was at first.",
    ),
    "reads calibration": (
        "El error de las probabilidades de intención es {ece} (por azar, {noise}), con {labels} "
        "etiquetas.",
        "The error of the chances of intent is {ece} (by chance {noise}), on {labels} labels.",
    ),
    "no calibration": (
        "No hay etiquetas del sorteo con que comprobar las probabilidades.",
        "There are no labels of the random draw to check the chances by.",
    ),
    "definitions": ("Cómo se define cada cifra", "How each figure is defined"),
    "of leads": (
        "Personas cuya intención se oyó por primera vez en 30 días, tal como las lista la cola.",
        "People whose intent was heard for the first time in 30 days, as the queue lists them.",
    ),
    "of alerts": (
        "Marcas y temas de los que habló con intención mucha más gente de lo habitual, por el "
        "momento en que se abrió la alerta.",
        "Brands and topics that many more people than usual spoke of with intent, by when the "
        "alert opened.",
    ),
    "see": ("Ver", "See"),
}  # fmt: skip


class Say(Numbers):
    """Says each thing in one language."""

    def __call__(self, key: str, **values: object) -> str:
        """Return the words under a name, with figures put in."""
        es, en = WORDS[key]
        return (es if self.language == "es" else en).format(**values)

    def counted(self, key: str, count: int) -> str:
        """The same of a number of things: one and none may be said otherwise."""
        special = {0: f"{key} none", 1: f"{key} one"}.get(count, key)
        return self(special if special in WORDS else key, value=self.decimal(count))
