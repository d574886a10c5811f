"""The loss of a batch as a function of a single weight, with 64-bit numbers: far more digits than training keeps.

Only one sum z of each sample depends on that weight, so everything before it is computed once. What dropout switched
off in the step stays switched off. Nothing of the network is touched; it works on the CPU, where every device's numbers
can have 64 bits.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import torch
from torch import Tensor, nn
from torch.func import functional_call
from torch.nn import functional

from nnviz.core.spec import Wiring
from nnviz.engine.chance import draw_as_at
from nnviz.engine.losses import loss_from_scores
from nnviz.engine.network import Key, Network, view_of
from nnviz.engine.off import Off
from nnviz.engine.probe import Probe
from nnviz.engine.stepper import Proposal

MOST_ROWS = 2_048  # of so many samples at once: larger blocks leave the processor's cache
WORK = 250_000_000  # multiplications in a block, if one value of the weight takes no more: some 20 ms
Piece = Callable[[Tensor], Tensor]


class LossOfWeight:
    """Computes the loss for other values of the weight from unit `inp` to unit `out` of a dense layer.

    Raises
    ------
    LookupError
        If there is no such weight.
    """

    def __init__(self, network: Network, proposal: Proposal, layer: int, out: int, inp: int) -> None:
        if network.spec.layers[layer].wiring is not Wiring.DENSE:
            raise LookupError(f"layer {layer} has no single weights")
        self._training, self._targets = proposal.before.training, _doubled(proposal.batch.targets)
        weights = _doubled(proposal.before.weights)
        parameters = {(place.layer, place.name): view_of(weights, place) for place in network.places}
        rows, columns = parameters[layer, "weight"].shape
        if not (0 <= out < rows and 0 <= inp < columns):
            raise LookupError(f"layer {layer} has no weight from {inp} to {out}")
        self.weight = float(parameters[layer, "weight"][out, inp])
        self._penalties = [tensor for (_, name), tensor in parameters.items() if name != "bias"]
        pieces = [(key, _exact(key, piece, parameters)) for key, piece in _with_masks(network, proposal)]
        place = next(at for at, (key, _) in enumerate(pieces) if key == (layer, "linear"))
        with torch.no_grad():
            inputs = _passed([piece for _, piece in pieces[:place]], _doubled(proposal.batch.inputs))
            self._sums = pieces[place][1](inputs)
        self._source, self._out = inputs[:, inp], out
        self._values = max(1, min(MOST_ROWS, WORK // len(weights)) // len(inputs))  # of the weight, in a block
        self._rest = [piece for _, piece in pieces[place + 1 :]]

    def samples_at(self, shifts: Tensor) -> Iterator[Tensor]:
        """Loss of each sample when the weight is moved by `shifts`, block by block of shape (shifts, batch).

        There are no penalties in it.
        """
        for some in shifts.split(self._values):
            with torch.no_grad():
                block = self._block(some)
            yield block

    def gradient(self) -> float:
        """∂loss/∂w of the batch's mean loss and the penalties, by autograd."""
        shift = torch.zeros(1, dtype=torch.float64, requires_grad=True)
        objective = self._block(shift).mean() + self.penalty_at(shift).sum()
        (slope,) = torch.autograd.grad(objective, shift)
        return float(slope)

    def _block(self, shifts: Tensor) -> Tensor:
        sums = self._sums.repeat(len(shifts), 1, 1)
        sums[:, :, self._out] += shifts[:, None] * self._source
        scores = _passed(self._rest, sums.flatten(0, 1))
        targets = self._targets.repeat(len(shifts), *[1] * (self._targets.dim() - 1))
        return loss_from_scores(self._training.loss, scores, targets, "none").view(len(shifts), -1)

    def penalty_at(self, shifts: Tensor) -> Tensor:
        """Find what this weight alone adds to the penalties when it is moved by `shifts`: l1·|w| + l2/2·w²."""
        moved = self.weight + shifts
        return self._training.l1 * moved.abs() + 0.5 * self._training.l2 * moved.square()

    def other_penalties(self) -> float:
        """What all other weights add to the penalties."""
        l1, l2 = self._training.l1, self._training.l2
        every = sum(float(l1 * each.abs().sum() + 0.5 * l2 * each.square().sum()) for each in self._penalties)
        return every - float(self.penalty_at(torch.zeros(1, dtype=torch.float64)))


def _doubled(tensor: Tensor) -> Tensor:
    """Copy to the CPU, with 64 bits; whole numbers (classes) stay as they are."""
    here = tensor.detach().cpu()
    return here.double() if here.is_floating_point() else here


def _passed(pieces: list[Piece], values: Tensor) -> Tensor:
    for piece in pieces:
        values = piece(values)
    return values


def _with_masks(network: Network, proposal: Proposal) -> list[tuple[Key, nn.Module]]:
    """All pieces that compute something, with dropout replaced by what it drew in this step."""
    shapes, batch = network.spec.output_shapes(), proposal.batch.inputs
    pieces: list[tuple[Key, nn.Module]] = []
    with draw_as_at(proposal.before.training, proposal.before.step):
        for (layer, name), piece in network.pieces:
            if isinstance(piece, nn.Dropout):
                drawn = functional.dropout(batch.new_ones(len(batch), *shapes[layer]), piece.p, training=True)
                pieces.append(((layer, name), _Mask(_doubled(drawn))))
            elif isinstance(piece, Off):
                pieces.append(((layer, name), Off(piece.mask.cpu())))
            elif not isinstance(piece, Probe):
                pieces.append(((layer, name), piece))
    return pieces


class _Mask(nn.Module):
    """Multiplies the samples of each batch, of which there may be several one after the other, by the same numbers."""

    def __init__(self, factors: Tensor) -> None:
        super().__init__()
        self._factors = factors

    def forward(self, values: Tensor) -> Tensor:
        """Multiply values of shape (batches · batch, …)."""
        batches: Tensor = values.unflatten(0, (-1, len(self._factors)))
        return (batches * self._factors).flatten(0, 1)


def _exact(key: Key, piece: nn.Module, parameters: dict[Key, Tensor]) -> Piece:
    """Let a piece compute with the 64-bit parameters of its layer."""
    own = {name: parameters[key[0], name.rsplit(".", 1)[-1]] for name, _ in piece.named_parameters()}

    def compute(values: Tensor) -> Tensor:
        result = functional_call(piece, own, (values,)) if own else piece(values)
        assert isinstance(result, Tensor)
        return result

    return compute
