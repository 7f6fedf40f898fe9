"""No test asserts wall-clock time: Hypothesis must not either."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("project", deadline=None)
settings.load_profile("project")
