"""NSEC3 with additional iterations: how many of them validators follow."""

from datetime import timedelta

from harness import HashedOnce, HashOnce, ProvedByNsec3, Scenario, Secure, Topology, Zone
from harness.faults.nsec3_iterated import Nsec3Iterated

ZONE, WWW, BYSTANDER = "shop.lab.", "www.shop.lab.", "www.bystander.lab."


UNSEEN = "Nothing is to be seen but by who looks at NSEC3PARAM: a zone checker reports that its iterations are not 0."
SOME = (
    'Nothing fails. But "no such name" and answers from wildcards come without AD at some resolvers, and an attacker'
    " may forge them there."
)
ALL = 'Nothing fails. But "no such name" and answers from wildcards come without AD, and an attacker may forge them.'


def iterated(iterations: int, symptom: str, title: str) -> Scenario:
    """The story of a zone with so many additional iterations."""
    return Scenario(
        title=title,
        symptom=symptom,
        fault=Nsec3Iterated(ZONE, iterations),
        topology=Topology(victim=Zone(ZONE, more=("*.wild IN A 192.0.2.4",))),
        steady_state=[Secure(WWW), Secure(BYSTANDER), HashedOnce(ZONE)],
        impact=[
            Secure("w1.shop.lab."),
            ProvedByNsec3("nosuch1.shop.lab.", denied=True, iterations=iterations),
            ProvedByNsec3("w2.shop.lab.", "TXT", denied=True, iterations=iterations),
            ProvedByNsec3("a.wild.shop.lab.", iterations=iterations),
            Secure(BYSTANDER),
        ],
        remedy=[HashOnce(ZONE)],
        recovery=[
            HashedOnce(ZONE),
            Secure("nosuch2.shop.lab.", denied=True, within=timedelta(minutes=2)),
            Secure("w3.shop.lab.", "TXT", denied=True, within=timedelta(minutes=2)),
            Secure("b.wild.shop.lab.", within=timedelta(minutes=2)),
            Secure(BYSTANDER),
        ],
        references=["RFC 9276 3.1", "RFC 9276 3.2", "RFC 5155 10.3"],
    )


VARIANTS = {
    "1": iterated(1, UNSEEN, "One additional NSEC3 iteration: too many by the book, followed by all"),
    "50": iterated(50, UNSEEN, "50 additional NSEC3 iterations: the most that all validators here follow"),
    "51": iterated(51, SOME, "51 additional NSEC3 iterations: one too many for some validators"),
    "100": iterated(100, SOME, "100 additional NSEC3 iterations: validators differ"),
    "150": iterated(150, SOME, "150 additional NSEC3 iterations: the most that any validator here follows"),
    "151": iterated(151, ALL, "151 additional NSEC3 iterations: denials are insecure everywhere"),
    "500": iterated(500, ALL, "500 additional NSEC3 iterations: denials are insecure everywhere"),
    "2500": iterated(
        2500, ALL, "2500 additional NSEC3 iterations: denials are insecure everywhere, and nothing fails"
    ),
}
