"""Predictions in the contract's words, as the bytes of an answer: there may be millions of rows."""

from collections.abc import Mapping, Sequence

import msgspec
import numpy as np

from service.arrays import Codes, Flags, Vector
from service.contract.predictions import GroupStatus, Level, PredictionNote, RowStatus
from service.inference import MISSING, NEW, FittedModel, NewRows, Predictions
from service.report.collector import paused

ROW_STATUS: tuple[RowStatus, RowStatus] = ("predicted", "missing_predictor")
GROUP_STATUS: dict[int, GroupStatus] = {0: "known", NEW: "new", MISSING: "missing"}


class _Row(msgspec.Struct, gc=False):
    """A prediction, in the members of the contract's `Prediction`."""

    status: RowStatus
    estimate: float
    std_error: float
    conf_low: float
    conf_high: float
    groups: Mapping[str, GroupStatus]


def prediction_answer(
    model: FittedModel, rows: NewRows, found: Predictions, *, conditional: bool, asked: Level, as_columns: bool
) -> bytes:
    """The bytes of a `Predictions` of the contract; numbers that do not exist are null."""
    missing = np.isnan(found.estimate)
    statuses = [np.minimum(own.codes, 0) for own in rows.groups] if conditional else []
    groups = dict(zip(model.sizes, statuses, strict=False))
    level: Level = "conditional" if conditional else "population"
    answer = {
        "level": level,
        "predictions": _columns(missing, found, groups) if as_columns else _records(missing, found, groups),
        "notes": [note.model_dump() for note in _notes(model, found, rows, changed=level != asked)],
    }
    return msgspec.json.encode(answer)


def _columns(missing: Flags, found: Predictions, groups: Mapping[str, Codes]) -> dict[str, object]:
    numbers = {name: msgspec.Raw(_list(values)) for name, values in _numbers(found).items()}
    status = {"status": _words(missing.astype(np.intp), dict(enumerate(ROW_STATUS)))}
    return status | numbers | {"groups": {name: _words(codes, GROUP_STATUS) for name, codes in groups.items()}}


def _list(values: Vector) -> bytes:
    """The numbers as JSON; what is null throughout is quickly written."""
    if np.isnan(values).all():
        return b"[" + b",".join([b"null"] * values.size) + b"]"
    return msgspec.json.encode(values.tolist())


def _words(codes: Codes, words: Mapping[int, str]) -> list[str]:
    """The word of each code."""
    return [words[code] for code in codes.tolist()]


def _records(missing: Flags, found: Predictions, groups: Mapping[str, Codes]) -> msgspec.Raw:
    statuses = _words(missing.astype(np.intp), dict(enumerate(ROW_STATUS)))
    numbers = [values.tolist() for values in _numbers(found).values()]
    with paused():
        return msgspec.Raw(msgspec.json.encode(list(map(_Row, statuses, *numbers, _objects(groups, missing.size)))))


def _objects(groups: Mapping[str, Codes], size: int) -> Sequence[Mapping[str, GroupStatus]]:
    """What is known of each row's groups; rows that are alike share one object."""
    if not groups:
        return [{}] * size
    stacked = np.array(list(groups.values()))
    place = (3 ** np.arange(len(stacked))) @ -stacked
    alike = {
        key: {name: GROUP_STATUS[int(code)] for name, code in zip(groups, stacked[:, row], strict=True)}
        for key, row in zip(*(each.tolist() for each in np.unique(place, return_index=True)), strict=True)
    }
    return [alike[key] for key in place.tolist()]


def _numbers(found: Predictions) -> dict[str, Vector]:
    return {
        "estimate": found.estimate,
        "std_error": found.std_error,
        "conf_low": found.low,
        "conf_high": found.high,
    }


def _notes(model: FittedModel, found: Predictions, rows: NewRows, *, changed: bool) -> list[PredictionNote]:
    """What to know about them."""
    notes = []
    if changed:
        message = (
            "The document has no `random_effects`, so every row is predicted at the level of the population: fit with "
            "`include` that has them to predict groups."
        )
        notes.append(PredictionNote(code="no_random_effects", message=message))
    unknown = np.isnan(found.std_error) & ~np.isnan(found.estimate)
    if unknown.any():
        notes.append(_why_unknown(model, rows))
    if found.of_observations and model.weights is not None and rows.weights is None:
        message = f"The data have no column {model.weights!r}: each observation is taken to have the weight 1."
        notes.append(PredictionNote(code="no_weights", message=message))
    return notes


def _why_unknown(model: FittedModel, rows: NewRows) -> PredictionNote:
    """Why a standard error is null."""
    if rows.groups and model.errors.chain is None:
        message = (
            "The document does not tell how the effects of its groups err, which takes many numbers: ask for the fit "
            "with `prediction` in `include`. Where large factors are crossed, they are too many even so."
        )
        return PredictionNote(code="no_group_errors", message=message)
    message = "Without pooling the mean over groups, and a group that the fit did not have, err without bound."
    return PredictionNote(code="no_bound", message=message)
