"""What people ask of models in the console, and how it is answered."""

from datetime import datetime
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from schemas.desk import MAX_OWNER_CHARS

VersionName = Annotated[str, Meta(pattern=r"^\d{8}T\d{6}Z-[0-9a-f]{8}$")]
VersionOrNone = Annotated[str, Meta(pattern=r"^(\d{8}T\d{6}Z-[0-9a-f]{8})?$")]
# Also of one of the profiles of a version, or the baseline without a model.
JudgeName = Annotated[
    str, Meta(pattern=r"^(\d{8}T\d{6}Z-[0-9a-f]{8}(\+(accurate|cascade))?|keyword-rules)$")
]
Name = Annotated[str, Meta(min_length=1, max_length=MAX_OWNER_CHARS, pattern=r"\S")]
Reason = Annotated[str, Meta(min_length=1, max_length=1_000, pattern=r"\S")]
ModelFate = Literal["saved", "changed_meanwhile", "refused", "busy", "gone", "away"]


class Ask(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Compare b with a, on mentions that neither has learnt from."""

    a: JudgeName
    b: JudgeName
    made_by: Name


class Cancel(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """End the comparison `id` that runs."""

    id: Annotated[str, Meta(max_length=64)]
    made_by: Name


class Promote(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Put a version in force in place of `instead_of` ("" where none is), for a reason.

    `comparison` is the one in which the gate has answered; against it only with `force`.
    """

    version: VersionName
    instead_of: VersionOrNone
    comparison: Annotated[str, Meta(max_length=64)] = ""
    force: bool = False
    reason: Reason
    made_by: Name


class RollBack(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Put the version `to`, which was in force before `instead_of`, in force again."""

    to: VersionName
    instead_of: VersionName
    reason: Reason
    made_by: Name


class Shadow(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Let a version judge in shadow; empty: none any more."""

    version: VersionOrNone
    made_by: Name


class ModelOutcome(msgspec.Struct, frozen=True):
    """What became of it; `reason` says in words what hindered it, without places or secrets."""

    fate: ModelFate
    reason: str = ""
    id: str = ""  # of the comparison that was begun


class Running(msgspec.Struct, frozen=True, kw_only=True):
    """A comparison under way: so many steps of so many are done."""

    id: str
    a: str
    b: str
    by: str
    asked_at: datetime
    done: int
    of: int
