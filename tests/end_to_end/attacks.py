"""Requests that are meant to cost the service its memory, its time or its life, where others are only wrong.

Those that a fit can be asked with are in the `bad_*` modules; these are for what follows a fit and stands beside it. In
a path, `{id}` is that of the fit of `FITTED`.
"""

import gzip
import io
import json
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from tests.end_to_end.refusals import CSV, FORMULA, Request, form, formula, options, part, table, text

FITTED = {
    "formula": "log_radon ~ floor + (1 | county)",
    "dataset": "radon",
    "include": ["random_effects", "prediction"],
}

ANSWERED = ""
"""The code of what is no problem at all."""


@dataclass(frozen=True, slots=True)
class Attack:
    """A hostile request, and the code it is refused with."""

    what: str
    request: Request
    code: str


def get(path: str, method: str = "GET", **headers: str) -> Request:
    """A request without a body."""
    return Request(b"", {name.replace("_", "-"): value for name, value in headers.items()}, path, method)


FOLLOWING = ["/v1/fits/{id}/simulations", "/v1/fits/{id}/predictions"]
BESIDE = ["/v1/predictions", "/v1/comparisons", "/v1/pooling", "/v1/designs", "/v1/formulas"]
READERS = [*BESIDE, *FOLLOWING]
"""What reads JSON, but for /v1/fits."""

DEEP = 30_000
DIGITS = "9" * 5000
"""More than Python turns into a number."""

BOMB = gzip.compress(bytes(2**26))
"""64 MiB of zeros in 64 KiB, twice what may be inflated."""

JSON = [
    Attack(f"{what}, {path}", text(body, path, **headers), code)
    for what, body, headers, code in (
        ("deep lists", '{"n": ' + "[" * DEEP + "]" * DEEP + "}", {}, "malformed_body"),
        ("deep objects", '{"n": ' * 10_000, {}, "malformed_body"),
        ("a number of 5000 digits", f'{{"n": {DIGITS}}}', {}, "not_finite"),
        ("an infinite number", '{"n": 1e999}', {}, "not_finite"),
        ("the same name twice", '{"n": 1, "n": 2}', {}, "malformed_body"),
        ("a bomb", BOMB, {"Content_Encoding": "gzip"}, "body_too_large"),
    )
    for path in READERS
]


def attached(content: bytes, file: str, head: bytes = b"") -> Request:
    """The good formula with a file of this name."""
    name = f'Content-Disposition: form-data; name="data"; filename="{file}"\r\n'.encode()
    return form(part("formula", FORMULA), b"--b\r\n" + name + head + b"\r\n" + content + b"\r\n")


def zipped(request: Request) -> Request:
    """The same request, compressed."""
    return Request(gzip.compress(request.body), {**request.headers, "Content-Encoding": "gzip"}, request.path)


def written(columns: pa.Table, kind: str) -> bytes:
    """A table as Parquet or as an Arrow stream, compressed."""
    sink = io.BytesIO()
    if kind == "parquet":
        pq.write_table(columns, sink, compression="zstd")
    else:
        with pa.ipc.new_stream(sink, columns.schema, options=pa.ipc.IpcWriteOptions(compression="zstd")) as stream:
            stream.write_table(columns)
    return sink.getvalue()


ZEROS = pa.table({"y": np.zeros(5_000_000), "x": np.zeros(5_000_000)})
"""80 MB in a few kB."""

LONG_TEXT = pa.table({"y": np.arange(60.0), "x": np.arange(60.0), "g": [chr(65 + row) * 10**6 for row in range(60)]})

BOMBS = [
    Attack(f"{what} as {kind}", table(written(columns, kind), f"application/vnd.apache.{media}"), "body_too_large")
    for what, columns in (("zeros", ZEROS), ("long text", LONG_TEXT))
    for kind, media in (("parquet", "parquet"), ("arrow", "arrow.stream"))
] + [
    Attack("a bomb around a form", zipped(attached(bytes(2**26), "a.csv")), "body_too_large"),
    Attack("a bomb in a form", attached(BOMB, "a.csv.gz"), "unsupported_media_type"),
    Attack("a bomb in a form, said to be CSV", attached(BOMB, "a.csv"), "malformed_body"),
    Attack("a bomb in a part", attached(BOMB, "a.csv", b"Content-Encoding: gzip\r\n"), "malformed_body"),
]

FILES = [
    "../../etc/passwd", "/etc/passwd", "..\\\\..\\\\a.csv", "a\0.csv", "\u202e\U0001f600.csv", "con.csv", "..", "",
    "%2e%2e%2fa.csv", "a.csv\r\nX-Injected: y", "$(touch canary).csv",
]  # fmt: skip
NAMES = [Attack(f"a file {file[:20]!r}", attached(CSV.encode(), file), ANSWERED) for file in FILES] + [
    Attack("a file with a name of 5000 letters", attached(CSV.encode(), "x" * 5000), "malformed_body")
]

NO_IDS = ["%00", "a%00", "%f0%9f%98%80", "%ed%a0%80", "a%0d%0ab", "'%20OR%201=1--", "x" * 3000]
IDS = [
    Attack(f"{method} {id[:20]}{part}", get(f"/v1/fits/{id}{part}", method), "not_found")
    for id in NO_IDS
    for method, part in (("DELETE", ""), ("GET", "/events"), ("GET", "/coefficients"), ("GET", "/posterior"))
] + [Attack(f"the note {id[:20]}", get(f"/v1/notes/{id}"), "not_found") for id in NO_IDS]

PRIME = 2**61 - 1
"""Python's hash of an integer is its remainder by this."""


def grouped(labels: list[object]) -> Request:
    """Two rows in each of these groups."""
    rows = range(2 * len(labels))
    return text(
        json.dumps({"formula": "y ~ (1 | g)", "data": {"y": [row * row % 97 for row in rows], "g": labels * 2}})
    )


COLLISIONS = [
    Attack("groups with one hash", grouped([step * PRIME for step in range(1, 3000)]), ANSWERED),
    Attack("groups that are powers of two", grouped([step * 2.0**61 for step in range(1, 20_000)]), ANSWERED),
    Attack("groups of -1 and -2", grouped([-1, -2] * 5_000), ANSWERED),
    Attack("50,000 unknown options", text(json.dumps({f"o{i}": 1 for i in range(50_000)})), "invalid_request"),
    Attack("levels of 50,000 columns", options(levels={f"o{i}": ["a"] for i in range(50_000)}), "unknown_column"),
]

EXPANSIONS = [
    "y ~ " + "*".join(f"a{i}" for i in range(26)), f"y ~ x + (1 | {'/'.join('g' * 3000)})", "y ~ .^9999",
    "y ~ .:.:.:.", "y ~ " + "(.)^2 * " * 500 + "x", "y ~ x" + "^9" * 4000,
]  # fmt: skip
MANY_COLUMNS = [f"c{i}" for i in range(5000)]
FORMULAS = [
    Attack(f"{written[:30]}, {path}", request, "formula_syntax")
    for written in EXPANSIONS
    for path, request in (
        ("/v1/fits", formula(written)),
        ("/v1/formulas", text(json.dumps({"formula": written, "columns": MANY_COLUMNS}), "/v1/formulas")),
    )
    if "." not in written or path == "/v1/formulas"  # of three columns it is no bomb
]

CURSORS = ["", "-1", "9" * 64, "A" * 22, "A" * 65, "=", "%00", "~", "-1~a", "0001-01-01T00:00:00%2B14:00~a", "x" * 5000]
LIMITS = ["0", "-1", "1e9", "1.5", DIGITS, "NaN"]
PAGED = ["/v1/fits", *(f"/v1/fits/{{id}}/{part}" for part in ("coefficients", "fitted", "influence"))]
PAGES = [
    Attack(f"{path}, {name} {value[:20]}", get(f"{path}?{name}={value}"), "invalid_request")
    for path in PAGED
    for name, values in (("cursor", CURSORS), ("limit", LIMITS))
    for value in values
]

QUERIES = {
    "intervals": ["n=10001", "n=-1", f"n={DIGITS}", "seed=-1", f"seed={2**53}", "confidence_level=NaN"],
    "posterior": [
        "scale=inf",
        "scale=NaN",
        "df=1e-320",
        "confidence_level=1",
        "prior=half-t&scale=1e308&df=1e308",
        "groups=2.5",
    ],
    "variance-tests": ["n=100001", "n=1e9", f"seed={DIGITS}"],
    "summary": ["digits=1e9"],
}
PLAN = {"groups": {"n_groups": 20, "size": 5}, "sd_between": 0.3, "sd_within": 0.8}
TEST = {"effect": 1e308, "sd": 5e-324, "level": "group", "power": 0.999999999, "test_level": 1e-12}
PLANS: list[dict[str, object]] = [
    {"groups": {"n_groups": 10**400, "size": 2}}, {"groups": {"n_groups": 10**9, "size": 10**9}},
    {"groups": {"sizes": [10**9] * 10_000}}, {"groups": {"sizes": list(range(1, 1000)) * 10}}, {"replicates": 10**9},
    {"seed": 10**30}, {"sd_between": -1e308}, {"coefficient": TEST},
]  # fmt: skip
COUNTS = ["1001", "-1", "1e3", "true", '"5"', "null", str(2**63)]
SIZES = [
    *(Attack(f"{path}?{query[:30]}", get(f"/v1/fits/{{id}}/{path}?{query}"), "invalid_request")
      for path, queries in QUERIES.items() for query in queries),
    *(Attack(f"{count[:20]} simulations", text(f'{{"n": {count}}}', FOLLOWING[0]), "invalid_request")
      for count in COUNTS),
    *(Attack(f"a plan with {json.dumps(changed)[:40]}", text(json.dumps(PLAN | changed), "/v1/designs"),
             "invalid_request") for changed in PLANS),
    Attack("a hundred simulations of all rows", text('{"n": 100}', FOLLOWING[0]), ANSWERED),
]  # fmt: skip

COEFFICIENTS = "/v1/fits/{id}/random-effects"
ACCEPT = {
    "application/xml": "not_acceptable", "text/csv;q=0": "not_acceptable", "*/*;q=0": "not_acceptable",
    ",".join(["a/b"] * 5000): "not_acceptable", f"text/{'*' * 5000}": "not_acceptable",
    "text/*": ANSWERED, ";" * 20_000: ANSWERED, "q=1" * 10_000: ANSWERED, "text/csv;q=9": ANSWERED,
    "application/json;" + "q=0.1;" * 5000: ANSWERED,
}  # fmt: skip
FLOOD = {f"X-{number}": "a" for number in range(1000)}
HEADERS = [
    *(Attack(f"Accept: {accept[:30]}", get(COEFFICIENTS, Accept=accept), code) for accept, code in ACCEPT.items()),
    Attack("a thousand headers", Request(b"", FLOOD, "/v1/notes", "GET"), ANSWERED),
    Attack("a thousand cookies", get("/v1/notes", Cookie="a=b;" * 1000), ANSWERED),
    Attack("ten thousand tags", get("/v1/fits/{id}", If_None_Match=",".join(['"x"'] * 10_000)), ANSWERED),
    Attack("ten thousand wishes", text(options().body, Prefer="wait=1," * 8000), ANSWERED),
    Attack("a long id of a request", get("/v1/notes", X_Request_Id="a" * 5000, Traceparent="0" * 5000), ANSWERED),
    Attack("a key that is none", get("/v1/notes", Authorization="Bearer " + "x" * 10_000), ANSWERED),
]  # fmt: skip

ATTACKS = [*JSON, *BOMBS, *NAMES, *IDS, *COLLISIONS, *FORMULAS, *PAGES, *SIZES, *HEADERS]
