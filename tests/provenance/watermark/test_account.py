"""What every further key costs."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from touchmark.provenance.watermark.account import paid
from touchmark.provenance.watermark.protocol import Detection, MarkState, Payload
from touchmark.provenance.watermark.statistics import PRESENCE_LEVEL

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
        if before.state is MarkState.VERIFIED:
            assert (after.state, after.payload) == (before.state, before.payload)
            assert after.p_value == min(1.0, before.p_value * max(tests, 1))
        if after.state is MarkState.PRESENT:
            assert after.p_value < PRESENCE_LEVEL


def test_one_test_costs_nothing() -> None:
    detection = Detection(MarkState.PRESENT, "k", None, 1e-9)
    assert paid([detection], 1) == (detection,)
    assert paid([detection], 2000) == (Detection(MarkState.NOTHING_FOUND, "k"),)
