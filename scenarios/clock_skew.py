"""A clock is wrong: signatures carry absolute times, and somebody reads them at another time."""

from datetime import timedelta

from harness import (
    Bogus,
    Cause,
    CorrectClocks,
    FlushCache,
    Offer,
    ResignAfresh,
    Scenario,
    Secure,
    Wait,
    only,
    others,
)
from harness.faults.signer_clock import SignerClockWrong
from harness.faults.validator_clock import ValidatorClockWrong

ZONE, WWW, BYSTANDER = "shop.lab.", "www.shop.lab.", "www.bystander.lab."
MONTH, FEW_DAYS = timedelta(days=30), timedelta(days=3)
SOON = timedelta(minutes=3)


def at_validator(place: int, ahead: timedelta, cause: Cause, title: str) -> Scenario:
    """The story of one validator among others."""
    return Scenario(
        title=title,
        symptom="One resolver answers SERVFAIL for every signed zone, all others are fine; nobody changed a zone.",
        fault=ValidatorClockWrong(ahead, place),
        validators_needed=place + 1,
        steady_state=[Secure(WWW), Secure(BYSTANDER)],
        impact=[
            Bogus("w1.shop.lab.", on=only(place), cause=cause),
            Bogus("w1.bystander.lab.", on=only(place), cause=cause),
            Secure("w1.shop.lab.", on=others(place)),
            Secure("w1.bystander.lab.", on=others(place)),
        ],
        remedy=[CorrectClocks(), FlushCache(place)],
        recovery=[Secure("w2.shop.lab.", within=SOON), Secure("w2.bystander.lab.", within=SOON)],
        references=["RFC 4034 3.1.5", "RFC 4035 5.3.1"],
        offers={"clock-alone": Offer("correct the clock, and leave the cache as it is", [CorrectClocks()])},
    )


SIGNER = Scenario(
    title="The signer's clock is ahead: what it signs is not valid yet",
    symptom="After the signer was moved to a new machine, validating resolvers answer SERVFAIL for the zone.",
    fault=SignerClockWrong(ZONE, FEW_DAYS),
    steady_state=[Secure(WWW), Secure(BYSTANDER)],
    impact=[
        Wait.ttl(ZONE, "DNSKEY"),
        Bogus("w1.shop.lab.", cause=Cause.SIGNATURE_NOT_YET_VALID),
        Secure(BYSTANDER),
    ],
    remedy=[CorrectClocks(), ResignAfresh(ZONE)],
    recovery=[Secure("w2.shop.lab.", within=SOON), Secure(BYSTANDER)],
    references=["RFC 4034 3.1.5", "RFC 4035 5.3.1"],
    offers={
        "clock-alone": Offer("correct the clock, and leave the zone as it was signed", [CorrectClocks()])
    },
)

VARIANTS = {
    "ahead": at_validator(
        0, MONTH, Cause.SIGNATURE_EXPIRED, "A validator's clock is ahead: all has expired for it"
    ),
    "ahead-second": at_validator(
        1, MONTH, Cause.SIGNATURE_EXPIRED, "Another vendor's clock is ahead: all has expired for it"
    ),
    "behind": at_validator(
        0,
        -FEW_DAYS,
        Cause.SIGNATURE_NOT_YET_VALID,
        "A validator's clock is behind: nothing is valid yet for it",
    ),
    "behind-second": at_validator(
        1,
        -FEW_DAYS,
        Cause.SIGNATURE_NOT_YET_VALID,
        "Another vendor's clock is behind: nothing is valid yet for it",
    ),
    "signer": SIGNER,
}
