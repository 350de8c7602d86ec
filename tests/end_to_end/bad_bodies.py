"""Bodies that are no request: broken JSON, broken compression, broken forms, and media types that are not read."""

import gzip
import json
import zlib

from tests.end_to_end.refusals import COLUMNS, CSV, FORMULA, Refused, Request, at, form, options, part, text

GOOD = options().body
ZIPPED = gzip.compress(GOOD)
BOMB = gzip.compress(bytes(2**24)) * 64
"""A gigabyte of zeros in a megabyte."""

CELL = '{"formula": "y ~ (1 | g)", "data": {"y": [%s], "g": ["a"]}}'
DEEP = 100_000
END = "ends too early"
NO_UTF8 = "not UTF-8"
NO_FORM = "not divided into parts"

JSON = [
    Refused("nothing", text(""), "malformed_body", END),
    Refused("blanks", text("  \n"), "malformed_body", END),
    Refused("half", text(GOOD[:60]), "malformed_body", END),
    Refused("half a string", text('{"formula": "y ~'), "malformed_body", END),
    Refused("two documents", text(GOOD + b"{}"), "malformed_body", "trailing characters at byte"),
    Refused("a list", text("[1, 2]"), "malformed_body", "must be a JSON object"),
    Refused("a text", text('"y ~ x"'), "malformed_body", "must be a JSON object"),
    Refused("null", text("null"), "malformed_body", "must be a JSON object"),
    Refused("Python, not JSON", text("{'formula': 'y ~ x'}"), "malformed_body", "at byte 1"),
    Refused("a comma too many", text('{"formula": "y ~ x",}'), "malformed_body", "trailing comma in object at byte 20"),
    Refused("a comment", text("{/* y */}"), "malformed_body", "at byte 1"),
    Refused("Latin-1", text('{"formula": "\xe9 ~ x"}'.encode("latin-1")), "malformed_body", NO_UTF8, at("/formula")),
    Refused("an overlong code", text(b'{"formula": "\xc0\xaf"}'), "malformed_body", NO_UTF8, at("/formula")),
    Refused("a surrogate's code", text(b'{"formula": "\xed\xa0\x80"}'), "malformed_body", NO_UTF8, at("/formula")),
    Refused("UTF-16", text(GOOD.decode().encode("utf-16")), "malformed_body", "at byte 0"),
    Refused("UTF-32", text(GOOD.decode().encode("utf-32")), "malformed_body", "at byte 0"),
    Refused("two byte order marks", text(b"\xef\xbb\xbf" * 2 + GOOD), "malformed_body", "at byte 0"),
    Refused("a bare NUL", text(b'{"formula": "y \x00"}'), "malformed_body", "at byte 15"),
    Refused("half a pair of surrogates", text(r'{"formula": "y ~ \ud800"}'), "malformed_body", "broken escape"),
    Refused("the same in a cell", text(CELL % r'"\ud800"'), "malformed_body", "hex escape"),
    Refused("two formulas", text('{"formula": "y ~ x", "formula": "y ~ z"}'),
            "malformed_body", "`formula` stands twice", at("/formula")),
    Refused("two tables", text('{"data": {"y": [1]}, "data": {"y": [1]}}'),
            "malformed_body", "`data` stands twice", at("/data")),
    Refused("two columns of a name", text('{"data": {"y": [1], "y": [1]}}'),
            "malformed_body", "`y` stands twice", at("/data/y")),
    Refused("deep lists", text("[" * DEEP), "malformed_body", "JSON object"),
    Refused("deep objects", text('{"a":' * DEEP), "malformed_body", "nested too deeply"),
    Refused("deep data", text('{"data": ' + "[" * DEEP + "]" * DEEP + "}"), "malformed_body", "nested too deeply"),
    Refused("a deep cell", text(CELL % ("[" * DEEP + "]" * DEEP)), "malformed_body", "nested too deeply"),
    Refused("a deep option", text('{"theta": ' + "[" * DEEP + "]" * DEEP + "}"), "malformed_body", "nested too deeply"),
    Refused("too large", text(b" " * (2**24 + 1)), "body_too_large", "larger than the 16777216 bytes"),
    Refused("a formula's request that is too large", text(b" " * (2**20 + 1), "/v1/formulas"),
            "body_too_large", "1048576 bytes"),
]  # fmt: skip

COMPRESSED = [
    Refused("cut short", text(ZIPPED[:-5], Content_Encoding="gzip"), "malformed_body", "damaged or cut short"),
    Refused("of nothing", text("", Content_Encoding="gzip"), "malformed_body", "damaged or cut short"),
    Refused("not compressed", text(GOOD, Content_Encoding="gzip"), "malformed_body", "damaged or cut short"),
    Refused("a wrong checksum", text(ZIPPED[:-8] + bytes(8), Content_Encoding="gzip"), "malformed_body", "damaged"),
    Refused("more after it", text(ZIPPED + b"more", Content_Encoding="gzip"), "malformed_body", "damaged"),
    Refused("a thousand empty ones", text(gzip.compress(b"") * 1001, Content_Encoding="gzip"),
            "malformed_body", "1000 members"),
    Refused("twice, said once", text(gzip.compress(ZIPPED), Content_Encoding="gzip"), "malformed_body", "at byte 0"),
    Refused("twice", text(gzip.compress(ZIPPED), Content_Encoding="gzip, gzip"),
            "unsupported_media_type", "gzip, gzip"),
    Refused("a bomb", text(BOMB, Content_Encoding="gzip"), "body_too_large", "larger than the limit of 33554432 bytes"),
    Refused("another coding", text(GOOD, Content_Encoding="br"), "unsupported_media_type", "coding br"),
    Refused("deflate", text(zlib.compress(GOOD), Content_Encoding="deflate"),
            "unsupported_media_type", "coding deflate"),
    Refused("a long coding", text(GOOD, Content_Encoding="x" * 5000), "unsupported_media_type", "x… is not supported"),
]  # fmt: skip

F, D = part("formula", FORMULA), part("data", CSV, "a.csv")

FORMS = [
    Refused("no boundary", form(F, D, boundary=""), "malformed_body", "no boundary"),
    Refused("an empty boundary", form(F, D, boundary="; boundary="), "malformed_body", "no boundary"),
    Refused("another boundary", form(F, D, boundary="; boundary=c"), "malformed_body", NO_FORM),
    Refused("a long boundary", form(F, D, boundary=f"; boundary={'b' * 1000}"), "malformed_body", NO_FORM),
    Refused("no end", form(F, D, end=b""), "malformed_body", "last boundary is missing"),
    Refused("nothing", form(end=b""), "malformed_body", "last boundary is missing"),
    Refused("two files", form(F, D, D), "invalid_request", "two parts called `data`", at("/data")),
    Refused("no file", form(F), "invalid_request", "either `data` or `dataset`", at("/data")),
    Refused("a file and a data set", form(F, D, part("dataset", "radon")), "invalid_request", "not both", at("/data")),
    Refused("a file of another name", form(F, part("file", CSV, "a.csv")),
            "invalid_request", "called `file`", at("/file")),
    Refused("no formula", form(D), "invalid_request", "formula", at("/formula")),
    Refused("two formulas", form(F, F, D), "invalid_request", "`formula` is given twice", at("/formula")),
    Refused("an unknown field", form(F, D, part("colour", "red")), "invalid_request", "colour", at("/colour")),
    Refused("a long field", form(part("formula", "y" * 100_000), D), "body_too_large", "longer than 65536 bytes"),
    Refused("a field that is no UTF-8", form(part("formula", b"\xe9 ~ x"), D),
            "malformed_body", "`formula` is not UTF-8"),
    Refused("ten thousand parts", form(*[part(f"p{i}", "1") for i in range(10_000)]),
            "malformed_body", "more than 64 parts"),
    Refused("a part without a name", form(F, b"--b\r\nA: b\r\n\r\n1\r\n", D), "malformed_body", "has no name"),
    Refused("a name of a megabyte", form(F, D, part("n" * 10**6, "1")), "malformed_body", NO_FORM),
    Refused("twenty thousand headers", form(b"--b\r\n" + b"A: b\r\n" * 20_000 + b"\r\n1\r\n", F),
            "malformed_body", NO_FORM),
    Refused("a spreadsheet", form(F, part("data", b"PK\x03\x04", "a.xlsx")),
            "unsupported_media_type", "a spreadsheet", at("/data")),
    Refused("an R object", form(F, part("data", b"\x1f\x8b", "a.rds")), "unsupported_media_type", ".rds", at("/data")),
    Refused("CSV named Parquet", form(F, part("data", CSV, "a.parquet")),
            "malformed_body", "not a Parquet file", at("/data")),
    Refused("a file in UTF-16", form(F, part("data", CSV, "a", "text/csv; charset=utf-16")),
            "unsupported_media_type", "UTF-8"),
    Refused("an empty file", form(F, part("data", "", "a.csv")), "malformed_body", "CSV file is empty", at("/data")),
    Refused("options beside it", form(F, D, path="/v1/fits?method=ML"), "invalid_request", "not in the query"),
]  # fmt: skip

UNREAD = [
    "text/plain", "application/x-www-form-urlencoded", "application/json, text/csv", "*/*",
    "multipart/mixed; boundary=b", "x" * 5000,
]  # fmt: skip
SAID = "send application/json"

MEDIA_TYPES = [
    Refused("none", Request(GOOD), "unsupported_media_type", "no Content-Type"),
    *(Refused(name[:40], text(GOOD, Content_Type=name), "unsupported_media_type", SAID) for name in UNREAD),
    Refused("Latin-1", text(GOOD, Content_Type="application/json; charset=latin1"), "unsupported_media_type", "latin1"),
    Refused("CSV in UTF-16", text(CSV, Content_Type="text/csv; charset=utf-16"), "unsupported_media_type", "utf-16"),
    Refused("a formula as CSV", text("y", "/v1/formulas", Content_Type="text/csv"),
            "unsupported_media_type", "application/json"),
]  # fmt: skip

BODIES = [
    *JSON,
    *COMPRESSED,
    *FORMS,
    *MEDIA_TYPES,
    Refused("neither data nor a data set", text(json.dumps({"formula": FORMULA})),
            "invalid_request", "either", at("/data")),
    Refused("both", options(dataset="radon"), "invalid_request", "not both", at("/data")),
    Refused("no formula", text(json.dumps({"data": COLUMNS})), "invalid_request", "formula", at("/formula")),
]  # fmt: skip
