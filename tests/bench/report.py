"""Medians of the rounds, as a table and as JSON."""

import os
import platform
from dataclasses import asdict
from pathlib import Path
from statistics import median
from typing import Any

import psutil

from tests.bench.contenders import HAND, Contender
from tests.bench.measure import Run

Runs = dict[tuple[str, int], dict[str, list[Run]]]


def machine() -> str:
    """Return what the figures depend on, in one line."""
    model = platform.processor() or platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        names = [line for line in cpuinfo.read_text().splitlines() if line.startswith("model name")]
        model = names[0].split(":", 1)[1].strip() if names else model
    load = f", load {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else ""
    memory = psutil.virtual_memory().total / 1024**3
    return (
        f"{psutil.cpu_count()} processors ({model}), {memory:.0f} GiB, {platform.system()},"
        f" Python {platform.python_version()}{load}"
    )


def table(runs: Runs, contenders: list[Contender]) -> list[str]:
    """Return the lines of the table; the ratio is the median of the rounds' own ratios."""
    lines = [
        f"{'':24}{'events/s':>10}{'of hand':>9}{'worst':>7}{'best':>6}"
        f"{'CPU us':>8}{'CH us':>7}{'MB':>6}{'inserts':>9}"
    ]
    for (model, threads), by_name in runs.items():
        lines.append(f"{model} model, {threads} thread{'s' if threads > 1 else ''}")
        for contender in contenders:
            own = by_name.get(contender.name, [])
            if own:
                lines.append(_line(contender, own, by_name.get(HAND.name, [])))
    return lines


def _line(contender: Contender, own: list[Run], hand: list[Run]) -> str:
    ratios = [a.events_per_second / b.events_per_second for a, b in zip(own, hand, strict=False)]
    compared = f"{median(ratios):9.2f}{min(ratios):7.2f}{max(ratios):6.2f}" if ratios else " " * 22
    return (
        f"  {contender.title:22}{median(r.events_per_second for r in own):10,.0f}{compared}"
        f"{median(r.cpu_us for r in own):8.1f}{median(r.clickhouse_cpu_us for r in own):7.1f}"
        f"{max(r.peak_rss_mb for r in own):6.0f}{median(r.inserts for r in own):9.0f}"
    )


def as_json(runs: Runs, **about: Any) -> dict[str, Any]:
    """Return everything that was measured."""
    return {
        **about,
        "machine": machine(),
        "runs": [
            {"model": model, "threads": threads, "contender": name, "round": number, **asdict(run)}
            for (model, threads), by_name in runs.items()
            for name, own in by_name.items()
            for number, run in enumerate(own, start=1)
        ],
    }
