"""What happens to a video on its way through the world: some eighty named attacks, from file to file.

    ATTACKS["h264_crf28"](Path("sealed.mp4"), Path("seen.mp4"))

Each does what a platform, an editor or a phone does and no more, and ends in a real encoder, as every upload does. All
are deterministic. Some write webm, so an attack names its suffix. None knows how the mark works: attacks by someone who
does stand in the benchmark of its security.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from pathlib import Path

from av.codec.codec import UnknownCodecError

from touchmark.provenance.errors import TouchmarkError
from touchmark.provenance.watermark.bench.passages import (
    averaged,
    dropped,
    each,
    excerpt,
    noisy,
    one_second,
    paced,
    reordered,
    reversed_in_time,
    spliced,
)
from touchmark.provenance.watermark.bench.pictures import (
    HANDHELD,
    MILD,
    STRONG,
    blurred,
    brightness,
    captioned,
    contrast,
    cropped,
    gamma,
    hue,
    jpeg,
    median,
    mirrored,
    moire,
    padded,
    perspective,
    quarter_turn,
    resized,
    rotated,
    saturation,
    upside_down,
    vertical,
    with_logo,
)
from touchmark.provenance.watermark.bench.transcode import Apply, Chain, Edited, Reencode, remux

__all__ = ["ATTACKS", "Attack", "AttackUnavailableError", "Family", "Reencode", "remux"]


class AttackUnavailableError(TouchmarkError):
    """FFmpeg has no encoder here that an attack needs, or the attack leaves no picture of so short a clip."""

    code = "watermark.attack_unavailable"


class Family(StrEnum):
    """Kinds of attack, in the order of tables."""

    CODEC = "codec"
    GEOMETRIC = "geometric"
    PHOTOMETRIC = "photometric"
    TEMPORAL = "temporal"
    CHAIN = "chain"


@dataclass(frozen=True, slots=True)
class Attack:
    """A named way to change a file.

    Attributes:
        name: what command lines and data call it.
        apply: reads the first path, writes the second.
        family: where it stands in a table.
        label: what a table calls it.
        suffix: the container of the second path.
    """

    name: str
    apply: Apply
    family: Family
    label: str
    suffix: str = ".mp4"

    def __call__(self, source: Path, destination: Path) -> None:
        """Attack ``source`` and write ``destination``, which ends in ``suffix``.

        Raises:
            MediaError: ``source`` cannot be read.
            AttackUnavailableError: there is no such encoder here.
        """
        try:
            self.apply(source, destination)
        except UnknownCodecError as error:
            raise AttackUnavailableError(
                f"this build of FFmpeg has no encoder called {error}",
                subject=self.name,
                remedy="Install PyAV from its own wheels, or leave this attack out.",
            ) from error


def _h264(crf: int, scale: Fraction = Fraction(1), lines: int | None = None) -> Reencode:
    return Reencode("libx264", {"crf": str(crf)}, scale, lines)


def _codecs() -> Iterator[Attack]:
    yield Attack("remux", remux, Family.CODEC, "copied, manifest lost")
    for crf in (23, 28, 30, 35, 40, 45, 50):
        yield Attack(f"h264_crf{crf}", _h264(crf), Family.CODEC, f"H.264, CRF {crf}")
    for crf in (23, 30, 40, 50):
        rgb = Reencode("libx264rgb", {"crf": str(crf)}, pixel_format="rgb24")
        yield Attack(f"h264rgb_crf{crf}", rgb, Family.CODEC, f"H.264 in RGB, CRF {crf}")
    for crf in (23, 28, 30, 35, 40, 50):
        yield Attack(f"h265_crf{crf}", Reencode("libx265", {"crf": str(crf)}), Family.CODEC, f"H.265, CRF {crf}")
    for crf in (35, 50):
        yield Attack(f"av1_crf{crf}", Reencode("libsvtav1", {"crf": str(crf)}), Family.CODEC, f"AV1, CRF {crf}")
    for crf in (36, 40):
        encoder = Reencode("libvpx-vp9", {"crf": str(crf)})
        yield Attack(f"vp9_crf{crf}", encoder, Family.CODEC, f"VP9, CRF {crf}", ".webm")


def _geometric() -> Iterator[Attack]:
    attacks: dict[str, tuple[Apply, str]] = {
        "half_size": (_h264(23, Fraction(1, 2)), "half the size"),
        "scale_055": (_h264(23, Fraction(55, 100)), "0.55 of the size"),
        "scale_071": (_h264(23, Fraction(71, 100)), "0.71 of the size"),
        "scale_150": (_h264(23, Fraction(3, 2)), "1.5 times the size"),
        "aspect_090": (Edited(each(resized(0.9, 1))), "0.9 of the width"),
        "stretch_075": (Edited(each(resized(3 / 4, 1))), "16:9 squeezed to 4:3"),
        "stretch_133": (Edited(each(resized(4 / 3, 1))), "4:3 stretched to 16:9"),
        "rotate_2": (Edited(each(rotated(2))), "turned by 2 degrees"),
        "rotate_5": (Edited(each(rotated(5))), "turned by 5 degrees"),
        "rotate_10": (Edited(each(rotated(10))), "turned by 10 degrees"),
        "rotate_90": (Edited(each(quarter_turn)), "turned by 90 degrees"),
        "flip_horizontal": (Edited(each(mirrored)), "mirrored"),
        "flip_vertical": (Edited(each(upside_down)), "flipped top to bottom"),
        "crop_50": (Edited(each(cropped(0.5))), "cropped to 50% of the area"),
        "crop_30": (Edited(each(cropped(0.3))), "cropped to 30% of the area"),
        "padding_10": (Edited(each(padded(0.1, 0.1))), "black frame, 10% each side"),
        "letterbox": (Edited(each(padded(0, 0.15))), "black bars, 15% above and below"),
        "perspective_mild": (Edited(each(perspective(MILD))), "mild perspective"),
        "perspective_strong": (Edited(each(perspective(STRONG))), "strong perspective"),
    }
    for name, (apply, label) in attacks.items():
        yield Attack(name, apply, Family.GEOMETRIC, label)


def _photometric() -> Iterator[Attack]:
    attacks = {
        "brightness_050": (each(brightness(0.5)), "brightness 0.5"),
        "brightness_150": (each(brightness(1.5)), "brightness 1.5"),
        "contrast_050": (each(contrast(0.5)), "contrast 0.5"),
        "contrast_150": (each(contrast(1.5)), "contrast 1.5"),
        "saturation_050": (each(saturation(0.5)), "saturation 0.5"),
        "saturation_150": (each(saturation(1.5)), "saturation 1.5"),
        "grey": (each(saturation(0)), "grey"),
        "hue_025": (each(hue(0.25)), "hue turned by 0.25"),
        "gamma_060": (each(gamma(0.6)), "gamma 0.6"),
        "gamma_160": (each(gamma(1.6)), "gamma 1.6"),
        "blur_9": (each(blurred(9)), "Gaussian blur, 9 pixels"),
        "blur_17": (each(blurred(17)), "Gaussian blur, 17 pixels"),
        "median_5": (each(median(5)), "median of 5 by 5 pixels"),
        "median_9": (each(median(9)), "median of 9 by 9 pixels"),
        "noise_005": (noisy(0.05), "noise, 0.05 of the range"),
        "jpeg_50": (each(jpeg(50)), "JPEG pictures, quality 50"),
        "jpeg_40": (each(jpeg(40)), "JPEG pictures, quality 40"),
        "captions": (each(captioned), "captions"),
        "logo": (each(with_logo), "a channel's logo"),
    }
    for name, (edit, label) in attacks.items():
        yield Attack(name, Edited(edit), Family.PHOTOMETRIC, label)


def _temporal() -> Iterator[Attack]:
    attacks = {
        "drop_20": (dropped(Fraction(1, 5)), "20% of the pictures missing"),
        "drop_50": (dropped(Fraction(1, 2)), "50% of the pictures missing"),
        "frame_rate_0625": (paced(rate=Fraction(5, 8)), "0.625 of the frame rate"),
        "speed_050": (paced(Fraction(1, 2)), "half the speed"),
        "speed_150": (paced(Fraction(3, 2)), "1.5 times the speed"),
        "speed_200": (paced(Fraction(2)), "twice the speed"),
        "average_3": (averaged, "mean of 3 pictures"),
        "reversed": (reversed_in_time, "backwards"),
        "reorder_4": (reordered, "every 4 pictures in another order"),
        "cut": (excerpt(Fraction(3, 10), Fraction(7, 10)), "cut to the middle 40%"),
        "splice": (spliced, "first half somebody else's"),
    }
    for name, (edit, label) in attacks.items():
        yield Attack(name, Edited(edit), Family.TEMPORAL, label)


def _chains() -> Iterator[Attack]:
    darker_part = Edited(each(cropped(0.5), brightness(0.5)))
    attacks: dict[str, tuple[Apply, str]] = {
        "social_540p_crf30": (_h264(30, lines=540), "social media: 540p, CRF 30"),
        "social_360p_crf32": (_h264(32, lines=360), "social media: 360p, CRF 32"),
        "vertical_recrop": (Edited(each(vertical), 28), "cropped to an upright screen, CRF 28"),
        **{
            f"combined_crf{crf}": (Chain((_h264(crf), darker_part)), f"CRF {crf}, then 50%, half as bright")
            for crf in (23, 30, 40, 50)
        },
        "screen_recording": (
            Edited(each(moire, perspective(HANDHELD), resized(0.85, 0.85)), 28),
            "filmed off a screen, CRF 28",
        ),
        "one_second_480p": (Chain((Edited(one_second, 18), _h264(28, lines=480))), "one second, 480p, CRF 28"),
    }
    for name, (apply, label) in attacks.items():
        yield Attack(name, apply, Family.CHAIN, label)


ATTACKS: Mapping[str, Attack] = {
    attack.name: attack
    for attacks in (_codecs(), _geometric(), _photometric(), _temporal(), _chains())
    for attack in attacks
}
"""The attacks by name, in the order of tables."""
