"""The posterior of a fit's document and request: in the contract's words, or refused with the place of the mistake."""

import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest

from service.contract import FitDocument, Posterior, PosteriorRequest, Submission
from service.tasks.fits import fit
from service.tasks.posterior import find_posterior
from tests.tasks.questions import JSON, LIMITS, RADON, refusal_of

FLOOR = RADON["formula"]


@pytest.fixture(scope="module")
def radon(tmp_path_factory: pytest.TempPathFactory) -> tuple[bytes, Submission]:
    """The document of the radon model, and the request that it answers."""
    return fitted(tmp_path_factory.mktemp("request"), RADON)


def fitted(folder: Path, request: Mapping[str, object]) -> tuple[bytes, Submission]:
    (path := folder / "body").write_text(json.dumps(request))
    submission = Submission(str(path), JSON, "", "", LIMITS)
    return fit(submission).body, submission


def answer(model: tuple[bytes, Submission], **asked: object) -> Posterior:
    reply = find_posterior(*model, PosteriorRequest.model_validate(asked))
    assert not reply.failed, reply.body
    assert reply.seconds.keys() == {"fit", "posterior"}
    return Posterior.model_validate_json(reply.body)


def test_every_quantity_is_told(radon: tuple[bytes, Submission]) -> None:
    found, document = answer(radon), FitDocument.model_validate_json(radon[0])
    assert [each.term for each in found.coefficients] == document.model.fixed_terms
    assert (found.prior.sigma_alpha, found.prior.scale, found.prior.df) == ("uniform", None, None)
    assert found.confidence_level == 0.95
    # To the digits of the closed book: medians and 95% intervals.
    told = [[each.conf_low, each.median, each.conf_high] for each in (found.sigma_alpha, found.sigma_y, found.icc)]
    digits = [[0.24997, 0.33270, 0.43308], [0.72132, 0.75602, 0.79355], [0.09666, 0.16229, 0.25013]]
    np.testing.assert_allclose(told, digits, atol=6e-6)
    assert found.groups is not None
    county, effects = found.groups["county"], (document.random_effects or {})["county"]
    assert county.levels == effects.levels
    # With 85 groups the plug-in estimates are near.
    np.testing.assert_allclose(
        np.array(county.deviation.mean, dtype=float), np.array(effects.estimate, dtype=float)[:, 0], atol=0.05
    )
    gaps = np.array(county.intercept.mean, dtype=float) - np.array(county.deviation.mean, dtype=float)
    assert gaps == pytest.approx(np.full(85, found.coefficients[0].mean), rel=1e-9)
    assert set(found.new_observation.at) == {"floor"}
    assert np.sum(found.grid.weight) == pytest.approx(1.0, rel=1e-12)
    assert (
        np.shape(found.grid.weight)
        == np.shape(found.grid.sigma_y)
        == (len(found.grid.theta), np.shape(found.grid.weight)[1])
    )


def test_what_is_asked_is_done(radon: tuple[bytes, Submission]) -> None:
    plain = answer(radon)
    found = answer(radon, prior="half-t", scale=0.1, confidence_level=0.5, groups=False, at='{"floor": 1}')
    assert (found.prior.sigma_alpha, found.prior.scale, found.prior.df) == ("half-t", 0.1, 3.0)
    assert found.sigma_alpha.median < plain.sigma_alpha.median
    assert found.sigma_alpha.conf_low > plain.sigma_alpha.conf_low
    assert found.groups is None
    assert found.new_observation.at == {"floor": 1.0}
    normal = answer(radon, prior="half-normal", scale=0.1)
    assert (normal.prior.df, normal.sigma_alpha.median < found.sigma_alpha.median) == (None, True)


def test_the_same_question_has_the_same_answer(radon: tuple[bytes, Submission]) -> None:
    assert find_posterior(*radon, PosteriorRequest()).body == find_posterior(*radon, PosteriorRequest()).body


def test_it_is_that_of_the_document(tmp_path: Path) -> None:
    model = fitted(tmp_path, {**RADON, "include": ["posterior"], "confidence_level": 0.8})
    found = answer(model)
    assert found.confidence_level == 0.8
    assert FitDocument.model_validate_json(model[0]).posterior == found


@pytest.mark.parametrize(
    ("asked", "code", "pointer"),
    [
        ({"at": '{"flor": 1}'}, "invalid_request", "/at/flor"),
        ({"at": '{"(Intercept)": 1}'}, "invalid_request", "/at/(Intercept)"),
        ({"prior": "half-normal", "scale": 1e-300}, "invalid_request", "/scale"),
    ],
)
def test_a_mistake_has_a_place(
    radon: tuple[bytes, Submission], asked: dict[str, object], code: str, pointer: str
) -> None:
    refusal = refusal_of(find_posterior(*radon, PosteriorRequest.model_validate(asked)))
    assert (refusal.code, refusal.errors[0].pointer) == (code, pointer)


@pytest.mark.parametrize(
    ("request_of", "says"),
    [
        ({"formula": "log_radon ~ floor + (floor | county)"}, "one varying intercept"),
        ({"formula": FLOOR, "theta": 0.5}, "without `theta`"),
    ],
)
def test_a_model_of_another_kind_is_refused(tmp_path: Path, request_of: dict[str, object], says: str) -> None:
    refusal = refusal_of(find_posterior(*fitted(tmp_path, {**RADON, **request_of}), PosteriorRequest()))
    assert refusal.code == "unsupported_model"
    assert says in refusal.detail


def test_an_observation_beyond_all_numbers_is_refused(tmp_path: Path) -> None:
    data = {"y": [1e9, 3e9, 2e9, 5e9, 4e9, 7e9], "x": [0.0, 1.0, 0.5, 2.0, 1.0, 3.0], "g": list("aabbcc")}
    model = fitted(tmp_path, {"data": data, "formula": "y ~ x + (1 | g)"})
    refusal = refusal_of(find_posterior(*model, PosteriorRequest.model_validate({"at": '{"x": 1e308}'})))
    assert (refusal.code, refusal.errors[0].pointer) == ("invalid_request", "/at/x")
