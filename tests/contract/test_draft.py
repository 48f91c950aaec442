"""A signed zone edited record by record: real servers serve the edit, and afterwards what the signer signs."""

from __future__ import annotations

from datetime import timedelta

import pytest

from harness.mending import ServeSigned
from lab import draft
from lab.errors import LabSick
from lab.lab import Lab
from lab.nameserver import wholly_signed
from lab.topology import BULKY, SAAS, Topology, Zone

ZONE, W1 = "shop.lab.", "w1.shop.lab."


@pytest.mark.parametrize("hidden", [False, True], ids=["signer", "secondary"])
def test_an_edit_is_served_until_the_signer_s_zone_is_again(hidden: bool) -> None:
    """Twice over, through a jump of time: the edit and nothing else differs, and the signer goes on beside it."""
    with Lab(Topology(victim=Zone(ZONE, hidden_primary=hidden)), validators=(), control=False) as lab:
        server = lab.serving(ZONE)
        before = set(draft.take(lab, ZONE).records())
        edited = draft.take(lab, ZONE)
        edited.unsign(W1, "A")
        with draft.served(lab, ZONE, edited):
            assert before - set(draft.as_served(lab, ZONE).records()) == before - set(edited.records())
            assert not server.signatures(W1, "A")
            edited.put(W1, 60, "A", "198.51.100.1")
            draft.serve(lab, ZONE, edited)
            assert "198.51.100.1" in str(server.rrset(W1, "A"))
            lab.clock.advance(timedelta(days=10))
            assert "198.51.100.1" in str(server.rrset(W1, "A"))
        served = draft.as_served(lab, ZONE)
        assert served.holds(W1, "A")
        assert served.holds(ZONE, "SOA")
        assert wholly_signed(ZONE, server.transfer())
        assert not server.seat.drafted
        lab.check_alive()


def test_the_operator_s_mending_is_left_alone_afterwards() -> None:
    """Served again by the action, the zone isn't touched when the edit's time ends; said twice it does nothing more."""
    with Lab(validators=(), control=False) as lab:
        edited = draft.take(lab, ZONE)
        edited.forge(W1, "A")
        with draft.served(lab, ZONE, edited):
            assert not draft.as_served(lab, ZONE).holds(W1, "A")
            said = ServeSigned(ZONE).perform(lab)
            assert said == f"ns.shop serves shop.lab. as it is signed, serial {lab.serving(ZONE).serial()}"
            assert draft.as_served(lab, ZONE).holds(W1, "A")
            assert ServeSigned(ZONE).perform(lab) == said
        assert draft.as_served(lab, ZONE).holds(W1, "A")


def test_a_zone_that_can_t_be_loaded_is_said_and_undone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Records that BIND refuses are not served: that is an error, and the signer's zone is served afterwards."""
    monkeypatch.setattr("lab.draft._DEADLINE_SECONDS", 3.0)
    with Lab(validators=(), control=False) as lab:
        edited = draft.take(lab, ZONE)
        edited.remove(ZONE, "NS")
        with pytest.raises(LabSick), draft.served(lab, ZONE, edited):
            pytest.fail("it can't be served")
        assert draft.as_served(lab, ZONE).holds(ZONE, "NS")


@pytest.mark.parametrize("policy", [SAAS, BULKY], ids=lambda policy: policy.name)
def test_the_signer_s_own_keys_sign_a_draft(policy: object) -> None:
    """ECDSA and RSA keys are read from the signer's files, KSK first, and what they sign verifies."""
    with Lab(Topology(victim=Zone(ZONE, policy=policy)), validators=(), control=False) as lab:  # type: ignore[arg-type]
        edited = draft.take(lab, ZONE)
        keys = draft.signing_keys(lab, ZONE)
        assert [key.sep for key in keys] == [True, False]
        assert {str(key.dnskey) for key in keys} == {str(key) for key in edited.rrset(ZONE, "DNSKEY")}
        edited.put(W1, 60, "A", "198.51.100.1")
        edited.sign(W1, "A", keys[1])
        with draft.served(lab, ZONE, edited):
            assert draft.as_served(lab, ZONE).holds(W1, "A")
