"""What a challenger's replay says to people, in English and Spanish."""

from typing import Final

REPLAY_WORDS: Final = {
    "nothing": ("no mention is stored of that time", "no hay menciones guardadas de ese tiempo"),
    "would change": (
        "{} of {} mentions would change ({}): {}",
        "cambiarían {} de {} menciones ({}): {}",
    ),
    "judged by": ("now judged by {}", "ahora las juzga {}"),
    "none": ("none", "ninguno"),
    "active": (
        "active intent at {}: {} now, {} then; {} enter, {} leave",
        "intención activa desde {}: {} ahora, {} después; entran {}, salen {}",
    ),
    "leads": (
        "people with intent (leads): {} now, {} then; {} enter, {} leave",
        "personas con intención (oportunidades): {} ahora, {} después; entran {}, salen {}",
    ),
    "enter": ("enter", "entran"),
    "leave": ("leave", "salen"),
    "for example": ("{}, for example", "{}, por ejemplo"),
    "strongest": ("  {}, strongest first: {}", "  {}, las más fuertes primero: {}"),
    "from": ("from", "de"),
    "to": ("to", "a"),
    "of all": ("of all", "del total"),
    "no label": ("no label would change", "no cambiaría ninguna etiqueta"),
    "name": ("name", "nombre"),
    "lang": ("lang", "idioma"),
    "brand": ("brand", "marca"),
    "topic": ("topic", "tema"),
    "more brands": (
        "and {} brands more, see --json",
        "y {} marcas más, véase --json",
    ),
    "emerging": (
        "alerts of emerging intent: {} now, {} then; {} would open, {} would not open, {} in both",
        "alertas de intención que surge: {} ahora, {} después; se abrirían {}, no se abrirían {},"
        " en ambos {}",
    ),
    "would open": ("  would open      {}", "  se abriría      {}"),
    "would not open": ("  would not open  {}", "  no se abriría   {}"),
    "in both": ("  in both         {} → severity {}{}", "  en ambos        {} → gravedad {}{}"),
    "later": (", {} min later", ", {} min más tarde"),
    "sooner": (", {} min sooner", ", {} min antes"),
    "alert": (
        "{} {} ({}) since {} UTC, opened {}: {} heard, {} usual, severity {}",
        "{} {} ({}) desde el {} UTC, se abre a las {}: {} personas, lo habitual {}, gravedad {}",
    ),
    "rests on stored": (
        "Both sides are made anew from what is stored now, at the times of publication, looking"
        " every five minutes; alerts that people were shown may differ, where mentions came late or"
        " rules or deletions changed since.",
        "Ambos lados se rehacen con lo que hay guardado ahora, en los momentos de publicación,"
        " mirando cada cinco minutos; las alertas que se mostraron pueden ser otras, donde hubo"
        " menciones que llegaron tarde o después cambiaron reglas o se borró algo.",
    ),
    "rests on days": (
        "Mentions from before the replayed days keep their stored judgement on both sides, as after"
        " a promotion without rescoring: a challenger that finds more intent everywhere opens"
        " alerts until the baseline has learnt it. More --days show what remains then.",
        "Las menciones anteriores a esos días conservan en ambos lados el juicio guardado, como"
        " tras una promoción sin volver a juzgar: un aspirante que ve más intención en todas partes"
        " abre alertas hasta que la referencia lo ha aprendido. Con más --days se ve lo que queda"
        " entonces.",
    ),
}
RESTS_ON: Final = ("rests on stored", "rests on days")
