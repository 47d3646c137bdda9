# SPDX-License-Identifier: MIT
"""The tables that people read."""

from __future__ import annotations

from measure import FLOOR, HIREDIS, REDISC, Figures

TITLES = {
    "encode": "Encoding one command",
    "decode": "Decoding one reply, looked at and freed; fed in portions of 16 KiB",
    "sync": "One command at a time, with a server",
}
GROUPS = ["instructions", "", "", "allocations", ""]
COUNTED = ["hiredis", "redisc", "ratio", "hiredis", "redisc"]


def print_tables(all_figures: list[Figures]) -> None:
    for kind, title in TITLES.items():
        of_kind = [figures for figures in all_figures if figures.case.kind == kind]
        if of_kind:
            print(f"\n{title}")
            print_table(sync_rows(of_kind) if kind == "sync" else rows(of_kind))


def rows(of_kind: list[Figures]) -> list[list[str]]:
    """Two rows of heading, then the figures. A ratio tells how many times redisc's figure goes into
    hiredis's."""
    table = [["", "ns", "", "", "", *GROUPS],
             ["", "floor", "hiredis", "redisc", "ratio", *COUNTED]]
    for figures in of_kind:
        times = figures.nanoseconds
        table.append([figures.case.name, number(times.get(FLOOR)), number(times.get(HIREDIS)),
                      number(times.get(REDISC)), times_text(figures.speed_up),
                      *counted(figures)])
    return table


def sync_rows(of_kind: list[Figures]) -> list[list[str]]:
    """Here the ratios are of redisc's rate to the floor's, and of its CPU time to hiredis's."""
    table = [["", "us", "", "", "", "CPU us", "", "", *GROUPS],
             ["", "floor", "hiredis", "redisc", "of floor", "hiredis", "redisc", "of hiredis",
              *COUNTED]]
    for figures in of_kind:
        times, cpu = figures.nanoseconds, figures.cpu_nanoseconds
        table.append([figures.case.name, micro(times.get(FLOOR)), micro(times.get(HIREDIS)),
                      micro(times.get(REDISC)), plain(figures.of_floor),
                      micro(cpu.get(HIREDIS)), micro(cpu.get(REDISC)), plain(figures.cpu_ratio),
                      *counted(figures)])
    return table


def counted(figures: Figures) -> list[str]:
    instructions, allocations = figures.instructions, figures.allocations
    ratio = None
    if HIREDIS in instructions and REDISC in instructions:
        ratio = instructions[HIREDIS] / instructions[REDISC]
    return [number(instructions.get(HIREDIS)), number(instructions.get(REDISC)),
            times_text(ratio), plain(allocations.get(HIREDIS)), plain(allocations.get(REDISC))]


def number(value: float | None) -> str:
    """Three digits or more."""
    if value is None:
        return "-"
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def micro(value: float | None) -> str:
    return number(None if value is None else value / 1000)


def plain(value: float | None) -> str:
    return "-" if value is None else f"{value:,.2f}"


def times_text(value: float | None) -> str:
    return "-" if value is None else f"{value:.1f}x"


def print_table(table: list[list[str]]) -> None:
    widths = [max(len(row[column]) for row in table) for column in range(len(table[0]))]
    for row in table:
        cells = [cell.rjust(width) for cell, width in zip(row, widths)]
        cells[0] = row[0].ljust(widths[0])
        print("  ".join(cells))
