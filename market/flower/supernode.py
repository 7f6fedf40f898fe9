"""Flower's SuperNode, with two of its habits changed. Run as `python -m market.flower.supernode`.

It takes the same arguments as `flower-supernode`, which it runs. The differences:

- It asks the SuperLink for work every second and looks for the reply of its own executor ten times
  a second, where Flower has fixed 3 s and 0.5 s: that is most of the time that a round spends in
  Flower. Where a message arrives before its content, and where the SuperLink is away, it also
  tries again sooner.
- It ends when its main loop ends. Flower's goes on serving its local interface for ever after an
  unexpected answer from the SuperLink, and looks alive while no message will ever come again.
"""

from __future__ import annotations

import importlib
import os
import sys
import time
import traceback
from functools import partial

PULL_SECONDS = 1.0
REPLY_SECONDS = 0.1
MAX_RETRY_SECONDS = 5


class _Clock:
    """Stands in for the `time` module in Flower's main loop, which only sleeps."""

    @staticmethod
    def sleep(seconds: float) -> None:
        time.sleep(PULL_SECONDS if seconds >= PULL_SECONDS else REPLY_SECONDS)


def main() -> None:
    """Runs the SuperNode until it ends, then this process with it."""
    # Both modules share their name with a function of their package: import them by name.
    loop = importlib.import_module("flwr.supernode.start_client_internal")
    retry = importlib.import_module("flwr.supercore.retry.http_retry")
    expected = ((loop, "time"), (loop, "pull_objects"), (retry, "MAX_RETRY_DELAY"))
    for module, name in expected:
        if not hasattr(module, name):
            sys.exit(f"{module.__name__} has no {name}: this needs flwr 1.41.0")
    vars(loop)["time"] = _Clock
    vars(loop)["pull_objects"] = partial(loop.pull_objects, initial_backoff=REPLY_SECONDS)
    vars(retry)["MAX_RETRY_DELAY"] = MAX_RETRY_SECONDS
    flower_supernode = importlib.import_module("flwr.supernode.cli").flower_supernode
    try:
        flower_supernode()
    except Exception:
        traceback.print_exc()
    finally:
        # Threads of Flower's web server would keep the process alive.
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(1)


if __name__ == "__main__":
    main()
