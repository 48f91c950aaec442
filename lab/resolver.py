"""Resolvers: what a vendor's file must say, and one running resolver."""

from __future__ import annotations

import functools
import importlib
import pkgutil
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from lab.agent import Agent
from lab.cause import Cause, EdeCodes
from lab.errors import UsageError
from lab.host import LAB, Daemon, Host
from lab.query import Answer, Observation, ask, wall_now
from lab.terms import CacheTerms, ValidationTerms

HINTS = f"{LAB}/root.hints"
ANCHOR_DS = f"{LAB}/root.ds"
CONTROL = "control"
"""The resolver that does not validate, beside the others in every lab: it shows how an outage hides."""

CONTROL_VENDOR = "unbound"
"""What the control is: this vendor with validation left out of its configuration."""

FORWARDER_VENDOR = "bind"
"""What the caching forwarders in front of observers are, without validation."""


class Vendor(Protocol):
    """What one vendor's file says: `lab/resolvers/NAME.py` with a `VENDOR` that has these."""

    name: str
    template: str
    """Its configuration, in `lab/templates/`."""
    ede: Mapping[Cause, EdeCodes]
    """Its measured EDE codes."""
    cache: CacheTerms
    """How long it goes by what it holds, measured."""
    validation: ValidationTerms
    """Where it draws lines of its own, measured."""

    def argv(self, config: str) -> Sequence[str]:
        """The command that runs it in the foreground."""

    def version(self, resolver: Resolver) -> str:
        """Its version, read from the running server."""

    def clock(self, resolver: Resolver) -> datetime:
        """What its own clock says (raises LabSick where it can't be told)."""

    def flush(self, resolver: Resolver) -> None:
        """Empty its caches, bad and good."""


class Resolver:
    """One running resolver."""

    def __init__(
        self, agent: Agent, host: Host, vendor: Vendor, now: Callable[[], datetime], *, validates: bool
    ) -> None:
        self.name = host.name
        self.host = host
        self.vendor = vendor
        self.validates = validates
        self.config = f"{host.folder}/{vendor.name}.conf"
        self.agent = agent
        self.daemon = Daemon(agent, host, vendor.argv(self.config))
        self._now = now

    @functools.cached_property
    def version(self) -> str:
        """Its version, as the running server says it."""
        return self.vendor.version(self)

    @property
    def title(self) -> str:
        """Its name with its version: `unbound 1.26.2`."""
        return f"{self.name} {self.version}" if self.validates else f"{self.name} (not validating)"

    def answer(
        self, qname: str, qtype: str = "A", *, cd: bool = False, timeout_seconds: float = 5.0
    ) -> Answer:
        """Ask it one question once, as a stub does: over TCP where UDP was too small (RFC 7766 5)."""
        agent, address = self.agent, self.host.address
        answer = ask(agent, address, qname, qtype, cd=cd, timeout_seconds=timeout_seconds)
        if answer.tc:  # cut, it says nothing of the name: not even AD
            return ask(agent, address, qname, qtype, cd=cd, tcp=True, timeout_seconds=timeout_seconds)
        return answer

    def ask(
        self, qname: str, qtype: str = "A", *, confirm: bool = True, timeout_seconds: float = 5.0
    ) -> Observation:
        """Ask one question, and where it fails ask again with CD=1, to tell bogus from unreachable.

        CD=1 comes second: the data it leaves in the cache are unjudged and would spoil a first look.  While a
        recovery is being timed, ask with `confirm` off.
        """
        answer = self.answer(qname, qtype, timeout_seconds=timeout_seconds)
        unchecked = None
        if confirm and answer.rcode in (None, "SERVFAIL"):
            unchecked = self.answer(qname, qtype, cd=True, timeout_seconds=timeout_seconds)
        return Observation(
            self.name, self.validates, qname, qtype, answer, unchecked, self._now(), wall_now()
        )

    def clock(self) -> datetime:
        """What its own clock says."""
        return self.vendor.clock(self)

    def flush(self) -> None:
        """Empty its caches."""
        self.vendor.flush(self)


@functools.cache
def vendors() -> Mapping[str, Vendor]:
    """Every vendor there is a file for, by name."""
    package = importlib.import_module("lab.resolvers")
    found: dict[str, Vendor] = {}
    for module in sorted(pkgutil.iter_modules(package.__path__), key=lambda m: m.name):
        vendor: Vendor = importlib.import_module(f"lab.resolvers.{module.name}").VENDOR
        found[vendor.name] = vendor
    return found


DEFAULT_VALIDATORS = ("unbound", "bind")
"""The validators of a lab where none are chosen."""


def vendor_named(name: str) -> Vendor:
    """The vendor of that name; raises UsageError naming those there are."""
    try:
        return vendors()[name]
    except KeyError:
        raise UsageError(f"no resolver is called {name!r}: there are {', '.join(vendors())}") from None
