"""What can be sealed besides what is generated here: a finished video, sound or picture, each in its own form.

    form = Form.of(source, output, as_is=False)
    signed = form.make(source, sealer, claim, payload, staged_file, checks)

A video is written anew as mp4; a sound as what it was; a picture as what it was, or as PNG. The way around this is
walked in ``generation.release``: nothing here publishes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

import numpy as np

from touchmark.generation.staging import OutputError, OutputNameError
from touchmark.provenance.manifest.claim import Claim
from touchmark.provenance.manifest.write import SignedManifest
from touchmark.provenance.media.errors import NotAVideoError
from touchmark.provenance.media.kinds import M4A, MP4, PNG, Family, Kind, kind_of
from touchmark.provenance.media.limits import Limits
from touchmark.provenance.media.picture import Orientation
from touchmark.provenance.media.sound import WRITTEN, open_sound
from touchmark.provenance.media.source import open_file
from touchmark.provenance.media.still import Still, StillKind, read_still, still_kind, suffixes
from touchmark.provenance.media.video import Frame
from touchmark.provenance.seal import Sealer
from touchmark.provenance.watermark.protocol import Payload
from touchmark.provenance.wording import any_of
from touchmark.safety.output.checks import OutputCheck, checked

_ALSO_CALLED = {".m4a": (".m4b", ".mp4"), ".tiff": (".tif",), ".jpg": (".jpeg",), ".mp4": (".m4v",)}


@dataclass(frozen=True, slots=True)
class Form:
    """In what form a source is sealed.

    Attributes:
        source: the kind of file that it is.
        written: the kind of file that is published.
    """

    source: Kind
    written: Kind

    @classmethod
    def of(cls, source: Path, output: Path, *, as_is: bool) -> Form:
        """Decide by what ``source`` is and what ``output`` is called.

        Args:
            source: a file.
            output: its suffix must be one of a form that ``source`` can be written in.
            as_is: whether nothing may be encoded anew.

        Raises:
            UnreadableFileError: ``source`` is no file, or may not be read.
            NotAVideoError: it is of no kind that can be sealed.
            OutputNameError: ``output`` is called something else.
            OutputError: nothing can be written of this form.
        """
        kind = kind_of(source)
        if kind is None:
            with open_file(source, Limits()):
                pass  # says so of what is no file, or may not be read
        if kind is None or kind.family is Family.DOCUMENT or (as_is and not kind.media_type):
            raise NotAVideoError(
                f"is {kind.name}, which cannot be sealed" if kind else "is no file of a kind that can be sealed",
                subject=str(source),
                remedy="Give a video, a picture, or a sound in WAV, FLAC, MP3 or M4A.",
            )
        for written in cls._possible(source, kind, as_is=as_is):
            names = _names(source, written)
            if output.suffix.lower() in names:
                return cls(kind, written)
        possible = [name for written in cls._possible(source, kind, as_is=as_is) for name in _names(source, written)]
        if not possible:
            raise OutputError(
                f"{kind.name} is not written", subject=str(source), remedy="Convert it to a usual form first."
            )
        raise OutputNameError(
            f"{kind.name} is sealed as {any_of(list(dict.fromkeys(possible)))}",
            subject=str(output),
            remedy=f"Let the name end in {possible[0]}.",
        )

    @staticmethod
    def _possible(source: Path, kind: Kind, *, as_is: bool) -> tuple[Kind, ...]:
        if as_is:
            return (kind,)
        if kind.family is Family.VIDEO:
            return (MP4,)
        if kind.family is Family.SOUND:
            return (kind,) if kind in WRITTEN else ()
        read = still_kind(source)
        if read is None:
            return ()
        return (kind, PNG) if suffixes(read) and kind is not PNG else (PNG,)

    @property
    def has_pictures(self) -> bool:
        """Whether there is anything to see in it."""
        return self.written.family is not Family.SOUND

    @property
    def is_video(self) -> bool:
        """Whether pictures move in it."""
        return self.written.family is Family.VIDEO

    def make(
        self,
        source: Path,
        sealer: Sealer,
        claim: Claim,
        payload: Payload,
        destination: Path,
        checks: Sequence[OutputCheck],
        noted: Callable[[Still], Still],
    ) -> SignedManifest:
        """Mark and sign a sound or a picture into ``destination``.

        ``checks`` look at the picture first; ``noted`` then puts what is to be disclosed on it and into its file.

        Raises:
            MediaError: ``source`` cannot be read.
            TouchmarkError: of checks, watermark, encoder or signer. Nothing is left at ``destination``.
        """
        if self.written.family is Family.SOUND:
            with open_sound(source) as reader:
                return sealer.seal_sound(reader, claim, payload, destination)
        still = read_still(source)
        for _ in checked(iter((Frame(still.upright, Fraction(0), is_key=True),)), checks):
            pass
        if self.written is PNG and still.kind is not StillKind.PNG:
            upright = np.ascontiguousarray(still.orientation.view(still.pixels))
            still = replace(still, pixels=upright, orientation=Orientation(), kind=StillKind.PNG, carried=())
        return sealer.seal_still(noted(still), claim, payload, destination)


def _names(source: Path, written: Kind) -> tuple[str, ...]:
    names = (written.suffix, *_ALSO_CALLED.get(written.suffix, ()))
    return (*names, source.suffix.lower()) if written is M4A else names
