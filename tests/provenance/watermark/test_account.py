"""What every further key costs."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from touchmark.provenance.watermark.account import paid
from touchmark.provenance.watermark.protocol import Detection, MarkState, Payload
from touchmark.provenance.watermark.statistics import PRESENCE_LEVEL, exact_verified_tail

_detections = st.one_of(
    st.builds(lambda p: Detection(MarkState.VERIFIED, "k", Payload(1), p), st.floats(1e-300, 1e-9)),
    st.builds(lambda p: Detection(MarkState.PRESENT, "k", None, p), st.floats(1e-300, PRESENCE_LEVEL / 2)),
    st.just(Detection(MarkState.NOTHING_FOUND, "k")),
)


@given(st.lists(_detections, max_size=4), st.integers(0, 10**7))
def test_a_further_test_never_makes_a_finding_surer(detections: list[Detection], tests: int) -> None:
    for before, after in zip(detections, paid(detections, tests), strict=True):
        assert before.p_value <= after.p_value <= 1
        assert after.key_id == before.key_id
        assert after.state in (before.state, MarkState.NOTHING_FOUND)
        if after.state is not MarkState.NOTHING_FOUND:
            assert after.payload == before.payload
            assert after.p_value == before.p_value * max(tests, 1) < PRESENCE_LEVEL
        else:
            assert (after.payload, after.p_value) == (None, 1.0)


def test_one_test_costs_nothing() -> None:
    detection = Detection(MarkState.PRESENT, "k", None, 1e-9)
    assert paid([detection], 1) == (detection,)
    assert paid([detection], 2000) == (Detection(MarkState.NOTHING_FOUND, "k"),)


def test_a_payload_that_verified_once_in_too_many_tries_was_not_read() -> None:
    tried = exact_verified_tail(0.0, 4 * 1024)  # with nothing but its check bits to speak for it
    read = Detection(MarkState.VERIFIED, "k", Payload(1), tried)
    assert paid([read], 100)[0].payload == Payload(1)
    assert paid([read], 360) == (Detection(MarkState.NOTHING_FOUND, "k"),)  # passages of a film of an hour
