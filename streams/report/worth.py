"""Care, value, coherence, and what to know before the figures are believed."""

from streams.report.document import Block, Links, Section, Words
from streams.report.facts import COMPARED, OF_THE_WEEK, Facts
from streams.report.headlines import one, total
from streams.report.panels import panels
from streams.report.tables import panel_bars, panel_table
from streams.report.words import Say

_FATES = ("in_time", "late", "unanswered")
_PEOPLE = 5
_ALARMS = 8
# Titles and meanings of what no panel shows.
_OWN = {"report_leads": ("leads table", "of leads"), "report_alerts": ("alerts", "of alerts")}


def care(facts: Facts, say: Say) -> Section:
    """Return who was answered within the target, by account."""
    rows = facts.of_week["care_by_account"]
    if not rows:
        return Section("care", say("care"), (Words(say("no care")),))
    sums = {part: total(rows, part) for part in _FATES}
    figures = {part: say.decimal(number) for part, number in sums.items()}
    reading = say("reads care", all=say.decimal(sum(sums.values())), **figures)
    titles = (say("care chart"), say("account"))
    nobody = say("no account")  # the panel writes a dash
    named = [
        {**row, "account": nobody if row["account"] == "–" else row["account"]} for row in rows
    ]
    chart = panel_bars(say, "care_by_account", named, _FATES, "account", titles)
    return Section("care", say("care"), (Words(reading), chart))


def value(facts: Facts, say: Say) -> Section:
    """Return who recommends and moves others, referred orders, and what gestures gave back."""
    blocks: list[Block] = [Words(say("value note"), is_note=True)]
    columns: tuple[str, ...]
    if people := facts.of_week["value_influence"]:
        first = people[0]
        low, high = (say.decimal(first[f"net_{end}_shown"], 1) for end in ("low", "high"))
        net = say.decimal(first["influenced_net_shown"], 1)
        blocks.append(
            Words(say("reads influence", person=first["person"], net=net, low=low, high=high))
        )
        columns = (
            "person", "recommended", "influenced_people", "influenced_net_shown",
            "net_low_shown", "net_high_shown",
        )  # fmt: skip
        blocks.append(panel_table(say, "value_influence", people, columns, words=1, most=_PEOPLE))
    else:
        blocks.append(Words(say("no influence")))
    if months := facts.of_week["value_referral_types"]:
        referred = one(facts.of_week["value_referred_share"], "referred")
        blocks.append(Words(say("reads referred", value=say.share(referred))))
        columns = (
            "in_month", "currency", "orders", "type_1", "type_2", "unattributed",
            "amount_type_1_shown", "amount_type_2_shown",
        )  # fmt: skip
        blocks.append(
            panel_table(say, "value_referral_types", months, columns, words=2, most=_PEOPLE)
        )
    else:
        blocks.append(Words(say("no referrals")))
    if gestures := facts.of_week["value_gestures"]:
        best = gestures[0]
        net, low, high = (
            say.decimal(best[name], 2) for name in ("net_shown", "net_low_shown", "net_high_shown")
        )
        blocks.append(
            Words(say("reads gestures", net=net, low=low, high=high, currency=best["currency"]))
        )
        columns = (
            "person", "currency", "gestures", "cost_shown", "direct_revenue_shown",
            "referred_revenue_shown", "net_shown", "net_low_shown", "net_high_shown",
        )  # fmt: skip
        blocks.append(panel_table(say, "value_gestures", gestures, columns, words=2, most=_PEOPLE))
    else:
        blocks.append(Words(say("no gestures")))
    return Section("value", say("value"), tuple(blocks))


def coherence(facts: Facts, say: Say) -> Section:
    """Return whether people say what the brand publishes."""
    rows = facts.of_week["value_coherence"]
    if not rows:
        return Section("coherence", say("coherence"), (Words(say("no coherence")),))
    verdict = say.cell(rows[0]["verdict"], panels()["value_coherence"].column("verdict"))
    columns = ("what", "verdict", "people_said", "brand_published", "likeness", "favourable")
    return Section(
        "coherence",
        say("coherence"),
        (
            Words(say("reads coherence", what=rows[0]["what"], verdict=verdict)),
            panel_table(say, "value_coherence", rows, columns, words=2, most=_PEOPLE),
        ),
    )


def honesty(facts: Facts, say: Say) -> Section:
    """Return what is wrong with the figures, or may be."""
    week = facts.of_week
    blocks: list[Block] = []
    columns: tuple[str, ...]
    gap = one(week["ledger_gap"], "gap")
    if gap is None:
        blocks.append(Words(say("no ledger")))
    else:
        blocks.append(
            Words(say("reads gap", value=say.decimal(gap)) if gap else say("reads ledger"))
        )
    dead = total(week["dead_letters_waiting"], "waiting")
    blocks.append(Words(say.counted("reads dead", dead)))
    stalled = [str(row["source"]) for row in week["sources"] if row["state"] == "stalled"]
    names = ", ".join(stalled)
    blocks.append(Words(say("reads stalled", sources=names) if stalled else say("no stalled")))
    if alarms := week["drift_alarms"]:
        blocks.append(Words(say("reads drift", value=say.decimal(len(alarms)))))
        columns = ("day", "what", "scope", "name", "changed", "distance", "by_chance")
        blocks.append(panel_table(say, "drift_alarms", alarms, columns, words=5, most=_ALARMS))
    else:
        blocks.append(Words(say("no drift")))
    judged = week["calibration_on_labels"]
    intent = [row for row in judged if row["head"] == "intent" and row["scope"] == ""]
    if intent:
        ece, noise = (say.decimal(intent[0][name], 3) for name in ("ece", "by_chance"))
        labels = say.decimal(intent[0]["labels"])
        blocks.append(Words(say("reads calibration", ece=ece, noise=noise, labels=labels)))
    if judged:
        columns = ("head", "scope", "name", "labels", "ece", "ece_low", "ece_high", "by_chance")
        blocks.append(
            panel_table(say, "calibration_on_labels", judged, columns, words=3, most=_ALARMS)
        )
    else:
        blocks.append(Words(say("no calibration")))
    return Section("honesty", say("honesty"), tuple(blocks))


def definitions(say: Say, console_url: str) -> Section:
    """Return what each figure means, in the words of the panel that shows it, and where that is."""
    rows = []
    for query in (*COMPARED, *OF_THE_WEEK):
        if query in _OWN:
            title, meaning = (say(key) for key in _OWN[query])
            board = "escucha-predictive"
        else:
            panel = panels()[query]
            title, meaning = (text.within(say.language) for text in (panel.title, panel.about))
            board = panel.board
        rows.append((title, meaning, f"{console_url.rstrip('/')}/d/{board}"))
    return Section("definitions", say("definitions"), (Links(tuple(rows)),))
