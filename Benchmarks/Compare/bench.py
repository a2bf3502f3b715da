"""Compares Roomcast with other broadcasters on this machine; see --help."""

import argparse
import contextlib
import json
import pathlib
import shutil
import subprocess
import sys

import growth
import plot
import report
import workloads
from cluster import LIMIT_TABLE, Cluster
from processes import Failure, directory, end_by_signals, output
from servers import available_peers, roomcast

ROOT = pathlib.Path(__file__).parents[2]
RESULTS = ROOT / ".build" / "bench"
IMAGE = ROOT / "docs" / "images" / "bench.svg"
STORAGE = [("one message a transaction, 16 connections", 1, 16), ("40 messages a transaction, one connection", 40, 1),
           ("500 messages a transaction, one connection", 500, 1)]


def arguments():
    keys = "".join(workload.key for workload in workloads.WORKLOADS)
    parser = argparse.ArgumentParser(
        prog="scripts/bench", formatter_class=argparse.RawDescriptionHelpFormatter,
        description="Builds Roomcast and a load generator, starts a private PostgreSQL, and compares Roomcast with\n"
        "the broadcasters that are installed. Everything it starts ends with it, also after Ctrl-C.\n"
        f"Results: {RESULTS.relative_to(ROOT)}/results.md, .svg and .json.",
        epilog="workloads:\n" + "\n".join(f"  {w.key}  {w.title}: {w.unit}" for w in workloads.WORKLOADS))
    parser.add_argument("--seconds", type=float, default=5, help="measured time of one run (default 5)")
    parser.add_argument("--runs", type=int, default=3, help="runs of each server in each workload (default 3)")
    parser.add_argument("--workloads", default=keys, help=f"some of {keys} (default all)")
    parser.add_argument("--only", action="append", metavar="NAME",
                        help="only peers with NAME in their name; may be repeated")
    parser.add_argument("--install", action="store_true",
                        help="first install the peers that are missing (apt-get, pip; as root). Debian also starts "
                        "nginx and mosquitto as services then: stop them before you measure")
    parser.add_argument("--growth", action="store_true",
                        help="measure only Roomcast instead, with more and more members, rooms, rows and connections, "
                        "with compression, TLS and a slow flush")
    parser.add_argument("--write-docs", action="store_true",
                        help="also replace the results in docs/performance.md and docs/images/bench.svg")
    parser.add_argument("--app", type=pathlib.Path, metavar="FILE", help="measure this App instead of building one")
    options = parser.parse_args()
    unknown = set(options.workloads.upper()) - set(keys)
    if unknown or not options.workloads or options.runs < 1 or not 0 < options.seconds <= 300:
        parser.error(f"--workloads takes letters of {keys}, --runs 1 or more, --seconds up to 300")
    return options


def build(app):
    """Builds in release mode; returns the paths of App and of the load generator."""
    for product in ["wsload"] if app else ["App", "wsload"]:
        print(f"Building {product} (the first time takes some minutes) …", flush=True)
        if subprocess.call(["swift", "build", "-c", "release", "--product", product], cwd=ROOT) != 0:
            raise Failure(f"{product} does not build")
    binaries = pathlib.Path(output(["swift", "build", "-c", "release", "--show-bin-path"], cwd=ROOT).strip())
    return (app.resolve() if app else binaries / "App"), binaries / "wsload"


def measure(options, app, generator, peers):
    chosen = [w for w in workloads.WORKLOADS if w.key in options.workloads.upper()]
    with contextlib.ExitStack() as stack:
        place = stack.enter_context(directory())
        cluster = stack.enter_context(Cluster(place).running())
        storage = measure_storage(cluster, place, options.seconds)
        ours = stack.enter_context(roomcast(app, cluster).start(place))
        # Each entry: the name, the server, whether messages have ids.
        entries = [(report.OURS, ours, False), (report.OURS_WITH_IDS, ours, True)]
        for peer in peers:
            entries.append((peer.name, stack.enter_context(peer.start(place)), False))
        results = report.Results(chosen, [name for name, _, _ in entries])
        results.storage = storage
        version = cluster.sql("postgres", "show server_version").split()[0]
        results.setting = report.setting(options.runs, options.seconds, f"PostgreSQL {version}")
        measure_servers(options, generator, entries, results)
    return results


def measure_storage(cluster, place, seconds):
    cluster.sql("postgres", "create database storage")
    cluster.sql("storage", LIMIT_TABLE)
    found = []
    for title, messages, clients in STORAGE:
        print(f"pgbench: {title} …", flush=True)
        found.append((title, cluster.pgbench("storage", place, messages, clients, max(1, round(seconds)))))
    cluster.sql("postgres", "drop database storage")
    return found


def measure_servers(options, generator, entries, results):
    total, done = options.runs * len(results.workloads) * len(entries), 0
    for workload in results.workloads:
        for number in range(options.runs):
            # Every other round backwards, so that none always follows the same one.
            for name, server, with_ids in entries[::-1] if number % 2 else entries:
                found = workloads.run(generator, workload, server, with_ids, options.seconds)
                faults = workloads.faults(found)
                results.add(workload, name, found, faults)
                done += 1
                value = report.figure(found[workload.measure])
                print(f"[{done}/{total}] {workload.key}  {name}, run {number + 1}: {value} {workload.unit}"
                      + (f"  FAULTS: {faults}" if faults else ""), flush=True)


def write(results, write_docs):
    RESULTS.mkdir(parents=True, exist_ok=True)
    (RESULTS / "results.svg").write_text(plot.svg(results))
    text = report.markdown(results, "results.svg")
    (RESULTS / "results.md").write_text(text)
    (RESULTS / "results.json").write_text(json.dumps({
        "setting": results.setting, "storage": results.storage, "faults": results.faults,
        "values": {f"{workload}, {server}": values for (workload, server), values in results.values.items()},
    }, indent=1))
    print(f"\n{text}\nWritten to {RESULTS.relative_to(ROOT)}.")
    if write_docs:
        shutil.copyfile(RESULTS / "results.svg", IMAGE)
        report.write_between_markers(ROOT / "docs" / "performance.md", report.markdown(results, "images/bench.svg"))


def run_growth(options):
    text, faults = growth.measure(options, *build(options.app))
    RESULTS.mkdir(parents=True, exist_ok=True)
    (RESULTS / "growth.md").write_text(text)
    print(f"\n{text}\nWritten to {RESULTS.relative_to(ROOT)}.")
    if options.write_docs:
        report.write_between_markers(ROOT / "docs" / "performance.md", text, report.GROWTH_MARKERS)
    return 1 if faults else 0


def main():
    options = arguments()
    end_by_signals()
    try:
        if options.growth:
            return run_growth(options)
        peers = available_peers(options.install)
        if options.only:
            peers = [peer for peer in peers if any(name.lower() in peer.name.lower() for name in options.only)]
        app, generator = build(options.app)
        results = measure(options, app, generator, peers)
        write(results, options.write_docs)
    except Failure as failure:
        print(failure, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nStopped; nothing is left running.", file=sys.stderr)
        return 130
    return 1 if results.faults else 0


if __name__ == "__main__":
    sys.exit(main())
