"""Results as Markdown: ratios first, then the figures that they are made of."""

import os
import pathlib
import platform
import statistics

OURS = "Roomcast"
OURS_WITH_IDS = "Roomcast, with ids"
MARKERS = ("<!-- results of scripts/bench -->", "<!-- end of results -->")
GROWTH_MARKERS = ("<!-- results of scripts/bench --growth -->", "<!-- end of growth -->")


class Results:
    """The measured values of all runs, by workload and server."""

    def __init__(self, workloads, servers):
        self.workloads = workloads
        self.servers = servers
        self.values = {}
        self.faults = []
        self.storage = []
        self.setting = ""

    def add(self, workload, server, report, faults):
        self.values.setdefault((workload.key, server), []).append(report[workload.measure])
        if faults:
            self.faults.append(f"{workload.key}, {server}: {faults}")

    def median(self, workload, server):
        return statistics.median(self.values[workload.key, server])

    def ratio(self, workload, one, other):
        """How many times better one server is than another."""
        ours, theirs = self.median(workload, one), self.median(workload, other)
        if not ours or not theirs:
            return None
        return ours / theirs if workload.more_is_better else theirs / ours


def setting(runs, seconds, postgres):
    """The machine and the lengths, in one sentence."""
    processor = next(
        (line.split(":")[1].strip() for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines()
         if line.startswith("model name")), platform.machine())
    lengths = f"One run of {seconds:g} s" if runs == 1 else f"Medians of {runs} interleaved runs of {seconds:g} s"
    return (f"{lengths}; {os.cpu_count()} cores ({processor}), shared by server, "
            f"{postgres} and load generator; Linux {platform.release()}; texts of 64 bytes.")


def figure(value):
    """Three digits are more than a median of a few runs is worth."""
    if value is None:
        return "-"
    return f"{float(f'{value:.3g}'):,.0f}" if value >= 100 else f"{value:.3g}"


def _row(cells):
    return "| " + " | ".join(cells) + " |"


def table(head, rows):
    return [_row(head), _row(["---"] * len(head)), *map(_row, rows)]


def markdown(results, image):
    peers = [name for name in results.servers if name not in (OURS, OURS_WITH_IDS)]
    lines = [results.setting, "",
             f"{OURS} as a multiple of each (above 1: {OURS} is better). Only {OURS} stores messages:", ""]
    lines += table(
        ["workload", *peers, OURS_WITH_IDS],
        [[f"{w.key}: {w.title}", *(figure(results.ratio(w, OURS, other)) for other in [*peers, OURS_WITH_IDS])]
         for w in results.workloads])
    lines += ["", "Medians, and in parentheses the lowest and the highest run:", ""]
    rows = []
    for w in results.workloads:
        cells = [f"{w.key}: {w.unit}"]
        for server in results.servers:
            values = results.values[w.key, server]
            spread = f" ({figure(min(values))}-{figure(max(values))})" if len(values) > 1 else ""
            cells.append(figure(statistics.median(values)) + spread)
        rows.append(cells)
    lines += table(["", *results.servers], rows)
    if results.storage:
        lines += ["", "What PostgreSQL stores without a chat server, by pgbench in the same cluster, into a table with "
                  "the columns and indexes of `log`:", ""]
        lines += table(["", "messages/s"], [[title, figure(value)] for title, value in results.storage])
    lines += ["", f"Faults: {'; '.join(results.faults)}." if results.faults else
              "In all runs: nothing lost, doubled or out of order.", "", f"![The same as bars]({image})"]
    return "\n".join(lines) + "\n"


def write_between_markers(path, text, markers=MARKERS):
    """Replaces what a page has between the markers."""
    page = path.read_text()
    start, end = page.index(markers[0]) + len(markers[0]), page.index(markers[1])
    path.write_text(f"{page[:start]}\n\n{text}\n{page[end:]}")
