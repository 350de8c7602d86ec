"""Options that are none, or have values they cannot have; in a JSON body and in a query."""

from typing import Any

from tests.end_to_end.refusals import CSV, Refused, at, options, several, table

# option, value, part of the detail, the rest of the pointer
WRONG_VALUES: list[tuple[str, object, str, str]] = [
    ("formula", 3, "valid string", ""),
    ("formula", None, "either `formula` or `formulas`", ""),
    ("formula", ["y ~ x"], "valid string", ""),
    ("method", "reml", "'REML' or 'ML'", ""),
    ("method", None, "'REML' or 'ML'", ""),
    ("method", ["ML"], "'REML' or 'ML'", ""),
    ("weights", "", "at least 1 character", ""),
    ("weights", 3, "valid string", ""),
    ("weights", "w" * 2000, "at most 1000 characters", ""),
    ("missing", "keep", "'drop' or 'error'", ""),
    ("missing", False, "'drop' or 'error'", ""),
    ("levels", "g", "valid dictionary", ""),
    ("levels", [], "valid dictionary", ""),
    ("levels", {"g": "a"}, "valid list", "/g"),
    ("levels", {"g": ["a", 2]}, "valid string", "/g/1"),
    ("contrasts", "sum", "valid dictionary", ""),
    ("contrasts", {"g": "wild"}, "'treatment', 'sum', 'helmert' or 'poly'", "/g"),
    ("contrasts", {"g": None}, "'treatment', 'sum', 'helmert' or 'poly'", "/g"),
    ("confidence_level", 0, "greater than 0", ""),
    ("confidence_level", 1, "less than 1", ""),
    ("confidence_level", 2, "less than 1", ""),
    ("confidence_level", -1, "greater than 0", ""),
    ("confidence_level", "a", "valid number", ""),
    ("confidence_level", "0.9", "valid number", ""),
    ("confidence_level", True, "valid number", ""),
    ("confidence_level", None, "valid number", ""),
    ("intervals", "Wald", "'wald'", ""),
    ("intervals", None, "'wald'", ""),
    ("df", "kr", "'satterthwaite'", ""),
    ("df", 5, "'satterthwaite'", ""),
    ("theta", -1, "greater than or equal to 0", ""),
    ("theta", "Inf", "valid number", ""),
    ("theta", "-inf", "valid number", ""),
    ("theta", True, "valid number", ""),
    ("theta", {}, "valid number", ""),
    ("theta", [[1]], "valid number", "/0"),
    ("theta", [], "has 1 theta, not 0", ""),
    ("theta", [1, 2], "has 1 theta, not 2", ""),
    ("include", "everything", "'random_effects'", ""),
    ("include", ["fitted", "all"], "'random_effects'", "/1"),
    ("include", 3, "valid list", ""),
    ("include", None, "valid list", ""),
    ("metod", "ML", "did you mean `method`?", ""),
    ("colour", "red", "no such option", ""),
    ("METHOD", "ML", "no such option", ""),
]


def wrong(option: str, value: Any, detail: str, rest: str) -> Refused:  # Any: whatever JSON can say
    """The refusal of one option's value."""
    what = f"{option} {str(value)[:20]!r}"
    return Refused(what, options(**{option: value}), "invalid_request", detail, at(f"/{option}{rest}"))


ABOUT_COLUMNS = [
    Refused("weights in an unknown column", options(weights="w"),
            "unknown_column", "no column `w`", at("/weights", column="w")),
    Refused("weights that are text", options(weights="g"),
            "wrong_type", "`g` are not numbers", at("/weights", column="g")),
    Refused("a negative weight", options({"w": [1, 1, -1, 1, 1, 1]}, weights="w"),
            "invalid_request", "`w` is -1 in row 2", at("/weights", column="w", row=2)),
    Refused("a weight of zero", options({"w": [1, 1, 1, 0, 1, 1]}, weights="w"),
            "invalid_request", "`w` is 0 in row 3", at("/weights", column="w", row=3)),
    Refused("levels of an unknown column", options(levels={"f": ["a"]}),
            "unknown_column", "no column `f`", at("/levels/f", column="f")),
    Refused("a level left out", options(levels={"g": ["a", "b"]}),
            "invalid_request", "leaves out the level `c`", at("/levels/g", column="g")),
    Refused("a level too many", options(levels={"g": ["a", "b", "c", "d"]}),
            "invalid_request", "names `d`", at("/levels/g", column="g")),
    Refused("a level twice", options(levels={"g": ["a", "b", "c", "a"]}),
            "invalid_request", "twice", at("/levels/g", column="g")),
    Refused("contrasts of an unknown column", options(contrasts={"f": "sum"}),
            "unknown_column", "no column `f`", at("/contrasts/f", column="f")),
    Refused("contrasts of numbers", options(contrasts={"x": "sum"}),
            "invalid_request", "`x` is numeric", at("/contrasts/x", column="x")),
]  # fmt: skip

THREE = ["y ~ x + (1 | g)"] * 3

FORMULAS = [
    Refused("no formula among none", several([]), "invalid_request", "at least 1 item", at("/formulas")),
    Refused("formulas that are a text", several(THREE[0]), "invalid_request", "valid list", at("/formulas")),
    Refused("a number among formulas", several([*THREE, 1]), "invalid_request", "valid string", at("/formulas/3")),
    Refused("a million numbers for formulas", several([1] * 10**6),
            "invalid_request", "valid string", at("/formulas/0")),
    Refused("a list among formulas", several([THREE]), "invalid_request", "valid string", at("/formulas/0")),
    Refused("1001 formulas", several(THREE * 333 + THREE[:2]),
            "invalid_request", "at most 1000 items", at("/formulas")),
    Refused("1001 responses", several([f"cbind({', '.join(f'I(y+{k})' for k in range(500))}) ~ (1 | g)"] * 2 + THREE),
            "invalid_request", "more than 1,000 models", at("/formulas/2")),
    Refused("a formula and formulas", several(THREE, formula=THREE[0]), "invalid_request", "not both", at("/formula")),
    Refused("neither", several(None), "invalid_request", "either `formula` or `formulas`", at("/formula")),
    Refused("weights in an unknown column for many", several(THREE, weights="w"),
            "unknown_column", "no column `w`", at("/weights", column="w")),
    Refused("contrasts of an unknown column for many", several(THREE, contrasts={"f": "sum"}),
            "unknown_column", "no column `f`", at("/contrasts/f", column="f")),
    Refused("an unknown data set for many", several(THREE, data=None, dataset="radom"),
            "invalid_request", "there is: radon", at("/dataset")),
    Refused("half a list of formulas in a query", table(CSV, formulas='["y ~ x"'),
            "invalid_request", "must be JSON", at("/formulas")),
    Refused("formulas beside a formula in a query", table(CSV, formulas=THREE[0]),
            "invalid_request", "not both", at("/formula")),
]  # fmt: skip

LONG = "z" * 39 + "…"

NAMES = [
    Refused("a long name", options(**{"z" * 5000: 1}), "invalid_request", f"/{LONG}", at(f"/{LONG}")),
    Refused("a name of a megabyte in levels", options(levels={"z" * 10**6: ["a"]}),
            "invalid_request", f"/levels/{LONG}", at(f"/levels/{LONG}")),
    Refused("a name with slashes", options(**{"a/b~c": 1}), "invalid_request", "no such option", at("/a~1b~0c")),
    Refused("markup", options(levels={"<b>": ["a"]}), "unknown_column", "`<b>`", at("/levels/<b>", column="<b>")),
    Refused("thirty names", options(**{f"o{i}": 1 for i in range(30)}), "invalid_request", "/o0", at("/o0")),
]  # fmt: skip

QUERIES = [
    Refused("a wrong value", table(CSV, method="ml"), "invalid_request", "'REML' or 'ML'", at("/method")),
    Refused("a bare word for theta", table(CSV, theta="infinite"), "invalid_request", "0.5 or inf", at("/theta")),
    Refused("NaN for theta", table(CSV, theta="NaN"), "invalid_request", "must be JSON", at("/theta")),
    Refused("half an object for levels", table(CSV, levels='{"g": ["a"'),
            "invalid_request", "must be JSON", at("/levels")),
    Refused("a bare word for contrasts", table(CSV, contrasts="sum"),
            "invalid_request", "must be JSON", at("/contrasts")),
    Refused("no number for confidence_level", table(CSV, confidence_level=""),
            "invalid_request", "such as 0.95", at("/confidence_level")),
    Refused("a wrong part of a list", table(CSV, include="fitted,all"),
            "invalid_request", "'random_effects'", at("/include/1")),
    Refused("an unknown option", table(CSV, colour="red"), "invalid_request", "no such option", at("/colour")),
    Refused("a data set beside the table", table(CSV, dataset="radon"), "invalid_request", "not both", at("/data")),
    Refused("seventy options", table(CSV, **{f"o{i}": "1" for i in range(70)}),
            "invalid_request", "at most 64 options"),
]  # fmt: skip

OPTIONS = [*(wrong(*each) for each in WRONG_VALUES), *ABOUT_COLUMNS, *FORMULAS, *NAMES, *QUERIES]
