"""What keeps a signer that runs from signing: made, looked at, and taken away again.

All of it needs no more rights than the signer's own user has.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Literal

from lab import operations
from lab.host import SMALL_DISK
from lab.wait import until

if TYPE_CHECKING:
    from lab.lab import Lab

Hindrance = Literal["full-disk", "unreadable-keys", "read-only-disk"]

_FILLER = f"{SMALL_DISK}/core.1"
_DEADLINE_SECONDS = 20.0


def hinder(lab: Lab, zone: str, how: Hindrance) -> None:
    """Keep the zone's signer from signing from now on; raises LabSick where a tool fails."""
    signer = lab.signer(zone)
    signer.hindered = True
    if how == "full-disk":  # it ends when there is no more room
        signer.daemon.tool("dd", "if=/dev/zero", f"of={_FILLER}", "bs=4k")
        return
    for mode, files in _modes(signer.seat.folder, how):
        signer.daemon.tool("chmod", mode, *_files(lab, zone, files)).check()


def free(lab: Lab, zone: str) -> None:
    """Take away whatever keeps the zone's signer from signing; it signs when it next tries."""
    signer = lab.signer(zone)
    folder = signer.seat.folder
    signer.daemon.tool("rm", "-f", _FILLER).check()
    signer.daemon.tool("chmod", "755", folder).check()
    signer.daemon.tool("chmod", "644", *_files(lab, zone, f"{folder}/*.signed* {folder}/*.jbk")).check()
    signer.daemon.tool("chmod", "600", *_files(lab, zone, f"{folder}/K*.private")).check()
    signer.hindered = False
    signer.forget_duties()


def sign_at_once(lab: Lab, zone: str) -> None:
    """Restart a signer that is free again, so that it signs all that is due, and wait for the zone to be served so.

    Without a restart named does not come back to signatures that it once retained for want of a key.
    """
    serving = lab.serving(zone)
    operations.restart_signer(lab, zone)

    def fresh() -> bool:
        now = lab.clock.now() + timedelta(days=1)
        return serving.signed() and all(one.expiration > now for one in serving.zone_signatures())

    until(fresh, f"{zone} to be signed anew", deadline_seconds=_DEADLINE_SECONDS)


def found(lab: Lab, zone: str) -> dict[Hindrance, str]:
    """What would keep the zone's signer from signing now, each in words."""
    signer = lab.signer(zone)
    folder = signer.seat.folder
    seen: dict[Hindrance, str] = {}
    room = signer.daemon.tool("stat", "-f", "-c", "%a", folder).check().stdout.strip()
    if room == "0":
        seen["full-disk"] = f"the disk of {signer.host.name} has no room left"
    for how in ("unreadable-keys", "read-only-disk"):
        wanted = [(mode, file) for mode, files in _modes(folder, how) for file in _files(lab, zone, files)]
        if not wanted:
            continue
        told = signer.daemon.tool("stat", "-c", "%a", *(file for _, file in wanted)).check().stdout.split()
        if [int(mode, 8) for mode in told] == [int(mode, 8) for mode, _ in wanted]:
            name = wanted[0][1].rsplit("/", 1)[1]
            seen[how] = f"{signer.host.name} has {len(wanted)} files that it may not use, {name} the first"
    return seen


def _modes(folder: str, how: Hindrance) -> list[tuple[str, str]]:
    if how == "unreadable-keys":
        return [("000", f"{folder}/K*.private")]
    return [("444", f"{folder}/*.signed* {folder}/*.jbk"), ("555", folder)]


def _files(lab: Lab, zone: str, pattern: str) -> list[str]:
    return lab.signer(zone).daemon.tool("sh", "-c", f"ls -d {pattern}").stdout.split()
