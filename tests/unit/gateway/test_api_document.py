"""What the makers of terminals read: every field says what it means, and a problem's `type` leads to its line."""

import re

import pytest


@pytest.fixture
def document(visitor) -> dict:
    return visitor.get("/api/v1/openapi.json").json


def operations(document: dict) -> list[dict]:
    return [one for methods in document["paths"].values() for name, one in methods.items() if name != "parameters"]


def test_every_field_says_what_it_means(document) -> None:
    silent = [
        f"{name}.{field}"
        for name, schema in document["components"]["schemas"].items()
        for field, described in schema.get("properties", {}).items()
        if not described.get("description")
    ]
    assert silent == []


def test_every_parameter_says_what_it_means(document) -> None:
    shared = [part for methods in document["paths"].values() for part in methods.get("parameters", ())]
    own = [part for one in operations(document) for part in one.get("parameters", ()) if "$ref" not in part]
    parts = document["components"].get("parameters", {})
    assert shared and own
    assert [one["name"] for one in (*shared, *own, *parts.values()) if not one.get("description")] == []


def test_each_code_has_a_line_that_its_problems_lead_to(visitor, document) -> None:
    page = visitor.get("/api/v1/docs").text
    codes = {
        code
        for one in operations(document)
        for response in one["responses"].values()
        for code in re.findall(r"`([a-z_]+)`", response["description"])
    }
    assert {"insufficient_balance", "token_missing", "rate_limited"} <= codes
    assert {code for code in codes if f'<code id="{code}">' not in page} == set()
