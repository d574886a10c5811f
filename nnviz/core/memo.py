"""Remembering what was computed from large arrays, so that nothing is computed twice while they are looked at."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from typing import Generic, TypeVar

Result = TypeVar("Result")


class Memo(Generic[Result]):
    """A pure function of arrays, with its results for as long as these arrays live.

    Arrays are told apart by identity, numbers by value. So it is meant for arrays that nobody changes, as those of a
    `Trace`. May be called from any thread.

    Parameters
    ----------
    compute : callable
        Takes arrays (or anything else that a weak reference can refer to) and integers, by position. Its result
        must not refer to the arrays.
    """

    def __init__(self, compute: Callable[..., Result]) -> None:
        self._compute = compute
        self._kept: dict[tuple[object, ...], tuple[tuple[weakref.ref[object], ...], Result]] = {}

    def __call__(self, *arguments: object) -> Result:
        """Return the result for these arguments, computed or remembered."""
        arrays = tuple(each for each in arguments if not isinstance(each, int))
        key = tuple(each if isinstance(each, int) else (id(each),) for each in arguments)
        kept = self._kept.get(key)
        if kept is None:

            def forget(gone: weakref.ref[object]) -> None:  # before another array can get the same id
                del gone
                self._kept.pop(key, None)

            kept = (tuple(weakref.ref(each, forget) for each in arrays), self._compute(*arguments))
            self._kept[key] = kept
        return kept[1]
