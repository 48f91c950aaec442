"""An outage that some users never notice: their resolver answers on, from what it had."""

from datetime import timedelta

from harness import (
    Bogus,
    Cause,
    Insecure,
    Masked,
    Scenario,
    Secure,
    Topology,
    Wait,
    WithdrawDS,
)
from harness.faults.ds_before_dnskey import DsBeforeDnskey

ZONE, WWW, BYSTANDER = "shop.lab.", "www.shop.lab.", "www.bystander.lab."

SCENARIO = Scenario(
    title="The zone is bogus, and a resolver that serves stale data answers on for names that it knows",
    symptom='"It works for me": some users reach the site and others do not, names that are asked often work and rare ones'
    " fail, and a resolver that does not validate answers everything.",
    fault=DsBeforeDnskey(ZONE),
    topology=Topology(serve_stale=True),
    steady_state=[Secure(WWW), Secure(BYSTANDER)],
    impact=[
        Wait.ttl(ZONE, "DS"),
        Masked(WWW),
        Bogus("w1.shop.lab.", cause=Cause.NO_KEY_FOR_DS),
        Secure(BYSTANDER),
        Wait(timedelta(hours=12), "well within the day for which stale data are kept"),
        Masked(WWW),
        Wait(timedelta(hours=12), "the day is over"),
        Bogus(WWW, cause=Cause.NO_KEY_FOR_DS),
    ],
    remedy=[WithdrawDS(ZONE), Wait.registrar(ZONE), Wait.ttl(ZONE, "DS")],
    recovery=[Insecure("w2.shop.lab.", within=timedelta(minutes=3)), Secure(BYSTANDER)],
    references=["RFC 8767 4", "RFC 8914 4.4", "RFC 4035 5.5"],
)
