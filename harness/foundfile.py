"""A pair of faults that was found, as a scenario file: text that runs as it is."""

from __future__ import annotations

import dataclasses
import enum
import textwrap
from collections.abc import Sequence
from datetime import timedelta

from harness.expectation import EVERY, Observers
from harness.search import Found, trial
from lab import topology as topologies
from lab.topology import Topology

_NAMED = {
    value: name
    for name, value in vars(topologies).items()
    if isinstance(value, topologies.Policy) and name.isupper()
}
"""Policies that have a name to be imported by."""

_WIDTH = 88
"""A line's width as formatters have it where nobody tells them another."""

_ROOM = _WIDTH - 20
"""What a value may take of it: a name, an equals sign and a comma stand there too."""


def scenario_file(found: Found, topology: Topology) -> str:
    """The file: the pair, and each of its two alone, which is harmless.  Raises nothing."""
    pair = found.trial
    first, second = pair.faults
    imports = Imports()
    names = [type(first).__name__, type(second).__name__]
    order = {True: " in either order", False: f", {names[0]} first", None: ""}[found.either_way]
    drill = trial(pair.faults, topology)
    imports.add("harness", "Scenario", "Together")
    parts = {
        "title": _text(f"{names[0]} and {names[1]} break together what neither breaks alone"),
        "symptom": _text("Found by a search; what the person on call sees is yours to tell."),
        "fault": imports.source(drill.fault, 4),
        "topology": imports.source(topology, 4),
        "patience_seconds": repr(drill.patience_seconds),
        "validators_needed": repr(len(pair.claims)),
        "steady_state": imports.items(drill.steady_state),
        "impact": imports.items([drill.impact[0], *pair.claims]),
        "remedy": "[],  # yours to find: undoing either of the two will do",
        "recovery": imports.items(drill.recovery),
        "references": "[]",
    }
    body = "".join(
        f"    {name}={value}{'' if value.endswith('do') else ','}\n" for name, value in parts.items()
    )
    alone = imports.items(drill.impact, 0)
    variants = "".join(
        f'    "{variant}": TOGETHER.but(\n        fault={imports.source(fault, 8)},\n        impact=ALONE,\n    ),\n'
        for variant, fault in (("first-alone", first), ("second-alone", second))
    )
    said = pair.said.replace("\\", "\\\\").replace('"', "'")
    docstring = "\n".join(textwrap.wrap(f"Found by `chaindrill search`{order}: {said}.", _WIDTH - 4))
    return (
        f'"""Two faults that are harmless alone, and not together.\n\n{docstring}\n"""\n\n'
        f"{imports.lines()}\n"
        f"TOGETHER = Scenario(\n{body})\n\nALONE = {alone}\n\n"
        f'VARIANTS = {{\n    "together": TOGETHER,\n{variants}}}\n'
    )


class Imports:
    """What a file has to import for the values that it writes."""

    def __init__(self) -> None:
        self._names: dict[str, set[str]] = {}

    def add(self, module: str, *names: str) -> None:
        """Have these names imported."""
        self._names.setdefault(module, set()).update(names)

    def _named(self, module: str, name: str) -> None:
        """Have a name of ours imported, from where scenario files take it if it is there."""
        import harness

        self.add("harness" if name in harness.__all__ else module, name)

    def lines(self) -> str:
        """The import statements, the standard library's first, as isort has them."""
        groups: list[list[str]] = [[], []]
        for module in sorted(self._names):
            names = sorted(self._names[module], key=lambda name: (not name.isupper(), name))
            line = f"from {module} import {', '.join(names)}"
            if len(line) > _WIDTH:
                line = f"from {module} import (\n" + "".join(f"    {name},\n" for name in names) + ")"
            groups[module.split(".")[0] in ("harness", "lab")].append(line)
        return "\n".join("\n".join(group) + "\n" for group in groups if group)

    def items(self, values: Sequence[object], indent: int = 4) -> str:
        """A list of values, one a line."""
        inside = "".join(f"{' ' * (indent + 4)}{self.source(value, indent + 4)},\n" for value in values)
        return f"[\n{inside}{' ' * indent}]"

    def source(self, value: object, indent: int = 0) -> str:
        """The expression that makes a value: what differs from the defaults of its class, named constants by name.

        `indent`: where its line begins, as what is too long for one is broken.
        """
        if isinstance(value, topologies.Policy) and value in _NAMED:
            self._named("lab.topology", _NAMED[value])
            return _NAMED[value]
        if isinstance(value, timedelta):
            self.add("datetime", "timedelta")
            return repr(value).removeprefix("datetime.")
        if isinstance(value, Observers) and value.place is not None:
            maker = "others" if value.others else "only"
            self.add("harness", maker)
            return f"{maker}({value.place})"
        if isinstance(value, str):
            return _text(value)
        if isinstance(value, enum.Enum):
            self.add(type(value).__module__, type(value).__name__)
            return f"{type(value).__name__}.{value.name}"
        if dataclasses.is_dataclass(value) and not isinstance(value, type):
            return self._made(value, indent)
        return repr(value)

    def _made(self, value: object, indent: int) -> str:
        kind = type(value)
        self._named(kind.__module__, kind.__name__)
        said: list[str] = []
        positional = True
        for one in dataclasses.fields(value):  # type: ignore[arg-type]
            now = getattr(value, one.name)
            default = one.default if one.default_factory is dataclasses.MISSING else one.default_factory()
            if not one.init or now == default or now is EVERY:
                continue
            positional = positional and default is dataclasses.MISSING
            text = self.source(now, indent + 4)
            said.append(text if positional else f"{one.name}={text}")
        line = f"{kind.__name__}({', '.join(said)})"
        if "\n" not in line and indent + len(line) <= _ROOM:
            return line
        inside = "".join(f"{' ' * (indent + 4)}{one},\n" for one in said)
        return f"{kind.__name__}(\n{inside}{' ' * indent})"


def _text(value: str) -> str:
    """A string in double quotes."""
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
