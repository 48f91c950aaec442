"""What a lab promises: real servers on lab time, by themselves, that say when they are sick, and leave nothing."""

from __future__ import annotations

import io
import json
import re
import signal
import tarfile
from datetime import timedelta

import pytest

from harness.expectation import State, classify
from lab import session
from lab.engine import Engine
from lab.errors import LabSick, RegistrarRefused, UsageError
from lab.lab import Lab
from lab.query import ask
from lab.registrar import ds_of, unpublished_key
from lab.topology import BULKY, RegistrarTerms, Topology, Zone
from lab.wait import until

ZONE, BYSTANDER = "shop.lab.", "bystander.lab."
HIDDEN = Topology(victim=Zone(ZONE, hidden_primary=True))
NET_ADMIN, SETUID, SETGID = 1 << 12, 1 << 7, 1 << 6
OUTSIDE = "192.0.2.53"
"""A documentation address (RFC 5737): nobody's."""


def containers_of(lab: Lab) -> list[str]:
    """What the engine still has of a lab."""
    owned = Engine.connect().owned(session.current())
    return [thing.name for thing in owned if thing.name.startswith(lab.name)]


# -- a lab is by itself ------------------------------------------------------------------------------------


def test_two_labs_do_not_see_each_other() -> None:
    """Two at once, of the same addresses: each has its own zones, keys, parents, clock and processes."""
    left = Lab(Topology(victim=Zone("left.lab.")), ["unbound"])
    right = Lab(Topology(victim=Zone("right.lab.")), ["unbound"])
    with left, right:
        assert left.servers["root"].host == right.servers["root"].host
        here, there = left.resolvers["unbound"], right.resolvers["unbound"]
        assert classify(here.ask("www.left.lab.")) is State.SECURE
        assert here.answer("www.right.lab.").rcode == "NXDOMAIN"
        assert there.answer("www.left.lab.").rcode == "NXDOMAIN"

        left.registrar.publish_now(BYSTANDER, [])
        assert not left.registrar.published(BYSTANDER)
        assert right.registrar.published(BYSTANDER)
        left.clock.advance(timedelta(days=1))
        assert left.clock.now() - right.clock.now() > timedelta(hours=23)
        right.check_clocks()
        left.signer(BYSTANDER).stop()
        assert left.signer(BYSTANDER).ask(BYSTANDER, "SOA").failed == "Connection refused"
        assert right.signer(BYSTANDER).ask(BYSTANDER, "SOA").aa
        assert classify(there.ask("www.bystander.lab.")) is State.SECURE
        right.check_alive()
    assert containers_of(left) == containers_of(right) == []


def test_nothing_leaves_and_nobody_has_powers() -> None:
    """No interface but loopback, no way out, no capability for any server, no root, and a file system to read only."""
    with Lab() as lab:
        links = json.loads(lab.agent.net("ip", "-j", "link").check().stdout)
        assert [link["ifname"] for link in links] == ["lo"]
        assert lab.agent.net("ip", "route").check().stdout == ""
        for source in (lab.resolvers["unbound"].host.address, lab.servers["root"].host.address):
            for tcp in (False, True):
                got = lab.agent.exchange(bytes(12), OUTSIDE, source=source, tcp=tcp, timeout_seconds=5.0)
                assert got.failed == "Network is unreachable"
                assert got.elapsed_seconds < 0.5

        states = lab.agent.servers()
        assert set(states) == {host.name for host in lab.hosts}
        for state in states.values():
            status = status_of(lab, state.pid)
            assert set(status["Uid"].split()) == set(status["Gid"].split()) == {"5353"}
            assert all(int(status[f"Cap{which}"], 16) == 0 for which in ("Inh", "Prm", "Eff", "Amb"))
            assert int(status["CapBnd"], 16) == NET_ADMIN | SETUID | SETGID
            assert status["NoNewPrivs"] == "1"
        pids = lab.agent.run(["sh", "-c", "cd /proc; echo [0-9]*"], env={}).check().stdout.split()
        everybody = [status for pid in pids if (status := status_of(lab, int(pid)))]
        assert len(everybody) > len(states)
        for status in everybody:
            assert int(status["CapBnd"], 16) == NET_ADMIN | SETUID | SETGID

        mounts = [line.split() for line in lab.agent.read("/proc/mounts").decode().splitlines()]
        assert "ro" in next(options for _, where, _, options, *_ in mounts if where == "/").split(",")
        writable = {
            where for _, where, kind, options, *_ in mounts if kind == "tmpfs" and "rw" in options.split(",")
        }
        assert {"/lab", "/tmp"} <= writable
        with pytest.raises(LabSick, match="Read-only file system"):
            lab.agent.write({"/usr/lib/chaindrill/x": ""})
        with pytest.raises(LabSick, match="sh is not one of ip, nft, ss"):
            lab.agent.net("sh", "-c", "id")
        assert lab.agent.run(["nft", "list", "ruleset"], env={}).exit != 0


def status_of(lab: Lab, pid: int) -> dict[str, str]:
    """A process's state as the kernel tells it; nothing for one that is gone."""
    text = lab.agent.run(["cat", f"/proc/{pid}/status"], env={}).stdout
    return {key: value.strip() for key, value in (line.split(":", 1) for line in text.splitlines())}


# -- coming up, or not -------------------------------------------------------------------------------------


class Untouchable:
    """An engine that nobody may touch."""

    def __getattr__(self, name: str) -> object:
        """It was touched."""
        raise AssertionError(f"the engine was asked for {name}")


@pytest.mark.parametrize(
    ("validators", "complaint"),
    [
        (["nosuch"], "no resolver is called 'nosuch': there are "),
        (["bind", "bind"], "a resolver is chosen twice"),
    ],
    ids=["unknown", "twice"],
)
def test_a_wrong_choice_of_resolvers_is_refused_before_anything_starts(
    validators: list[str], complaint: str
) -> None:
    """A resolver that isn't there, or is chosen twice, is the caller's error, told without asking the engine."""
    with pytest.raises(UsageError, match=complaint):
        Lab(validators=validators, engine=Untouchable())  # type: ignore[arg-type]


@pytest.mark.parametrize("error", [None, KeyboardInterrupt], ids=["sick", "ctrl-c"])
def test_a_start_that_fails_in_the_middle_leaves_nothing(
    error: type[BaseException] | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A resolver that refuses its configuration is told by name, in its own words; an interrupt passes; both clean up."""

    def broken(lab: Lab, resolver: object) -> str:
        assert containers_of(lab)
        if error:
            raise error
        return "nonsense\n"

    monkeypatch.setattr(Lab, "resolver_config", broken)
    lab = Lab()
    with pytest.raises(error or LabSick) as raised, lab:
        pass  # it never gets here
    if not error:
        assert re.match(r"the resolver (unbound|bind|control) ended at once: .*", str(raised.value))
        assert re.search(r"nonsense|syntax error|unknown option", str(raised.value))
    assert containers_of(lab) == []


@pytest.mark.parametrize(
    "topology",
    [
        HIDDEN,
        Topology(victim=Zone(ZONE, policy=BULKY), edns_buffer=4096),
        Topology(victim=Zone(ZONE, policy=None), bystander=None),
    ],
    ids=["hidden", "bulky", "unsigned-alone"],
)
def test_every_topology_comes_up_as_configured(topology: Topology) -> None:
    """BIND's own checker likes each configuration, every zone is served by whom its NS names, signed if it is to be."""
    with Lab(topology, ["unbound"], control=False) as lab:
        for server in lab.servers.values():
            lab.agent.run(["named-checkconf", server.config], env=server.host.env).check()
            assert server.ask(server.zone.name, "SOA").aa
            assert server.signed() is (server.zone.policy is not None)
        (resolver,) = lab.resolvers.values()
        expected = State.SECURE if topology.victim.policy else State.INSECURE
        assert classify(resolver.ask("www.shop.lab.")) is expected
        states = {(key.role, name) for key in lab.signer("lab.").key_states() for name, _ in key.states}
        assert {("KSK", "ds"), ("ZSK", "zone rrsig")} <= states


# -- time --------------------------------------------------------------------------------------------------


def test_forty_days_pass_in_a_jump_and_nothing_turns_bogus() -> None:
    """Every signer signs anew on the way, a hidden primary's secondary follows, and no validator sees anything of it."""
    slow = Zone(ZONE, policy=BULKY, hidden_primary=True)  # signing it takes a while: nobody may look before
    with Lab(Topology(victim=slow, edns_buffer=4096)) as lab:
        assert lab.signer(ZONE) is not lab.serving(ZONE)
        before = {zone.name: lab.signer(zone.name).serial() for zone in lab.topology.zones}
        for resolver in lab.validators:
            assert classify(resolver.ask("w1.shop.lab.")) is State.SECURE
        jumps = lab.clock.jumps
        lab.clock.advance(timedelta(days=40))
        assert lab.clock.jumps == jumps + 1
        for zone in lab.topology.zones:
            after, shown = lab.signer(zone.name).serial(), lab.serving(zone.name).serial()
            assert after == shown
            assert after is not None
            assert after > (before[zone.name] or 0)
            assert all(
                s.inception < lab.clock.now() < s.expiration for s in lab.serving(zone.name).zone_signatures()
            )
        for name in ("w1.shop.lab.", "w2.shop.lab.", "nosuch.shop.lab.", "w1.bystander.lab."):
            for resolver in lab.validators:
                assert classify(resolver.ask(name)) is State.SECURE, (resolver.name, name)
        for resolver in lab.validators:
            large = resolver.answer(ZONE, "DNSKEY")
            assert (large.ad, large.tc, large.tcp, large.has_data) == (True, False, True, True), resolver.name
        lab.check_clocks()


def test_a_server_that_is_not_on_lab_time_is_found_out() -> None:
    """A daemon started without the shim, authoritative or resolver, makes the lab sick by name; on the shim it is well."""
    with Lab() as lab:
        lab.check_clocks()
        server = lab.signer(BYSTANDER)
        for daemon in (server.daemon, *(resolver.daemon for resolver in lab.resolvers.values())):
            host = daemon.host
            daemon.stop()
            lab.agent.spawn(host.name, daemon.argv, env={}, log=host.log)
            answering = f"{host.name} to answer off lab time"
            until(
                lambda address=host.address: ask(lab.agent, address, ".", "SOA", rd=False).rcode is not None,  # type: ignore[misc]
                answering,
                deadline_seconds=10.0,
            )
            with pytest.raises(LabSick, match=f"^{host.name} is not on lab time: its server reads "):
                lab.check_clocks()
            daemon.stop()
            daemon.start()
            until(
                lambda address=host.address: ask(lab.agent, address, ".", "SOA", rd=False).rcode is not None,  # type: ignore[misc]
                f"{host.name} to answer",
                deadline_seconds=10.0,
            )
            lab.check_clocks()


def test_a_dead_server_is_reported_and_a_stopped_one_is_not() -> None:
    """Killed is not stopped: only what died by itself makes the lab sick, with its last words."""
    with Lab(HIDDEN, ["unbound"]) as lab:
        lab.signer(ZONE).stop()
        lab.check_alive()
        lab.agent.signal("ns.shop", signal.SIGKILL, wait_seconds=5.0)
        with pytest.raises(LabSick, match=r"^ns\.shop died in the middle of the drill: ."):
            lab.check_alive()
        with pytest.raises(LabSick, match=r"waited 0\.2 s in vain for ns\.shop"):
            until(lambda: lab.serving(ZONE).running, "ns.shop", deadline_seconds=0.2)


# -- the registrar -----------------------------------------------------------------------------------------


def test_the_registrar_works_in_lab_time_on_the_real_parent() -> None:
    """Its delay passes in lab time; the parent takes a real update, signs it, and serves the registrar's own TTL."""
    terms = RegistrarTerms(
        ds_ttl=timedelta(hours=2), publication_delay=timedelta(minutes=30), checks_child=True
    )
    with Lab(Topology(registrar=terms), ["unbound"]) as lab:
        registrar, parent, (key,) = lab.registrar, lab.parent(ZONE), lab.signer(ZONE).ksks()
        (ds,) = registrar.published(ZONE)
        assert ds == ds_of(ZONE, key)
        assert parent.rrset(ZONE, "DS").ttl == 7200  # type: ignore[union-attr]
        serial = parent.serial()
        assert serial is not None

        registrar.withdraw(ZONE)
        lab.clock.advance(timedelta(minutes=29))
        assert registrar.pending(ZONE)
        assert registrar.published(ZONE) == (ds,)
        assert parent.serial() == serial
        lab.clock.advance(timedelta(minutes=2))
        assert not registrar.pending(ZONE)
        assert registrar.published(ZONE) == ()
        assert (parent.serial() or 0) > serial

        with pytest.raises(RegistrarRefused, match=f"it serves {ds.key_tag}.: publish the DNSKEY first"):
            registrar.submit_dnskey(ZONE, unpublished_key())
        registrar.submit_dnskey(ZONE, key)
        lab.clock.advance(timedelta(hours=1))
        assert registrar.published(ZONE) == (ds,)
        assert [signature.covers for signature in parent.signatures(ZONE, "DS")] == ["DS"]
        assert parent.rrset(ZONE, "DS").ttl == 7200  # type: ignore[union-attr]
        assert registrar.published(BYSTANDER)


# -- evidence ----------------------------------------------------------------------------------------------


def test_the_evidence_has_logs_and_configurations_and_no_private_key() -> None:
    """Every host's log and configuration, zones and key states are in the archive; the keys that sign are not."""
    with Lab(HIDDEN) as lab:
        assert lab.agent.run(["sh", "-c", "ls /lab/*/*.private"], env={}).check().stdout
        archive = lab.collect()
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        names = [name.removeprefix("./") for name in tar.getnames()]
        for host in lab.hosts:
            assert f"{host.name}/log" in names
            log = tar.extractfile(f"./{host.name}/log")
            assert log is not None
            assert log.read()
        for server in lab.servers.values():
            assert f"{server.host.name}/named.conf" in names
        assert any(re.match(r"signer\.shop/Kshop\.lab\..*\.state$", name) for name in names)
        assert any(name.startswith("ns.shop/shop.lab.") for name in names)
        assert not [name for name in names if "private" in name]
        for member in tar.getmembers():
            if member.isfile():
                file = tar.extractfile(member)
                assert file is not None
                assert b"PrivateKey:" not in file.read()
