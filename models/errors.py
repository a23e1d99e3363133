"""What can go wrong with models.

ModelError
  + CorpusError            a labelled file cannot be read, or holds too little to learn from
  x ModelRejectedError     a trained model is no better than guessing the class shares
  x PromotionRefusedError  a model is worse than the current one, or cannot be judged
  x EncoderMissingError    the sentence encoders of the accurate profile are not installed
  + ModelStoreError        an address that cannot be opened
      x ModelNotFoundError     no such version, or none is current
      + CurrentChangedError    another version is current than was thought
      x ModelExistsError       a version is written once
      x StoreUnavailableError  the storage cannot be reached, read or written now
      x ModelRefusedError      the stored files are not what was saved, or not safe to load
"""

from typing import Final

# What to do about files of a model that are not what they were.
PUT_BACK: Final = "put it back from a backup, or promote another version"


class ModelError(Exception):
    """Base of every error this package raises on purpose."""


class CorpusError(ModelError):
    """A labelled file is malformed (the message names file and line) or too small."""


class ModelRejectedError(ModelError):
    """A model's log loss is not better than that of guessing the class shares."""


class PromotionRefusedError(ModelError):
    """The gate says no; the message has the figures and the ways out, `reason` the figures."""

    def __init__(self, message: str, reason: str = "") -> None:
        """`reason` is what the gate found, without the ways out."""
        super().__init__(message)
        self.reason = reason


class EncoderMissingError(ModelError):
    """The packages that carry the sentence encoders are missing or others; says the remedy."""


class ModelStoreError(ModelError):
    """Base of the store's errors; itself, the store cannot be opened."""


class ModelNotFoundError(ModelStoreError):
    """The store holds no such version, or no version is current."""


class StoreUnavailableError(ModelStoreError):
    """The storage cannot be reached, read or written now; the same call may succeed later."""


class CurrentChangedError(ModelStoreError):
    """Another version is current than the one that was to be replaced; nothing was written."""


class ModelExistsError(ModelStoreError):
    """The version is in the store already; versions are never overwritten."""


class ModelRefusedError(ModelStoreError):
    """The stored files are damaged, were changed, or hold types that are not trusted."""
