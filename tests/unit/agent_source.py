"""The lab's end of the agent, imported from where the image build takes it."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

SOURCE = Path(__file__).parents[2] / "compose" / "agent" / "agent.py"


def load() -> Any:
    """The lab's end, imported as in a lab: its folder comes first on the path."""
    if str(SOURCE.parent) not in sys.path:
        sys.path.insert(0, str(SOURCE.parent))
    spec = importlib.util.spec_from_file_location("chaindrill_agent_source", SOURCE)
    assert spec is not None
    assert spec.loader is not None
    module: ModuleType = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


inside = load()
WHOLE = inside.pack_frame(1, {"now": 7}, b"body")
"""One frame, whole."""
