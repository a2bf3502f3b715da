"""How Roomcast's own figures change with members, rooms, rows, compression, TLS and the time of a flush."""

import contextlib
import dataclasses
import json
import os
import pathlib
import signal
import statistics
import time

import report
import workloads
from cluster import Cluster
from processes import Failure, directory, output, started
from servers import roomcast

USERS = 10_000
ROOMS = (1, 4, 10, 100, 200, 1000, 10_000)
# A database whose rooms have few messages, so that joining and resuming read little.
EMPTY = "connections"
# The rooms of the comparison by rows; each is opened with the same number of rows read, however many it has.
LOG_ROOMS = 4
LOG_ROWS = {"1,000": 1000, "10,000,000": 10_000_000}


@dataclasses.dataclass
class Table:
    """Rows of medians; a cell is a list of runs."""

    title: str
    head: list[str]
    rows: list[tuple[str, list[list[float]]]] = dataclasses.field(default_factory=list)

    def add(self, label, *cells):
        self.rows.append((label, list(cells)))
        print(f"{self.title}; {label}: " + "; ".join(_cell(runs) for runs in cells), flush=True)

    def markdown(self):
        return [f"**{self.title}**", "",
                *report.table(self.head, [[label, *map(_cell, cells)] for label, cells in self.rows]), ""]


def _cell(runs):
    spread = f" ({report.figure(min(runs))}-{report.figure(max(runs))})" if len(runs) > 1 else ""
    return report.figure(statistics.median(runs)) + spread


class Growth:
    def __init__(self, options, app, generator, place, cluster):
        self.options, self.app, self.generator = options, app, generator
        self.place, self.cluster = place, cluster
        self.faults = []

    def tables(self):
        with self._server("growth") as server:
            yield self._members(server)
            yield self._rooms(server)
            yield self._compression(server)
            yield self._flush(server)
        yield self._tls()
        yield self._rows()
        yield self._connections()

    def _server(self, database, **conf):
        return roomcast(self.app, self.cluster, database, ROOMS, USERS, conf).start(self.place)

    def _generate(self, server, rooms, arguments, query=""):
        url = server.url.replace("@ROOMS@", str(rooms)) + query
        found = workloads.generate(self.generator, url, server, arguments.split(), self.options.seconds)
        if faults := workloads.faults(found):
            self.faults.append(f"{arguments}: {faults}")
        return found

    def _runs(self, server, rooms, arguments, *measures):
        """For each measure, its values in all runs."""
        found = [self._generate(server, rooms, arguments) for _ in range(self.options.runs)]
        return [[run[measure] for run in found] for measure in measures]

    def _members(self, server):
        table = Table("Members of one room, one sender, 8 messages in flight",
                      ["members", "deliveries/s", "deliveries per CPU second of the server"])
        for members in (10, 100, 1000, 10_000):
            table.add(f"{members:,}", *self._runs(
                server, 1, f"--conns {members} --senders 1 --window 8",
                "deliveries_per_s", "deliveries_per_server_cpu_s"))
        return table

    def _rooms(self, server):
        table = Table("Rooms of one member, who sends when the message before is stored",
                      ["rooms", "messages committed/s", "p50 µs"])
        for rooms in (1, 10, 100, 1000, 10_000):
            table.add(f"{rooms:,}", *self._runs(
                server, rooms, f"--conns {rooms} --rooms {rooms}", "deliveries_per_s", "p50_us"))
        return table

    def _compression(self, server):
        table = Table("Compression (permessage-deflate): one room of 1,000, 100 messages/s",
                      ["", "deliveries per CPU second of the server"])
        for label, option in (("off", ""), ("on", " --deflate")):
            table.add(label, *self._runs(
                server, 1, f"--conns 1000 --senders 1 --rate 100{option}", "deliveries_per_server_cpu_s"))
        return table

    def _flush(self, server):
        table = Table("A flush to disk of 1 ms more (commit_delay = 1000, commit_siblings = 0): deliveries/s",
                      ["workload", "without ids", "with ids"])
        with self._slow_flush():
            for key in "BC":
                workload = next(w for w in workloads.WORKLOADS if w.key == key)
                cells = [self._runs(server, workload.rooms, workload.arguments + ids, "deliveries_per_s")[0]
                         for ids in ("", " --ids")]
                table.add(f"{key}: {workload.title}", *cells)
        return table

    @contextlib.contextmanager
    def _slow_flush(self):
        self._settings("alter system set commit_delay = 1000", "alter system set commit_siblings = 0")
        yield
        self._settings("alter system reset commit_delay", "alter system reset commit_siblings")

    def _settings(self, *statements):
        for statement in (*statements, "select pg_reload_conf()"):
            self.cluster.sql("postgres", statement)

    def _tls(self):
        """By App load, which speaks TLS; it costs more processor time itself."""
        table = Table("TLS: one room of 200, 200 messages/s", ["", "deliveries per CPU second of the server"])
        cert, key = self.place / "cert.pem", self.place / "key.pem"
        output(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                "-days", "2", "-subj", "/CN=localhost", "-keyout", key, "-out", cert])
        with self._server("growth") as plain, \
                self._server("growth_tls", ws_server={"cert": str(cert), "key": str(key)}) as tls:
            cells = {"off": [], "on": []}
            for _ in range(self.options.runs):
                for label, server in (("off", plain), ("on", tls)):
                    cells[label].append(self._load(server))
            for label, runs in cells.items():
                table.add(label, runs)
        return table

    def _load(self, server):
        url = server.url.replace("@ROOMS@", "1").replace("%d", "{n}")
        before = cpu_s(server.pid)
        text = output([self.app, "load", url, "--connections", "200", "--interval", "1", "--json", "--insecure",
                       "--duration", str(max(5, self.options.seconds))])
        return json.loads(text.splitlines()[-1])["received"] / (cpu_s(server.pid) - before)

    def _rows(self):
        table = Table(f"Rows in log, in {LOG_ROOMS} rooms", ["rows", "joins/s with 50 messages of history",
                                                               "resumes/s of 200 messages", "messages/s with ids"])
        with contextlib.ExitStack() as stack:
            servers = {}
            for label, rows in LOG_ROWS.items():
                server = stack.enter_context(self._server(f"rows_{rows}"))
                print(f"Filling log with {label} rows …", flush=True)
                self.cluster.sql(f"rows_{rows}", fill(rows))
                self.cluster.sql(f"rows_{rows}", "vacuum analyze log")
                servers[label] = (server, rows)
            cells = {label: ([], [], []) for label in servers}
            for _ in range(self.options.runs):
                for label, (server, rows) in servers.items():
                    for runs, value in zip(cells[label], self._at(server, rows), strict=True):
                        runs.append(value)
        for label, runs in cells.items():
            table.add(label, *runs)
        return table

    def _at(self, server, rows):
        epoch = self.cluster.sql(f"rows_{rows}", "select current_epoch()").strip()
        last = int(self.cluster.sql(f"rows_{rows}", "select min(last_seq) from rooms"))
        logins = "--logins --conns 1000"
        return (self._generate(server, LOG_ROOMS, logins, "&history=50")["logins_per_s"],
                self._generate(server, LOG_ROOMS, logins, f"&after={last - 200}&epoch={epoch}")["logins_per_s"],
                self._generate(server, LOG_ROOMS, f"--conns 100 --rooms {LOG_ROOMS} --ids")["sends_per_s"])

    def _connections(self):
        table = Table("Connections", ["", ""])
        found = [self._idle_bytes() for _ in range(self.options.runs)]
        table.add("bytes of an idle connection, of 10,000", found)
        with self._server(EMPTY) as server:
            logins = "--logins --conns 1000", "logins_per_s"
            table.add("logins/s, 64 at a time", *self._runs(server, 200, *logins))
            with self._idle(server, self.options.seconds * (self.options.runs + 1) * 2):
                table.add("logins/s beside 10,000 idle connections", *self._runs(server, 100, *logins))
        table.add("seconds from SIGKILL until 10,000 clients have resumed",
                  [self._resume_s() for _ in range(self.options.runs)])
        return table

    def _idle_bytes(self):
        with self._server(EMPTY) as server:
            empty = resident_bytes(server.pid)
            with self._idle(server, 5):
                return (resident_bytes(server.pid) - empty) / USERS

    @contextlib.contextmanager
    def _idle(self, server, seconds):
        """10,000 connections that are open for so many seconds at least, or until the body ends."""
        command = [self.generator, "--url", server.url.replace("@ROOMS@", "200"), "--conns", USERS, "--rooms", 200,
                   "--senders", 1, "--rate", 0.1, "--duration", seconds]
        with started(command, self.place / "idle.log") as process:
            while process.poll() is None and descriptors(server.pid) < USERS:
                time.sleep(0.05)
            time.sleep(2)
            if process.poll() is not None:
                raise Failure("the idle connections did not stay open")
            yield

    def _resume_s(self):
        with contextlib.ExitStack() as first:
            server = first.enter_context(self._server(EMPTY))
            self._generate(server, 200, f"--conns {USERS} --rooms 200 --senders 200 --rate 200 --ramp 256")
            killed = time.monotonic()
            os.kill(server.pid, signal.SIGKILL)
        with self._server(EMPTY) as server:
            epoch = self.cluster.sql(EMPTY, "select current_epoch()").strip()
            ready_s = time.monotonic() - killed
            found = self._generate(server, 200, f"--conns {USERS} --rooms 200 --senders 1 --rate 1 --ramp 256",
                                   f"&after=1&epoch={epoch}")
            return ready_s + found["connect_s"]


def cpu_s(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def resident_bytes(pid):
    return int(pathlib.Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def descriptors(pid):
    return len(os.listdir(f"/proc/{pid}/fd"))


def fill(rows):
    """Rows as the server would have stored them, the rooms by turns."""
    first, each = LOG_ROOMS * 100_000, rows // LOG_ROOMS
    return f"""
        insert into rooms (room, last_seq) select {first} + k, {each} from generate_series(0, {LOG_ROOMS - 1}) k;
        insert into log (room, seq, "time", "user", message)
        select {first} + k, s, now(), 'user' || k, repeat('x', 64)
        from generate_series(1, {each}) s, generate_series(0, {LOG_ROOMS - 1}) k;"""


def measure(options, app, generator):
    """All tables as Markdown, and the faults of the runs."""
    with contextlib.ExitStack() as stack:
        place = stack.enter_context(directory())
        cluster = stack.enter_context(Cluster(place).running())
        growth = Growth(options, app, generator, place, cluster)
        version = cluster.sql("postgres", "show server_version").split()[0]
        lines = [report.setting(options.runs, options.seconds, f"PostgreSQL {version}"), ""]
        for table in growth.tables():
            lines += table.markdown()
        lines.append(f"Faults: {'; '.join(growth.faults)}." if growth.faults
                     else "In all runs: nothing lost, doubled or out of order.")
        return "\n".join(lines) + "\n", growth.faults
