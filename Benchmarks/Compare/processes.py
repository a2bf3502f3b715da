"""Processes that end with the benchmark, however it ends."""

import contextlib
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import tempfile
import time

START_S = 30
STOP_S = 15


class Failure(Exception):
    """Something that ends the benchmark with one clear line."""


def end_by_signals():
    """The first SIGINT (Ctrl-C), SIGTERM or SIGHUP ends the benchmark: everything that was started is stopped. Further
    ones are ignored, so that nothing is left running."""
    signals = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

    def stop(number, frame):
        for other in signals:
            signal.signal(other, signal.SIG_IGN)
        raise KeyboardInterrupt

    for number in signals:
        signal.signal(number, stop)


@contextlib.contextmanager
def directory():
    """A temporary directory that also another user, such as postgres, may enter."""
    path = pathlib.Path(tempfile.mkdtemp(prefix="roomcast-bench-"))
    try:
        path.chmod(0o755)
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


@contextlib.contextmanager
def started(command, log, stop=signal.SIGTERM, **options):
    """Starts a process in a group of its own, so that Ctrl-C reaches only the benchmark, which then stops it."""
    with open(log, "wb") as text:
        process = subprocess.Popen(
            [str(part) for part in command], stdin=subprocess.DEVNULL, stdout=text, stderr=subprocess.STDOUT,
            start_new_session=True, **options)
    try:
        yield process
    finally:
        process.send_signal(stop)
        try:
            process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            _kill_group(process)


def _kill_group(process):
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def wait_until(is_ready, process, log, what):
    """Waits for a condition; fails with the end of the log if the process ends before, or in START_S."""
    end = time.monotonic() + START_S
    while not is_ready():
        if process.poll() is not None or time.monotonic() > end:
            lines = pathlib.Path(log).read_text(errors="replace").splitlines()[-5:]
            raise Failure("\n".join([f"{what} did not start. Its output:", *lines]))
        time.sleep(0.05)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def listens(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def only_child(pid):
    """The child that does the work of a process that only supervises."""
    children = pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return int(children[0]) if children else pid


def output(command, **options):
    """What a command prints; a Failure with its errors if it fails."""
    command = [str(part) for part in command]
    process = subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        start_new_session=True, **options)
    try:
        text, errors = process.communicate()
    except BaseException:
        _kill_group(process)
        raise
    if process.returncode != 0:
        raise Failure(f"{' '.join(command)} failed:\n{errors.strip() or text.strip()}")
    return text
