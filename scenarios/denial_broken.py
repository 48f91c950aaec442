"""What does not exist can't be denied, or what exists is: the NSEC or NSEC3 chain is wrong."""

from dataclasses import replace
from datetime import timedelta

from harness import SAAS, Bogus, Cause, Scenario, Secure, ServeSigned, Topology, Wait, WronglyDenied, Zone
from harness.faults.nsec3_parameters_wrong import Nsec3ParametersWrong
from harness.faults.proof_missing import ProofMissing
from harness.faults.types_listed_wrong import TypesListedWrong

ZONE, WWW, BYSTANDER = "shop.lab.", "www.shop.lab.", "www.bystander.lab."
SOON = timedelta(minutes=2)
WILDCARD = ("*.wild IN A 192.0.2.4",)
HASHED = Topology(victim=Zone(ZONE, more=WILDCARD))
PLAIN = Topology(victim=Zone(ZONE, policy=replace(SAAS, name="saas-nsec", nsec3=False), more=WILDCARD))
NEGATIVE_TTL = Wait(
    timedelta(minutes=16), "what was cached of the chain has left every cache: the negative TTL"
)

NAME_HASHED = Scenario(
    title="The NSEC3 record that would deny a name is missing",
    symptom="Names that do not exist answer SERVFAIL at validating resolvers instead of NXDOMAIN, some of them; mail"
    " to mistyped addresses stays in queues, search lists of clients get stuck.",
    fault=ProofMissing(ZONE, "nosuch.shop.lab."),
    topology=HASHED,
    steady_state=[Secure(WWW), Secure("nobody.shop.lab.", denied=True), Secure(BYSTANDER)],
    impact=[
        Secure("nowhere.shop.lab.", denied=True),
        Secure("w1.shop.lab."),
        Bogus("nosuch.shop.lab.", denied=True, cause=Cause.DENIAL_UNPROVEN),
        Secure(BYSTANDER),
    ],
    remedy=[ServeSigned(ZONE)],
    recovery=[
        Secure("nosuch.shop.lab.", denied=True, within=SOON),
        Secure("w2.shop.lab."),
        Secure(BYSTANDER),
    ],
    references=["RFC 5155 8.4", "RFC 5155 7.2.2"],
)

NAME_PLAIN = NAME_HASHED.but(
    title="The NSEC record that would deny a name is missing, and caches hide it for a while",
    fault=ProofMissing(ZONE, "nosuch.shop.lab."),
    topology=PLAIN,
    impact=[
        Secure("nosuch.shop.lab.", denied=True),
        NEGATIVE_TTL,
        Secure("zzz.shop.lab.", denied=True),
        Secure("w1.shop.lab."),
        Bogus("nowhere.shop.lab.", denied=True, cause=Cause.DENIAL_UNPROVEN),
        Secure(BYSTANDER),
    ],
    recovery=[
        Secure("nothing.shop.lab.", denied=True, within=SOON),
        Secure("w2.shop.lab."),
        Secure(BYSTANDER),
    ],
    references=["RFC 4035 5.4", "RFC 8198 5.1"],
)

TYPE_HASHED = NAME_HASHED.but(
    title="The NSEC3 record that would deny a type is missing",
    symptom="Lookups of a type that a name doesn't have (AAAA beside A) answer SERVFAIL at validating resolvers;"
    " dual-stack clients wait, or give up.",
    fault=ProofMissing(ZONE, "w5.shop.lab."),
    steady_state=[Secure(WWW), Secure("w4.shop.lab.", "AAAA", denied=True), Secure(BYSTANDER)],
    impact=[
        Secure("w5.shop.lab."),
        Secure("w6.shop.lab.", "AAAA", denied=True),
        Bogus("w5.shop.lab.", "AAAA", denied=True, cause=Cause.DENIAL_UNPROVEN),
        Secure(BYSTANDER),
    ],
    recovery=[Secure("w5.shop.lab.", "AAAA", denied=True, within=SOON), Secure(BYSTANDER)],
    references=["RFC 5155 8.5", "RFC 5155 7.2.3"],
)

LISTED_HASHED = TYPE_HASHED.but(
    title="An NSEC3 record lists a type that its name does not have",
    fault=TypesListedWrong(ZONE, "w5.shop.lab.", lists="AAAA"),
    references=["RFC 5155 8.5", "RFC 5155 3.2.1"],
)

LEFT_OUT = NAME_HASHED.but(
    title="An NSEC record leaves out a type that its name has: once cached, it denies it",
    symptom="A host has no address any more at some resolvers, at times, and nothing fails: no error, no SERVFAIL."
    " It goes after a lookup of a type that the host really doesn't have.",
    fault=TypesListedWrong(ZONE, "w5.shop.lab.", leaves_out="A"),
    topology=PLAIN,
    steady_state=[Secure(WWW), Secure("w4.shop.lab.", "AAAA", denied=True), Secure(BYSTANDER)],
    impact=[
        Secure("w5.shop.lab.", "AAAA", denied=True),
        Secure("w6.shop.lab."),
        WronglyDenied("w5.shop.lab."),
        Secure(BYSTANDER),
    ],
    remedy=[ServeSigned(ZONE), NEGATIVE_TTL],
    recovery=[
        Secure("w5.shop.lab.", "AAAA", denied=True, within=SOON),
        Secure("w5.shop.lab.", within=SOON),
        Secure(BYSTANDER),
    ],
    references=["RFC 8198 5.2", "RFC 4034 4.1.2"],
)

WILDCARD_HASHED = NAME_HASHED.but(
    title="The NSEC3 record that a wildcard's answer needs is missing",
    symptom="Some of the names that a wildcard answers for fail at validating resolvers; with +cd they have the right"
    " address, and their signature is valid.",
    fault=ProofMissing(ZONE, "a.wild.shop.lab."),
    steady_state=[Secure(WWW), Secure("b.wild.shop.lab."), Secure(BYSTANDER)],
    impact=[
        Secure("c.wild.shop.lab."),
        Secure("w1.shop.lab."),
        Bogus("a.wild.shop.lab.", cause=Cause.DENIAL_UNPROVEN),
        Secure(BYSTANDER),
    ],
    recovery=[Secure("a.wild.shop.lab.", within=SOON), Secure("w2.shop.lab."), Secure(BYSTANDER)],
    references=["RFC 5155 8.8", "RFC 5155 7.2.6"],
)

VARIANTS = {
    "nsec3-name": NAME_HASHED,
    "nsec-name": NAME_PLAIN,
    "nsec3-type": TYPE_HASHED,
    "nsec3-type-listed": LISTED_HASHED,
    "nsec-type-listed": LISTED_HASHED.but(
        title="An NSEC record lists a type that its name does not have",
        topology=PLAIN,
        references=["RFC 4035 5.4", "RFC 4034 4.1.2"],
    ),
    "nsec-type-left-out": LEFT_OUT,
    "nsec3-wildcard": WILDCARD_HASHED,
    "nsec-wildcard": WILDCARD_HASHED.but(
        title="The NSEC record that a wildcard's answer needs is missing",
        topology=PLAIN,
        steady_state=[Secure(WWW), Secure(BYSTANDER)],
        impact=[
            Secure("w1.shop.lab."),
            Bogus("b.wild.shop.lab.", cause=Cause.DENIAL_UNPROVEN),
            Bogus("a.wild.shop.lab.", cause=Cause.DENIAL_UNPROVEN),
            Secure(BYSTANDER),
        ],
        references=["RFC 4035 5.3.4", "RFC 4035 3.1.3.3"],
    ),
    "nsec3-parameters": NAME_HASHED.but(
        title="NSEC3PARAM has another salt than the NSEC3 chain: nothing can be denied",
        fault=Nsec3ParametersWrong(ZONE, "aabb"),
        steady_state=[Secure(WWW), Secure(BYSTANDER)],
        impact=[
            Secure("w1.shop.lab."),
            Bogus("a.wild.shop.lab.", cause=Cause.DENIAL_UNPROVEN),
            Bogus("w5.shop.lab.", "AAAA", denied=True, cause=Cause.DENIAL_WITHOUT_PROOF),
            Bogus("nosuch.shop.lab.", denied=True, cause=Cause.DENIAL_WITHOUT_PROOF),
            Secure(BYSTANDER),
        ],
        references=["RFC 5155 4", "RFC 5155 7.1"],
    ),
}
