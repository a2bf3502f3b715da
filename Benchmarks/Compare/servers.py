"""The servers that are compared: how each is found, installed and started."""

import contextlib
import dataclasses
import json
import os
import pathlib
import pwd
import shutil
import subprocess
import sys
from collections.abc import Callable

from processes import Failure, free_port, listens, only_child, started, wait_until

PEERS = pathlib.Path(__file__).parent / "peers"
NODE_PATH = {"NODE_PATH": "/usr/share/nodejs:/usr/lib/nodejs"}
NCHAN = "/usr/lib/nginx/modules/ngx_nchan_module.so"
USERS = 1000


@dataclasses.dataclass
class Running:
    """A server that takes connections; pid is the process that does the work."""

    url: str
    protocol: str
    pid: int


@dataclasses.dataclass
class Server:
    name: str
    is_installed: Callable[[], bool]
    installation: list[str]
    start: Callable[[pathlib.Path], contextlib.AbstractContextManager[Running]]


def roomcast(program, cluster, database="roomcast", rooms=(1, 200), users=USERS, conf=None):
    """Our server: stores every message before it shows it. One session for each connection of the load generator and
    each number of rooms R: key r<R>-<connection>, room R * 100000 + connection % R. `conf` adds to its configuration."""

    @contextlib.contextmanager
    def start(directory):
        if not cluster.has(database):
            cluster.sql("postgres", f"create database {database}")
        configuration = directory / f"{database}.json"
        ws_server = {"host": "127.0.0.1", "port": 0, **(conf or {}).get("ws_server", {})}
        configuration.write_text(json.dumps({
            "db_url": cluster.url(database), "html_server": None, "ops_server": None, "history_on_join": 0,
            "limits": {"messages_per_s": None, "connections_per_session_max": None,
                       "connections_per_address_max": None},
            **(conf or {}), "ws_server": ws_server,
        }))
        log = directory / f"{database}.log"
        with started([program, "serve", "--config", configuration], log) as process:
            wait_until(lambda: b'"event":"ready"' in log.read_bytes(), process, log, "Roomcast")
            ready = next(line for line in log.read_text().splitlines() if '"event":"ready"' in line)
            cluster.sql(database, f"""
                insert into sessions (session_key, user_name, chat_room)
                select 'r' || rooms || '-' || n, 'user' || n, rooms * 100000 + n % rooms
                from generate_series(0, {users - 1}) n, unnest(array{list(rooms)}) rooms
                on conflict do nothing""")
            port = json.loads(ready)["ws_port"]
            scheme = "wss" if "cert" in ws_server else "ws"
            yield Running(f"{scheme}://127.0.0.1:{port}/?session_key=r@ROOMS@-%d", "chat", process.pid)

    return Server("Roomcast", lambda: True, [], start)


def _peer(command, port, log, name, protocol="raw", path="/r/%r", environment=None, works_in_child=False):
    @contextlib.contextmanager
    def run():
        with started(command, log, env={**os.environ, **(environment or {})}) as process:
            wait_until(lambda: listens(port), process, log, name)
            pid = only_child(process.pid) if works_in_child else process.pid
            yield Running(f"ws://127.0.0.1:{port}{path}", protocol, pid)

    return run()


def _configured(template, directory, port):
    text = (PEERS / template).read_text()
    for name, value in (("PORT", port), ("DIRECTORY", directory), ("USER", pwd.getpwuid(os.geteuid()).pw_name)):
        text = text.replace(f"@{name}@", str(value))
    path = directory / template
    path.write_text(text)
    return path


def _uwebsockets(directory):
    port = free_port()
    return _peer(
        [sys.executable, PEERS / "uwebsockets.py", port], port, directory / "uwebsockets.log", "uWebSockets")


def _ws(directory):
    port = free_port()
    return _peer(["node", PEERS / "ws.js", port], port, directory / "ws.log", "ws", environment=NODE_PATH)


def _nats(directory):
    port = free_port()
    return _peer(
        ["nats-server", "-c", _configured("nats.conf", directory, port)], port, directory / "nats.log", "NATS",
        protocol="nats", path="/")


def _nchan(directory):
    port = free_port()
    return _peer(
        ["nginx", "-c", _configured("nginx.conf", directory, port)], port, directory / "nchan.log", "nchan",
        works_in_child=True)


def _mosquitto(directory):
    port = free_port()
    return _peer(
        ["mosquitto", "-c", _configured("mosquitto.conf", directory, port)], port, directory / "mosquitto.log",
        "mosquitto", protocol="mqtt", path="/mqtt")


def _succeeds(*command, environment=None):
    try:
        return subprocess.run(command, capture_output=True, env=environment).returncode == 0
    except FileNotFoundError:
        return False


PEER_SERVERS = [
    Server("uWebSockets (socketify)", lambda: _succeeds(sys.executable, "-c", "import socketify"),
           [sys.executable, "-m", "pip", "install", "socketify"], _uwebsockets),
    Server("NATS", lambda: shutil.which("nats-server") is not None, ["apt-get", "install", "-y", "nats-server"], _nats),
    Server("ws (Node.js)", lambda: _succeeds("node", "-e", "require('ws')", environment={
        "PATH": "/usr/local/bin:/usr/bin:/bin", **NODE_PATH}), ["apt-get", "install", "-y", "nodejs", "node-ws"], _ws),
    Server("nchan (nginx)", lambda: pathlib.Path(NCHAN).exists() and shutil.which("nginx") is not None,
           ["apt-get", "install", "-y", "nginx", "libnginx-mod-nchan"], _nchan),
    Server("mosquitto", lambda: shutil.which("mosquitto") is not None,
           ["apt-get", "install", "-y", "mosquitto"], _mosquitto),
]


def available_peers(install):
    """The peers that are installed; the others are named with the command that installs them, or installed now."""
    found = []
    for peer in PEER_SERVERS:
        if not peer.is_installed() and install:
            print(f"Installing {peer.name}: {' '.join(peer.installation)}", flush=True)
            if subprocess.call(peer.installation) != 0:
                raise Failure(f"{peer.name} could not be installed")
        if peer.is_installed():
            found.append(peer)
        else:
            print(f"Left out: {peer.name} is not installed; {' '.join(peer.installation)}", flush=True)
    return found
