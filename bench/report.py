# SPDX-License-Identifier: MIT
"""The tables that people read."""

from __future__ import annotations

from measure import BENCHMARK, FLOOR, HIREDIS, REDISC, Figures

TITLES = {
    "encode": "Encoding one command",
    "decode": "Decoding one reply, looked at and freed; fed in portions of 16 KiB",
    "sync": "One command at a time, with a server",
    "pipeline": "Pipelines, with a server",
    "message": "Messages, with a server",
}
GROUPS = ["instructions", "", "", "allocations", ""]
COUNTED = ["hiredis", "redisc", "ratio", "hiredis", "redisc"]


def print_tables(all_figures: list[Figures]) -> None:
    tables = {"encode": [rows], "decode": [rows], "sync": [sync_rows],
              "pipeline": [rate_rows, weight_rows], "message": [rate_rows, weight_rows]}
    for kind, title in TITLES.items():
        of_kind = [figures for figures in all_figures if figures.case.kind == kind]
        if of_kind:
            print(f"\n{title}")
            for table in tables[kind]:
                print_table(table(of_kind))


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


def rate_rows(of_kind: list[Figures]) -> list[list[str]]:
    """How many in a second, and the client's CPU time for a million of them."""
    table = [["", "M/s", "", "", "rate of", "", "", "CPU s/M", "", "", "", ""],
             ["", "floor", "hiredis", "redisc", "hiredis", "floor", BENCHMARK,
              "floor", "hiredis", "redisc", "of hiredis", BENCHMARK]]
    for figures in of_kind:
        times, cpu = figures.nanoseconds, figures.cpu_nanoseconds
        table.append([figures.case.name, rate(times.get(FLOOR)), rate(times.get(HIREDIS)),
                      rate(times.get(REDISC)), plain(figures.speed_up), plain(figures.of_floor),
                      plain(figures.of_benchmark), milli(cpu.get(FLOOR)), milli(cpu.get(HIREDIS)),
                      milli(cpu.get(REDISC)), plain(figures.cpu_ratio),
                      milli(cpu.get(BENCHMARK))])
    return table


def weight_rows(of_kind: list[Figures]) -> list[list[str]]:
    table = [["", *GROUPS, "bytes held", ""], ["", *COUNTED, "hiredis", "redisc"]]
    for figures in of_kind:
        table.append([figures.case.name, *counted(figures), number(figures.held.get(HIREDIS)),
                      number(figures.held.get(REDISC))])
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


def rate(nanoseconds: float | None) -> str:
    """Millions in a second."""
    return "-" if nanoseconds is None else f"{1000 / nanoseconds:.2f}"


def milli(nanoseconds: float | None) -> str:
    """Seconds for a million, to the millisecond."""
    return "-" if nanoseconds is None else f"{nanoseconds / 1000:.3f}"


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
