"""The manual: the published schema goes in, a page comes out that needs no script and nothing from elsewhere."""

import base64
import hashlib
import json
import re
from collections.abc import Iterable, Iterator
from html import escape

from service.api import five_ways
from service.api.problems import KINDS
from service.api.schema import Piece
from service.contract import NOTES

STYLE = """
:root { color-scheme: light dark; --line: #8884; --soft: #8881; --accent: light-dark(#0b5fa5, #7cc0ff); }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 0 auto; padding: 1rem 1.5rem 6rem; }
h1 { margin-bottom: 0; } h2 { margin-top: 3rem; border-bottom: 1px solid var(--line); } h3 { margin: 2.5rem 0 .5rem; }
h4 { margin: 1.2rem 0 .3rem; }
a { color: var(--accent); text-decoration: none; } a:hover { text-decoration: underline; }
nav ul { columns: 2; padding-left: 1.2rem; } small { opacity: .7; font-weight: normal; }
code, pre { font: .88em/1.45 ui-monospace, monospace; } code { background: var(--soft); padding: .1em .3em; }
pre { background: var(--soft); padding: .8rem 1rem; overflow-x: auto; border-left: 3px solid var(--accent); }
table { border-collapse: collapse; width: 100%; }
td, th { text-align: left; vertical-align: top; padding: .3rem .8rem .3rem 0; border-bottom: 1px solid var(--line); }
td:first-child { white-space: nowrap; } summary { cursor: pointer; }
.method { color: var(--accent); text-transform: uppercase; }
"""
SECURITY_POLICY = (
    "default-src 'none'; frame-ancestors 'none'; "
    f"style-src 'sha256-{base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()}'"
)


def page(document: Piece) -> str:
    """The manual of the service that the OpenAPI document describes."""
    info = document["info"]
    operations = [
        (method, path, operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    ]
    codes = ((f"`{code}`", str(each.status), f"{each.title}.") for code, each in KINDS.items())
    notes = ((f"`{each.code}`", " or ".join(each.severities), f"{each.title} {each.advice}") for each in NOTES.notes)
    body = [
        f"<h1>{escape(info['title'])} <small>{escape(info['version'])}</small></h1><p>{prose(info['summary'])}</p>",
        paragraphs(info["description"]),
        _contents(operations),
        "<h2 id='operations'>Operations</h2>",
        *(section(method, path, operation) for method, path, operation in operations),
        essay(),
        "<h2 id='problems'>Problems</h2>",
        f"<p>{prose('Every refusal has the shape of a [Problem]. These are its codes.')}</p>",
        table(("code", "status", "meaning"), codes),
        "<h2 id='notes'>Notes</h2>",
        f"<p>{prose('What may be said in the `notes` of a [FitDocument]. `/v1/notes` says more of each.')}</p>",
        table(("code", "severity", "meaning"), notes),
        "<h2 id='shapes'>Shapes</h2>",
        *(shape(name, schema) for name, schema in document["components"]["schemas"].items()),
        "<p><a href='/openapi.json'>openapi.json</a> says the same to programs.</p>",
    ]
    head = f"<meta charset='utf-8'><title>{escape(info['title'])}</title><style>{STYLE}</style>"
    return f"<!doctype html><html lang='en'><head>{head}</head><body>{''.join(body)}</body></html>\n"


def _contents(operations: list[tuple[str, str, Piece]]) -> str:
    items = [
        f"<li><a href='#{operation['operationId']}'><code>{method.upper()} {escape(path)}</code></a></li>"
        for method, path, operation in operations
    ]
    places = {five_ways.ID: five_ways.TITLE, "problems": "Problems", "notes": "Notes", "shapes": "Shapes"}
    others = "".join(f"<li><a href='#{id}'>{title}</a></li>" for id, title in places.items())
    return f"<nav><ul>{''.join(items)}{others}</ul></nav>"


def section(method: str, path: str, operation: Piece) -> str:
    """The part about one operation: what it does, how to call it, what it takes and what it answers."""
    parts = [
        f"<h3 id='{operation['operationId']}'><code><span class='method'>{method}</span> {escape(path)}</code> "
        f"<small>{prose(operation['summary'])}</small></h3>{paragraphs(operation['description'])}",
        *(f"<pre>{escape(sample['source'])}</pre>" for sample in operation.get("x-codeSamples", [])),
    ]
    if body := operation.get("requestBody"):
        parts += ["<h4>Body</h4>", table(("media type", "content"), _bodies(body["content"]))]
    if parameters := operation.get("parameters"):
        rows = table(("name", "in", "type", "meaning"), map(_parameter, parameters))
        parts.append(f"<details><summary>Parameters ({len(parameters)})</summary>{rows}</details>")
    parts += ["<h4>Answers</h4>", table(("status", "meaning", "content"), _answers(operation["responses"]))]
    return "".join(parts)


def essay() -> str:
    """The part about the five ways to write the model."""
    ways = (
        f"<h4>{place}. {escape(way.name)}</h4><pre>{escape(way.formula)}</pre><p>{prose(way.reading)}</p>"
        for place, way in enumerate(five_ways.WAYS, start=1)
    )
    rows = (
        (case, *("" if number is None else f"{number:.6f}" for number in numbers))
        for case, numbers in five_ways.NUMBERS.items()
    )
    head = f"<h2 id='{five_ways.ID}'>{five_ways.TITLE}</h2><p>{prose(five_ways.INTRODUCTION)}</p>"
    return f"{head}{''.join(ways)}<h4>All five, by REML</h4>{table(('', *five_ways.NAMES), rows)}"


def _bodies(content: Piece) -> Iterator[tuple[str, str]]:
    return ((f"`{media_type}`", kind(piece["schema"])) for media_type, piece in content.items())


def _parameter(parameter: Piece) -> tuple[str, str, str, str]:
    as_json = parameter.get("content", {}).get("application/json")
    described = f"{kind(as_json['schema'])} as JSON" if as_json else kind(parameter["schema"])
    return f"`{parameter['name']}`", parameter["in"], described, parameter.get("description", "")


def _answers(responses: Piece) -> Iterator[tuple[str, str, str]]:
    for status, response in sorted(responses.items()):
        content = ", ".join(kind(piece["schema"]) for piece in response.get("content", {}).values())
        yield status, response["description"], content


def shape(name: str, schema: Piece) -> str:
    """The part about one schema: its fields, or its words."""
    required = schema.get("required", [])
    rows = (
        (f"`{field}`", kind(piece), f"{piece.get('description', '')} {_default(piece, field in required)}")
        for field, piece in schema.get("properties", {}).items()
    )
    examples = (f"<pre>{escape(json.dumps(example, indent=1))}</pre>" for example in schema.get("examples", [])[:1])
    return (
        f"<h3 id='{name}'>{name}</h3>{paragraphs(schema.get('description', ''))}"
        f"{''.join(examples)}{table(('field', 'type', 'meaning'), rows)}"
    )


def _default(piece: Piece, required: bool) -> str:
    return f"Default `{json.dumps(piece['default'])}`." if "default" in piece and not required else ""


def kind(schema: Piece) -> str:
    """A schema in a few words, with marks for code and links."""
    if "$ref" in schema:
        name = schema["$ref"].rsplit("/", 1)[-1]
        return f"[{name}]"
    if choices := _choices(schema):
        return " or ".join(kind(choice) for choice in choices)
    if "enum" in schema:
        return " or ".join(f"`{value}`" for value in schema["enum"])
    if "const" in schema:
        return f"`{schema['const']}`"
    if schema.get("type") == "array":
        items = kind(schema["items"])
        return f"list of ({items})" if _choices(schema["items"]) else f"list of {items}"
    if schema.get("type") == "object" and "additionalProperties" in schema:
        return f"names with {kind(schema['additionalProperties'])}"
    return "bytes" if schema.get("format") == "binary" else str(schema.get("type", "anything"))


def _choices(schema: Piece) -> list[Piece]:
    """The schemas of which a value meets one."""
    choices: list[Piece] = schema.get("anyOf") or schema.get("oneOf") or []
    return choices


def table(titles: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """A table of prose."""
    head = "".join(f"<th>{title}</th>" for title in titles)
    body = "".join(f"<tr>{''.join(f'<td>{prose(cell)}</td>' for cell in row)}</tr>" for row in rows)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def paragraphs(text: str) -> str:
    """Sentences, in the paragraphs that empty lines part them into."""
    return "".join(f"<p>{prose(paragraph)}</p>" for paragraph in text.split("\n\n"))


def prose(text: str) -> str:
    """Text as HTML: `code` in backticks, and [Name] as a link to the shape of that name."""
    marked = re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(text.strip(), quote=False))
    return re.sub(r"\[(\w+)\]", r"<a href='#\1'>\1</a>", marked)
