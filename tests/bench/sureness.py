"""What would be gained for alerts by summing how sure each mention is, in place of counting labels.

    python -m tests.bench.sureness [--model DIR]

How far a burst stands out of what is usual goes with S / sqrt(N): S what one of its mentions adds,
N the variance that one usual mention brings, sum of squares. The figure is S² / N of the summed
probabilities over that of the counted labels: 1.2 means that the same burst stands out as much with
1.2 times the usual talk around it. Measured on the labelled mentions that no model learnt from, at
shares of intent as they are in real talk.
"""

import argparse
import os
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray

from models.predictions import Texts
from models.profiles import FAST, load
from models.store import ModelStore
from streams.training import SHIPPED

DATA = Path(os.environ.get("ESCUCHA_DATA", "../shared/data")) / "labelled_mentions_dev.jsonl"
SHARES = (0.03, 0.1, 0.2)
Floats = NDArray[np.float64]


def stands_out(weight: Floats, is_intent: NDArray[np.bool_], share: float) -> float:
    """S² / N where intent is such a share of the usual talk."""
    each = np.where(is_intent, share / is_intent.mean(), (1 - share) / (1 - is_intent.mean()))
    return float(weight[is_intent].mean() ** 2 / np.average(weight**2, weights=each))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, default=SHIPPED)
    store = ModelStore(parser.parse_args().model)
    model = load(store, store.versions()[-1], FAST)
    rows = [msgspec.json.decode(line) for line in DATA.read_bytes().splitlines()]
    rows = [row for row in rows if row["intent"]]
    texts, langs = ([row[name] for row in rows] for name in ("text", "lang"))
    said = model.predict(Texts(texts, langs, [""] * len(rows)))
    labels = said.labels["intent"]
    classes = said.probabilities["intent"]
    counted = (labels > 0).astype(np.float64)
    summed = 1.0 - classes[:, 0].astype(np.float64)
    is_intent = np.array([row["intent"] in ("latent", "active") for row in rows])
    rng = np.random.default_rng(1)
    print(
        f"{len(rows)} mentions, {is_intent.sum()} with intent; labels find"
        f" {counted[is_intent].mean():.0%} of it, and {counted[~is_intent].mean():.1%} elsewhere"
    )
    for share in SHARES:
        gains = []
        for drawn in [np.arange(len(rows)), *(rng.integers(0, len(rows), (400, len(rows))))]:
            args = is_intent[drawn], share
            gains.append(stands_out(summed[drawn], *args) / stands_out(counted[drawn], *args))
        low, high = np.quantile(gains[1:], [0.025, 0.975])
        print(f"intent {share:.0%} of the talk: {gains[0]:.2f} times ({low:.2f} to {high:.2f})")


if __name__ == "__main__":
    main()
