"""What can be wrong with a media file that someone gave us.

TouchmarkError
 +-- MediaError               the file given could not be read (exit 3)
 |    +-- UnreadableFileError   it is missing, a directory, or may not be opened
 |    +-- NotAVideoError        it is something else; the message says what
 |    |    +-- PlaylistError        it is a list of where the pieces of a film lie
 |    +-- NotAPictureError      where a single picture is asked for: it is something else, or it moves
 |    +-- NotASoundError        where sound is asked for: it is something else
 |    +-- TruncatedError        it ends before what it promises
 |    +-- LimitExceededError    it is larger, longer, wider or slower than the limits allow
 |    +-- DecodeError           its pictures or sound cannot be decoded
 +-- EncodeError              a video could not be written (exit 70)
"""

from __future__ import annotations

from typing import Self

from touchmark.provenance.errors import TouchmarkError


class MediaError(TouchmarkError):
    """The media file given could not be read. Every fault of an input file derives from this."""

    code = "media.unreadable"
    exit_status = 3


class UnreadableFileError(MediaError):
    """The path leads to no regular file that this process may read."""

    code = "media.no_file"


class NotAVideoError(MediaError):
    """The file is readable and is not a video in a container that touchmark reads."""

    code = "media.not_a_video"


class PlaylistError(NotAVideoError):
    """The file is a list (DASH, HLS) of where the pieces of a film lie, and holds no picture."""

    code = "media.playlist"


class NotAPictureError(MediaError):
    """The file is readable and is not a single picture of a kind that touchmark reads."""

    code = "media.not_a_picture"


class NoPicturesError(NotAVideoError):
    """It is what a video comes in, and holds sound alone: what is heard of it can be examined."""

    code = "media.no_pictures"


class NotASoundError(MediaError):
    """The file is readable and holds no sound that touchmark reads."""

    code = "media.not_a_sound"


class TruncatedError(MediaError):
    """The file ends before the index or the media that it promises."""

    code = "media.truncated"


class LimitExceededError(MediaError):
    """The file would cost more than :class:`~touchmark.provenance.media.limits.Limits` allows."""

    code = "media.limit"


class DecodeError(MediaError):
    """The container or the streams in it are damaged beyond reading."""

    code = "media.decode"


class EncodeError(TouchmarkError):
    """A video could not be written; whatever part of the file exists is not to be used."""

    code = "media.encode"

    @classmethod
    def of(cls, what: str, error: Exception, subject: str) -> Self:
        """Of what an encoder, or the disk beneath it, raised; without the private name under which it was written."""
        if isinstance(error, OSError) and error.strerror:
            remedy = "Check the disk: that it has room, and the folder may be written to."
            return cls(f"{what} cannot be written ({error.strerror})", subject=subject, remedy=remedy)
        remedy = "Try another form of file, or other settings."
        return cls(f"{what} cannot be written ({error})", subject=subject, remedy=remedy)
