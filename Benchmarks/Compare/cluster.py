"""A private PostgreSQL on a Unix socket in a directory of its own, and what it can store without a chat server."""

import contextlib
import os
import pathlib
import re
import shutil
import signal

from processes import Failure, output, started, wait_until

SETTINGS = """
listen_addresses = ''
unix_socket_directories = '{sockets}'
shared_buffers = 256MB
# No checkpoint falls into a short run.
max_wal_size = 8GB
"""

# The storage limit: the columns and the indexes of log, without numbering, rooms and repeats.
LIMIT_TABLE = """
create sequence limit_seq cache 1000;
create table limit_log (
    message_id bigint generated always as identity primary key, room integer not null, seq bigint not null,
    "time" timestamptz not null default now(), "user" text not null, message text not null, unique (room, seq));
"""
LIMIT_INSERT = """insert into limit_log (room, seq, "user", message)
select 0, nextval('limit_seq'), 'user' || n, repeat('x', 64) from generate_series(1, {messages}) n;
"""


class Cluster:
    def __init__(self, directory):
        self.directory = directory / "postgres"
        self.sockets = directory / "sockets"
        programs = sorted(
            pathlib.Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(re.sub(r"\D", "", str(path))))
        if not programs:
            raise Failure("PostgreSQL is missing: scripts/setup installs it")
        self.programs = programs[-1]
        # initdb refuses root.
        self.owner = {"user": "postgres", "group": "postgres", "extra_groups": []} if os.geteuid() == 0 else {}

    @contextlib.contextmanager
    def running(self):
        for path in (self.directory, self.sockets):
            path.mkdir()
            if self.owner:
                shutil.chown(path, "postgres")
        self._run("initdb", "-D", self.directory, "-U", "postgres", "-A", "trust", "--no-sync", "-E", "UTF8")
        with open(self.directory / "postgresql.conf", "a") as settings:
            settings.write(SETTINGS.format(sockets=self.sockets))
        log = self.directory.parent / "postgres.log"
        # SIGINT is PostgreSQL's fast shutdown: it does not wait for clients.
        command = [self.programs / "postgres", "-D", self.directory]
        with started(command, log, signal.SIGINT, cwd="/", **self.owner) as server:
            wait_until(self._accepts, server, log, "PostgreSQL")
            yield self

    def url(self, database):
        return f"host={self.sockets} dbname={database} user=postgres"

    def sql(self, database, text):
        return self._run("psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", self.url(database), "-c", text)

    def has(self, database):
        return self.sql("postgres", f"select 1 from pg_database where datname = '{database}'").strip() == "1"

    def pgbench(self, database, directory, messages, clients, seconds):
        """Messages a second, with so many in one transaction and so many connections."""
        script = directory / f"limit-{messages}.sql"
        script.write_text(LIMIT_INSERT.format(messages=messages))
        text = self._run(
            "pgbench", "-n", "-M", "prepared", "-f", script, "-c", str(clients), "-T", str(seconds),
            "-h", self.sockets, "-U", "postgres", database)
        found = re.search(r"tps = ([0-9.]+) \(without", text)
        if not found:
            raise Failure(f"pgbench printed no result:\n{text}")
        return float(found[1]) * messages

    def _accepts(self):
        with contextlib.suppress(Failure):
            self._run("pg_isready", "-q", "-h", self.sockets)
            return True
        return False

    def _run(self, program, *arguments):
        return output([self.programs / program, *arguments], cwd="/", **self.owner)
