"""What a process does and takes, as Python and Linux tell it."""

from __future__ import annotations

import sys
from pathlib import Path
from types import TracebackType

_HARMLESS = ("object.__", "builtins.id", "sys._getframe", "gc.", "sys.unraisablehook")


class Watch:
    """Notes audit events while it is entered: opened files, imports, compiled or executed code,
    processes, sockets. It cannot be taken away from the process again.

    Attributes:
        events: names of those since it was last entered.
    """

    def __init__(self) -> None:
        self.events: set[str] = set()
        self._on = False
        sys.addaudithook(self._note)

    def __enter__(self) -> Watch:
        self.events.clear()
        self._on = True
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._on = False

    def _note(self, event: str, _arguments: object) -> None:
        if self._on and not event.startswith(_HARMLESS):
            self.events.add(event)


def reset_peak() -> None:
    """Lets `peak_bytes` begin anew."""
    Path("/proc/self/clear_refs").write_text("5")


def peak_bytes() -> int:
    """The most memory that this process has held since the last reset."""
    status = Path("/proc/self/status").read_text()
    return next(
        int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith("VmHWM")
    )
