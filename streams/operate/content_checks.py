"""What doctor asks of the model and the rules: whether they are there and whether they work."""

from collections.abc import Iterator

import numpy as np

from models import profiles
from models.errors import ModelError, ModelNotFoundError
from models.predictions import HEADS, Texts
from models.store import ModelStore
from streams.errors import InputError
from streams.operate.findings import Finding, Patient, bad, ok, skipped, warn
from streams.rules.compiled import compile_rules
from streams.rules.loading import EXAMPLE, read_listening

SAMPLE = Texts.plain(["¿dónde puedo comprar uno?"])


def model(patient: Patient) -> Iterator[Finding]:
    """Whether a model is in force, can be loaded, and judges."""
    place = patient.settings.model_store
    try:
        store = ModelStore(place)
        card = store.card()
        loaded = profiles.load(store, card.version, patient.settings.model_profile)
        predictions = loaded.predict(SAMPLE)
    except ModelNotFoundError:
        tell = warn if patient.expects_services else skipped  # `up` has not run yet
        yield tell(
            "model",
            f"No model is in force in {place} yet.",
            "`escucha up` takes the one that comes along; to do it now: escucha train --if-missing",
        )
        return
    except (ModelError, OSError) as error:
        yield bad(
            "model",
            f"The model in {place} cannot be used: {error}.",
            "Go back to the one before (escucha models rollback), or run escucha train.",
        )
        return
    broken = [name for name in HEADS if not np.isfinite(predictions.probabilities[name]).all()]
    if broken:
        yield bad(
            "model",
            f"Model {card.version} gives no numbers for {', '.join(broken)}.",
            "Go back to the one before: escucha models rollback",
        )
    else:
        yield ok("model", f"Model {card.version} loads and judges.")


def rules(patient: Patient) -> Iterator[Finding]:
    """Whether the listening file can be used."""
    path = patient.settings.listening_file or EXAMPLE
    try:
        text = path.read_text(encoding="utf-8")
        compiled = compile_rules(read_listening(text, str(path), bundled_interests=True))
    except (OSError, UnicodeDecodeError) as error:
        yield bad(
            "rules",
            f"The listening file {path} cannot be read: {error}.",
            "Correct ESCUCHA_LISTENING_FILE, or unset it to begin with the example.",
        )
        return
    except InputError as error:
        yield bad("rules", f"{error}", f"Correct it; to look again: escucha rules check {path}")
        return
    own = "the example that comes along" if patient.settings.listening_file is None else str(path)
    yield ok("rules", f"The rules can be used ({own}, version {compiled.version}).")


CHECKS = (model, rules)
