"""States behind observations, and how claims judge them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from harness.expectation import (
    Bogus,
    Insecure,
    Match,
    Observers,
    Secure,
    State,
    StateExpectation,
    Unreachable,
    WronglyDenied,
    classify,
    duration_text,
    ede_text,
    only,
    others,
)
from lab.cause import Cause, EdeCodes
from lab.query import Answer, ExtendedError, Observation

NAME = "www.shop.lab."
DATA = (f"{NAME} A 192.0.2.2",)
AD = Answer("NOERROR", ad=True, records=DATA)
PLAIN = Answer("NOERROR", records=DATA)
SERVFAIL = Answer("SERVFAIL")
NOTHING = Answer(None, failed="timeout")
TABLE: dict[Cause, EdeCodes] = {
    Cause.NO_KEY_FOR_DS: frozenset({6, 9}),
    Cause.UNSIGNED_UNDER_DS: frozenset({None}),
    Cause.SIGNATURE_EXPIRED: frozenset({7, None}),
}


def saw(answer: Answer, unchecked: Answer | None = None, *, validates: bool = True) -> Observation:
    """An observation at a resolver."""
    return Observation(
        "unbound", validates, NAME, "A", answer, unchecked, datetime(2030, 1, 1, tzinfo=UTC), 0.0
    )


def servfail(*codes: int) -> Answer:
    """SERVFAIL with these EDE codes."""
    return Answer("SERVFAIL", ede=tuple(ExtendedError(code) for code in codes))


SECURE, INSECURE = saw(AD), saw(PLAIN)
BOGUS, DOWN, MUTE = saw(SERVFAIL, PLAIN), saw(SERVFAIL, SERVFAIL), saw(NOTHING, NOTHING)
UNASKED = saw(SERVFAIL)


@pytest.mark.parametrize(
    ("seen", "state"),
    [
        (SECURE, State.SECURE),
        (saw(Answer("NXDOMAIN", ad=True)), State.SECURE),
        (saw(Answer("NOERROR", ad=True)), State.SECURE),
        (INSECURE, State.INSECURE),
        (saw(Answer("NXDOMAIN")), State.INSECURE),
        (BOGUS, State.BOGUS),
        (saw(SERVFAIL, Answer("NXDOMAIN")), State.BOGUS),
        (DOWN, State.UNREACHABLE),
        (saw(SERVFAIL, NOTHING), State.UNREACHABLE),
        (saw(SERVFAIL, Answer("REFUSED")), State.UNREACHABLE),
        (MUTE, State.UNREACHABLE),
        (saw(NOTHING, PLAIN), State.UNREACHABLE),
        (saw(NOTHING), State.UNREACHABLE),
        (saw(Answer("REFUSED")), State.UNREACHABLE),
        (saw(Answer("FORMERR"), PLAIN), State.UNREACHABLE),
        (UNASKED, State.UNCONFIRMED),
    ],
)
def test_the_state_behind_an_observation(seen: Observation, state: State) -> None:
    """Bogus is SERVFAIL with an answer under CD=1 and nothing else; an outage never passes for it."""
    assert classify(seen) is state


@pytest.mark.parametrize("claim", [Secure(NAME), Insecure(NAME), Bogus(NAME), Unreachable(NAME)], ids=repr)
@pytest.mark.parametrize(
    ("seen", "state"),
    [
        (SECURE, State.SECURE),
        (INSECURE, State.INSECURE),
        (BOGUS, State.BOGUS),
        (DOWN, State.UNREACHABLE),
        (MUTE, State.UNREACHABLE),
        (UNASKED, State.UNCONFIRMED),
    ],
)
def test_a_claim_is_met_by_its_own_state_only(
    claim: StateExpectation, seen: Observation, state: State
) -> None:
    """Each claim is met by the state it names; by any other it is not, and says which it was."""
    judgement = claim.judge(seen, {})
    if state is claim.state:
        assert judgement.match is Match.MET
        assert not judgement.difference
    else:
        assert judgement.match is Match.NOT_MET
        assert judgement.difference.startswith(state.value)
        assert judgement.difference.endswith(f"instead of {claim.state.value}")


@pytest.mark.parametrize("claim", [Secure(NAME), Insecure(NAME), Bogus(NAME)], ids=repr)
@pytest.mark.parametrize("answer", [PLAIN, AD], ids=["plain", "ad"])
def test_the_control_must_answer_on(claim: StateExpectation, answer: Answer) -> None:
    """Whatever validators are to say, the control, which does not validate, answers."""
    assert claim.judge(saw(answer, validates=False), {}).match is Match.MET


@pytest.mark.parametrize("claim", [Secure(NAME), Insecure(NAME), Bogus(NAME)], ids=repr)
@pytest.mark.parametrize("answer", [SERVFAIL, NOTHING, Answer("NOERROR"), Answer("NXDOMAIN")], ids=repr)
def test_a_control_without_an_answer_meets_no_such_claim(claim: StateExpectation, answer: Answer) -> None:
    """Where the control has no data, the zone itself is down, and that is no validation failure."""
    judgement = claim.judge(saw(answer, SERVFAIL, validates=False), {})
    assert judgement.match is Match.NOT_MET
    assert judgement.difference.startswith("the control does not answer")


def test_the_control_feels_a_plain_outage_too() -> None:
    """`Unreachable` is claimed of the control as well: one that answers refutes it."""
    assert Unreachable(NAME).judge(saw(SERVFAIL, SERVFAIL, validates=False), {}).match is Match.MET
    judgement = Unreachable(NAME).judge(saw(PLAIN, validates=False), {})
    assert (judgement.match, judgement.difference) == (Match.NOT_MET, "answers")


@pytest.mark.parametrize(
    ("cause", "codes"),
    [
        (Cause.NO_KEY_FOR_DS, (6,)),
        (Cause.NO_KEY_FOR_DS, (9,)),
        (Cause.NO_KEY_FOR_DS, (6, 9)),
        (Cause.UNSIGNED_UNDER_DS, ()),
        (Cause.SIGNATURE_EXPIRED, (7,)),
        (Cause.SIGNATURE_EXPIRED, ()),
    ],
)
def test_an_ede_as_measured_meets_the_claim(cause: Cause, codes: tuple[int, ...]) -> None:
    """Every code of the vendor's table for that cause is right, and so is none where none was measured."""
    assert Bogus(NAME, cause=cause).judge(saw(servfail(*codes), PLAIN), TABLE).match is Match.MET


@pytest.mark.parametrize(
    ("cause", "codes", "difference"),
    [
        (Cause.NO_KEY_FOR_DS, (7,), "EDE 7 where EDE 6 or 9 was measured"),
        (Cause.NO_KEY_FOR_DS, (6, 7), "EDE 6 or 7 where EDE 6 or 9 was measured"),
        (Cause.NO_KEY_FOR_DS, (), "no EDE where EDE 6 or 9 was measured"),
        (Cause.UNSIGNED_UNDER_DS, (9,), "EDE 9 where no EDE was measured"),
        (Cause.SIGNATURE_EXPIRED, (8,), "EDE 8 where EDE 7 or no EDE was measured"),
    ],
)
def test_another_ede_is_its_own_result(cause: Cause, codes: tuple[int, ...], difference: str) -> None:
    """Bogus with a code that was not measured is neither met nor a failure to validate."""
    judgement = Bogus(NAME, cause=cause).judge(saw(servfail(*codes), PLAIN), TABLE)
    assert (judgement.match, judgement.difference) == (Match.OTHER_EDE, difference)


@pytest.mark.parametrize("cause", [None, Cause.SIGNATURE_NOT_YET_VALID])
def test_an_unmeasured_ede_is_not_judged(cause: Cause | None) -> None:
    """Without a cause, or with one that the vendor's table lacks, any EDE will do."""
    assert Bogus(NAME, cause=cause).judge(saw(servfail(22), PLAIN), TABLE).match is Match.MET


def test_an_ede_does_not_make_an_outage_bogus() -> None:
    """The right code with SERVFAIL under CD=1 too is an outage all the same, and the code is shown."""
    judgement = Bogus(NAME, cause=Cause.NO_KEY_FOR_DS).judge(saw(servfail(6), SERVFAIL), TABLE)
    assert judgement.match is Match.NOT_MET
    assert judgement.difference == "unreachable (SERVFAIL, EDE 6) instead of bogus"


def test_a_missing_answer_is_shown_with_its_reason() -> None:
    """Where nothing came back, the difference says why."""
    assert Secure(NAME).judge(MUTE, {}).difference == "unreachable (timeout) instead of secure"


@pytest.mark.parametrize(
    ("claim", "needed"),
    [(Secure(NAME), False), (Insecure(NAME), False), (Bogus(NAME), True), (Unreachable(NAME), True)],
    ids=repr,
)
def test_only_claims_about_failures_ask_again_with_cd(claim: StateExpectation, needed: bool) -> None:
    """A recovery that is being timed must not be disturbed by CD=1; a failure must be confirmed by it."""
    assert claim.needs_confirmation is needed


@pytest.mark.parametrize(
    ("on", "included", "words"),
    [
        (Observers(), [0, 1, 2, 3], "every validator"),
        (only(0), [0], "the first validator"),
        (only(1), [1], "the second validator"),
        (only(3), [3], "the 4th validator"),
        (others(0), [1, 2, 3], "every validator but the first"),
        (others(2), [0, 1, 3], "every validator but the third"),
    ],
    ids=repr,
)
def test_observers(on: Observers, included: list[int], words: str) -> None:
    """A claim is about all validators, one of them, or all but one, and says so."""
    assert [place for place in range(4) if on.include(place)] == included
    assert on.describe() == words


@pytest.mark.parametrize(
    ("claim", "words"),
    [
        (Secure(NAME), "www.shop.lab. A is secure at every validator"),
        (Insecure(NAME, "MX"), "www.shop.lab. MX is insecure at every validator"),
        (
            Bogus(NAME, on=only(1), cause=Cause.SIGNATURE_EXPIRED),
            "www.shop.lab. A is bogus at the second validator because the signatures have expired",
        ),
        (
            Unreachable(NAME, within=timedelta(minutes=3)),
            "www.shop.lab. A is unreachable at every validator within 3 min",
        ),
    ],
    ids=repr,
)
def test_a_claim_says_itself(claim: StateExpectation, words: str) -> None:
    """Name, type, state, where, by when and why stand in one sentence."""
    assert claim.describe() == words


@pytest.mark.parametrize("claim", [Secure(NAME), Insecure(NAME), Bogus(NAME), Unreachable(NAME)], ids=repr)
def test_a_claim_says_its_command(claim: StateExpectation) -> None:
    """The command to check it asks the resolver given for the name claimed; bogus needs +cd beside it."""
    assert claim.command("192.0.2.53").startswith(f"dig @192.0.2.53 {NAME} A")
    assert ("+cd" in claim.command()) is isinstance(claim, Bogus)


@pytest.mark.parametrize(
    ("codes", "words"),
    [
        ({6}, "EDE 6"),
        ({9, 6}, "EDE 6 or 9"),
        ({None}, "no EDE"),
        ({7, None}, "EDE 7 or no EDE"),
        ({0, None}, "EDE 0 or no EDE"),
    ],
    ids=repr,
)
def test_ede_codes_in_words(codes: set[int | None], words: str) -> None:
    """Codes come in order, and no code at all is a value too (0, "other", is a code)."""
    assert ede_text(codes) == words


@pytest.mark.parametrize(
    ("duration", "words"),
    [
        (timedelta(0), "0 s"),
        (timedelta(seconds=61.4), "61 s"),
        (timedelta(seconds=119.4), "119 s"),
        (timedelta(seconds=119.6), "2 min"),
        (timedelta(seconds=150), "2 min 30 s"),
        (timedelta(minutes=59, seconds=59), "59 min 59 s"),
        (timedelta(minutes=59, seconds=59.7), "1 h"),
        (timedelta(hours=1), "1 h"),
        (timedelta(hours=1, minutes=5), "1 h 5 min"),
        (timedelta(hours=1, minutes=59, seconds=40), "2 h"),
        (timedelta(hours=23, minutes=59, seconds=50), "1 d"),
        (timedelta(days=3, hours=4), "3 d 4 h"),
        (timedelta(days=13, hours=23, minutes=40), "14 d"),
        (timedelta(hours=-1, minutes=-5), "1 h 5 min"),
    ],
    ids=repr,
)
def test_durations_in_words(duration: timedelta, words: str) -> None:
    """At most two units, rounded, without a sign."""
    assert duration_text(duration) == words


NODATA, NXDOMAIN = Answer("NOERROR", ad=True), Answer("NXDOMAIN", ad=True)
PLAIN_NODATA, PLAIN_NXDOMAIN = Answer("NOERROR"), Answer("NXDOMAIN")


@pytest.mark.parametrize(
    ("claim", "answer", "match"),
    [
        (Secure(NAME, denied=True), NODATA, Match.MET),
        (Secure(NAME, denied=True), NXDOMAIN, Match.MET),
        (Secure(NAME, denied=True), PLAIN_NXDOMAIN, Match.NOT_MET),
        (Secure(NAME, denied=True), AD, Match.NOT_MET),
        (Secure(NAME), NODATA, Match.NOT_MET),
        (Secure(NAME), NXDOMAIN, Match.NOT_MET),
        (Insecure(NAME, denied=True), PLAIN_NODATA, Match.MET),
        (Insecure(NAME, denied=True), PLAIN, Match.NOT_MET),
        (Insecure(NAME), PLAIN_NODATA, Match.NOT_MET),
        (WronglyDenied(NAME), NODATA, Match.MET),
        (WronglyDenied(NAME), AD, Match.NOT_MET),
        (WronglyDenied(NAME), PLAIN_NODATA, Match.NOT_MET),
    ],
    ids=lambda part: part.describe() if isinstance(part, StateExpectation) else None,
)
def test_a_denial_is_not_an_answer(claim: StateExpectation, answer: Answer, match: Match) -> None:
    """A denial of what is there is as wrong as records of what is not, however well it validates."""
    assert claim.judge(saw(answer), {}).match is match


@pytest.mark.parametrize(
    ("claim", "answer", "match"),
    [
        (Secure(NAME, denied=True), PLAIN_NXDOMAIN, Match.MET),
        (Secure(NAME, denied=True), PLAIN_NODATA, Match.MET),
        (Secure(NAME, denied=True), PLAIN, Match.NOT_MET),
        (Secure(NAME, denied=True), SERVFAIL, Match.NOT_MET),
        (Bogus(NAME, denied=True), PLAIN_NXDOMAIN, Match.MET),
        (Bogus(NAME, denied=True), PLAIN, Match.NOT_MET),
        (Bogus(NAME), PLAIN_NODATA, Match.NOT_MET),
        (WronglyDenied(NAME), PLAIN, Match.MET),
        (WronglyDenied(NAME), PLAIN_NODATA, Match.NOT_MET),
        (Unreachable(NAME), PLAIN_NODATA, Match.NOT_MET),
    ],
    ids=lambda part: part.describe() if isinstance(part, StateExpectation) else None,
)
def test_the_control_is_told_of_what_is_there(claim: StateExpectation, answer: Answer, match: Match) -> None:
    """Of what does not exist it is told so without records; what exists it gets, whatever validators make of it."""
    assert claim.judge(saw(answer, validates=False), {}).match is match


def test_a_claim_about_a_denial_says_so() -> None:
    """In words a reader can't take for a claim about records."""
    assert Secure(NAME, denied=True).describe() == f"the denial of {NAME} A is secure at every validator"
    assert (
        WronglyDenied(NAME).describe() == f"{NAME} A, which exists, is denied, validated, at every validator"
    )
