"""Models that the data cannot bear, and addresses where nothing is."""

from tests.end_to_end.refusals import Refused, Request, at, columns, formula, options, table

LEVELS = 100_000
MANY_LEVELS = "y,x,g\n" + "".join(f"0.5,level {row},{row % 50}\n" for row in range(LEVELS))
GROUP = at(column="g")

MODELS = [
    Refused("one group", columns(g=["a"] * 6), "too_few_groups", "g has one group", GROUP),
    Refused("one row", columns(y=[1], x=[1], g=["a"]), "too_few_groups", "g has one group", GROUP),
    Refused("as many groups as rows", columns(g=list("abcdef")),
            "all_singletons", "as many groups as there are rows (6)", GROUP),
    Refused("as many coefficients as rows", formula("y ~ poly(x, 5) + (1 | g)"),
            "too_many_parameters", "6 coefficients"),
    Refused("more coefficients than rows", formula("y ~ poly(x, 5) * g + (1 | g)"), "too_many_parameters", "6 rows"),
    Refused("no pooling of pairs", options({"g": ["a", "b", "c", "d", "e", "e"]}, theta="inf"),
            "too_many_parameters", "leave no row of 6"),
    Refused("100,000 levels", table(MANY_LEVELS), "too_many_parameters", "100,000 coefficients for 100,000 rows"),
    Refused("a factor of one level", formula("y ~ f + (1 | g)", f=["a"] * 6),
            "invalid_request", "`f` has only one level", at(column="f")),
    Refused("nothing but missing values", columns(x=[None] * 6), "no_observations", "`x` has the most"),
    Refused("no complete row", columns(y=[1, 2, 3, None, None, None], x=[None, None, None, 1, 2, 3]),
            "no_observations", "Every row has a missing value"),
    Refused("missing values that are refused", options({"x": [1, 2, None, 4, None, 6]}, missing="error"),
            "missing_values", "`x` has a missing value in row 2", at(column="x", row=2)),
    Refused("a predictor beyond 1e300", columns(x=[1, 2, 3, 4, 5, -1e308]),
            "not_finite", "x has numbers beyond 1e+300", at(column="x")),
    Refused("a response beyond 1e300", columns(y=[1e308, 1e308, 1e308, 1e308, 1e308, 0]),
            "not_finite", "y has numbers beyond 1e+300", at(column="y")),
    Refused("no random term", formula("y ~ x"), "unsupported_model", "no random term"),
    Refused("as many random effects as rows", formula("y ~ x + (x | g)", g=list("aabbcc")),
            "too_many_parameters", "6 random effects, 2 for each of 3 groups, and there are 6 rows", GROUP),
    Refused("as many inner groups as rows", formula("y ~ (1 | g/x)"),
            "all_singletons", "x:g has as many groups as there are rows (6)", at(column="x:g")),
    Refused("theta of another model", options(theta=[1, 0, 1]), "invalid_request", "1 theta, not 3", at("/theta")),
    Refused("no pooling of two factors",
            options({"h": list("ababab")}, formula="y ~ (1 | g) + (1 | h)", theta=["inf", 1]),
            "invalid_request", "where one coefficient varies alone", at("/theta")),
]  # fmt: skip


def get(path: str, method: str = "GET") -> Request:
    """A request without a body."""
    return Request(path=path, method=method)


NO_PATH, NO_FIT = "No resource has this path", "No fit has this id"

# paths under which no fit is
IDS = [
    "none", "%00", "%2e%2e", "..", "%ff%fe", "%ed%a0%80", "%", "%zz", "'%20OR%201=1--", "a%0d%0aSet-Cookie:%20a=b",
    "%f0%9f%98%80", "x" * 10_000,
]  # fmt: skip
PATHS = [
    "/nowhere", "/v1", "/v1/fits/", "/v1/fits/../../etc/passwd", "/v1/fits/%2e%2e%2f%2e%2e%2fetc%2fpasswd", "//v1/fits",
    "/V1/fits/none", "/.env", "/docs/../service/settings.py", "/v1/fits/none/nothing", "/redoc", "/" + "x" * 10_000,
]  # fmt: skip
METHODS = [
    ("DELETE", "/v1/fits", "GET or POST"), ("PUT", "/v1/fits", "GET or POST"), ("OPTIONS", "/v1/fits", "GET or POST"),
    ("TRACE", "/v1/fits", "GET or POST"), ("PUT", "/v1/fits/none", "DELETE or GET"),
    ("PATCH", "/v1/fits/none", "DELETE or GET"),
    ("POST", "/livez", "GET"),
    ("GET", "/v1/formulas", "POST"),
]  # fmt: skip
DIGITS = [
    ("11", "less than or equal to 10"), ("-1", "greater than or equal to 0"), ("1.5", "valid integer"),
    ("", "valid integer"), ("NaN", "valid integer"), ("9" * 5000, "maximum size"),
]  # fmt: skip

ADDRESSES = [
    *(Refused(f"the fit {id[:20]}", get(f"/v1/fits/{id}"), "not_found", NO_FIT) for id in IDS),
    *(Refused(path[:40], get(path), "not_found", NO_PATH) for path in PATHS),
    *(Refused(f"{method[:9]} {path}", get(path, method), "method_not_allowed", f"{allowed} is.")
      for method, path, allowed in METHODS),
    *(Refused(f"{method[:9]} /livez", get("/livez", method), "malformed_http", "a method that HTTP knows")
      for method in ("BREW", "B" * 200)),
    *(Refused(f"digits {digits[:9]!r}", get(f"/v1/fits/none/summary?digits={digits}"),
              "invalid_request", detail, at("/digits")) for digits, detail in DIGITS),
    Refused("the summary of nothing", get("/v1/fits/none/summary"), "not_found", NO_FIT),
]  # fmt: skip
