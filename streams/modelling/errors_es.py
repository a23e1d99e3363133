"""Errors about models and labelled files in Spanish: {} is for what a text fills in.

A text is the English one where the error is raised; a test finds those that are raised no more.
"""

from typing import Final

SPANISH: Final = {
    # the store
    "no model was promoted in {}: run escucha train, or say with ESCUCHA_MODEL_STORE where models are": "no hay ningún modelo en vigor en {}: ejecuta escucha train, o di con ESCUCHA_MODEL_STORE dónde están los modelos",
    "{}: run escucha train, or say with ESCUCHA_MODEL_STORE where models are": "{}: ejecuta escucha train, o di con ESCUCHA_MODEL_STORE dónde están los modelos",
    "no model was promoted in {}": "no hay ningún modelo en vigor en {}",
    "no model {} in {}: escucha models list shows what is there": "no hay ningún modelo {} en {}: escucha models list enseña los que hay",
    "no model was current before in {}": "en {} no hubo antes ningún otro modelo en vigor",
    "not a version: {}": "no es una versión: {}",
    "{} is current, not {}": "está en vigor {}, no {}",
    "{} cannot be read or written: {}: is ESCUCHA_MODEL_STORE right, and may this user?": "no se puede leer ni escribir en {}: {}: ¿es correcto ESCUCHA_MODEL_STORE, y tiene permiso este usuario?",
    "{}: needs fsspec: pip install '.[object-storage]' in the checkout": "{}: hace falta fsspec: pip install '.[object-storage]' en la carpeta del código",
    "{}: made for other classes, by an older Escucha: escucha train --if-missing puts the model that comes along in force": "{}: lo hizo un Escucha más antiguo, para otras clases: escucha train --if-missing pone en vigor el modelo incluido",
    "{}: {} is not what its card describes: put it back from a backup, or promote another version": "{}: {} no es lo que describe su ficha: recupéralo de una copia de seguridad, o promueve otra versión",
    "{}: {}: No such file: put it back from a backup, or promote another version": "{}: {}: no existe ese archivo: recupéralo de una copia de seguridad, o promueve otra versión",
    "{}: a whole version is promoted: leave out what follows the +; ESCUCHA_MODEL_PROFILE says which of its profiles judges": "{}: se promueve la versión entera: quita lo que sigue al +; ESCUCHA_MODEL_PROFILE dice con cuál de sus perfiles se juzga",
    "no profile {}: {}": "no existe el perfil {}: {}",
    "{} has no heads for the accurate profile: escucha train --profile accurate": "{} no tiene perfil preciso: escucha train --profile accurate",
    "{} has heads already, which are never changed: escucha models card {} says how they are calibrated; escucha train --profile accurate makes a new version": "{} ya tiene perfil preciso, que no se cambia nunca: escucha models card {} dice cómo está calibrado; escucha train --profile accurate hace una versión nueva",
    # the gate
    "model {} is stored and not in force; {} stays in force. {}. To judge it on labelled mentions that neither has learnt: escucha models promote {} --on FILE.jsonl (--force insists); the next time: escucha train --judge-on FILE.jsonl": "el modelo {} está guardado y no en vigor; sigue en vigor {}. {}. Para juzgarlo con menciones etiquetadas que ninguno de los dos haya aprendido: escucha models promote {} --on ARCHIVO.jsonl (--force insiste); la próxima vez: escucha train --judge-on ARCHIVO.jsonl",
    "{} is not promoted over {}: {}. Judge it on other labelled mentions with --on FILE.jsonl, allow more with --margin, or insist with --force": "{} no se promueve sobre {}: {}. Júzgalo con otras menciones etiquetadas con --on ARCHIVO.jsonl, permite más con --margin o insiste con --force",
    "all {} mentions were learnt by one of the two": "uno de los dos ha aprendido las {} menciones",
    # labelled files
    "{}: {}: give another --html FILE": "{}: {}: da otro --html ARCHIVO",
    "{}: the text is empty": "{}: el texto está vacío",
    "{}: id {} is taken by {}": "{}: el id {} ya lo tiene {}",
    "{}: {}: a line is as escucha evaluate --help shows": "{}: {}: una línea es como enseña escucha evaluate --help",
    "{}: {}: one JSON object a line": "{}: {}: un objeto JSON por línea",
    "an id of the corpus comes again in {}": "un id del corpus se repite en {}",
    "no labelled mentions in {}": "no hay menciones etiquetadas en {}",
    "all {} mentions were learnt by {}, so they would flatter; give others with --on, or add --include-learnt": "las {} menciones ya las aprendió {}, así que lo favorecerían; da otras con --on, o añade --include-learnt",
    "no mention has a settled label of any head: nothing to compare": "ninguna mención tiene una etiqueta decidida: no hay nada que comparar",
    "no mention has a settled label of any head: nothing to measure": "ninguna mención tiene una etiqueta decidida: no hay nada que medir",
    "cannot weigh to a prevalence: the file needs mentions with intent and without": "no se puede ponderar: el archivo necesita menciones con intención y sin ella",
    "the teacher's files are empty": "los archivos del maestro están vacíos",
    "{}: log loss {}, baseline {}": "{}: pérdida logarítmica {}, la de adivinar {}",
    "{} {}: {} mentions, need {}": "{} {}: {} menciones, hacen falta {}",
    "{}: {} mentions, need {}": "{}: {} menciones, hacen falta {}",
    # recipes and options
    "{}: no recipe has {}": "{}: ninguna receta tiene {}",
    "{}: {}: a recipe is as in escucha models card": "{}: {}: una receta es como en escucha models card --json",
    "--if-missing takes no --teacher, --recipe, --prevalence or --precision": "--if-missing no admite --teacher, --recipe, --prevalence ni --precision",
    "--judge-on is for the gate: it does not go with --no-promote, --if-missing or --beside": "--judge-on es para la puerta: no va con --no-promote, --if-missing ni --beside",
    "--beside goes with --profile accurate": "--beside va con --profile accurate",
    "--beside trains heads alone: --teacher, --recipe and --every are of the fast model": "--beside solo entrena el perfil preciso: --teacher, --recipe y --every son del modelo rápido",
    "--if-missing goes with --profile fast": "--if-missing va con --profile fast",
    "say what to measure on: --on FILE.jsonl with labelled mentions, or --on natural. Cross-validated figures of a model are in its card: escucha models card": "di con qué medir: --on ARCHIVO.jsonl con menciones etiquetadas, o --on natural. Las cifras de la validación cruzada de un modelo están en su ficha: escucha models card",
    "give a version or --off, not both": "da una versión o --off, no las dos cosas",
    "{} is in force: it says the same in shadow": "{} está en vigor: en la sombra dice lo mismo",
    "no mention that a model judged was stored in the last days": "en los últimos días no se guardó ninguna mención juzgada por un modelo",
    "no mention that {} judged was counted; those are: {}": "no se contó ninguna mención juzgada por {}; sí las de: {}",
    "--since is not before --until": "--since no es anterior a --until",
    # the encoders of the accurate profile
    "{} is not installed: {}": "{} no está instalado: {}",
    "the accurate profile needs its sentence encoders, which come for Linux and Apple's processors: pip install '.[accurate]' in the checkout (make install does), or judge with ESCUCHA_MODEL_PROFILE=fast": "el perfil preciso necesita sus codificadores de frases, que hay para Linux y los procesadores de Apple: pip install '.[accurate]' en la carpeta del código (make install lo hace), o juzga con ESCUCHA_MODEL_PROFILE=fast",
    # propensity
    "no model of propensity in {}: run escucha models propensity train": "no hay ningún modelo de propensión en {}: ejecuta escucha models propensity train",
    "no model of propensity {} in {}: escucha models propensity train": "no hay ningún modelo de propensión {} en {}: ejecuta escucha models propensity train",
    "not a version of a model of propensity: {}": "no es una versión de un modelo de propensión: {}",
    "{}: made for other columns: train a new one": "{}: se hizo para otras columnas: entrena uno nuevo",
    "log loss {}, by intent in the last week alone {}": "no es mejor que mirar solo la intención de la última semana: pérdida logarítmica {}, frente a {}",
    "{}: {} is that of {}": "{}: {} es de {}",
    "{}: {} is not what its card describes": "{}: {} no es lo que describe su ficha",
    "{}: {} does not make a model": "{}: con {} no se puede hacer un modelo",
    # rules that are in force
    "there are no rules {}; see escucha rules versions": "no hay reglas con el número {}; mira escucha rules versions",
    "the bundled rules are in force and have nothing before them; put others in force first: escucha rules apply listening.yaml": "están en vigor las reglas incluidas, que no tienen nada antes; pon otras en vigor primero: escucha rules apply listening.yaml",
    "the bundled rules are in force: apply rules first, escucha rules apply": "están en vigor las reglas incluidas: aplica antes otras con escucha rules apply",
    "one at a time rewrites stored mentions, and somebody does; try again when it has ended": "las menciones guardadas las reescribe uno cada vez, y ahora hay alguien; inténtalo cuando haya acabado",
    "one at a time rewrites stored mentions, and somebody does{}; try again when it has ended": "las menciones guardadas las reescribe uno cada vez, y ahora hay alguien{}; inténtalo cuando haya acabado",
}
