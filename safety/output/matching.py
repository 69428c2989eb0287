"""Finds the videos of hash banks in a video, as vPDQ compares them: frame by frame, then by shares of frames.

    search = Search(BankIndex(load_banks(folder)))
    for frame in sampled: search.look(frame)
    for match in search.matches(): ...

A frame matches another whose hash differs in at most 31 of 256 bits, if both have a quality of 50; of equal hashes in a
video one counts. A video matches where 80% of its frames are found in the banked one (an excerpt of it) *or* 80% of the
banked one's frames are found in it (it was put into something longer). Frames are compared as they are, mirrored, and
without plain borders.

Every hash is compared with every frame of the banks. Half of its bits rule out all but one in a billion; what is left
is compared in full. For banks of millions of frames, see what ``benchmarks/bank.py`` measured.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from touchmark.provenance.media.video import Frame
from touchmark.safety.decision import Action, Severity
from touchmark.safety.output.bank import QUALITY, Bank, BankedVideo
from touchmark.safety.output.borders import without_borders
from touchmark.safety.output.findings import OutputFinding, Ruling
from touchmark.safety.output.pdq import pdq
from touchmark.safety.output.vpdq import INTERVAL

DISTANCE: Final = 31
"""Bits in which the hashes of two alike frames may differ (vPDQ's default). Unlike ones differ in 128 or so."""
SHARE: Final = 0.8
"""Of a video's frames that must be found in the other (vPDQ's default)."""


@dataclass(frozen=True, slots=True)
class Match:
    """A video of a bank that was found.

    Attributes:
        bank, video: which.
        share: of the frames of the video that was searched, those found in the banked one.
        banked_share: of the banked video's frames, those found in the video that was searched.
        start, end: times in the searched video, in seconds, of the first and last frame that was found.
        frames: how many frames were found.
    """

    bank: Bank
    video: BankedVideo
    share: float
    banked_share: float
    start: Fraction
    end: Fraction
    frames: int

    def as_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return {
            "bank": self.bank.name,
            "category": self.bank.category.value,
            "video": self.video.id,
            "label": self.video.label,
            "share": round(self.share, 4),
            "banked_share": round(self.banked_share, 4),
            "start": round(float(self.start), 3),
            "end": round(float(self.end), 3),
            "frames": self.frames,
        }


class BankIndex:
    """The frames of some banks, laid out to be searched. Read-only, usable from many threads.

    Attributes:
        banks: which.
        videos: every video of them, with its bank.
        owners: ndarray of shape (n_frames,): the place in ``videos`` of each distinct frame that can be compared.
        counts: ndarray of shape (n_videos,): how many those are for each video.
    """

    def __init__(self, banks: Sequence[Bank]) -> None:
        self.banks = tuple(banks)
        self.videos = tuple((bank, video) for bank in banks for video in bank.videos)
        owners, hashes, before = [np.empty(0, np.int64)], [np.empty((0, 4), np.uint64)], 0
        for bank in banks:
            usable = bank.frames[bank.frames["quality"] >= QUALITY]
            words = np.ascontiguousarray(usable["bits"]).view(np.uint64).reshape(-1, 4)
            rows = np.unique(np.column_stack([usable["video"].astype(np.uint64), words]), axis=0)
            owners.append(rows[:, 0].astype(np.int64) + before)
            hashes.append(rows[:, 1:])
            before += len(bank.videos)
        self.owners = np.concatenate(owners)
        self.counts = np.bincount(self.owners, minlength=before)
        self._words = np.ascontiguousarray(np.concatenate(hashes).T)

    def near(self, bits: bytes) -> NDArray[np.intp]:
        """Places in ``owners`` of the frames whose hashes differ from this one in at most :data:`DISTANCE` bits."""
        wanted = np.frombuffer(bits, np.uint64)
        first, second, third, fourth = self._words
        half = np.bitwise_count(first ^ wanted[0]) + np.bitwise_count(second ^ wanted[1])
        places = np.flatnonzero(half <= DISTANCE)
        rest = np.bitwise_count(third[places] ^ wanted[2]) + np.bitwise_count(fourth[places] ^ wanted[3])
        found: NDArray[np.intp] = places[half[places].astype(np.int64) + rest <= DISTANCE]
        return found


class Search:
    """One video that is looked for in banks. Keeps a hash for every frame that was sampled, and no picture."""

    def __init__(self, index: BankIndex) -> None:
        self._index = index
        self._seen: set[bytes] = set()
        self._found = np.zeros(index.owners.size, bool)
        self._frames = np.zeros(len(index.videos), np.int64)
        self._times: dict[int, tuple[Fraction, Fraction]] = {}

    @property
    def compared(self) -> int:
        """How many distinct frames had the quality to be compared."""
        return len(self._seen)

    def add(self, forms: Sequence[bytes], quality: int, time: Fraction) -> None:
        """Look for one frame.

        Args:
            forms: its hash, and those of its other forms, such as its mirror image; one that matches is enough.
            quality: of the hash.
            time: seconds from the beginning.
        """
        if quality < QUALITY or forms[0] in self._seen:
            return
        self._seen.add(forms[0])
        places = np.concatenate([self._index.near(bits) for bits in forms])
        self._found[places] = True
        for video in np.unique(self._index.owners[places]).tolist():
            self._frames[video] += 1
            self._times[video] = (self._times.get(video, (time, time))[0], time)

    def look(self, frame: Frame) -> None:
        """Look for a frame as it is, mirrored, and without the borders that it may have been given."""
        inner = without_borders(frame.pixels)
        hashes = [pdq(pixels) for pixels in (frame.pixels, inner) if pixels is not None]
        good = [hashed for hashed in hashes if hashed.quality >= QUALITY]
        if good:
            forms = [bits for hashed in good for bits in (hashed.bits, hashed.mirrored_bits)]
            self.add(forms, good[0].quality, frame.time)

    def matches(self) -> tuple[Match, ...]:
        """The banked videos that match so far, the surest first."""
        found = np.bincount(self._index.owners[self._found], minlength=len(self._index.videos))
        matches = []
        for place, (start, end) in self._times.items():
            frames = int(self._frames[place])
            share, banked = frames / len(self._seen), float(found[place] / self._index.counts[place])
            if max(share, banked) >= SHARE:
                matches.append(Match(*self._index.videos[place], share, banked, start, end, frames))
        return tuple(sorted(matches, key=lambda match: -max(match.share, match.banked_share)))


class BankCheck:
    """Holds a video that matches one in a bank, whatever the policy says of its category at least for review."""

    name = "hash-banks"
    interval = INTERVAL

    def __init__(self, index: BankIndex, ruling: Ruling) -> None:
        self._index = index
        self._ruling = ruling

    def inspect(self) -> _BankInspection:
        """Begin with a new video."""
        return _BankInspection(Search(self._index), self._ruling)


class _BankInspection:
    def __init__(self, search: Search, ruling: Ruling) -> None:
        self._search = search
        self._ruling = ruling

    def look(self, frame: Frame) -> Iterable[OutputFinding]:
        self._search.look(frame)
        return []

    def finish(self) -> Iterable[OutputFinding]:
        return [self._finding(match) for match in self._search.matches()]

    def _finding(self, match: Match) -> OutputFinding:
        bank = match.bank
        reason = f" ({bank.reason})" if bank.reason else ""
        why = (
            f"{match.share:.0%} of its frames are in video {match.video.id} of the hash bank {bank.name}{reason}, "
            f"and {match.banked_share:.0%} of that video's frames are in it."
        )
        return self._ruling.finding(
            bank.category,
            Severity.HIGH,
            check=BankCheck.name,
            score=max(match.share, match.banked_share),
            explanation=why,
            what=f"{bank.name}/{match.video.id}",
            at=(match.start, match.end),
            frames=match.frames,
            least=Action.REVIEW,
        )
