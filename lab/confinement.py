"""How a lab's containers are confined: as little as works, in one place, so that `doctor` tries the same."""

from __future__ import annotations

from typing import Any

LAB_UID = 5353
"""The user that the agent and every server run as (compose/Dockerfile makes it)."""

CAPABILITIES = ("NET_ADMIN", "SETUID", "SETGID")
"""Addresses and packet rules; giving up root.  The agent drops them before it serves (docs/adr/0002)."""

CONFINED: dict[str, Any] = {
    "cap_drop": ["ALL"],
    "security_opt": ["no-new-privileges"],
    "read_only": True,
}
"""docker-py's options for every container of a lab."""
