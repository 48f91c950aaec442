"""What several modules of unit tests share."""

from __future__ import annotations

import pytest

import harness.runner


@pytest.fixture
def short_hold(monkeypatch: pytest.MonkeyPatch) -> None:
    """A fault that does not bite is given up at once here: nothing real is waited for."""
    monkeypatch.setattr(harness.runner, "HOLD_SECONDS", 0.0)
