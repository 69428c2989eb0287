"""A tail-biting convolutional code of rate 1/4 and constraint length 13: bits around a ring, and the likeliest paths.

    code_bits = convolve(message)                   # four for each bit
    likeliest(evidence, 1024)                       # messages, likeliest first

The generators are of maximal free distance 33 (Larsen, "Short convolutional codes with maximal free distance for rates
1/2, 1/3 and 1/4", IEEE Trans. Inf. Theory, 1973).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

_CONSTRAINT = 13
_GENERATORS = (0o11145, 0o12477, 0o15537, 0o16727)
RATE: Final = len(_GENERATORS)
"""Code bits for each bit."""
_STATES = 1 << (_CONSTRAINT - 1)
_CLOSINGS = 16
"""In how many states, the likeliest, the ring may be closed. Simulated at the edge of what can be read, 11.3 to 12.7
standard deviations: the thousand likeliest through eight times as many hold the right message no oftener (23 of 50)."""
_IMPOSSIBLE = 1e30
"""What is lost on a way that does not begin where it must."""

Real = NDArray[np.float32]
Bits = NDArray[np.uint8]


def convolve(message: Bits) -> Bits:
    """Encode around the ring: the register starts with the message's last bits, so no tail is spent.

    Args:
        message: ndarray of shape (..., n), 0 or 1, n at least 13.

    Returns:
        ndarray of shape (..., RATE * n).
    """
    register = np.zeros(message.shape, np.int64)
    for age in range(_CONSTRAINT):
        register |= np.roll(message, age, axis=-1).astype(np.int64) << age
    bits = np.stack([_parity(register & g) for g in _GENERATORS], axis=-1).astype(np.uint8)
    return bits.reshape(*message.shape[:-1], -1)


def likeliest_path(evidence: Real) -> Bits:
    """The maximum-likelihood message, mostly: the ring is run around three times and the middle lap kept.

    Args:
        evidence: ndarray of shape (RATE * n,): log-likelihood ratio of each code bit (any common scale), positive
            where 0 is likelier.
    """
    laps, branches = 3, _branches(evidence)
    steps = len(branches)
    oldest = np.empty((laps * steps, _STATES), np.bool_)
    metric = np.zeros(_STATES, np.float32)
    for step in range(laps * steps):
        metric = _advanced(metric, branches[step % steps], oldest[step])
        metric -= metric[0]
    path = np.empty(laps * steps, np.uint8)
    state = int(np.argmax(metric))
    for step in range(laps * steps - 1, -1, -1):
        path[step] = state & 1
        state = (state >> 1) | (int(oldest[step, state]) << (_CONSTRAINT - 2))
    return path[steps : 2 * steps]


def likeliest(evidence: Real, count: int) -> Bits:
    """The ``count`` likeliest messages of those that close the ring in one of its likeliest states, likeliest first.

    Where the likeliest message is not the right one, that is often among the next, and a check tells (Seshadri and
    Sundberg, "List Viterbi decoding algorithms with applications", IEEE Trans. Commun. 1994). Any path is the best one
    that ends like it, but for its deviations: where it comes from the other of two states, at a loss that is known. So
    each path that is found leads to those that deviate once more before, and what loses more than the last of ``count``
    paths already found is not followed.

    Args:
        evidence: as in :func:`likeliest_path`.
        count: a thousand take some ten times as long as the likeliest alone.

    Returns:
        ndarray of shape (count, n), or fewer rows where there are fewer.
    """
    branches = _branches(evidence)
    best = _Best(count, len(branches))
    for state in _likeliest_closings(branches)[: min(count, _CLOSINGS)]:
        _Trellis.closed(branches, int(state)).collect(best)
    return best.messages[np.argsort(best.losses, kind="stable")]


def _parity(values: NDArray[np.int64]) -> NDArray[np.int64]:
    for shift in (16, 8, 4, 2, 1):
        values = values ^ (values >> shift)
    return values & 1


def _branches(evidence: Real) -> Real:
    """How well the registers whose oldest and newest bit are 0 agree with the evidence, at each step.

    All generators hold the oldest bit and the newest, so either bit turns all four output bits around and the sign of
    the score with them: these registers tell of all. Shape (n, STATES / 2), by the bits between.
    """
    registers = 2 * np.arange(_STATES // 2, dtype=np.int64)
    signs = np.stack([1 - 2 * _parity(registers & g) for g in _GENERATORS]).astype(np.float32)
    return np.asarray(evidence.reshape(-1, RATE) @ signs, np.float32)


def _advanced(metric: Real, branch: Real, oldest: NDArray[np.bool_] | None = None, loss: Real | None = None) -> Real:
    """The best metric of each state one step later.

    ``oldest`` is told which bit each has lost on the way that is best, ``loss`` how much worse the other way is. The
    state before holds the oldest bit and the bits between, the state after the bits between and the newest.
    """
    with_0, with_1 = metric[: _STATES // 2], metric[_STATES // 2 :]
    of_0, of_1 = np.empty((2, _STATES // 2, 2), np.float32)
    np.add(with_0, branch, out=of_0[:, 0])
    np.subtract(with_0, branch, out=of_0[:, 1])
    np.subtract(with_1, branch, out=of_1[:, 0])
    np.add(with_1, branch, out=of_1[:, 1])
    if oldest is not None:
        np.greater(of_1, of_0, out=oldest.reshape(of_1.shape))
    if loss is not None:
        np.abs(np.subtract(of_1, of_0, out=loss.reshape(of_1.shape)), out=loss.reshape(of_1.shape))
    return np.asarray(np.maximum(of_0, of_1, out=of_0).ravel(), np.float32)


def _preceding(metric: Real, branch: Real) -> Real:
    """The best metric of each state one step earlier."""
    after = metric.reshape(_STATES // 2, 2)
    with_0 = np.maximum(after[:, 0] + branch, after[:, 1] - branch)
    return np.concatenate([with_0, np.maximum(after[:, 0] - branch, after[:, 1] + branch)])


def _likeliest_closings(branches: Real) -> NDArray[np.intp]:
    """All states in which the ring may be closed, likeliest first: by what leads to each and what follows from it, over
    two laps each, as if they had no end."""
    steps = len(branches)
    before = np.zeros(_STATES, np.float32)
    after = np.zeros(_STATES, np.float32)
    for step in range(2 * steps):
        before = _advanced(before, branches[step % steps])
        before -= before.max()
        after = _preceding(after, branches[-1 - step % steps])
        after -= after.max()
    return np.argsort(-(before + after))


@dataclass(frozen=True, slots=True)
class _Paths:
    """Ways around the ring, each known from some step to the end, and longer unknown first.

    Attributes:
        losses: of each in all, beside nothing lost at all.
        unknown: how many steps, from the beginning on, are not known.
        states: where each is after these.
        messages: bits, right from there on.
    """

    losses: Real
    unknown: NDArray[np.intp]
    states: NDArray[np.intp]
    messages: Bits

    def chosen(self, which: NDArray[np.intp]) -> _Paths:
        """Some of them."""
        return _Paths(self.losses[which], self.unknown[which], self.states[which], self.messages[which])


class _Best:
    """The paths of least loss among all that were added."""

    def __init__(self, count: int, steps: int) -> None:
        self.count = count
        self.losses = np.zeros(0, np.float32)
        self.messages = np.zeros((0, steps), np.uint8)

    @property
    def most(self) -> float:
        """What a path may lose to be one of them."""
        return float(self.losses.max()) if len(self.losses) == self.count else _IMPOSSIBLE / 2

    def add(self, paths: _Paths) -> None:
        """Whole paths."""
        losses = np.concatenate([self.losses, paths.losses])
        kept = _least(losses, self.count)
        self.losses, self.messages = losses[kept], np.concatenate([self.messages, paths.messages])[kept]


@dataclass(frozen=True, slots=True)
class _Trellis:
    """All paths from one state around to it.

    Attributes:
        state: where the ring is closed.
        top: the metric of the best.
        oldest: which bit a state has lost on the best way to it, of shape (n, STATES).
        losses: how much worse the other way to it is.
    """

    state: int
    top: float
    oldest: NDArray[np.bool_]
    losses: Real

    @classmethod
    def closed(cls, branches: Real, state: int) -> _Trellis:
        """Costs a third of :func:`likeliest_path`."""
        oldest = np.empty((len(branches), _STATES), np.bool_)
        losses = np.empty((len(branches), _STATES), np.float32)
        metric = np.full(_STATES, -_IMPOSSIBLE, np.float32)
        metric[state] = 0
        for step, branch in enumerate(branches):
            metric = _advanced(metric, branch, oldest[step], losses[step])
        return cls(state, float(metric[state]), oldest, losses)

    def collect(self, best: _Best) -> None:
        """Add all paths that are among the best."""
        steps = len(self.oldest)
        start = np.full(1, self.state, np.intp)
        paths = _Paths(np.full(1, -self.top, np.float32), np.full(1, steps), start, np.zeros((1, steps), np.uint8))
        while (paths := paths.chosen(np.flatnonzero(paths.losses < best.most))).losses.size:
            deviating = self._traced(paths, best.most)
            best.add(paths)
            paths = deviating.chosen(_least(deviating.losses, best.count))

    def _traced(self, paths: _Paths, most: float) -> _Paths:
        """Make ``paths`` whole; returns those that lose less than ``most`` and deviate from one of them once more."""
        states, deviating = paths.states.copy(), []
        for step in range(int(paths.unknown[0]) - 1, -1, -1):
            among = int(np.searchsorted(-paths.unknown, -step))  # to those of which this step is not known
            here = states[:among]
            paths.messages[:among, step] = here & 1
            oldest = self.oldest[step, here].astype(np.intp)
            losses = paths.losses[:among] + self.losses[step, here]
            which = np.flatnonzero(losses < most)
            other = here[which] >> 1 | (1 - oldest[which]) << (_CONSTRAINT - 2)
            deviating.append((losses[which], np.full(len(which), step), other, which))
            states[:among] = here >> 1 | oldest << (_CONSTRAINT - 2)
        losses, unknown, others, parents = (np.concatenate(part) for part in zip(*deviating, strict=True))
        return _Paths(losses, unknown, others, paths.messages[parents])


def _least(values: Real, count: int) -> NDArray[np.intp]:
    """Where the ``count`` least of them are, in the order in which they stand."""
    if len(values) <= count:
        return np.arange(len(values))
    return np.sort(np.argpartition(values, count - 1)[:count])
