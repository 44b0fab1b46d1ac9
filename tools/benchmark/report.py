# SPDX-License-Identifier: GPL-3.0-or-later
"""The rows of the table, and the table."""

import statistics
from dataclasses import dataclass, field


@dataclass
class Row:
    """One thing that is measured, with a figure from each server for each round."""

    key: str
    title: str
    unit: str
    target_ratio: float | None = None  # mooringd's figure over the best peer's: at most this
    target_value: float | None = None  # mooringd's figure: at most this
    figures: dict[str, list[float]] = field(default_factory=dict)
    latency: dict[str, list[dict[str, float]]] = field(default_factory=dict)
    failures: dict[str, str] = field(default_factory=dict)

    def median(self, server: str) -> float | None:
        if server in self.failures or not self.figures.get(server):
            return None
        return statistics.median(self.figures[server])

    def best_peer(self) -> tuple[str, float] | None:
        medians = {s: self.median(s) for s in self.figures if s != "mooringd"}
        valid = {s: m for s, m in medians.items() if m is not None}
        return min(valid.items(), key=lambda item: item[1]) if valid else None

    def ratio(self) -> float | None:
        ours, best = self.median("mooringd"), self.best_peer()
        return None if ours is None or best is None else ours / best[1]

    def verdict(self) -> str:
        limit = self.target_ratio if self.target_value is None else self.target_value
        if limit is None:
            return ""
        value = self.ratio() if self.target_value is None else self.median("mooringd")
        if value is None:
            return "not measured"
        return "met" if value <= limit else "MISSED"

    def target(self) -> str:
        if self.target_value is not None:
            return f"<= {self.target_value:g} {self.unit}"
        return "" if self.target_ratio is None else f"<= {self.target_ratio:.2f}"


def table(rows: list[Row], servers: list[str]) -> str:
    """The table in Markdown: medians, and mooringd's ratio to the best of the others."""
    head = ["measure", "unit", *servers, "best peer", "ratio", "target", ""]
    lines = [head]
    for row in rows:
        best, ratio = row.best_peer(), row.ratio()
        cells = [_cell(row, server) for server in servers]
        lines.append(
            [row.title, row.unit, *cells, best[0] if best else "-"]
            + [f"{ratio:.2f}" if ratio is not None else "-", row.target(), row.verdict()]
        )
    widths = [max(len(line[i]) for line in lines) for i in range(len(head))]
    out = ["| " + " | ".join(c.ljust(w) for c, w in zip(line, widths)) + " |" for line in lines]
    out.insert(1, "|" + "|".join("-" * (w + 2) for w in widths) + "|")
    return "\n".join(out)


def _cell(row: Row, server: str) -> str:
    if server in row.failures:
        return "invalid"
    value = row.median(server)
    return "-" if value is None else f"{value:.1f}" if value < 100 else f"{value:.0f}"


def as_json(rows: list[Row], servers: list[str]) -> list[dict]:
    """The same with every round's figure."""
    return [
        {
            "row": row.key,
            "title": row.title,
            "unit": row.unit,
            "median": {s: row.median(s) for s in servers},
            "rounds": row.figures,
            "latency_us": row.latency,
            "failures": row.failures,
            "ratio_to_best_peer": row.ratio(),
            "target": row.target(),
            "verdict": row.verdict(),
        }
        for row in rows
    ]
