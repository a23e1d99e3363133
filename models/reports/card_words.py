"""What cards and the history of models say, in English and Spanish."""

from typing import Final

from models.runs import CORPUS

CARD_WORDS: Final[dict[str, tuple[str, str]]] = {
    "card": ("model {}", "modelo {}"),
    "trained": (
        "trained {} UTC, seed {}, label set {}",
        "entrenado el {} UTC, semilla {}, conjunto de etiquetas {}",
    ),
    "on": ("on {}", "con {}"),
    CORPUS: (CORPUS, "el corpus del propio proyecto, models/corpus"),
    "all": ("all", "todos"),
    "mentions of": ("   {:>7} mentions of {}", "   {:>7} menciones de {}"),
    "held out": ("   {:>7} held out to judge by", "   {:>7} apartadas para juzgar con ellas"),
    "features": ("features {}", "características {}"),
    "cross-validated": ("Cross-validated ({} folds)", "Validación cruzada ({} partes)"),
    "chance": ("chance", "por azar"),
    "log loss": ("log loss", "pérdida log."),
    "of shares": ("of shares", "de proporc."),
    "av. precision": ("av. precision", "prec. media"),
    "cross-validated note": (
        "Chance is the share of mentions in any class but the first, and what guessing reaches in"
        " average precision; the last column is the log loss of guessing the class shares. The"
        " corpus is balanced: judge a model with escucha evaluate --on FILE.jsonl.",
        "«Por azar» es la proporción de menciones de cualquier clase menos la primera, y lo que el"
        " azar alcanza en precisión media; la última columna es la pérdida logarítmica de adivinar"
        " según las proporciones. El corpus está equilibrado: juzga un modelo con escucha"
        " evaluate --on ARCHIVO.jsonl.",
    ),
    "counts": ("Mentions", "Menciones"),
    "best f1": ("the best F1", "la mejor F1"),
    "a precision": ("precision {}", "una precisión de {}"),
    "as labelled": ("as labelled", "como en las etiquetas"),
    "taken to be": ("taken to be {}", "que se supone {}"),
    "intent by language": (
        "Intent yes or no by language: thresholds for {}, share of intent {}",
        "Intención sí o no por idioma: umbrales para {}, proporción de intención {}",
    ),
    "intent by language note": (
        "On mentions not seen, at thresholds chosen without them.",
        "Con menciones no vistas, con umbrales elegidos sin ellas.",
    ),
    "share": ("share", "proporción"),
    "at threshold": ("threshold", "umbral"),
    "failures": (
        "{} failures, each with the id of its case, are in --json",
        "{} fallos, cada uno con el id de su caso, están en --json",
    ),
    "varieties apart": ("Varieties that fare otherwise", "Variedades a las que va de otro modo"),
    "sources apart": ("Sources that fare otherwise", "Fuentes a las que va de otro modo"),
    "apart in": ("apart in", "se aparta en"),
    "missed": ("missed", "perdidas"),
    "false alarms": ("false alarms", "falsas alarmas"),
    "labelled": ("labelled", "etiquetadas"),
    "predicted": ("predicted", "predichas"),
    "apart note": (
        "Rates whose 95 % interval lies beside that of all others; the rest is in --json.",
        "Tasas cuyo intervalo del 95 % queda fuera del de todas las demás; el resto, en --json.",
    ),
    "lang": ("lang", "idioma"),
    # The accurate profile.
    "heads": ("accurate profile of {}", "perfil preciso de {}"),
    "heads learnt": ("learnt from {} mentions: {}", "aprendió de {} menciones: {}"),
    "heads judged": (
        "judged on {} mentions that were held out, near copies together",
        "juzgado con menciones {} que se apartaron, las casi iguales juntas",
    ),
    "real": ("real", "reales"),
    "corpus": ("corpus", "del corpus"),
    "real and corpus": ("real and corpus", "reales y del corpus"),
    "heads figures": ("Held out", "Menciones apartadas"),
    "heads figures note": (
        "Weighed as they were for calibrating: at the share of intent assumed.",
        "Ponderadas como al calibrar: con la proporción de intención que se supone.",
    ),
    "heads of before": (
        "These heads were made before --prevalence and --precision were heeded: they are"
        " calibrated as labelled (share of intent: {}), with the thresholds of the best F1 there,"
        " whatever their fast model was calibrated for. Heads trained now heed both: escucha train"
        " --profile accurate --prevalence SHARE",
        "Este perfil preciso se hizo antes de que atendiera a --prevalence y --precision: está"
        " calibrado como en las etiquetas (proporción de intención: {}), con los umbrales de la"
        " mejor F1 allí, sea cual sea la calibración de su modelo rápido. El que se entrene ahora"
        " atiende a ambas: escucha train --profile accurate --prevalence PROPORCIÓN",
    ),
    "heads too few": (
        "Calibrated as all together: no language had 300 labelled mentions. Share of intent {},"
        " thresholds for {}: neither could be heeded.",
        "Calibrado en conjunto: ningún idioma tenía 300 menciones etiquetadas. Proporción de"
        " intención {}, umbrales para {}: no se pudo atender a ninguna de las dos.",
    ),
    "cascade": (
        "cascade: what the fast profile rules out",
        "cascada: lo que descarta el perfil rápido",
    ),
    "ruled out": (
        "{:8} chance of intent below {}: {} of mentions without intent, {} of those with",
        "{:8} probabilidad de intención menor de {}: el {} de las menciones sin intención y el {}"
        " de las que la tienen",
    ),
    "cascade decides": (
        "; together precision {}, recall {}",
        "; en conjunto precisión {}, exhaustividad {}",
    ),
    # What behavioural tests found.
    "behaviour": ("behaviour on {} cases", "comportamiento en {} casos"),
    "should not matter": ("should not matter", "no debería importar"),
    "should move": ("should move", "debería moverse"),
    "unmistakable": ("unmistakable", "inconfundible"),
    "texts": ("texts", "textos"),
    "flips": ("flips", "cambian"),
    "change": ("change", "cambio"),
    "wrong": ("wrong", "mal"),
    "cases": ("cases", "casos"),
    "passed": ("passed", "bien"),
    "other handles": ("other handles", "otros alias"),
    "other brands": ("other brands", "otras marcas"),
    "other numbers": ("other numbers", "otros números"),
    "no accents": ("no accents", "sin acentos"),
    "lower case": ("lower case", "minúsculas"),
    "upper case": ("upper case", "mayúsculas"),
    "skin tone of an emoji": ("skin tone of an emoji", "tono de piel de un emoji"),
    "a hashtag at the end": ("a hashtag at the end", "un hashtag al final"),
    "a link at the end": ("a link at the end", "un enlace al final"),
    "asks where to buy it": ("asks where to buy it", "pregunta dónde comprarlo"),
    "no thanks, has one": ("no thanks, has one", "no, gracias, ya tiene uno"),
    "denies the wish": ("denies the wish", "niega el deseo"),
    "thanks, it is solved": ("thanks, it is solved", "gracias, ya está resuelto"),
    "asks the brand": ("asks the brand", "pregunta a la marca"),
    # The list and its history.
    "no models": (
        "no models in {}: run escucha train",
        "no hay modelos en {}: ejecuta escucha train",
    ),
    "other heads": (
        "made for other heads, by another Escucha",
        "hecho para otras preguntas, por otro Escucha",
    ),
    "listed": (
        "{:>7} mentions, seed {}, cross-validated intent F1 {}, average precision {}",
        "{:>7} menciones, semilla {}, intención en validación cruzada: F1 {}, precisión media {}",
    ),
    "history": ("History", "Historial"),
    "when": ("when (UTC)", "cuándo (UTC)"),
    "version": ("version", "versión"),
    "what": ("what", "qué"),
    "by": ("by", "por"),
    "gate said": ("the gate said", "la puerta dijo"),
    "promoted": ("promoted", "promovido"),
    "rolled back": ("rolled back", "vuelta atrás"),
    "forced": (", forced", ", a la fuerza"),
}
