"""Cards of stored models as people read them: what a page is made of, and nothing it is not."""

from datetime import datetime
from typing import Any, Final

import msgspec

from models.accurate_store import AccurateCard
from models.behaviour import BehaviourReport
from models.promotions import Promotion
from models.store import ModelCard
from streams.modelling.notes_es import note_in

_LIMITS: Final = 12  # of what behaves worst, so many
_BIASED_HEADS: Final = ("intent", "needs_reply")


def briefly(card: ModelCard) -> dict[str, Any]:
    """A line of the list."""
    return {
        "version": card.version,
        "created_at": _ms(card.created_at),
        "mentions": sum(card.training.counts.get("lang", {}).values()),
        "langs": card.training.counts.get("lang", {}),
        "taught": card.training.taught,
        "intent": msgspec.to_builtins(card.training.metrics["intent"])
        if "intent" in card.training.metrics
        else None,
        "by_language": msgspec.to_builtins(card.training.languages),
    }


def whole(card: ModelCard, heads: AccurateCard | None) -> dict[str, Any]:
    """All of a card that people can use: data, figures beside baselines, limits, biases."""
    training = card.training
    return briefly(card) | {
        "trained_on": card.trained_on,
        "trained_on_es": [note_in(one, "es") for one in card.trained_on],
        "data": msgspec.to_builtins(card.data),
        "held_out": card.held_out,
        "seed": training.seed,
        "prevalence": training.recipe.prevalence,
        "precision": training.recipe.precision,
        "folds": training.recipe.folds,
        "label_set_hash": training.label_set_hash[:12],
        "sha256": card.model_sha256[:12],
        "notes_what_it_learnt": bool(card.learnt_sha256),
        "counts": training.counts,
        "metrics": msgspec.to_builtins(training.metrics),
        "thresholds": card.thresholds,
        "behaviour": _behaviour(training.behaviour),
        "bias": [
            msgspec.to_builtins(one)
            for one in training.bias
            if one.head in _BIASED_HEADS and one.label in ("any", "yes")
        ],
        "accurate": None
        if heads is None
        else {
            "created_at": _ms(heads.created_at),
            "encoder": heads.encoder,
            "trained_on": heads.trained_on,
            "trained_on_es": [note_in(one, "es") for one in heads.trained_on],
            "prevalence": heads.training.recipe.prevalence,
            "precision": heads.training.recipe.precision,
            "by_language": msgspec.to_builtins(heads.training.languages),
            "behaviour": _behaviour(heads.behaviour),
        },
    }


def promoted(one: Promotion) -> dict[str, Any]:
    """A line of the history."""
    return {
        "version": one.version,
        "since": _ms(one.since),
        "by": one.promoted_by,
        "how": one.how,
        "forced": one.forced,
        "gate": one.gate,
        "reason": one.reason,
    }


def _behaviour(found: BehaviourReport | None) -> dict[str, Any] | None:
    """Shares by kind of test, and where it fails most."""
    if found is None:
        return None
    invariance = sorted(found.invariance, key=lambda one: -one.flips / max(one.texts, 1))
    direction = sorted(found.direction, key=lambda one: -one.wrong / max(one.texts, 1))
    plain = sorted(found.functionality, key=lambda one: one.passed / max(one.cases, 1))
    return {
        "cases": found.cases,
        "passed": sum(one.passed for one in found.functionality),
        "asked": sum(one.cases for one in found.functionality),
        "invariance": msgspec.to_builtins([one for one in invariance if one.flips][:_LIMITS]),
        "direction": msgspec.to_builtins([one for one in direction if one.wrong][:_LIMITS]),
        "functionality": msgspec.to_builtins(
            [one for one in plain if one.passed < one.cases][:_LIMITS]
        ),
    }


def _ms(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)
