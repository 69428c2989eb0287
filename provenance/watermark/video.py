"""The invisible picture mark of touchmark: embedding and extraction.

    mark = LatticeWatermark()
    marked = mark.embed(video.frames, payload, key)     # lazily; hand it to the encoder
    ...
    with open_video(copy) as video:
        (detection,) = mark.search(video, [key])
    detection.payload, detection.p_value, detection.timeline

A keyed spread-spectrum pattern in luma and chroma (:mod:`lattice`), kept out of sight by :mod:`masking`, put somewhere
else in every video by :mod:`placement`, protected by :mod:`code`, found again in scaled, cropped, turned, leaning and
mirrored copies by :mod:`extraction`, in as few pictures as it takes (:mod:`glance`). It needs no model and no GPU; only
a holder of the key can read a mark, or write one that verifies.

What it is not: it does not prove that a video is authentic, its absence proves nothing, and a holder of the key can
remove or forge it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from fractions import Fraction
from functools import cached_property, partial
from itertools import chain
from typing import ClassVar, Final

from touchmark.provenance.errors import TouchmarkError
from touchmark.provenance.media.picture import Planes
from touchmark.provenance.media.video import Frame, Pictures
from touchmark.provenance.watermark import code
from touchmark.provenance.watermark.account import paid
from touchmark.provenance.watermark.codebook import NOTHING_EXPECTED, Expected
from touchmark.provenance.watermark.emphasis import AS_PLANNED, Emphasis
from touchmark.provenance.watermark.extraction import Effort
from touchmark.provenance.watermark.geometry import Geometry
from touchmark.provenance.watermark.glance import Glance
from touchmark.provenance.watermark.guard import ALLOWANCES, Allowance, Guard, Strength
from touchmark.provenance.watermark.lattice import Lattice
from touchmark.provenance.watermark.look import Look, hinted, is_read
from touchmark.provenance.watermark.masking import is_mostly_flat, lines_in_use
from touchmark.provenance.watermark.painter import Painter
from touchmark.provenance.watermark.placement import Placement
from touchmark.provenance.watermark.protocol import Detection, MarkState, Payload, WatermarkKey
from touchmark.provenance.watermark.reading import Reader, Sight
from touchmark.provenance.watermark.residual import gather, gather_apart, residual
from touchmark.provenance.watermark.shots import Shots, emphasis_of

SMALLEST_SIDE = 128
"""Fewest pixels on the short side of a picture that can be marked."""
_LEANING: Final = 720
"""Fewest lines of the short side from which on the first picture of a shot holds enough in any case."""
_PASSAGE = 10
"""Seconds that are looked at by themselves in a thorough search: two of them that are marked suffice."""


class PictureTooSmallError(TouchmarkError):
    """The picture has too few pixels to hold a mark."""

    code: ClassVar[str] = "watermark.picture_too_small"
    exit_status: ClassVar[int] = 70


@contextmanager
def naming(subject: str) -> Iterator[None]:
    """Say of what a picture is too small: the mark knows pictures, and not where they come from."""
    try:
        yield
    except PictureTooSmallError as error:
        raise PictureTooSmallError(error.problem, subject=subject, remedy=error.remedy) from error


class LatticeWatermark:
    """Implements :class:`touchmark.provenance.watermark.protocol.Watermark`. Stateless; any thread may use it.

    Args:
        strength: of what is embedded; extraction reads all.
    """

    def __init__(self, strength: Strength = Strength.STANDARD) -> None:
        self._allowance = ALLOWANCES[strength]

    @property
    def algorithm(self) -> str:
        """Name in the soft-binding assertion; a change that old readers cannot follow gets a new number."""
        return "io.touchmark.video.lattice.1"

    def embed(self, frames: Iterable[Frame], payload: Payload, key: WatermarkKey) -> Iterator[Frame]:
        """Mark frames one by one as they are drawn; same count, size and times.

        Raises:
            PictureTooSmallError: when a frame has under SMALLEST_SIDE pixels on its short side.
        """
        embedding, shots = _Embedding(payload, key, self._allowance), Shots()
        for frame in frames:
            planes = frame.planes
            begins = shots.begins(planes, frame.time)
            in_use = lines_in_use(planes) if begins else None
            of_shot = emphasis_of(min(planes.luma.shape), begins_shot=begins, in_use=in_use)
            marked = embedding.marked(planes, frame.time, of_shot, begins_shot=begins, is_cut=shots.cut)
            yield Frame(marked, frame.time)

    def embed_alone(self, picture: Planes, payload: Payload, key: WatermarkKey) -> Planes:
        """Mark a picture that is not one of many.

        Raises:
            PictureTooSmallError: as :meth:`embed`.
        """
        return _Embedding(payload, key, self._allowance).marked(picture, Fraction(0), AS_PLANNED, begins_shot=True)

    def extract(self, frames: Iterable[Frame], key: WatermarkKey, expected: Expected = NOTHING_EXPECTED) -> Detection:
        """Look for a mark of ``key`` in any copy, in a few frames a second. Never raises for want of a mark."""
        return Look.at(gather(frames), [key], Effort.ALL, key_frames_apart=True).named(expected)[0]

    def search(
        self,
        video: Pictures,
        keys: Sequence[WatermarkKey],
        *,
        thorough: bool = False,
        expected: Expected = NOTHING_EXPECTED,
    ) -> tuple[Detection, ...]:
        """Look for marks of several keys in a video: in its key frames, then in as many other pictures as tell whether
        there may be one (see :mod:`glance`), and in all of them only if there may.

        Between key frames a coder keeps little that they do not show, and to decode them all costs many times more.
        What is found in a long video is followed through it once more, for a timeline of seconds.

        Args:
            video: gone through several times.
            keys: whose marks to look for.
            thorough: whether to look at every picture, at all of them together and then at every few seconds by
                themselves: a part that was spliced in is found wherever it lies. Takes as long as decoding, and more.
            expected: payloads that other sources name, as a mark in the sound does. A mark of one is told where it is
                too faint to be read by itself.
        """
        if thorough:
            return self._search_everywhere(video, keys, expected)
        looks = self._looks(video, keys)
        answers = chain([looks[-1].found], (look.named(expected) for look in looks))
        return paid(next(filter(is_read, answers), looks[-1].found), len(looks))

    def _looks(self, video: Pictures, keys: Sequence[WatermarkKey]) -> list[Look]:
        """One look after another, until a payload is read or it is enough."""
        glance, key_frames = Glance(), partial(video.frames, key_frames_only=True)
        seen = gather(glance.key_frames(key_frames()))
        effort = Effort.ALL if glance.begun else Effort.UPRIGHT
        looks = [Look.at(seen, keys, effort, key_frames)]
        if looks[0].verified or not keys:
            return looks
        if not glance.enough:
            early = gather(glance.until_enough(video.frames()))
            # A mark too faint for its geometry to show is faintest between key frames: where these hint at none, it is
            # not sought there again.
            further = Effort.GEOMETRY if effort is Effort.ALL and not looks[0].suspicious else Effort.ALL
            later = [stretch for stretch in seen if not early or stretch.start >= early[-1].end]
            again = video.frames if glance.whole else None
            looks.append(Look.at([*early, *later], keys, further, again, key_frames_apart=glance.opened))
            if glance.whole:
                return looks
        if hinted(looks):
            looks.append(Look.at(gather(video.frames()), keys, Effort.ALL, video.frames))
        return looks

    def _search_everywhere(
        self, video: Pictures, keys: Sequence[WatermarkKey], expected: Expected
    ) -> tuple[Detection, ...]:
        """What all pictures together say, or else for each key the first passage that a payload is read from."""
        whole = Look.at(gather(video.frames()), keys, Effort.ALL, video.frames, key_frames_apart=True)
        found = dict(zip(keys, whole.found, strict=True))
        looks, missing = 1, [key for key in keys if found[key].state is not MarkState.VERIFIED]
        for passage in gather_apart(video.frames(), _PASSAGE) if missing else ():
            looks += 1
            read = zip(missing, Look.at(passage, missing, Effort.GEOMETRY).found, strict=True)
            found |= {key: detection for key, detection in read if detection.state is MarkState.VERIFIED}
            missing = [key for key in missing if found[key].state is not MarkState.VERIFIED]
            if not missing:
                break
        named = dict(zip(keys, whole.named(expected), strict=True)) if missing else {}
        found |= {key: named[key] for key in missing}
        return paid((found[key] for key in keys), looks)


class _Embedding:
    """Writes one payload into the pictures of one video, given one by one in their order."""

    def __init__(self, payload: Payload, key: WatermarkKey, allowance: Allowance) -> None:
        self._lattice = Lattice.of(key)
        self._code_bits = code.encode(payload, key)
        self._key = key
        self._placement = Placement(self._lattice, payload, key)
        self._guard = Guard(allowance)
        self._painter: Painter | None = None

    def marked(
        self, picture: Planes, time: Fraction, emphasis: Emphasis, *, begins_shot: bool, is_cut: bool = False
    ) -> Planes:
        """A marked copy, as strong as ``emphasis`` says and the guard allows."""
        height, width = picture.luma.shape
        if min(height, width) < SMALLEST_SIDE:
            raise PictureTooSmallError(
                f"a picture of {width}x{height} pixels is too small to carry the invisible mark",
                remedy=f"Make it at least {SMALLEST_SIDE} pixels on its short side.",
            )
        shift = self._placement.shift(picture, time, begins_shot=begins_shot)
        if self._painter is None or (self._painter.size, self._painter.shift) != ((height, width), shift):
            self._painter = Painter(self._lattice, self._code_bits, height, width, shift)
        painter = self._painter
        if not emphasis.is_even and min(height, width) < _LEANING and not is_mostly_flat(picture):
            painter = self._leant(painter, picture, emphasis)
        return self._guard.marked(
            picture,
            float(time),
            lambda amplitude: painter.paint(picture, amplitude, emphasis),
            is_instant=not emphasis.is_even,
            is_cut=is_cut,
        )

    @cached_property
    def _reader(self) -> Reader:
        """What few videos need: it takes longer to make than a picture to mark."""
        return Reader(self._lattice, self._key)

    def _leant(self, painter: Painter, picture: Planes, emphasis: Emphasis) -> Painter:
        """One that spends more on the waves that this very picture speaks against: strong compression leaves hardly
        more than it, and of the noise in it half is the picture's own."""
        across, down = painter.shift
        geometry = Geometry(shift_x=float(across), shift_y=float(down))
        pictures = picture, painter.paint(picture, emphasis=emphasis)
        before, after = (Sight(residual(planes), geometry) for planes in pictures)
        return painter.leant(self._reader.leaning(before, after, self._code_bits))
