"""A TCP proxy that misbehaves on purpose, in front of a server: the only module that imports toxiproxy.

Toxiproxy's own server runs in a container that shares the lab's network; it is driven over a loopback port.
"""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Callable, Iterator, Mapping

from toxiproxy import Toxiproxy

from lab.agent import Agent
from lab.errors import LabSick
from lab.forward import LOOPBACK, tcp_port
from lab.host import Host
from lab.network import Network
from lab.wait import until

API_PORT = 8474
_PROXY_PORT = 5300
_DIRECTIONS = dict.fromkeys(("latency", "reset_peer", "limit_data", "timeout"), "downstream")
_API = threading.Lock()
"""toxiproxy-python keeps the server's address in one global: one lab at a time may speak to its own."""


def server_argv(host: Host) -> list[str]:
    """The arguments that make Toxiproxy's API listen at a host's address, inside the lab."""
    return ["-host", host.address, "-port", str(API_PORT)]


@contextlib.contextmanager
def toxic(
    agent: Agent,
    network: Network,
    server: Host,
    start: Callable[[], None],
    kind: str,
    attributes: Mapping[str, int],
) -> Iterator[None]:
    """Lead TCP/53 of `server` through a proxy with one toxic, inside `with`; `start` starts Toxiproxy.

    Raises LabSick where Toxiproxy does not come up or refuses the toxic.
    """
    start()
    with tcp_port(agent, server.address, API_PORT) as port:
        with _API, _no_http_proxy():
            proxies = Toxiproxy()
            proxies.update_api_consumer(LOOPBACK, port)
            try:
                until(lambda: _answers(proxies), "Toxiproxy to start", deadline_seconds=10.0)
                proxy = proxies.create(
                    upstream=f"{server.address}:53", name="dns", listen=f"{server.address}:{_PROXY_PORT}"
                )
                proxy.add_toxic(type=kind, stream=_DIRECTIONS[kind], attributes=dict(attributes))
            except LabSick:
                raise
            except Exception as problem:  # requests' and toxiproxy's own errors share no base
                raise LabSick(f"Toxiproxy did not take the toxic {kind}: {problem}") from problem
        with network.in_force("toxic", network.divert_tcp(server, _PROXY_PORT)):
            yield


def _answers(proxies: Toxiproxy) -> bool:
    try:
        proxies.proxies()
    except Exception:  # noqa: BLE001 - not up yet, in whatever way requests says so
        return False
    return True


@contextlib.contextmanager
def _no_http_proxy() -> Iterator[None]:
    """Keep requests to the loopback port away from the machine's HTTP proxy, if it has one."""
    before = {name: os.environ.get(name) for name in ("NO_PROXY", "no_proxy")}
    os.environ.update({name: ",".join(filter(None, (value, LOOPBACK))) for name, value in before.items()})
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
