"""The influence of the groups of a fit, page by page."""

import json
from pathlib import Path

import pytest

from service.contract import Influence, Page, Reply, Submission, page_of
from service.tasks import influence
from service.tasks.fits import fit
from service.tasks.influence import read_influence
from tests.report.difficult import DIFFICULT
from tests.tasks.questions import JSON, LIMITS, refusal_of

Y = [1.0, 2.5, 2.0, 4.0, 3.0, 5.5, 2.0, 3.5, 4.0, 6.0, 5.0, 8.0]
CROSSED = {
    "formula": "y ~ 1 + (1 | g) + (1 | h)",
    "data": {"y": Y, "g": ["a", "b", "c"] * 4, "h": ["p", "q", "q", "p"] * 3},
}
RADON = {"dataset": "radon", "formula": "log_radon ~ floor + (1 | county)"}


def fitted(folder: Path, **request: object) -> tuple[bytes, Submission]:
    path = folder / "body"
    path.write_text(json.dumps(request))
    asked = Submission(str(path), JSON, "", "", LIMITS)
    return fit(asked).body, asked


def answered(reply: Reply) -> Influence:
    assert not reply.failed, reply.body
    found = Influence.model_validate_json(reply.body)
    assert found.next == reply.next
    return found


def test_a_page_says_what_the_fit_is_without_each_group(tmp_path: Path) -> None:
    found = answered(read_influence(*fitted(tmp_path, **RADON), None, Page("t", 0, 100)))
    assert (found.group, found.terms, len(found.groups), found.next) == ("county", ["(Intercept)", "floor"], 85, None)
    assert [(each.group, each.term) for each in found.components] == [("county", "(Intercept)")]
    assert [each.level for each in found.groups[:2]] == ["AITKIN", "ANOKA"]
    # Without ANOKA, a large county with little radon, the mean of all is higher.
    assert found.groups[1].estimate == pytest.approx([1.470688, -0.682790], abs=1e-6)
    assert found.groups[1].cooks_distance == pytest.approx(0.036422, abs=1e-6)


def test_a_model_of_searches_has_smaller_pages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(influence, "MOST_REFITS", 2)
    model = fitted(tmp_path, **CROSSED)
    first = answered(read_influence(*model, "g", Page("t", 0, 100)))
    assert [each.level for each in first.groups] == ["a", "b"]
    second = answered(read_influence(*model, "g", page_of("t", 100, first.next)))
    assert [each.level for each in second.groups] == ["c"]
    assert second.next is None


def test_a_group_that_cannot_be_left_out_says_why(tmp_path: Path) -> None:
    found = answered(read_influence(*fitted(tmp_path, **CROSSED), "h", Page("t", 0, 100)))
    assert [each.n for each in found.groups] == [6, 6]
    assert {each.reason for each in found.groups} == {"h has one group: nothing can vary between groups."}
    assert all((each.estimate, each.std_dev, each.sigma, each.dfbetas) == (None,) * 4 for each in found.groups)


@pytest.mark.parametrize("group", [None, "county", "g:h"])
def test_one_of_several_factors_is_named(tmp_path: Path, group: str | None) -> None:
    refusal = refusal_of(read_influence(*fitted(tmp_path, **CROSSED), group, Page("t", 0, 100)))
    assert (refusal.code, refusal.errors[0].pointer) == ("invalid_request", "/group")
    assert "g, h" in refusal.detail


@pytest.mark.parametrize(
    "name",
    [
        "the boundary, by ML", "no pooling", "a large theta", "y constant", "y constant within groups, with predictors",
        "y zero and no coefficients", "y exactly linear", "an indicator of each group", "y at 1e160", "y at 1e-200",
        "all groups of one row but one", "three rows", "a slope, complete pooling", "a slope, y at 1e160",
        "a slope, large thetas", "a slope and y constant", "crossed, one held at 0",
    ],
)  # fmt: skip
def test_where_something_does_not_exist_it_is_null(name: str, tmp_path: Path) -> None:
    found = answered(read_influence(*fitted(tmp_path, **DIFFICULT[name]), "g", Page("t", 0, 100)))
    for group in found.groups:
        numbers = (group.estimate, group.std_dev, group.sigma, group.dfbetas, group.prediction_error)
        assert [number is None for number in numbers] == [group.reason is not None] * 5
        assert group.cooks_distance is None or group.cooks_distance >= 0.0
