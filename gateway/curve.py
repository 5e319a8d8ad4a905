"""Precision and recall against the threshold, as an SVG picture of a few lines: nothing is installed for it."""

import math
from collections.abc import Sequence
from xml.sax.saxutils import escape

from resolvers.matching.evaluate import Evaluation

WIDTH, HEIGHT = 720, 440
_LEFT, _RIGHT, _TOP, _BOTTOM = 60, 30, 50, 70
_PRECISION, _RECALL, _GRID, _INK = "#1d5fa8", "#b4451f", "#e2e2e2", "#222222"


def draw_curve(evaluation: Evaluation, title: str, automatic: float, review: float) -> str:
    """An SVG document. Solid lines: as the probability alone decides; dashed: without pairs that a guard holds back.
    The horizontal axis is stretched towards 1, where the thresholds lie."""
    steps = evaluation.curve
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}" '
        f'font-family="sans-serif" font-size="12" fill="{_INK}">',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>',
        f'<text x="{_LEFT}" y="20" font-size="15">{escape(title)}</text>',
        *_axes(),
        *_mark(review, "review"),
        *_mark(automatic, "automatic"),
        _line([(step, quality.precision) for step, quality, _ in steps], _PRECISION),
        _line([(step, quality.recall) for step, quality, _ in steps], _RECALL),
        _line([(step, quality.precision) for step, _, quality in steps], _PRECISION, dashed=True),
        _line([(step, quality.recall) for step, _, quality in steps], _RECALL, dashed=True),
        *_legend(),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _x(threshold: float) -> float:
    """0.5, 0.9, 0.99, 0.999 at even distances from the middle on; evenly spread below."""
    share = threshold if threshold <= 0.5 else 0.5 + 0.5 * (1 - _nines(1 - threshold))
    return _LEFT + share * (WIDTH - _LEFT - _RIGHT)


def _nines(rest: float) -> float:
    """1 at 0.5 and 0 at 0.0001, even in the logarithm."""
    lowest = 0.0001
    return math.log(max(rest, lowest) / lowest) / math.log(0.5 / lowest)


def _y(share: float) -> float:
    return _TOP + (1 - share) * (HEIGHT - _TOP - _BOTTOM)


def _axes() -> list[str]:
    parts = []
    for tenth in range(0, 11, 2):
        y = _y(tenth / 10)
        parts.append(f'<line x1="{_LEFT}" x2="{WIDTH - _RIGHT}" y1="{y:.1f}" y2="{y:.1f}" stroke="{_GRID}"/>')
        parts.append(f'<text x="{_LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{tenth / 10:.1f}</text>')
    for threshold in (0.1, 0.3, 0.5, 0.8, 0.9, 0.99, 0.999, 0.9999):
        x, bottom = _x(threshold), HEIGHT - _BOTTOM
        parts.append(f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{bottom}" y2="{bottom + 5}" stroke="{_INK}"/>')
        parts.append(f'<text x="{x:.1f}" y="{bottom + 20}" text-anchor="middle">{threshold:g}</text>')
    middle = (_LEFT + WIDTH - _RIGHT) / 2
    parts.append(f'<text x="{middle}" y="{HEIGHT - _BOTTOM + 40}" text-anchor="middle">threshold (probability)</text>')
    return parts


def _mark(threshold: float, name: str) -> list[str]:
    x = _x(threshold)
    ends = f'x1="{x:.1f}" x2="{x:.1f}" y1="{_TOP}" y2="{HEIGHT - _BOTTOM}"'
    return [
        f'<line {ends} stroke="#888888" stroke-dasharray="2 3"/>',
        f'<text x="{x:.1f}" y="{_TOP - 6}" text-anchor="middle">{name} {threshold:g}</text>',
    ]


def _line(points: Sequence[tuple[float, float]], colour: str, *, dashed: bool = False) -> str:
    path = " ".join(f"{_x(threshold):.1f},{_y(share):.1f}" for threshold, share in points)
    style = ' stroke-dasharray="6 4"' if dashed else ""
    return f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"{style}/>'


def _legend() -> list[str]:
    parts, x, y = [], _LEFT, HEIGHT - 10
    for colour, name in ((_PRECISION, "precision"), (_RECALL, "recall")):
        for dashed in (False, True):
            style = ' stroke-dasharray="6 4"' if dashed else ""
            label = f"{name}, guards kept" if dashed else name
            parts.append(
                f'<line x1="{x}" x2="{x + 28}" y1="{y - 4}" y2="{y - 4}" stroke="{colour}" stroke-width="2"{style}/>'
            )
            parts.append(f'<text x="{x + 34}" y="{y}">{label}</text>')
            x += 175 if dashed else 110
    return parts
