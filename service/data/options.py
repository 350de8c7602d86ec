"""From options written as text, in a query or a form, to the values they would have in a JSON body."""

from collections.abc import Iterable
from urllib.parse import parse_qsl

from service.data.json_text import Json, decode
from service.errors import Fault, InvalidRequest, MalformedBody, NotFinite
from service.quoting import excerpt, pointer_to

_LISTS = {"formulas", "include"}
_JSON = {"confidence_level", "contrasts", "levels", "theta", "variance_uncertainty"}
_MOST_OPTIONS = 64


def options_of_query(query: str) -> dict[str, Json]:
    """The options of a URL's query; raises `InvalidRequest` if it cannot be taken apart."""
    try:
        pairs = parse_qsl(query, keep_blank_values=True, errors="strict", max_num_fields=_MOST_OPTIONS)
    except ValueError:
        message = f"The query must be at most {_MOST_OPTIONS} options, percent-encoded UTF-8."
        raise InvalidRequest(message, Fault(message)) from None
    return options_of_text(pairs)


def options_of_text(pairs: Iterable[tuple[str, str]]) -> dict[str, Json]:
    """The options by name; raises `InvalidRequest` for one that is given twice or is not the JSON it should be.

    `include` may be given several times, or as a list with commas; `formulas` several times, or as a JSON list;
    `levels`, `contrasts`, `theta`, `confidence_level` and `variance_uncertainty` are JSON text; all others are text as
    it stands.
    """
    options: dict[str, Json] = {}
    lists: dict[str, list[Json]] = {}
    for name, text in pairs:
        if name in _LISTS:
            lists.setdefault(name, []).extend(_items(name, text))
        elif name in options:
            message = f"The option `{excerpt(name)}` is given twice."
            raise InvalidRequest(message, Fault(message, pointer=pointer_to("", name)))
        else:
            options[name] = _json(name, text) if name in _JSON else text
    return options | lists


def _items(name: str, text: str) -> list[Json]:
    if name == "include":
        return [item.strip() for item in text.split(",") if item.strip()]
    # No formula begins with a bracket, and many have commas.
    value = _json(name, text) if text.lstrip().startswith("[") else text
    return value if isinstance(value, list) else [value]


def _json(name: str, text: str) -> Json:
    if name == "theta" and text == "inf":  # Quotation marks are a nuisance in a shell.
        return text
    try:
        return decode(text.encode())
    except (MalformedBody, NotFinite):
        message = f"The option `{name}` must be JSON, such as {_EXAMPLES[name]}."
        raise InvalidRequest(message, Fault(message, pointer=pointer_to("", name))) from None


_EXAMPLES = {
    "confidence_level": "0.95",
    "contrasts": '{"floor": "sum"}',
    "formulas": '["y ~ x + (1 | g)", "y ~ 1 + (1 | g)"]',
    "levels": '{"floor": ["basement", "first"]}',
    "theta": "0.5 or inf",
    "variance_uncertainty": "true",
}
