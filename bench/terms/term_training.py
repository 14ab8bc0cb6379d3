"""Weights of the model of mappings/text/terms/model.py by maximum likelihood, many lines at a time.

Lines of equal length go together: of `lines` lines of `length` words, spans are an array
(lines, spans of one line, features), gaps one of (lines, length - 1, features).
"""

import random
from collections.abc import Sequence
from itertools import groupby, pairwise
from typing import Any, NamedTuple

import numpy as np
from term_sources import Lists

from trialbridge.mappings.text.terms.features import GAPS, LASTS, SPANS, Features
from trialbridge.mappings.text.terms.words import LONGEST

Array = np.ndarray[Any, np.dtype[Any]]
_NEVER = -1e30
_TOGETHER = 24
_RATE, _SHRINK = 0.1, 0.0003


class Example(NamedTuple):
    """A line, its features without its own counts, and how much it weighs."""

    trial: Lists
    found: Features
    weight: float

    @property
    def gold(self) -> list[tuple[int, int, int]]:
        """Start, end and label of each term."""
        labels = [0] * len(self.trial.conditions) + [1] * len(self.trial.keywords)
        terms = self.trial.conditions + self.trial.keywords
        ends = np.cumsum([0, *(len(term.split()) for term in terms)]).tolist()
        return [(a, b, label) for (a, b), label in zip(pairwise(ends), labels, strict=True)]


def _sum(values: Array, axis: int) -> Array:
    """The logarithm of the sum of exponentials."""
    most = np.maximum(values.max(axis, keepdims=True), _NEVER)
    return (np.log(np.exp(values - most).sum(axis, keepdims=True)) + most).squeeze(axis)  # type: ignore[no-any-return]


class Batch:
    """Lines of one length, with what is right: of spans by label, gaps by transition, the last."""

    def __init__(self, examples: Sequence[Example]) -> None:
        self.length = length = len(examples[0].trial.words)
        count = len(examples)
        bounds = [
            (start, end)
            for start in range(length)
            for end in range(start + 1, min(length, start + LONGEST) + 1)
        ]
        number = {bound: at for at, bound in enumerate(bounds)}
        self.starts, self.ends = (np.array(column) for column in zip(*bounds, strict=True))
        self.spans = np.array(
            [[ids for row in one.found.spans for ids in row] for one in examples], dtype=np.int32
        )
        self.gaps = np.array([one.found.gaps for one in examples], dtype=np.int32)
        self.last = np.array([one.found.last for one in examples])
        self.weights = np.array([one.weight for one in examples])
        self.gold_spans = np.zeros((count, len(bounds), 2))
        self.gold_gaps = np.zeros((count, length - 1, 3))
        self.gold_last = np.array([float(bool(one.trial.keywords)) for one in examples])
        for line, example in enumerate(examples):
            before = 0
            for start, end, label in example.gold:
                self.gold_spans[line, number[start, end], label] = 1
                if start:
                    self.gold_gaps[line, start - 1, label + before] = 1
                before = label


def batches(examples: Sequence[Example]) -> list[Batch]:
    def length(example: Example) -> int:
        return len(example.trial.words)

    made = []
    for _, group in groupby(sorted(examples, key=length), length):
        same = list(group)
        made += [Batch(same[at : at + _TOGETHER]) for at in range(0, len(same), _TOGETHER)]
    return made


class Weights:
    def __init__(self) -> None:
        self.all = [np.zeros((SPANS, 2)), np.zeros((GAPS, 3)), np.zeros(LASTS)]
        self.squares = [np.full_like(one, 1e-2) for one in self.all]

    def learn(self, batch: Batch, rate: float) -> float:
        """One step up the likelihood (AdaGrad); minus its logarithm before it."""
        length, starts, ends = batch.length, batch.starts, batch.ends
        lines = range(len(batch.last))
        scored = self.all[0][batch.spans].sum(2)
        between = self.all[1][batch.gaps].sum(2)
        last = self.all[2][batch.last]
        spans = np.full((len(lines), length, LONGEST, 2), _NEVER)
        spans[:, starts, ends - starts - 1] = scored
        gaps = np.zeros((len(lines), length + 1, 3))
        gaps[:, 1:length] = between

        entry = np.full((len(lines), length, 2), _NEVER)
        entry[:, 0, 0] = 0
        ended = np.full((len(lines), length + 1, 2), _NEVER)
        for end in range(1, length + 1):
            start = np.arange(max(0, end - LONGEST), end)
            ended[:, end] = _sum(entry[:, start] + spans[:, start, end - start - 1], 1)
            if end < length:
                c, k, gap = ended[:, end, 0], ended[:, end, 1], gaps[:, end]
                entry[:, end, 0] = c + gap[:, 0]
                entry[:, end, 1] = np.logaddexp(c + gap[:, 1], k + gap[:, 2])
        left = np.zeros((len(lines), length + 1, 2))
        left[:, length, 1] = last
        begun = np.zeros((len(lines), length, 2))
        for at in range(length - 1, -1, -1):
            most = min(LONGEST, length - at)
            begun[:, at] = _sum(spans[:, at, :most] + left[:, at + 1 : at + most + 1], 1)
            if at:
                c, k, gap = begun[:, at, 0], begun[:, at, 1], gaps[:, at]
                left[:, at, 0] = np.logaddexp(gap[:, 0] + c, gap[:, 1] + k)
                left[:, at, 1] = gap[:, 2] + k
        total = np.logaddexp(ended[:, length, 0], ended[:, length, 1] + last)

        whole = total[:, None, None]
        p_spans = np.exp(np.minimum(entry[:, starts] + scored + left[:, ends] - whole, 0))
        before, after = ended[:, 1:length][:, :, [0, 0, 1]], begun[:, 1:][:, :, [0, 1, 1]]
        p_gaps = np.exp(np.minimum(before + between + after - whole, 0))
        p_last = np.exp(np.minimum(ended[:, length, 1] + last - total, 0))
        by = batch.weights[:, None, None]
        steps = (
            _scatter(batch.spans, (batch.gold_spans - p_spans) * by, SPANS),
            _scatter(batch.gaps, (batch.gold_gaps - p_gaps) * by, GAPS),
            np.bincount(batch.last, batch.weights * (batch.gold_last - p_last), LASTS),
        )
        for weights, square, step in zip(self.all, self.squares, steps, strict=True):
            step -= _SHRINK * weights * batch.weights.sum()
            square += step * step
            weights += rate * step / np.sqrt(square)
        gold = (batch.gold_spans * scored).sum((1, 2)) + (batch.gold_gaps * between).sum((1, 2))
        return float((batch.weights * (total - gold - batch.gold_last * last)).sum())


def _scatter(ids: Array, values: Array, size: int) -> Array:
    flat = ids.ravel()
    columns = [
        np.bincount(flat, np.repeat(values[..., column].ravel(), ids.shape[-1]), size)
        for column in range(values.shape[-1])
    ]
    return np.stack(columns, 1)


def train(examples: Sequence[Example], epochs: int) -> Weights:
    weights, made = Weights(), batches(examples)
    order = random.Random(1)
    most = sum(one.weight for one in examples)
    for epoch in range(epochs):
        order.shuffle(made)
        lost = sum(weights.learn(one, _RATE / (1 + epoch / 2)) for one in made)
        print(f"epoch {epoch + 1}: {lost / most:.3f} nats a line", flush=True)
    return weights
