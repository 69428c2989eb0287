"""Makes the table of likenesses from word vectors: clusters of words, and clusters of these.

    python -m touchmark.safety.classifier.clusters --vectors glove.6B.50d.txt      # writes likeness.npz

The vectors are GloVe's of 6 billion words of Wikipedia and news, 50 numbers each (Pennington, Socher and Manning, 2014;
https://nlp.stanford.edu/projects/glove/), which are in the public domain (PDDL 1.0). Directions are clustered, not
lengths, which tell how common a word is. Weights learnt with another table do not load, so train anew after this.
"""

from __future__ import annotations

import argparse
import re
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.cluster import KMeans

from touchmark.safety.classifier.cutting import code_points, cut
from touchmark.safety.classifier.features import word_numbers
from touchmark.safety.classifier.likeness import LIKENESSES

_COMMONEST = 100_000
"""Lines read of the file, which begins with the commonest words."""
_WORD = re.compile(r"[a-z]{2,20}")
_LIKENESSES, _REALMS = 1024, 128
"""A few hundred more or less, or a second clustering beside the first, changed nothing that could be measured."""
_ROUNDS = 40


def main() -> None:
    """Read vectors, write the table."""
    parser = argparse.ArgumentParser(prog="python -m touchmark.safety.classifier.clusters", description=__doc__)
    parser.add_argument("--vectors", type=Path, required=True, help="a word and its numbers a line, commonest first")
    parser.add_argument("--out", type=Path, default=LIKENESSES)
    parser.add_argument("--seed", type=int, default=7)
    options = parser.parse_args()
    words, vectors = read(options.vectors)
    of_word, realms = clustered(vectors, options.seed)
    # Of two words with the same number the commoner counts.
    numbers, first = np.unique(numbers_of(words), return_index=True)
    np.savez_compressed(
        options.out, words=numbers, of_word=of_word[first].astype(np.uint16), realms=realms.astype(np.uint16)
    )


def read(path: Path) -> tuple[list[str], NDArray[np.float32]]:
    """The plain English words of a file and their directions, shape (n, d)."""
    words: list[str] = []
    vectors: list[NDArray[np.float32]] = []
    with path.open(encoding="utf-8") as lines:
        for line, _ in zip(lines, range(_COMMONEST), strict=False):
            word, numbers = line.rstrip().split(" ", 1)
            if _WORD.fullmatch(word):
                words.append(word)
                vectors.append(np.asarray(numbers.split(), dtype=np.float32))
    found = np.stack(vectors)
    found -= found.mean(axis=0)
    return words, found / np.linalg.norm(found, axis=1, keepdims=True)


def clustered(vectors: NDArray[np.float32], seed: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """The likeness of each word, and the realm of each likeness."""
    near = KMeans(_LIKENESSES, n_init=1, max_iter=_ROUNDS, random_state=seed).fit(vectors)
    far = KMeans(_REALMS, n_init=1, max_iter=_ROUNDS, random_state=seed).fit(near.cluster_centers_)
    return near.labels_, far.labels_


def numbers_of(words: list[str]) -> NDArray[np.uint32]:
    """The number of each word, as of one that stands in a prompt."""
    code = code_points(" ".join(words))
    parts = cut(code)
    return word_numbers(code, parts)


if __name__ == "__main__":
    main()
