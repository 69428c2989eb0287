"""The invisible mark of touchmark in sound: embedding and extraction.

    mark = LoudnessMark()
    marked = mark.embed(video.sound, payload, key)      # lazily; hand it to the encoder
    ...
    with open_video(copy) as reader:
        (detection,) = mark.extract(reader.sound(), [key])
    detection.payload, detection.p_value, detection.timeline

Small cells of time and frequency are made a little louder or softer, by signs that only the key tells, within what the
ear forgives (:mod:`sound.masking`). Coders, other sampling rates, noise and changes of tempo or pitch leave loudness
in place where they shift every sample; so the mark outlives them. The payload is the picture's, protected by the same
code and the same keyed check bits, and judged by the same :mod:`statistics`.

What it is not: it does not prove that a sound is authentic, its absence proves nothing, and a holder of the key can
remove or forge it. Silence cannot be marked.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar, Protocol

from touchmark.provenance.errors import TouchmarkError
from touchmark.provenance.media.video import Sound
from touchmark.provenance.watermark import code, statistics
from touchmark.provenance.watermark.protocol import Detection, MarkState, Payload, Segment, WatermarkKey
from touchmark.provenance.watermark.sound.embed import Writer
from touchmark.provenance.watermark.sound.evidence import Stretch, stretches
from touchmark.provenance.watermark.sound.framing import Framing
from touchmark.provenance.watermark.sound.pattern import Pattern, first_row
from touchmark.provenance.watermark.sound.reading import Reading, read, seconds
from touchmark.provenance.watermark.sound.recognition import Recognition
from touchmark.provenance.watermark.sound.synchronise import (
    TESTS,
    Alignment,
    Cells,
    Finder,
    correlation,
    is_searched_anyhow,
)

LOWEST_RATE = 4000
"""Fewest samples a second of a sound that can be marked."""
ENOUGH_RATE = 16000
"""Samples a second that hold all of a mark, also of one moved up in pitch: more cost time and tell nothing."""

_WORTH_READING = 4.5
"""A place where the template fits worse than this is not decoded."""
_SEEN = 6.0
"""A template that fits so well is there, and more is done to read what lies with it: chance does so in 1e-9 places."""
_CANDIDATES_READ = 16
"""How many messages are tried there, when the likeliest does not verify."""
_RECOGNISED_ANYHOW = 2
"""Names that are also looked for at any tempo and pitch: whoever writes a manifest may put many there."""
_GOES_ON = 1e-9
"""P-value below which a mark that was read is taken to go on where it is expected: no search is needed."""


class RateTooLowError(TouchmarkError):
    """The sound has too few samples a second to hold a mark."""

    code: ClassVar[str] = "watermark.rate_too_low"
    exit_status: ClassVar[int] = 70


class SoundMark(Protocol):
    """An invisible mark in sound; the counterpart of :class:`touchmark.provenance.watermark.protocol.Watermark`."""

    @property
    def algorithm(self) -> str:
        """Reverse-domain name, as in the C2PA soft-binding algorithm list."""
        ...

    def embed(self, sound: Sound, payload: Payload, key: WatermarkKey) -> Sound:
        """Mark blocks as they are drawn; as many samples at the same rate."""
        ...

    def extract(
        self, sound: Sound, keys: Sequence[WatermarkKey], named: Sequence[Payload] = ()
    ) -> tuple[Detection, ...]:
        """Look for a mark of each key in one pass, also for a faint one of the ``named`` payloads; a detection for
        each. Never raises for want of a mark.

        Each detection is the account of its own key alone: see :mod:`touchmark.provenance.watermark.account`.
        """
        ...


def heard_by_name(
    heard: Sequence[Detection],
    seen: Sequence[Detection],
    listen: Callable[[list[Payload]], Sequence[Detection]],
    asked: Sequence[Payload] = (),
) -> tuple[Detection, ...]:
    """What a video's sound says once its picture is read: what that names is looked for in the sound too.

    Args:
        heard, seen: in the sound and in the picture, for each key.
        listen: to the sound once more, for faint marks of payloads.
        asked: payloads that were listened for already.
    """
    known = {*asked, *(found.payload for found in heard)}
    named = [payload for found in seen if found.is_read and (payload := found.payload) and payload not in known]
    if not named or not heard:
        return tuple(heard)
    pairs = zip(heard, listen(list(dict.fromkeys([*asked, *named]))), strict=True)
    return tuple(found if found.state is MarkState.VERIFIED else again for found, again in pairs)


class LoudnessMark:
    """Implements :class:`SoundMark`. Stateless; any thread may use it."""

    @property
    def algorithm(self) -> str:
        """Name in the soft-binding assertion; a change that old readers cannot follow gets a new number."""
        return "io.touchmark.audio.loudness.1"

    def embed(self, sound: Sound, payload: Payload, key: WatermarkKey) -> Sound:
        """Mark sound as it is drawn, reading two seconds ahead; as many samples at the same rate.

        Raises:
            RateTooLowError: when there are under LOWEST_RATE samples a second.
        """
        if sound.rate < LOWEST_RATE:
            raise RateTooLowError(
                f"sound of {sound.rate} samples a second cannot carry the invisible mark",
                remedy=f"Give at least {LOWEST_RATE} samples a second.",
            )
        signs = Pattern.of(key).carrying(code.encode(payload, key))
        writer = Writer(signs, first_row(payload, key), sound.rate, sound.channels)
        return Sound(sound.rate, sound.channels, writer.mark(sound.blocks))

    def extract(
        self, sound: Sound, keys: Sequence[WatermarkKey], named: Sequence[Payload] = ()
    ) -> tuple[Detection, ...]:
        """Look for a mark of each key in any copy, stretch by stretch. Never raises for want of a mark.

        Args:
            named: payloads that other sources name, as a mark in the picture does. A mark of one is told where it is
                too faint to be read by itself.
        """
        if sound.rate < LOWEST_RATE:
            return tuple(Detection(MarkState.NOTHING_FOUND, key.key_id) for key in keys)
        extractions = [_Extraction(key, named) for key in keys]
        for stretch in stretches(sound.blocks, sound.channels, Framing(sound.rate)):
            for extraction in extractions:
                extraction.examine(stretch)
        return tuple(extraction.detection() for extraction in extractions)


class _Extraction:
    """One search for one key, with the account of everything that was tried."""

    def __init__(self, key: WatermarkKey, named: Sequence[Payload]) -> None:
        self._key = key
        self._recognitions = [Recognition(payload, key) for payload in named]
        self._pattern = Pattern.of(key)
        self._template = self._pattern.known
        self._finder = Finder(self._template)
        self._known: _Known | None = None
        self._likeliest = 0.0
        self._decodings = 0
        self._stretches = 0
        self._timeline: list[Segment] = []

    def examine(self, stretch: Stretch) -> None:
        """Look through one stretch: first for the mark already read, going on; then anew."""
        self._stretches += 1
        if self._known and (expected := self._known.going_on(stretch)):
            self._timeline += seconds(stretch, expected, self._known.reading.signs)
            return
        reading, fit = self._read(stretch)
        if self._known is None and reading is None:
            anyhow = len(self._recognitions) <= _RECOGNISED_ANYHOW and is_searched_anyhow(self._stretches)
            for recognition in self._recognitions:
                recognition.examine(stretch, anyhow=anyhow)
        self._likeliest = min(self._likeliest, self._finder.log_tail(stretch, fit))
        if reading is None:
            self._timeline += seconds(stretch, fit, self._template, TESTS)
            return
        self._timeline += seconds(stretch, fit, reading.signs)
        if self._known is None or reading.z > self._known.reading.z:
            self._known = _Known(reading, fit, stretch)

    def _read(self, stretch: Stretch) -> tuple[Reading | None, Alignment]:
        """The first reading that verifies and where, or the best fit of the template."""
        best = Alignment(0.0, 0.0)
        searches = [self._finder.as_it_was, self._finder.anyhow]
        for search in searches[: 2 if self._known or is_searched_anyhow(self._stretches) else 1]:
            for fit in search(stretch):
                best = max(best, fit, key=lambda fit: fit.z)
                if fit.z < _WORTH_READING:
                    break
                self._decodings += 1
                reading = read(stretch, fit, self._pattern, self._key)
                if reading.payload is not None:
                    return reading, fit
        if best.z > _SEEN:
            self._decodings += _CANDIDATES_READ
            reading = read(stretch, best, self._pattern, self._key, _CANDIDATES_READ)
            if reading.payload is not None:
                return reading, best
        return None, best

    def detection(self) -> Detection:
        """What all stretches together say."""
        key_id, timeline = self._key.key_id, tuple(self._timeline)
        if self._known is not None:
            reading = self._known.reading
            p_value = statistics.exact_verified_tail(reading.log_tail, self._decodings)
            return Detection(MarkState.VERIFIED, key_id, reading.payload, p_value, timeline)
        named = [found for each in self._recognitions if (found := each.detection(len(self._recognitions)))]
        if named:
            return min(named, key=lambda detection: detection.p_value)
        p_value = statistics.paid_tail(self._likeliest, TESTS * max(1, self._stretches))
        if p_value < statistics.PRESENCE_LEVEL:
            return Detection(MarkState.PRESENT, key_id, None, p_value, timeline)
        return Detection(MarkState.NOTHING_FOUND, key_id)


@dataclass(frozen=True, slots=True)
class _Known:
    """A payload that was read, and where it lay."""

    reading: Reading
    fit: Alignment
    stretch: Stretch

    def going_on(self, later: Stretch) -> Alignment | None:
        """Where it lies in a later stretch if nothing was cut out between; None where it does not."""
        expected = self.fit.gone_on(self.stretch, later)
        z = correlation(Cells.of(later, expected).folded(), self.reading.signs)
        return expected if statistics.tail(z) < _GOES_ON else None
