"""Every operation of the API, asked what its own OpenAPI document allows and what it does not."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from algo_trading.domain.user import Scope
from algo_trading.web.backtests import BacktestRuns
from algo_trading.web.limits import RateLimit
from algo_trading.web.rights import RIGHTS
from support.fuzz import examples
from support.web_site import NOW, OWNER, Site, Visitor, a_site

if TYPE_CHECKING:
    from support.postgres_server import TestServer

pytestmark = pytest.mark.integration

# What posts are held back for is found with Great Expectations, whose import takes seconds: `make test-fuzz` alone.
SLOW = set() if examples(1) > 1 else {("POST", "/api/v1/posts")}
OPERATIONS = sorted(route for route in RIGHTS.keys() - SLOW if route[1].startswith("/api/"))
PROBLEM, JSON = "application/problem+json", "application/json"
ODD = st.sampled_from(
    ["", "IBM", "x", "%", "'", "\u202e", "\x7f", "0", "-1", "1e999", "NaN", "../..", "9" * 40, "\N{ROCKET}"]
)
TEXTS = ODD | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=20)


@pytest.fixture(scope="module")
def site(postgres: TestServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with postgres.own_database() as url, a_site(url) as site:
        nothing = (sys.executable, "-S", "-c", "")
        site.app.state.backtests = BacktestRuns(tmp_path_factory.mktemp("runs"), lambda: NOW, nothing)
        site.app.state.rate_limit = RateLimit(per_second=1e6, at_once=1e6)
        yield site


@pytest.fixture(scope="module")
def program(site: Site) -> Any:
    client = Visitor(site.app, site.application).client
    client.headers["Authorization"] = f"Bearer {site.token(OWNER, *Scope)}"
    return client


@pytest.fixture(scope="module")
def document(program: Any) -> dict[str, Any]:
    found: dict[str, Any] = program.get("/api/v1/openapi.json").json()
    return found


def values(schema: dict[str, Any], document: dict[str, Any]) -> st.SearchStrategy[Any]:
    """What a schema allows."""
    if "$ref" in schema:
        return values(document["components"]["schemas"][schema["$ref"].rpartition("/")[2]], document)
    if "anyOf" in schema:
        return st.one_of(*(values(one, document) for one in schema["anyOf"]))
    if schema.get("type") in {"object", "array"}:
        return several(schema, document)
    return single(schema)


def several(schema: dict[str, Any], document: dict[str, Any]) -> st.SearchStrategy[Any]:
    """Objects and arrays."""
    if schema["type"] == "array":
        least = schema.get("minItems", 0)
        return st.lists(values(schema["items"], document), min_size=least, max_size=min(least + 2, 5))
    if "properties" in schema:
        fields = {name: values(one, document) for name, one in schema["properties"].items()}
        needed = {name: fields[name] for name in schema.get("required", ())}
        return st.fixed_dictionaries(needed, optional={n: s for n, s in fields.items() if n not in needed})
    inner = schema.get("additionalProperties")
    return st.dictionaries(TEXTS, values(inner if isinstance(inner, dict) else {}, document), max_size=3)


def single(schema: dict[str, Any]) -> st.SearchStrategy[Any]:
    """Everything else."""
    if "const" in schema or "enum" in schema:
        return st.sampled_from(schema.get("enum", [schema.get("const")]))
    kind = schema.get("type")
    if kind == "string" and schema.get("format") == "date-time":
        return st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30)).map(lambda at: at.isoformat())  # noqa: DTZ001
    if kind == "string" and "pattern" in schema:
        return st.from_regex(schema["pattern"], fullmatch=True, alphabet=st.characters(codec="ascii"))
    plain: dict[Any, st.SearchStrategy[Any]] = {
        "string": TEXTS.map(lambda text: text[: schema.get("maxLength", 50)]),
        "integer": st.integers(schema.get("minimum"), schema.get("maximum")),
        "number": st.floats(allow_nan=False, allow_infinity=False),
        "boolean": st.booleans(),
        "null": st.none(),
    }
    return plain.get(kind, TEXTS)


def spelled(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


@pytest.mark.parametrize(("method", "path"), OPERATIONS)
@settings(max_examples=examples(6), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_an_operation_answers_whatever_it_is_asked(
    program: Any, document: dict[str, Any], method: str, path: str, data: st.DataObject
) -> None:
    if path.endswith("openapi.json"):
        return
    operation, address, query = document["paths"][path][method.lower()], path, {}
    for one in operation.get("parameters", ()):
        given_value = data.draw(values(one["schema"], document) | TEXTS | st.just("\x00"), label=one["name"])
        if one["in"] == "path":
            address = address.replace(f"{{{one['name']}}}", quote(spelled(given_value), safe="") or "x")
        elif one["in"] == "query" and given_value is not None and data.draw(st.booleans()):
            query[one["name"]] = spelled(given_value)
    body: dict[str, Any] = {}
    if "requestBody" in operation:
        allowed = values(operation["requestBody"]["content"][JSON]["schema"], document)
        body["json"] = data.draw(allowed | st.none() | TEXTS | st.lists(TEXTS, max_size=2), label="body")
    answer = program.request(method, address, params=query, **body)
    assert answer.status_code in {200, 202, 404, 405, 409, 422, 429}, answer.text
    assert answer.headers["content-type"] == (JSON if answer.status_code < 300 else PROBLEM)
    if answer.status_code >= 300:
        assert answer.json()["status"] == answer.status_code
        assert answer.json()["detail"]
    assert "Traceback" not in answer.text
