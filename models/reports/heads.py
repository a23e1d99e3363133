"""What is known of the accurate profile's heads, for a terminal."""

from models.accurate_store import AccurateCard


def heads_text(card: AccurateCard) -> str:
    """Return the card of heads as text: figures on mentions that were held out."""
    training = card.training
    lines = [
        f"accurate profile of {card.version}",
        f"learnt from {training.mentions:,} mentions: {'; '.join(card.trained_on)}",
        f"judged on {training.judged_on} mentions that were held out, near copies together",
        "",
        "head          language  mentions  macro F1  avg. prec.     F1  threshold  log loss",
    ]
    for head, languages in training.figures.items():
        for lang, found in languages.items():
            asked = f"{'':29}"
            if found.f1 is not None:
                asked = f"{found.average_precision:12.3f} {found.f1:6.3f} {found.threshold:10.2f}"
            lines.append(
                f"{head:13} {lang:8} {found.mentions:9,} {found.macro_f1:9.3f} {asked:30}"
                f" {found.log_loss:8.3f}"
            )
    lines += ["", "cascade: what the fast profile rules out"]
    lines += [
        f"{lang:8} chance of intent below {found.threshold:.3f}: {found.ruled_out:.0%} of mentions"
        f" without intent, {found.missed:.1%} of those with"
        for lang, found in training.cascade.items()
    ]
    if card.behaviour is not None:
        lines += ["", *card.behaviour.lines()]
    return "\n".join(lines)
