"""`onefold` as a process of its own that need not import everything: it is forked off one that did, once for all tests.

Importing takes two to three seconds of CPU, the rest of most commands a tenth of one, and tests start hundreds. What a
fork does not show (the console script, what a start loads) is seen where a test asks for the script itself.
"""

import atexit
import gc
import json
import os
import select
import signal
import socket
import subprocess
import sys
from functools import cache
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryFile
from threading import Lock
from typing import IO, Any

ONEFOLD = Path(sys.executable).parent / "onefold"
ROOT = Path(__file__).parents[2]
_NURSERY = "from tests.support.forks import nurse; nurse()"


class Forked:
    """The part of subprocess.Popen that tests need."""

    def __init__(self, told: socket.socket, command: tuple[str, ...]) -> None:
        self._told = told.makefile("rb")
        told.close()
        self._command = command
        self.pid = int(self._told.readline())
        self.returncode: int | None = None

    def poll(self) -> int | None:
        """The exit code, None while it runs."""
        return self._ended(0)

    def wait(self, timeout: float | None = None) -> int:
        """The exit code, in the end; raises TimeoutExpired."""
        code = self._ended(timeout)
        if code is None:
            raise subprocess.TimeoutExpired(self._command, timeout or 0)
        return code

    def send_signal(self, how: signal.Signals) -> None:
        """Nothing once it has ended."""
        if self.poll() is None:
            os.kill(self.pid, how)

    def kill(self) -> None:
        """SIGKILL."""
        self.send_signal(signal.SIGKILL)

    def _ended(self, timeout: float | None) -> int | None:
        if self.returncode is None and select.select([self._told], [], [], timeout)[0]:
            self.returncode = int(self._told.readline())
            self._told.close()
        return self.returncode


class _Nursery:
    """The process that has imported everything, seen from the tests."""

    def __init__(self) -> None:
        self._control, theirs = socket.socketpair()
        self._one_at_a_time = Lock()
        own = {name: value for name, value in os.environ.items() if not name.startswith("ONEFOLD_")}
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-c", _NURSERY],
                cwd=ROOT,
                env={**own, "COLUMNS": "400", "ONEFOLD_TESTS_CONTROL": str(theirs.fileno())},
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                start_new_session=True,  # Ctrl-C is for the tests, which end their processes themselves
            )
        atexit.register(self._end)

    def fork(self, call: dict[str, Any], command: tuple[str, ...], out: IO[Any], err: IO[Any]) -> Forked:
        told, theirs = socket.socketpair()
        with theirs, self._one_at_a_time:
            socket.send_fds(self._control, [b"!"], [theirs.fileno(), out.fileno(), err.fileno()])
        told.sendall(json.dumps(call).encode() + b"\n")
        return Forked(told, command)

    def _end(self) -> None:
        self._control.close()
        self._process.wait(10)


_nursery = cache(_Nursery)


def start_onefold(
    *arguments: str, cwd: str | Path, env: dict[str, str], stdout: IO[Any], stderr: IO[Any], script: bool = False
) -> "subprocess.Popen[bytes] | Forked":
    """Starts it with this environment alone; `stdout` and `stderr` are files. `script`: by its console script,
    importing everything, as people run it."""
    command = (str(ONEFOLD), *arguments)
    if script:
        return subprocess.Popen(command, cwd=cwd, env=env, stdin=subprocess.DEVNULL, stdout=stdout, stderr=stderr)
    return _nursery().fork({"arguments": arguments, "cwd": str(cwd), "env": env}, command, stdout, stderr)


def run_onefold(
    *arguments: str, cwd: str | Path, env: dict[str, str], script: bool = False, timeout: float = 120
) -> subprocess.CompletedProcess[str]:
    """One command to its end."""
    with TemporaryFile("w+") as out, TemporaryFile("w+") as err:
        process = start_onefold(*arguments, cwd=cwd, env=env, stdout=out, stderr=err, script=script)
        try:
            code = process.wait(timeout)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise
        for file in (out, err):
            file.seek(0)
        return subprocess.CompletedProcess(arguments, code, out.read(), err.read())


def nurse() -> None:
    """Loads what commands and servers load, then forks whenever it is asked to, until the tests are gone."""
    app = import_module("gateway.commands.app").app
    import_module("gateway.serving")
    gc.freeze()  # else each fork walks all of it when it ends, which costs more than most commands
    control = socket.socket(fileno=int(os.environ["ONEFOLD_TESTS_CONTROL"]))
    attending = 0
    while True:
        asked, handles, _, _ = socket.recv_fds(control, 1, 3)
        if not asked:
            return None
        if os.fork() == 0:
            control.close()
            return _attend(app, *handles)
        attending += 1
        for handle in handles:
            os.close(handle)
        while attending and os.waitpid(-1, os.WNOHANG)[0]:
            attending -= 1


def _attend(app: Any, told: int, out: int, err: int) -> None:
    """Forks the command itself, and tells its pid and its end."""
    with socket.socket(fileno=told) as teller, teller.makefile("rb") as lines:
        call = json.loads(lines.readline())
        pid = os.fork()
        if pid:
            teller.sendall(b"%d\n" % pid)
            code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
            teller.sendall(b"%d\n" % code)
            os._exit(0)
    for place, handle in ((1, out), (2, err)):
        os.dup2(handle, place)
        os.close(handle)
    os.chdir(call["cwd"])
    os.environ.clear()
    os.environ.update(call["env"])
    sys.argv = ["onefold", *call["arguments"]]
    app()  # and the end of the interpreter as of every process: a thread that hangs shall hang here too
