"""The key files of a zone's signer: copied aside, lost, and brought back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lab.errors import LabSick
from lab.wait import until

if TYPE_CHECKING:
    from lab.lab import Lab

_DEADLINE_SECONDS = 20.0


def back_up(lab: Lab, zone: str) -> None:
    """Copy the key files, with what the key manager knows of them, to where it does not look."""
    folder = lab.signer(zone).seat.folder
    _sh(lab, zone, f"mkdir -p {_backup(lab, zone)} && cp -p {folder}/K* {_backup(lab, zone)}/")


def restore(lab: Lab, zone: str) -> None:
    """Have the signer go on with the keys of the copy, and those alone: the zone is signed anew with them.

    Raises LabSick where there is no copy, or the zone is not signed.
    """
    signer, serving = lab.signer(zone), lab.serving(zone)
    _sh(lab, zone, f"ls {_backup(lab, zone)}/K*.private")
    if signer.running:
        signer.stop()
    signer.forget_signed(keys=True)
    _sh(lab, zone, f"cp -p {_backup(lab, zone)}/K* {signer.seat.folder}/")
    signer.start()
    until(serving.signed, f"{zone} to be signed with its former keys", deadline_seconds=_DEADLINE_SECONDS)


def _backup(lab: Lab, zone: str) -> str:
    return f"{lab.signer(zone).seat.folder}/backup"


def _sh(lab: Lab, zone: str, command: str) -> None:
    ran = lab.signer(zone).daemon.tool("sh", "-c", command)
    if ran.exit != 0:
        raise LabSick(f"the key files of {zone}: {ran.stderr.strip() or command}")
