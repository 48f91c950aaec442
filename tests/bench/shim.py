"""What the clock shim costs a name server: the same server twice, one with it, loaded in turn by dnsperf."""

from __future__ import annotations

import os
import re

from lab.errors import LabSick
from lab.host import Host
from lab.lab import Lab
from lab.topology import Topology
from lab.wait import until

LOAD_SECONDS = 2
LOAD_PAIRS = 9
_PLAIN, _SHIMMED = Host("plain", "10.53.0.98"), Host("shimmed", "10.53.0.99")
_QUERIES = "/lab/queries"
_CONFIG = """
options {{
	directory "{folder}"; listen-on {{ {address}; }}; listen-on-v6 {{ none; }}; pid-file none; session-keyfile none;
	recursion no; dnssec-validation no; empty-zones-enable no; minimal-responses yes;
}};
controls {{ }};
zone "shop.lab." {{ type primary; file "{signed}"; masterfile-format raw; }};
"""


def cost() -> tuple[list[float], list[float]]:
    """The shimmed server's queries per second, and its CPU per query, as ratios of the plain one's, pair by pair.

    Both serve the same signed zone; the load comes from inside the lab and is bounded in time.
    """
    rates, cpus = [], []
    with Lab(Topology(bystander=None), ("unbound",), control=False) as lab:
        signed = f"{lab.signer('shop.lab.').host.folder}/shop.lab.zone.signed"
        lab.signer("shop.lab.").rndc("sync", "shop.lab.")
        lab.agent.write({_QUERIES: "www.shop.lab. A\n", _SHIMMED.skew_file: bytes(8)})
        for host, env in ((_PLAIN, {}), (_SHIMMED, dict(_SHIMMED.env))):
            lab.network.add_addresses([host])
            config = _CONFIG.format(folder=host.folder, address=host.address, signed=signed)
            lab.agent.write({f"{host.folder}/named.conf": config})
            argv = ["named", "-g", "-4", "-n", "1", "-c", f"{host.folder}/named.conf"]
            lab.agent.spawn(host.name, argv, env=env, log=host.log)
            _wait_answers(lab, host)
        for _ in range(LOAD_PAIRS):
            shimmed, plain = _load(lab, _SHIMMED), _load(lab, _PLAIN)
            rates.append(shimmed[0] / plain[0])
            cpus.append(shimmed[1] / plain[1])
    return rates, cpus


def _dnsperf(lab: Lab, host: Host, *how: str) -> int:
    argv = ["dnsperf", "-s", host.address, "-d", _QUERIES, "-c", "4", "-q", "50", "-T", "1", *how]
    said = lab.agent.run(argv, env={}, timeout_seconds=LOAD_SECONDS + 10.0).check().stdout
    done = re.search(r"Queries completed:\s+(\d+)", said)
    if not done:
        raise LabSick(f"dnsperf did not say how many queries {host.name} answered")
    return int(done[1])


def _wait_answers(lab: Lab, host: Host) -> None:
    until(
        lambda: _dnsperf(lab, host, "-n", "1", "-t", "1") > 0,
        f"{host.name} to answer",
        deadline_seconds=10.0,
        interval_seconds=0.1,
    )


def _load(lab: Lab, host: Host) -> tuple[float, float]:
    """Load one server; its queries per second and its CPU seconds per query."""
    before = _cpu_seconds(lab, host)
    queries = _dnsperf(lab, host, "-l", str(LOAD_SECONDS))
    return queries / LOAD_SECONDS, (_cpu_seconds(lab, host) - before) / queries


def _cpu_seconds(lab: Lab, host: Host) -> float:
    """Processor time that a server has used (utime and stime of /proc/PID/stat, in clock ticks)."""
    pid = lab.agent.servers()[host.name].pid
    fields = lab.agent.read(f"/proc/{pid}/stat").decode().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
