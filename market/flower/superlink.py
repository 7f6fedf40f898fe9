"""A `flower-superlink` process, and the one run that its owner drives as the server app."""

from __future__ import annotations

import hashlib
import io
import os
import zipfile
from pathlib import Path

from flwr.proto.control_pb2 import ListRunsRequest, StartRunRequest, StopRunRequest
from flwr.proto.fab_pb2 import Fab
from flwr.supercore.control import ControlHttpClient

from market.errors import TransportError
from market.flower import launch, runtime
from market.flower.connection import connect, speaking_to
from market.process import Child

_ATTEMPTS = 3
_BUNDLE = """\
[project]
name = "market"
version = "1.0.0"
description = "Carries no code: both ends run their own."
license = { text = "Apache-2.0" }

[tool.flwr.app]
publisher = "market"

[tool.flwr.app.components]
serverapp = "none:app"
clientapp = "none:app"
"""


class SuperLink:
    """Starts Flower's SuperLink on a loopback port, with its state on disk under `home`.

    The database lets nodes that were connected before a crash go on without registering anew. It
    holds nothing else of worth: a SuperLink that does not start with it gets an empty one.

    Args:
        home: directory of its own.

    Raises:
        TransportError: it does not start.
    """

    def __init__(self, home: Path) -> None:
        home.mkdir(parents=True, exist_ok=True)
        self._home = home
        self._secret = launch.write_secret(home / "superlink.secret")
        for attempt in range(_ATTEMPTS):
            try:
                self._child, self.address = self._spawn()
                return
            except TransportError:
                if attempt == _ATTEMPTS - 1:
                    raise
                if attempt == _ATTEMPTS - 2:
                    self._set_database_aside()

    def _spawn(self) -> tuple[Child, str]:
        port = launch.free_port()
        child = Child(
            [
                launch.executable("flower-superlink"),
                "--insecure",  # on loopback; the gate speaks TLS
                "--isolation=process",
                f"--host={launch.LOOPBACK}",
                f"--port={port}",
                f"--database={self._home / 'superlink.db'}",
                "--disable-runtime-dependency-installation",
                f"--superexec-auth-secret-file={self._home / 'superlink.secret'}",
            ],
            log=self._home / "superlink.log",
            env=launch.environment(self._home, "WARNING"),
        )
        try:
            launch.wait_listening(child, launch.LOOPBACK, port)
        except TransportError:
            child.stop()
            raise
        return child, f"{launch.LOOPBACK}:{port}"

    def _set_database_aside(self) -> None:
        for suffix in ("", "-wal", "-shm"):
            path = self._home / f"superlink.db{suffix}"
            if path.exists():
                os.replace(path, path.with_name(f"{path.name}.broken"))

    @property
    def running(self) -> bool:
        return self._child.running

    def begin_run(self) -> runtime.Task:
        """Ends every earlier run, starts a new one and takes its server app's place.

        Raises:
            TransportError: the SuperLink refuses.
        """
        bundle = _code_free_bundle()
        digest = hashlib.sha256(bundle).hexdigest()
        with (
            speaking_to("the SuperLink"),
            connect(ControlHttpClient, self.address) as control,
        ):
            for run_id, run in control.ListRuns(ListRunsRequest()).run_dict.items():
                if run.status.status != "finished":
                    control.StopRun(StopRunRequest(run_id=run_id))
            control.StartRun(StartRunRequest(fab=Fab(hash_str=digest, content=bundle)))
        with runtime.TaskQueue(self.address, runtime.SERVER_APP, self._secret) as queue:
            task = queue.acquire()
        if task is None:
            raise TransportError("the SuperLink did not start the run", f"see {self._child.log}")
        return task

    def stop(self) -> None:
        """Ends the process."""
        self._child.stop()


def _code_free_bundle() -> bytes:
    """The app bundle that Flower demands of a run: a description of an app without any files."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(zipfile.ZipInfo("pyproject.toml"), _BUNDLE)
    return buffer.getvalue()
