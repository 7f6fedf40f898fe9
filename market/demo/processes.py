"""The roles' processes: started like a user would, watched, and stopped whatever happens."""

from __future__ import annotations

import json
import re
import shutil
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rich.console import Console

from market.errors import DeadlineError, MarketError
from market.process import Child, python_module

_POLL_SECONDS = 0.1
_THREADS = {"OMP_NUM_THREADS": "1", "PYTHONUNBUFFERED": "1"}
"""Models of this size train fastest on one thread, and the prover wants the cores."""
_COLOURS = ("cyan", "magenta", "yellow", "blue", "green")


@dataclass
class Role:
    """One running command.

    Args:
        name: of the role, for people.
        child: its process.
        events: the JSON objects it has printed.
    """

    name: str
    child: Child
    events: list[dict[str, Any]] = field(default_factory=list)
    _position: int = 0

    def poll(self) -> list[dict[str, Any]]:
        """The JSON objects that it printed since the last call."""
        with self.child.log.open("rb") as log:
            log.seek(self._position)
            text = log.read()
        whole = text[: text.rfind(b"\n") + 1]
        self._position += len(whole)
        fresh: list[dict[str, Any]] = []
        for line in whole.splitlines():
            if line.startswith(b"{"):
                fresh.append(json.loads(line))
        self.events += fresh
        return fresh

    @property
    def result(self) -> dict[str, Any]:
        """What the command ended with.

        Raises:
            MarketError: it failed, or printed no result.
        """
        for event in reversed(self.events):
            if event["event"] == "result":
                return dict(event)
            if event["event"] == "error":
                raise MarketError(f"{self.name}: {event['error']}", event["hint"])
        raise MarketError(f"{self.name} gave no result: {self.child.tail(3)}")


class Roles:
    """Starts `market` commands, each role in its own home; a context that stops them all.

    Args:
        console: progress goes here.
        keep: leave the homes behind.
    """

    def __init__(self, console: Console, keep: bool) -> None:
        self.console = console
        self.root = Path(tempfile.mkdtemp(prefix="market-demo-"))
        self._keep = keep
        self._running: list[Role] = []
        self._colours: dict[str, str] = {}
        self._start = time.monotonic()

    def home(self, name: str) -> Path:
        """The role's own directory."""
        return self.root / name.replace(" ", "-")

    def start(self, name: str, *arguments: str) -> Role:
        """Starts `market ARGUMENTS --home (of the role) --json`."""
        home = self.home(name)
        log = self.root / "logs" / f"{name}-{arguments[0]}.log".replace(" ", "-")
        command = python_module("market.cli.main", *arguments, "--home", str(home), "--json")
        role = Role(name, Child(command, log, _THREADS))
        self._running.append(role)
        return role

    def call(self, name: str, *arguments: str, timeout: float = 600.0) -> dict[str, Any]:
        """Runs a command to its end, and returns its result.

        Raises:
            MarketError: it failed.
            DeadlineError: it did not end in time.
        """
        return self.call_all([name], *arguments, timeout=timeout)[name]

    def call_all(
        self, names: Sequence[str], *arguments: str, timeout: float = 600.0
    ) -> dict[str, dict[str, Any]]:
        """Runs the same command for several roles at once; each role's result.

        Raises:
            MarketError: one failed.
            DeadlineError: one did not end in time.
        """
        roles = [self.start(name, *arguments) for name in names]
        self.wait(roles, timeout)
        for role in roles:
            self._running.remove(role)
        return {role.name: role.result for role in roles}

    def wait(self, roles: list[Role], timeout: float, until_event: str | None = None) -> None:
        """Shows progress until all `roles` ended, or each printed `until_event`.

        Raises:
            MarketError: a role ended badly.
            DeadlineError: the time is up.
        """
        deadline = time.monotonic() + timeout
        while True:
            ended = {id(role) for role in self._running if not role.child.running}
            for role in self._running:
                for event in role.poll():
                    self._show(role, event)
            waiting = [role for role in roles if not self._satisfied(role, ended, until_event)]
            if not waiting:
                return
            if time.monotonic() > deadline:
                raise DeadlineError(f"{waiting[0].name} did not finish in {timeout:.0f} s")
            time.sleep(_POLL_SECONDS)

    def forget(self, role: Role) -> None:
        """Stops watching a role that has ended, or was killed on purpose."""
        self._running.remove(role)

    def say(self, name: str, event: str, text: str = "") -> None:
        """One line of progress."""
        colour = self._colours.setdefault(name, _COLOURS[len(self._colours) % len(_COLOURS)])
        elapsed = time.monotonic() - self._start
        self.console.print(
            f"[dim]{elapsed:6.1f}s[/dim]  [{colour}]{name:<11}[/{colour}] {event:<12} "
            f"[dim]{text}[/dim]"
        )

    def _satisfied(self, role: Role, ended: set[int], until_event: str | None) -> bool:
        if id(role) in ended:
            if role.child.process.returncode != 0:
                _ = role.result
                raise MarketError(
                    f"{role.name} ended with code {role.child.process.returncode}: "
                    f"{role.child.tail(3)}"
                )
            return True
        return until_event is not None and any(e["event"] == until_event for e in role.events)

    def _show(self, role: Role, event: dict[str, Any]) -> None:
        kind = str(event.get("event"))
        if kind == "result":
            return
        fields = {k: v for k, v in event.items() if k not in ("event", "cid", "selected")}
        text = "  ".join(f"{key} {_short(value)}" for key, value in fields.items())
        self.say(role.name, kind, text)

    def __enter__(self) -> Roles:
        return self

    def __exit__(self, *_: object) -> None:
        for role in reversed(self._running):
            role.child.stop()
        if self._keep:
            self.console.print(f"homes and logs in {self.root}")
        else:
            shutil.rmtree(self.root, ignore_errors=True)


def _short(value: object) -> str:
    text = str(value)
    if re.fullmatch(r"0x[0-9a-fA-F]{20,}", text):
        return f"{text[:8]}…{text[-4:]}"
    return text if len(text) <= 90 else f"{text[:87]}…"
