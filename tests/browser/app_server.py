"""A server of the app in a process of its own, started as a person would: `streamlit run explorer/app.py`."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from types import TracebackType
from typing import Self

ROOT = Path(__file__).resolve().parents[2]
APP = ROOT / "explorer" / "app.py"
#: torch's threads sleep while they wait for each other: spinning, they starve each other beside a browser and other tests.
QUIET = {"OMP_WAIT_POLICY": "PASSIVE"}


def free_port() -> int:
    """Return a port of this computer that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class AppServer:
    """The app, served on a free port while the `with` block lasts.

    `folder` is where it is started (so that `./runs` is under control), `runs_dir` its `--runs-dir`, and `log` the file that
    holds what it said.
    """

    def __init__(self, folder: Path, runs_dir: Path | None = None, script: Path = APP) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = folder / f"server-{self.port}.log"
        self._folder = folder
        self._command = [sys.executable, "-m", "streamlit", "run", str(script)]
        self._command += ["--server.port", str(self.port), "--server.headless", "true"]
        if runs_dir is not None:
            self._command += ["--", "--runs-dir", str(runs_dir)]

    def __enter__(self) -> Self:
        self.started = time.monotonic()
        with self.log.open("w") as out:
            self._process = subprocess.Popen(
                self._command,
                cwd=self._folder,
                stdout=out,
                stderr=out,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
                env={**os.environ, "PYTHONFAULTHANDLER": "1", **QUIET},
            )
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGTERM)
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait(10)

    def wait(self, seconds: float = 90) -> Self:
        """Return once the server answers; raise with its log if it does not."""
        end = time.monotonic() + seconds
        while time.monotonic() < end and self._process.poll() is None:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return self
            time.sleep(0.02)
        raise RuntimeError(f"The server did not answer within {seconds:g} s. It said:\n{self.log.read_text()}")

    def tell_and_restart(self) -> str:
        """Stop the server where it stands and start it anew; return its log, which ends with what every thread was doing."""
        self._process.send_signal(signal.SIGABRT)
        self._process.wait(10)
        said = self.log.read_text()
        self.__enter__().wait()
        return said

    def has_loaded(self, library: str) -> bool:
        """Return whether the server's process has mapped a file with `library` in its name (Linux)."""
        maps = Path(f"/proc/{self._process.pid}/maps")
        return maps.exists() and library in maps.read_text()


class LibraryWatch:
    """Notes when a server first maps a library: `since` is that time (`time.monotonic`), or None."""

    def __init__(self, server: AppServer, library: str = "libtorch_cpu", every: float = 0.05) -> None:
        self.since: float | None = None
        self._server, self._library, self._every = server, library, every
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)

    def _look(self) -> None:
        while not self._stop.wait(self._every):
            if self._server.has_loaded(self._library):
                self.since = time.monotonic()
                return

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._stop.set()
        self._thread.join()
