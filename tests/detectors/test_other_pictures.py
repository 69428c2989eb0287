"""Files that show another picture than the one that was looked at for a mark: a camera's claim is not accepted there.

Each shows, in some viewer, what this operator generated and marked, signed as a recording by somebody who is trusted.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from benchmarks.audio_tracks import Samples, speech
from tests.clips import moving_clip, write_clip
from tests.forms import sound_file
from tests.provenance.media.test_profile import LOWEST_BITS, RISING, icc
from touchmark.detectors.contradictions import ContradictionKind
from touchmark.detectors.sources import Sources
from touchmark.detectors.verdict import Outcome
from touchmark.detectors.verify import Verification, Verifier
from touchmark.provenance.keys.development import issue_development_chain
from touchmark.provenance.manifest.claim import Claim, DigitalSourceType, SoftwareAgent
from touchmark.provenance.manifest.write import sign_file
from touchmark.provenance.media.kinds import kind_of
from touchmark.provenance.media.picture import Orientation, Pixels
from touchmark.provenance.media.still import Still, StillKind
from touchmark.provenance.media.video import Sound
from touchmark.provenance.media.view import view_still
from touchmark.provenance.signing import PemSigner
from touchmark.provenance.watermark.audio import LoudnessMark
from touchmark.provenance.watermark.protocol import Payload, WatermarkKey
from touchmark.provenance.watermark.still import mark_still
from touchmark.provenance.watermark.video import LatticeWatermark

CHAIN = issue_development_chain("cameras", datetime.now(UTC).replace(microsecond=0))
KEY = WatermarkKey(b"some secret of this operator")
PAYLOAD = Payload.from_bytes(bytes(range(1, 9)))
SOUND_RATE = 44_100


@pytest.fixture
def verify(tmp_path: Path) -> Callable[[Path], Verification]:
    """A file, once a camera that is trusted has signed it."""
    signer = PemSigner.from_pem(CHAIN.signer, CHAIN.signer_key)
    verifier = Verifier(Sources(anchors=CHAIN.authority, keys=(KEY,)))

    def signed_and_verified(path: Path) -> Verification:
        kind = kind_of(path)
        assert kind is not None
        agent = SoftwareAgent("a camera", "1")
        claim = Claim("x", kind.media_type, DigitalSourceType.DIGITAL_CAPTURE, agent, datetime.now(UTC))
        signed = tmp_path / f"signed{path.suffix}"
        sign_file(path, signed, claim, signer, CHAIN.authority)
        return verifier.verify(signed)

    return signed_and_verified


def scene(seed: int) -> Pixels:
    random = np.random.default_rng(seed)
    coarse = random.integers(0, 256, (12, 16, 3)).astype(np.float32)
    fine = cv2.resize(coarse, (320, 240), interpolation=cv2.INTER_CUBIC) + random.normal(0, 6, (240, 320, 3))
    return np.clip(fine, 20, 235).astype(np.uint8)


@pytest.fixture(scope="module")
def clean() -> Pixels:
    return scene(1)


@pytest.fixture(scope="module")
def marked() -> Pixels:
    still = Still(scene(2), Orientation(), StillKind.PNG, lossless=True)
    return mark_still(still, PAYLOAD, KEY).upright


def assert_not_accepted(verification: Verification, why: str) -> None:
    assert verification.evidence.manifest.hard_binding_matches
    assert verification.verdict.outcome is Outcome.UNKNOWN
    assert why in verification.evidence.container.unseen
    assert any(why in statement.text for statement in verification.verdict.statements)


# -- pictures


@pytest.mark.parametrize("suffix", [".png", ".webp", ".tiff"])
def test_what_is_drawn_in_transparency_alone_is_not_vouched_for(marked, verify, tmp_path, suffix) -> None:
    """Black all over; on white paper it shows the picture in greys."""
    grey = cv2.cvtColor(marked, cv2.COLOR_RGB2GRAY)
    path = tmp_path / f"p{suffix}"
    assert cv2.imwrite(str(path), np.dstack([np.zeros_like(marked), 255 - grey]), [cv2.IMWRITE_WEBP_QUALITY, 101])
    assert_not_accepted(verify(path), "transparent")


def test_a_channel_of_transparency_that_hides_nothing_is_none(clean, verify, tmp_path) -> None:
    path = tmp_path / "p.png"
    assert cv2.imwrite(str(path), np.dstack([clean, np.full(clean.shape[:2], 255, np.uint8)]))
    assert verify(path).verdict.outcome is Outcome.CAPTURED


def test_a_picture_that_a_colour_profile_draws_is_not_vouched_for(clean, marked, verify, tmp_path) -> None:
    """The levels are those of one picture; the profile shows their lowest bits, which are those of another."""
    path = tmp_path / "p.png"
    assert cv2.imwrite(str(path), (clean & 0xE0) | (marked >> 3))
    for curve, accepted in ((LOWEST_BITS, False), (RISING, True)):
        content = path.read_bytes()
        note = b"p\0\0" + zlib.compress(icc(rTRC=curve, gTRC=curve, bTRC=curve))
        chunk = struct.pack(">I", len(note)) + b"iCCP" + note + struct.pack(">I", zlib.crc32(b"iCCP" + note))
        coloured = tmp_path / "coloured.png"
        coloured.write_bytes(content[:33] + chunk + content[33:])
        if accepted:
            assert verify(coloured).evidence.container.unseen == ""
        else:
            assert_not_accepted(verify(coloured), "colour profile")


@pytest.mark.parametrize("kind", [b"prof", b"rICC"])
@pytest.mark.parametrize("curve, why", [(LOWEST_BITS, "colour profile"), (RISING, "")])
def test_any_profile_of_an_avif_counts(clean, verify, tmp_path, kind, curve, why) -> None:
    odd = icc(rTRC=curve, gTRC=curve, bTRC=curve)
    path = avif(tmp_path / "p.avif", [clean], 1, box(b"colr", b"prof", icc()), box(b"colr", kind, odd))
    if why:
        assert_not_accepted(verify(path), why)
    else:
        assert verify(path).verdict.outcome is Outcome.CAPTURED


def test_an_avif_of_profiles_by_the_million_takes_no_time(clean, tmp_path) -> None:
    """Each long enough to reach over many of the next."""
    path = avif(tmp_path / "p.avif", [clean], 1)
    path.write_bytes(path.read_bytes() + box(b"free", b"\0\x3f\0\0colrprof" * 1_000_000))
    assert "colour profile" in view_still(path).unshown


def test_colours_of_a_png_without_a_profile_count_too(clean, marked, verify, tmp_path) -> None:
    """Levels that are squeezed into the brightest hundredth of sixteen bits, and shown as they were."""
    path, power = tmp_path / "p.png", 2.2 * 0.004
    for gamma, accepted in ((round(power / 2.2 * 100_000), False), (45_455, True)):
        pixels = clean if accepted else np.rint(65535 * (marked / 255) ** power).astype(np.uint16)
        assert cv2.imwrite(str(path), pixels)
        content, said = path.read_bytes(), b"gAMA" + struct.pack(">I", gamma)
        path.write_bytes(
            content[:33] + struct.pack(">I", 4) + said + struct.pack(">I", zlib.crc32(said)) + content[33:]
        )
        if accepted:
            assert verify(path).verdict.outcome is Outcome.CAPTURED
        else:
            assert_not_accepted(verify(path), "colour profile")


def test_a_page_behind_the_first_is_not_vouched_for(clean, marked, verify, tmp_path) -> None:
    path = tmp_path / "p.tiff"
    assert cv2.imwritemulti(str(path), [clean, marked])
    assert_not_accepted(verify(path), "further pictures")
    assert cv2.imwrite(str(path), clean)
    assert verify(path).verdict.outcome is Outcome.CAPTURED


def test_a_library_keeps_the_manifest_of_several_pages_behind_them(clean, marked, verify, tmp_path) -> None:
    """Where nobody has a key to look for, what is signed and whole is believed."""
    path = tmp_path / "p.tiff"
    assert cv2.imwritemulti(str(path), [clean, marked])
    verify(path)
    verification = Verifier(Sources(anchors=CHAIN.authority)).verify(tmp_path / "signed.tiff")
    assert verification.evidence.manifest.left_out == ()
    assert verification.verdict.outcome is Outcome.CAPTURED
    content = bytearray((tmp_path / "signed.tiff").read_bytes())
    content[content.index(b"jumb") - 4 - 13] ^= 1  # of the entry that leads to it
    path.write_bytes(content)
    assert Verifier(Sources(anchors=CHAIN.authority)).verify(path).verdict.outcome is not Outcome.CAPTURED


def box(kind: bytes, *content: bytes) -> bytes:
    return struct.pack(">I4s", 8 + sum(map(len, content)), kind) + b"".join(content)


def full(kind: bytes, *content: bytes, version: int = 0) -> bytes:
    return box(kind, bytes([version, 0, 0, 0]), *content)


def avif(path: Path, items: list[Pixels], shown: int, *more: bytes, tone_maps: Sequence[bytes] = ()) -> Path:
    """Several pictures of one size, of which viewers show one (ISO/IEC 23008-12); with more properties of each, and
    items that say how the second is the first one's gain map."""
    configurations, coded = [], []
    for pixels in items:
        assert cv2.imwrite(str(path), pixels, [cv2.IMWRITE_AVIF_QUALITY, 95])
        content = path.read_bytes()
        at = content.index(b"av1C") - 4
        configurations.append(content[at : at + int.from_bytes(content[at : at + 4], "big")])
        coded.append(content[content.rindex(b"mdat") + 4 :])
    height, width, _ = items[0].shape
    kinds = len(items) * [b"av01"] + len(tone_maps) * [b"tmap"]
    coded += tone_maps
    head, numbers = box(b"ftyp", b"avif\0\0\0\0avifmif1miaf"), range(1, len(coded) + 1)
    derived = [box(b"dimg", struct.pack(">HHHH", number, 2, 1, 2)) for number in numbers[len(items) :]]

    def meta(start: int) -> bytes:
        places = [start + sum(map(len, coded[: number - 1])) for number in numbers]
        located = [
            struct.pack(">HHHII", number, 0, 1, place, len(coded[number - 1]))
            for number, place in zip(numbers, places, strict=True)
        ]
        named = [
            full(b"infe", struct.pack(">HH4sB", number, 0, kind, 0), version=2)
            for number, kind in zip(numbers, kinds, strict=True)
        ]
        properties = [full(b"ispe", struct.pack(">II", width, height)), full(b"pixi", b"\3\x08\x08\x08"), *more]
        shared = bytes(range(1, len(properties) + 1))
        having = [
            struct.pack(">HB", number, len(shared) + 1) + shared + bytes([0x80 + len(shared) + number])
            for number in numbers[: len(items)]
        ]
        return full(
            b"meta",
            full(b"hdlr", bytes(4), b"pict", bytes(13)),
            full(b"pitm", shown.to_bytes(2, "big")),
            full(b"iloc", b"\x44\0", len(coded).to_bytes(2, "big"), *located),
            full(b"iinf", len(coded).to_bytes(2, "big"), *named),
            *([full(b"iref", *derived)] if derived else []),
            box(
                b"iprp",
                box(b"ipco", *properties, *configurations),
                full(b"ipma", len(items).to_bytes(4, "big"), *having),
            ),
        )

    path.write_bytes(head + meta(len(head) + len(meta(0)) + 8) + box(b"mdat", *coded))
    return path


@pytest.mark.parametrize("shown", [1, 2])
def test_of_several_pictures_the_one_that_is_shown_is_looked_at(clean, marked, verify, tmp_path, shown) -> None:
    verdict = verify(avif(tmp_path / "p.avif", [clean, marked], shown)).verdict
    kinds = {found.kind for found in verdict.contradictions}
    assert kinds == ({ContradictionKind.CAPTURE_CLAIM_OVER_MARK} if shown == 2 else set())
    assert verdict.outcome is (Outcome.CONTRADICTORY if shown == 2 else Outcome.UNKNOWN)


def aperture(width: int, height: int, below: int = 1) -> bytes:
    """In the middle (ISO/IEC 14496-12:2022, 12.1.4)."""
    return box(b"clap", struct.pack(">8I", width, below, height, below, 0, 1, 0, 1))


@pytest.mark.parametrize(
    "cut, accepted",
    [
        (aperture(310, 230), True),
        (aperture(310, 120), False),
        (aperture(160, 230), False),
        (aperture(320, 240, below=0), False),
        (20 * aperture(320, 240), False),
        (
            box(b"free", b"\0\0\0\x28clap", struct.pack(">3I", 320, 1, 40 * 240)) + aperture(160, 120),
            False,
        ),  # laid over
        (box(b"free", b"handclapping for hours, and hours"), True),
    ],
)
def test_a_picture_of_which_viewers_show_a_part_is_not_vouched_for(clean, verify, tmp_path, cut, accepted) -> None:
    """What is cut out of a large one may be small enough to hide from the search."""
    path = avif(tmp_path / "p.avif", [clean], 1, cut)
    if accepted:
        assert verify(path).verdict.outcome is Outcome.CAPTURED
    else:
        assert_not_accepted(verify(path), "clean aperture")


# -- films


def test_a_second_track_of_sound_is_not_vouched_for(verify, tmp_path) -> None:
    one = sound_file(tmp_path / "one.m4a", "aac")
    assert verify(one).verdict.outcome is Outcome.CAPTURED
    two = tmp_path / "two.m4a"
    with av.open(str(two), "w", format="ipod") as target:
        givens = [av.open(str(one)) for _ in range(2)]
        for given, track in [(given, target.add_stream_from_template(given.streams.audio[0])) for given in givens]:
            for packet in given.demux(audio=0):
                if packet.dts is not None:
                    packet.stream = track
                    target.mux(packet)
    assert_not_accepted(verify(two), "first alone")


@pytest.fixture(scope="module")
def films(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A clean film, and one that is marked."""
    folder = tmp_path_factory.mktemp("films")
    clips = {
        name: moving_clip(160, 160, count=72, rate=Fraction(24), style="flat", seed=seed)
        for seed, name in enumerate(("clean", "marked"))
    }
    marked = LatticeWatermark().embed(clips["marked"].frames, PAYLOAD, KEY)
    clips["marked"] = replace(clips["marked"], frames=marked)
    return {name: write_clip(folder / f"{name}.mp4", clip) for name, clip in clips.items()}


def joined(path: Path, *films: Path, **options: str) -> Path:
    """Beside one another, each in a track."""
    with av.open(str(path), "w", options=options) as target:
        for given, track in [
            (one, target.add_stream_from_template(one.streams.video[0])) for one in map(av.open, films)
        ]:
            for packet in given.demux(video=0):
                if packet.dts is not None:
                    packet.stream = track
                    target.mux(packet)
    return path


def with_sound(path: Path, film: Path, *sounds: tuple[Samples, str]) -> Path:
    """The pictures of one film, with tracks of sound in one codec each."""
    with av.open(str(path), "w") as target, av.open(str(film)) as given:
        pictures = target.add_stream_from_template(given.streams.video[0])
        tracks = [target.add_stream(codec, rate=SOUND_RATE, layout="mono") for _, codec in sounds]
        for packet in given.demux(video=0):
            if packet.dts is not None:
                packet.stream = pictures
                target.mux(packet)
        for (samples, _), track in zip(sounds, tracks, strict=True):
            block = av.AudioFrame.from_ndarray(np.ascontiguousarray(samples), format="fltp", layout="mono")
            block.rate, block.pts = SOUND_RATE, 0
            context = track.codec_context
            resampler = av.AudioResampler(context.format.name, "mono", SOUND_RATE, context.frame_size or 1024)
            for piece in (*resampler.resample(block), *resampler.resample(None), None):
                target.mux(track.encode(piece))
    return path


def test_every_track_of_sound_is_listened_to(films, verify, tmp_path) -> None:
    """Players let everybody choose one; some cameras keep each microphone in its own."""
    clean, other = (speech(10, seed, 120.0, SOUND_RATE)[:1] for seed in (1, 2))
    sound = LoudnessMark().embed(Sound(SOUND_RATE, 1, iter(np.array_split(other, 50, axis=1))), PAYLOAD, KEY)
    marked = np.concatenate(list(sound.blocks), axis=1)
    path = with_sound(tmp_path / "f.mov", films["clean"], (clean, "aac"), (marked, "pcm_s24be"))
    verification = verify(path)
    assert verification.verdict.outcome is Outcome.UNKNOWN
    assert [found.payload for found in verification.evidence.sound.detections] == [PAYLOAD]
    path = with_sound(tmp_path / "f.mov", films["clean"], (clean, "aac"), (other, "pcm_s24be"))
    assert verify(path).verdict.outcome is Outcome.CAPTURED


def test_sound_that_cannot_be_decoded_is_not_vouched_for(films, verify, tmp_path) -> None:
    noise = np.random.default_rng(1).normal(0, 0.1, (1, SOUND_RATE)).astype(np.float32)
    sounds = [(noise, "aac"), (noise, "pcm_mulaw")]
    for one in (sounds, sounds[1:]):
        assert_not_accepted(
            verify(with_sound(tmp_path / "f.mov", films["clean"], *one)), "sound that cannot be decoded"
        )


def top(content: bytes, start: int = 0) -> Iterator[tuple[bytes, bytes]]:
    while start < len(content):
        size = int.from_bytes(content[start : start + 4], "big")
        yield content[start + 4 : start + 8], content[start : start + size]
        start += size


@pytest.mark.parametrize("options", [{}, {"movflags": "frag_keyframe+empty_moov+default_base_moof"}])
def test_pictures_for_chapters_are_pictures(films, verify, tmp_path, options) -> None:
    """A demuxer takes the track for covers if another calls it its chapters; players let everybody choose it."""
    path = joined(tmp_path / "film.mp4", films["clean"], films["marked"], **options)
    boxes = list(top(path.read_bytes()))
    index = next(number for number, (kind, _) in enumerate(boxes) if kind == b"moov")
    inner = [whole for _, whole in top(boxes[index][1], 8)]
    first = next(number for number, whole in enumerate(inner) if whole[4:8] == b"trak")
    inner[first] = box(b"trak", inner[first][8:], box(b"tref", box(b"chap", (2).to_bytes(4, "big"))))
    boxes[index] = b"moov", box(b"moov", *inner)
    path.write_bytes(b"".join(whole for _, whole in boxes))
    assert_not_accepted(verify(path), "first alone")


def grown(content: bytes, where: Sequence[bytes], more: bytes) -> bytes:
    """A film with ``more`` at the end of the first box that this way leads to."""
    heads = {b"stsd": 8, b"avc1": 78}
    boxes, done = [], False
    for kind, whole in top(content):
        if kind == where[0] and not done:
            head, done = 8 + heads.get(kind, 0), True
            inner = grown(whole[head:], where[1:], more) if where[1:] else whole[head:] + more
            boxes.append(box(kind, whole[8:head], inner))
        else:
            boxes.append(whole)
    return b"".join(boxes)


@pytest.mark.parametrize("side, accepted", [(150, True), (120, False)])
def test_a_film_of_which_players_show_a_part_is_not_vouched_for(films, verify, tmp_path, side, accepted) -> None:
    path = joined(tmp_path / "film.mp4", films["clean"])
    way = (b"moov", b"trak", b"mdia", b"minf", b"stbl", b"stsd", b"avc1")
    path.write_bytes(grown(path.read_bytes(), way, aperture(160, side)))  # its pictures lie in front of the index
    if accepted:
        assert verify(path).verdict.outcome is Outcome.CAPTURED
    else:
        assert_not_accepted(verify(path), "clean aperture")


def test_subtitles_that_are_pictures_are_not_vouched_for(films, verify, tmp_path) -> None:
    """They can cover all of the film; drones write words."""
    path = tmp_path / "film.mp4"
    with av.open(str(path), "w") as target, av.open(str(films["clean"])) as given:
        pictures = target.add_stream_from_template(given.streams.video[0])
        words = target.add_stream("mov_text")
        words.codec_context.subtitle_header = b"[V4+ Styles]\n[Events]\n"
        for packet in given.demux(video=0):
            if packet.dts is not None:
                packet.stream = pictures
                target.mux(packet)
        caption = av.Packet(b"\0\2hi")
        caption.stream, caption.pts, caption.dts, caption.duration = words, 0, 0, 1000
        caption.time_base = Fraction(1, 1000)
        target.mux(caption)
    assert verify(path).verdict.outcome is Outcome.CAPTURED
    path.write_bytes(path.read_bytes().replace(b"tx3g", b"mp4s").replace(b"sbtl", b"subp"))
    assert_not_accepted(verify(path), "subtitles")


def test_a_second_index_is_not_vouched_for(films, verify, tmp_path) -> None:
    one, other = (dict(top(joined(tmp_path / "one.mp4", films[name]).read_bytes())) for name in ("clean", "marked"))
    film = one[b"ftyp"] + one[b"free"] + one[b"mdat"] + one[b"moov"]  # its pictures lie where they lay
    path = tmp_path / "film.mp4"
    path.write_bytes(film + other[b"mdat"] + other[b"moov"])
    assert_not_accepted(verify(path), "more than one index")


def test_pictures_that_an_edit_list_leaves_out_are_not_vouched_for(films, verify, tmp_path) -> None:
    """Some players do not read it, and show them."""
    path = tmp_path / "film.mp4"
    content = bytearray(joined(path, films["marked"]).read_bytes())
    at = content.index(b"elst") + 8
    assert content[at : at + 4] == (1).to_bytes(4, "big")
    content[at + 4 : at + 8] = (100).to_bytes(4, "big")  # a tenth of a second
    path.write_bytes(content)
    assert "edit list" in verify(path).evidence.container.unseen
    assert verify(films["clean"]).verdict.outcome is Outcome.CAPTURED


def test_a_picture_that_is_held_among_many_that_nobody_sees_is_not_vouched_for(films, verify, tmp_path) -> None:
    """A still of a minute between a hundred pictures of a millisecond, in any of which alone a mark would be found."""
    path, tick = tmp_path / "film.mp4", Fraction(1, 1000)
    with av.open(str(films["clean"])) as given, av.open(str(path), "w") as target:
        track = target.add_stream_from_template(given.streams.video[0])
        for packet in given.demux(video=0):
            if packet.dts is not None:
                at = round(packet.pts * packet.time_base / Fraction(1, 24))
                packet.pts = packet.dts = at + (60_000 if at > 30 else 0)
                packet.stream, packet.time_base, packet.duration = track, tick, 1
                target.mux(packet)
    assert_not_accepted(verify(path), "most of its time")


def test_pictures_that_cannot_be_decoded_are_not_vouched_for(films, verify, tmp_path) -> None:
    """Another player may know how."""
    path = joined(tmp_path / "film.mp4", films["clean"])
    content = bytearray(path.read_bytes())
    with av.open(str(path)) as film:
        packets = [packet for packet in film.demux(video=0) if packet.size]
    for packet in packets[len(packets) // 2 :]:
        assert packet.pos is not None
        content[packet.pos + 4 : packet.pos + packet.size] = b"\xff" * (packet.size - 4)
    path.write_bytes(content)
    assert_not_accepted(verify(path), "cannot be decoded")
