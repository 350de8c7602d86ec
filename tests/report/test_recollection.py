"""A document remembers what its fit knew: numbers come back from JSON as they were, or it is refused with a pointer."""

import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from service.contract import FitDocument, FitOptions, checked_text
from service.data import dataset
from service.design import make_design
from service.engine import fit, joint_error
from service.errors import InvalidRequest
from service.formula import read
from service.inference import FittedModel, variance_nodes
from service.report import fit_document, fitted_model
from tests.engine.fits import fitted
from tests.engine.structures import STRUCTURES
from tests.tasks.questions import RADON, document

MANY = 10**6

Document = dict[str, Any]
"""A fit document as plain JSON."""


def remembered(name: str) -> FittedModel:
    """The model of a structure after its document was text."""
    options = FitOptions.model_validate({"formula": STRUCTURES[name].formula})
    text = fit_document("id", STRUCTURES[name], fitted(name), options).model_dump_json()
    return fitted_model(FitDocument.model_validate_json(text), "/document")


@pytest.mark.parametrize("name", STRUCTURES)
def test_numbers_come_back_as_they_were(name: str) -> None:
    model, estimates = remembered(name), fitted(name).estimates
    chain = joint_error(estimates, MANY)
    assert model.errors.chain is not None
    assert chain is not None
    assert model.factors is not None
    np.testing.assert_array_equal(model.beta, estimates.beta)
    np.testing.assert_array_equal(model.errors.root, estimates.error_root)
    for own, spread, factor in zip(model.factors, model.errors.spreads, estimates.factors, strict=True):
        np.testing.assert_array_equal(own.effects, factor.effects)
        assert spread is not None
        np.testing.assert_array_equal(spread, factor.spread)
    for ours, link in zip(model.errors.chain.links, chain.links, strict=True):
        np.testing.assert_array_equal(ours.root, link.root)
        np.testing.assert_array_equal(ours.pull, link.pull)
        np.testing.assert_array_equal(ours.later.toarray(), link.later.toarray())
    assert (model.errors.chain.tie is None) == (chain.tie is None)
    if model.errors.chain.tie is not None and chain.tie is not None:
        np.testing.assert_array_equal(model.errors.chain.tie.root, chain.tie.root)
        np.testing.assert_array_equal(model.errors.chain.tie.pull, chain.tie.pull)


def test_a_varying_intercept_is_told_by_the_means_of_its_groups() -> None:
    found = document(RADON)
    means = found.prediction.means
    assert means is not None
    assert means[0] is None
    # Few digits, as they are few in the data: AITKIN has one house of four without a basement.
    assert means[1] is not None
    assert means[1][0] == 0.25
    design = make_design(read("log_radon ~ floor + (1 | county)"), dataset("radon"))
    chain, recalled = joint_error(fit(design).estimates, MANY), fitted_model(found, "/document").errors.chain
    assert chain is not None
    assert recalled is not None
    # The means are rounded behind 15 digits.
    np.testing.assert_allclose(recalled.links[0].pull, chain.links[0].pull, rtol=0, atol=2e-15)
    np.testing.assert_allclose(recalled.links[0].root, chain.links[0].root, rtol=1e-14)


def test_what_is_known_of_the_variances_comes_back() -> None:
    found = document({**RADON, "include": ["random_effects", "prediction"]})
    ours = fitted_model(found, "/document").errors.variances
    design = make_design(read("log_radon ~ floor + (1 | county)"), dataset("radon"))
    nodes = variance_nodes(fit(design))
    assert ours is not None
    assert nodes is not None
    assert ours.df == nodes.df == 919 - 2 - 1
    for name in ("theta", "share", "sigma", "beta", "root", "weights", "response"):
        np.testing.assert_array_equal(getattr(ours, name), getattr(nodes, name))


def recalled(document: Document) -> FittedModel:
    return fitted_model(checked_text(FitDocument, json.dumps(document).encode(), "/document"), "/document")


def plain(name: str) -> Document:
    """The document of a structure, or of radon, as JSON."""
    if name == "radon":
        asked = {**RADON, "include": ["random_effects", "prediction"]}
        found: Document = json.loads(document(asked).model_dump_json())
        return found
    options = FitOptions.model_validate({"formula": STRUCTURES[name].formula})
    text: Document = json.loads(fit_document("id", STRUCTURES[name], fitted(name), options).model_dump_json())
    return text


def put(value: object, *path: str | int) -> Callable[[Document], None]:
    """Put a value where the path leads."""

    def change(document: Any) -> None:  # JSON of any shape
        *steps, last = path
        for step in steps:
            document = document[step]
        document[last] = value

    return change


def cut(*path: str | int) -> Callable[[Document], None]:
    """Leave out the last of the list that the path leads to."""

    def change(document: Any) -> None:  # JSON of any shape
        for step in path:
            document = document[step]
        document.pop()

    return change


TAMPERED: list[tuple[str, Callable[[Document], object], str]] = [
    ("radon", lambda document: document.pop("coding"), "/document/coding"),
    ("radon", put(2, "coding", "version"), "/document/coding/version"),
    ("radon", put([0], "coding", "columns"), "/document/coding/columns"),
    ("radon", put([1, 1], "coding", "columns"), "/document/coding/columns"),
    ("radon", put([0, -1], "coding", "columns"), "/document/coding/columns/1"),
    ("radon", put("log_radon ~", "model", "formula"), "/document/model/formula"),
    ("radon", put("log_radon ~ floor", "model", "formula"), "/document/model/formula"),
    ("radon", put("log_radon ~ exec(1) + (1 | county)", "model", "formula"), "/document/model/formula"),
    (
        "radon",
        put("log_radon ~ scale(floor) + (1 | county)", "model", "formula"),
        "/document/coding/constants/scale(floor)",
    ),
    ("radon", put([], "model", "grouping_factors"), "/document/model/grouping_factors"),
    ("radon", put(86, "model", "grouping_factors", 0, "n_groups"), "/document/random_effects/county/levels"),
    ("radon", put("state", "model", "grouping_factors", 0, "group"), "/document/random_effects"),
    ("radon", put("AITKIN", "random_effects", "county", "levels", 1), "/document/random_effects/county/levels"),
    ("radon", cut("random_effects", "county", "estimate"), "/document/random_effects/county/estimate"),
    ("radon", cut("random_effects", "county", "estimate", 3), "/document/random_effects/county/estimate"),
    ("radon", put([None], "random_effects", "county", "estimate", 3), "/document/random_effects/county/estimate"),
    ("radon", put({}, "random_effects"), "/document/random_effects"),
    ("radon", cut("prediction", "root"), "/document/prediction/root"),
    ("radon", cut("prediction", "root", 0), "/document/prediction/root"),
    ("radon", put("one", "prediction", "root", 0, 0), "/document/prediction/root"),
    ("radon", put({}, "prediction", "spreads"), "/document/prediction/spreads"),
    ("radon", put([[1.0, 0.0]], "prediction", "spreads", "county"), "/document/prediction/spreads/county"),
    ("radon", cut("prediction", "means"), "/document/prediction/means"),
    ("radon", cut("prediction", "means", 1), "/document/prediction/means/1"),
    ("radon", put(None, "random_effects", "county", "weight"), "/document/prediction/means"),
    ("radon", put(1, "statistics", "sigma"), ""),
    ("radon", cut("prediction", "variances", "theta"), "/document/prediction/variances/share"),
    ("radon", put(2, "prediction", "variances", "share", 0), "/document/prediction/variances/share"),
    ("radon", put(0, "prediction", "variances", "df"), "/document/prediction/variances/df"),
    ("radon", put(-1, "prediction", "variances", "weights", 0), "/document/prediction/variances/weights"),
    ("radon", cut("prediction", "variances", "root", 5), "/document/prediction/variances/root"),
    ("radon", cut("prediction", "variances", "beta"), "/document/prediction/variances/beta"),
    ("radon", cut("prediction", "variances", "response"), "/document/prediction/variances/response"),
    ("radon", put(1, "surprise"), "/document/surprise"),
    ("a slope", put([[0.0]], "prediction", "means"), "/document/prediction/means"),
    ("a slope", cut("prediction", "links", 0, "root"), "/document/prediction/links/0/root"),
    ("a slope", cut("prediction", "links", 0, "root", 1), "/document/prediction/links/0/root"),
    ("a slope", cut("prediction", "links", 0, "pull"), "/document/prediction/links/0/pull"),
    ("a slope", put("h", "prediction", "links", 0, "group"), "/document/prediction/links"),
    ("a slope", cut("prediction", "links"), "/document/prediction/tie"),
    ("nested", put(None, "prediction", "links", 0, "later"), "/document/prediction/links/0/later"),
    ("nested", cut("prediction", "links", 0, "later", "starts"), "/document/prediction/links/0/later/starts"),
    ("nested", put(9, "prediction", "links", 0, "later", "starts", 0), "/document/prediction/links/0/later/starts"),
    ("nested", put(99, "prediction", "links", 0, "later", "columns", 0), "/document/prediction/links/0/later/columns"),
    (
        "nested",
        put(10**30, "prediction", "links", 0, "later", "columns", 0),
        "/document/prediction/links/0/later/columns",
    ),
    ("nested", cut("prediction", "links", 0, "later", "columns"), "/document/prediction/links/0/later/columns"),
    ("crossed", put(None, "prediction", "tie"), "/document/prediction/tie"),
    ("crossed", cut("prediction", "tie", "root"), "/document/prediction/tie/root"),
    ("crossed", cut("prediction", "tie", "pull"), "/document/prediction/tie/pull"),
]
"""A structure, what is changed in its document, and where the refusal points; to nothing where it still fits."""


@pytest.mark.parametrize(("name", "change", "pointer"), TAMPERED)
def test_what_does_not_fit_together_is_refused(name: str, change: Callable[[Document], object], pointer: str) -> None:
    found = plain(name)
    recalled(found)
    change(found)
    if not pointer:
        recalled(found)
        return
    with pytest.raises(InvalidRequest) as refusal:
        recalled(found)
    assert (refusal.value.faults[0].pointer or "").startswith(pointer)
    assert "Traceback" not in refusal.value.detail
