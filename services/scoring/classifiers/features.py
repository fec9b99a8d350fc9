"""Texts as counts of hashed grams: character 2- to 5-grams within words, words, word pairs.

Everything is worked out for a whole batch at once on arrays of code points. The hash is fixed and
part of the model: weights of another hash mean nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

BUCKETS = 1 << 18
HASH_VERSION = "grams-1"
_SIZES = (2, 3, 4, 5)
_PRIME = np.uint64(0x9E3779B97F4A7C15)
_STEP = np.uint64(0x100000001B3)
_PAIR = np.uint64(0xC2B2AE3D27D4EB4F)
_SHIFT = np.uint64(64 - 18)
_SPACE = 32
LONGEST_TEXT = 20_000


@dataclass(frozen=True)
class Grams:
    """One gram an index: its bucket, the text it is in, the characters it covers (end exclusive,
    counted within that text). `counts[i]` is the number of grams of text i.
    """

    buckets: NDArray[np.int64]
    texts: NDArray[np.int64]
    starts: NDArray[np.int64]
    ends: NDArray[np.int64]
    counts: NDArray[np.int64]


def grams_of(texts: Sequence[str]) -> Grams:
    """Grams of normalised texts. Texts are cut at 20,000 characters."""
    padded = [f" {text[:LONGEST_TEXT]} " for text in texts]
    lengths = np.fromiter((len(text) for text in padded), dtype=np.int64, count=len(padded))
    points = np.frombuffer("".join(padded).encode("utf-32-le"), dtype=np.uint32).astype(np.uint64)
    owner = np.repeat(np.arange(len(padded)), lengths)
    offset = np.concatenate(([0], np.cumsum(lengths)[:-1])) if padded else lengths
    spread = points * _PAIR
    parts = [_character_grams(points, spread, owner, size) for size in _SIZES]
    parts += _word_grams(points, owner)
    keys = np.concatenate([part[0] for part in parts])
    starts = np.concatenate([part[1] for part in parts])
    ends = np.concatenate([part[2] for part in parts])
    buckets = ((keys * _PRIME) >> _SHIFT).astype(np.int64)
    of_text = owner[starts] if len(starts) else starts
    # one blank stands before each text, so positions move back by it
    shift = offset[of_text] + 1 if len(starts) else starts
    return Grams(
        buckets=buckets,
        texts=of_text,
        starts=np.maximum(starts - shift, 0),
        ends=ends - shift,
        counts=np.bincount(of_text, minlength=len(padded)),
    )


Part = tuple[NDArray[np.uint64], NDArray[np.int64], NDArray[np.int64]]


def _character_grams(
    points: NDArray[np.uint64], spread: NDArray[np.uint64], owner: NDArray[np.int64], size: int
) -> Part:
    if len(points) < size:
        empty = np.zeros(0, dtype=np.int64)
        return empty.astype(np.uint64), empty, empty
    count = len(points) - size + 1
    blank = points == _SPACE
    key = np.full(count, np.uint64(size))
    inside = np.ones(count, dtype=bool)
    for step in range(size):
        window = slice(step, step + count)
        key *= _STEP
        key ^= spread[window]
        if 0 < step < size - 1:
            inside &= ~blank[window]
    # a blank may stand at one edge of a gram, as a mark of the word's edge
    inside &= ~(blank[:count] & blank[size - 1 :])
    inside &= owner[:count] == owner[size - 1 :]
    starts = np.flatnonzero(inside)
    return key[starts], starts, starts + size


def _word_grams(points: NDArray[np.uint64], owner: NDArray[np.int64]) -> list[Part]:
    letters = points != _SPACE
    edges = np.diff(letters.astype(np.int8), prepend=0, append=0)
    starts, ends = np.flatnonzero(edges == 1), np.flatnonzero(edges == -1)
    if not len(starts):
        return []
    places = _places(letters, starts, ends)
    mixed = np.where(letters, (points + np.uint64(1)) * _powers(places), np.uint64(0))
    words = np.add.reduceat(mixed, starts) * _PRIME
    pairs = np.flatnonzero(owner[starts[:-1]] == owner[starts[1:]])
    pair_keys = np.bitwise_xor(words[pairs] * _STEP, words[pairs + 1] * _PAIR, dtype=np.uint64)
    return [(words, starts, ends), (pair_keys, starts[pairs], ends[pairs + 1])]


def _places(
    letters: NDArray[np.bool_], starts: NDArray[np.int64], ends: NDArray[np.int64]
) -> NDArray[np.int64]:
    places = np.zeros(len(letters), dtype=np.int64)
    widths = ends - starts
    within = np.arange(widths.sum()) - np.repeat(np.cumsum(widths) - widths, widths)
    places[letters] = within
    return places


def _powers(places: NDArray[np.int64]) -> NDArray[np.uint64]:
    longest = int(places.max()) + 1
    table: NDArray[np.uint64] = np.cumprod(
        np.full(longest, _STEP, dtype=np.uint64), dtype=np.uint64
    )
    powers: NDArray[np.uint64] = table[places]
    return powers
