"""What is measured, and one run of it by the load generator."""

import dataclasses
import json
import subprocess

from processes import Failure


@dataclasses.dataclass(frozen=True)
class Workload:
    key: str
    title: str
    rooms: int
    arguments: str
    # A field of the load generator's report, its unit, and whether more is better.
    measure: str
    unit: str
    more_is_better: bool = True


WORKLOADS = [
    Workload("A", "one room of 1,000, one sender, 8 in flight", 1, "--conns 1000 --senders 1 --window 8",
             "deliveries_per_s", "deliveries/s"),
    Workload("B", "one room of 100, all send, 1 in flight each", 1, "--conns 100 --window 1",
             "deliveries_per_s", "deliveries/s"),
    Workload("C", "200 rooms of 5, all send, 1 in flight each", 200, "--conns 1000 --rooms 200 --window 1",
             "deliveries_per_s", "deliveries/s"),
    Workload("D", "one room of 1,000, 100 messages/s", 1, "--conns 1000 --senders 1 --rate 100",
             "deliveries_per_server_cpu_s", "deliveries per CPU second of the server"),
    Workload("E", "one room of 100, one message at a time, 10/s", 1, "--conns 100 --senders 10 --rate 10",
             "p50_us", "µs until received, p50", more_is_better=False),
]


def run(generator, workload, server, with_ids, seconds):
    """One run; the load generator's report as a dictionary."""
    arguments = workload.arguments.split() + (["--ids"] if with_ids else [])
    return generate(generator, server.url.replace("@ROOMS@", str(workload.rooms)), server, arguments, seconds)


def generate(generator, url, server, arguments, seconds):
    """Runs the load generator; its report as a dictionary."""
    command = [
        str(generator), "--url", url, "--protocol", server.protocol, "--pid", str(server.pid),
        "--duration", str(seconds), "--warmup", str(min(1, seconds)), *arguments,
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=seconds + 90)
    if not done.stdout:
        raise Failure(f"{' '.join(command)} failed:\n{done.stderr}")
    return json.loads(done.stdout)


def faults(report):
    """What was lost, doubled, out of order or refused in a run; empty if nothing was."""
    names = ("lost", "doubled", "reordered", "misrouted", "errors")
    found = [f"{report[name]} {name}" for name in names if report[name]]
    return ", ".join(found) + (f" ({report['first_error']})" if report["first_error"] else "")
