"""Programs read one JSON object, people a line for each failure and a last one with the sums."""

import io
import json

from hypothesis import given
from hypothesis import strategies as st

from services.replay.showing import Ended, ForPeople, ForPrograms
from services.replay.tally import Failure, Outcome, Tally

FAILURES = st.lists(
    st.builds(
        Failure,
        line=st.integers(1),
        outcome=st.sampled_from(Outcome),
        code=st.just("code"),
        reason=st.text(),
        external_id=st.none() | st.text(),
    ),
    max_size=5,
)


@given(FAILURES)
def test_what_is_written_for_programs_is_one_object_with_every_failure(
    failures: list[Failure],
) -> None:
    out = io.StringIO()
    shown = ForPrograms(out)
    tally = Tally(shown.fail, accepted=7)
    for failure in failures:
        tally.fail(failure)
    shown.end(tally, Ended(1.5, waited=False, stopped=None))
    told = json.loads(out.getvalue())
    assert [(one["line"], one["reason"]) for one in told["failed"]] == [
        (failure.line, failure.reason) for failure in failures
    ]
    assert told["accepted"] == 7
    assert sum(told[outcome] for outcome in Outcome) == len(failures)


def test_what_is_written_for_people_names_line_id_and_reason() -> None:
    out = io.StringIO()
    shown = ForPeople(out)
    tally = Tally(shown.fail, accepted=1200, visible=1199)
    tally.fail(Failure(17, Outcome.QUARANTINED, "quarantined", "see the dead letters", "ext-17"))
    tally.warn("unknown_policy", "/reason/policy_id")
    shown.end(tally, Ended(61, waited=True, stopped=None))
    assert out.getvalue().splitlines() == [
        "line 17 (ext-17): quarantined: quarantined: see the dead letters",
        "accepted with a warning: 1 × unknown_policy /reason/policy_id",
        "1,200 accepted, 0 refused, 1 quarantined, 1,199 in the queue; 61.0 s",
    ]


def test_nothing_from_a_file_steers_the_terminal() -> None:
    out = io.StringIO()
    ForPeople(out).fail(Failure(1, Outcome.REFUSED, "invalid", "\x1b[2Jgone\r", "\u202eid"))
    assert out.getvalue() == "line 1 (\ufffdid): refused: invalid: \ufffd[2Jgone\ufffd\n"
