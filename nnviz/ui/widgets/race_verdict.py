"""Who won, and why: a verdict on a race in a few plain sentences, each with the numbers it rests on."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QCoreApplication, QSize, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QLabel, QScrollArea, QSizePolicy, QWidget

from nnviz.core.race import Criterion, Racer
from nnviz.core.race_verdict import LONGER, Verdict
from nnviz.ui.formula.numbers import significant

ENOUGH = 3  # sentences


def _tr(text: str) -> str:
    return QCoreApplication.translate("race_verdict", text)


def verdict_text(
    verdict: Verdict, racers: Sequence[Racer], names: Sequence[str], shorts: Sequence[str], when: str, is_over: bool
) -> str:
    """Write a verdict.

    Parameters
    ----------
    names, shorts : sequence of str
        What the racers are called, in full and as briefly as tells them apart.
    when : str
        After how much training they are compared: "5 epochs".
    """
    sentences = [_who_won(verdict, names, shorts, when, is_over), *_reasons(verdict, racers, shorts)]
    if verdict.winner is not None and verdict.second is not None and len(sentences) == 1:
        sentences.append(_way_and_steps(verdict, racers, shorts))
    if verdict.winner is not None and verdict.winner_falling and len(sentences) < ENOUGH:
        sentences.append(
            _tr("The loss of {winner} was still falling, too: more epochs may change the order.").format(
                winner=shorts[verdict.winner]
            )
        )
    if verdict.slower is not None and verdict.winner is not None and verdict.second is not None:
        sentences.append(
            _tr("It took {winner} {factor} times the computing time of {second}.").format(
                winner=shorts[verdict.winner], factor=f"{verdict.slower:.1f}", second=shorts[verdict.second]
            )
        )
    return " ".join(sentences)


def _who_won(verdict: Verdict, names: Sequence[str], shorts: Sequence[str], when: str, is_over: bool) -> str:
    if verdict.winner is None:
        return _tr("Nobody won.")
    measure = _tr("validation loss") if verdict.criterion is Criterion.VAL_LOSS else _tr("training loss")
    values = {"winner": names[verdict.winner], "measure": measure, "when": when}
    values["loss"] = significant(verdict.losses[verdict.winner], 3)
    if verdict.second is None:
        return _tr("{winner} is the only one left: {measure} {loss} after {when}.").format(**values)
    values["second"], values["second_loss"] = shorts[verdict.second], significant(verdict.losses[verdict.second], 3)
    if verdict.is_close:
        return _tr("Too close to call: {winner} has {measure} {loss} after {when}, {second} {second_loss}.").format(
            **values
        )
    values["factor"] = f"{verdict.losses[verdict.second] / max(verdict.losses[verdict.winner], 1e-12):.3g}"
    if is_over:
        return _tr("{winner} won: {measure} {loss} after {when}, {second} {second_loss} ({factor}×).").format(**values)
    return _tr("{winner} is ahead: {measure} {loss} after {when}, {second} {second_loss} ({factor}×).").format(**values)


def _reasons(verdict: Verdict, racers: Sequence[Racer], shorts: Sequence[str]) -> list[str]:
    """Say what those behind lacked, each kind in one sentence."""
    winner = verdict.winner
    said = []
    if verdict.short and winner is not None:
        text = (
            _tr("{who} moved the weights by only {ways} on the whole, {winner} by {way}, with the loss still falling:")
            if verdict.short_falling
            else _tr("{who} moved the weights by only {ways} on the whole, {winner} by {way}:")
        )
        text += " " + _tr("a larger learning rate or more epochs would help.")
        said.append(
            _fill(text, verdict.short, [_length(racers[n].moved) for n in verdict.short], racers, winner, shorts)
        )
    for group, text in (
        (
            verdict.wild,
            _tr(
                "{who} took too long steps ({steps} on average, {winner} {step}) and jumped about: "
                "a smaller learning rate would help."
            ),
        ),
        (
            verdict.long,
            _tr(
                "{who} took longer steps ({steps} on average, {winner} {step}) and came farther, but no lower: "
                "a smaller learning rate would help."
            ),
        ),
        (verdict.unsteady, _tr("{who} jumped about, though in steps no longer ({steps} on average, {winner} {step}).")),
    ):
        if group and winner is not None:
            said.append(_fill(text, group, [_length(racers[n].stride) for n in group], racers, winner, shorts))
    for group, text in (
        (verdict.falling, _still_falling(verdict, racers)),
        (verdict.flat, _tr("{who} came to rest higher up: more epochs would not help.")),
        (verdict.diverged, _tr("{who} diverged: the learning rate was too large.")),
    ):
        if group:
            said.append(text.format(who=_listed([shorts[n] for n in group])))
    return said


def _still_falling(verdict: Verdict, racers: Sequence[Racer]) -> str:
    one = len(verdict.falling) == 1
    way = 0.0 if verdict.winner is None else LONGER * racers[verdict.winner].moved
    if all(racers[n].moved > way for n in verdict.falling):
        if one:
            return _tr("{who} moved its weights farther; its loss was still falling, so more epochs would help it.")
        return _tr(
            "{who} moved their weights farther; their losses were still falling, so more epochs would help them."
        )
    if one:
        return _tr("{who} moved its weights about as far; its loss was still falling, so more epochs would help it.")
    return _tr(
        "{who} moved their weights about as far; their losses were still falling, so more epochs would help them."
    )


def _fill(
    text: str, group: Sequence[int], lengths: list[str], racers: Sequence[Racer], winner: int, shorts: Sequence[str]
) -> str:
    listed = _listed(lengths)
    return text.format(
        who=_listed([shorts[n] for n in group]),
        ways=listed,
        steps=listed,
        winner=shorts[winner],
        way=_length(racers[winner].moved),
        step=_length(racers[winner].stride),
    )


def _way_and_steps(verdict: Verdict, racers: Sequence[Racer], shorts: Sequence[str]) -> str:
    assert verdict.winner is not None
    assert verdict.second is not None
    one, other = racers[verdict.winner], racers[verdict.second]
    return _tr(
        "{winner} moved the weights by {way} on the whole, in steps of {step}; "
        "{second} by {other_way}, in steps of {other}."
    ).format(
        winner=shorts[verdict.winner],
        way=_length(one.moved),
        step=_length(one.stride),
        second=shorts[verdict.second],
        other_way=_length(other.moved),
        other=_length(other.stride),
    )


def _length(length: float) -> str:
    return f"{length:,.0f}" if length >= 100 else significant(length, 2)


def _listed(names: Sequence[str]) -> str:
    if len(names) < 2:
        return "".join(names)
    return _tr("{others} and {last}").format(others=", ".join(names[:-1]), last=names[-1])


class VerdictBox(QScrollArea):
    """Shows the verdict, as high as it needs, up to a limit; then it scrolls."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("race_verdict_scroll")
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self._most = 100
        self._label = QLabel()
        self._label.setObjectName("race_verdict")
        self._label.setTextFormat(Qt.TextFormat.PlainText)
        self._label.setWordWrap(True)
        self._label.setAlignment(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft)
        self.setWidget(self._label)
        self.hide()

    def show_text(self, text: str) -> None:
        """Show this from now on; nothing takes no room."""
        self._label.setText(text)
        self.setVisible(bool(text))
        self.updateGeometry()

    def limit(self, most: int) -> None:
        """Be at most so high, in pixels, and never show half a line."""
        line = self._label.fontMetrics().lineSpacing()
        self._most = max(1, most // line) * line
        self.updateGeometry()

    def sizeHint(self) -> QSize:
        """As high as the text at this width."""
        return QSize(200, min(self._most, self._label.heightForWidth(max(50, self.width() - 2))))

    def minimumSizeHint(self) -> QSize:
        """As high as it wants to be, and as narrow as need be."""
        return QSize(50, self.sizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Become as high as the text is at the new width."""
        super().resizeEvent(event)
        if event.oldSize().width() != event.size().width():
            self.updateGeometry()
