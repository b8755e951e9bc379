"""The short way through DynamoDB's answers gives what botocore's own gives, of the same bytes."""

from __future__ import annotations

import json
from typing import Any

import botocore.session
import pytest
from botocore.parsers import create_parser
from hypothesis import given
from hypothesis import strategies as st

from installs.store import table
from installs.store.parser import PlainParser, PlainParserFactory, self_test

MODEL = botocore.session.get_session().get_service_model("dynamodb")

TYPED = st.one_of(
    st.text(max_size=5).map(lambda text: {"S": text}),
    st.decimals(allow_nan=False, allow_infinity=False).map(lambda n: {"N": str(n)}),
    st.booleans().map(lambda yes: {"BOOL": yes}),
    st.just({"NULL": True}),
    st.lists(st.text(max_size=3), min_size=1, max_size=2).map(lambda some: {"SS": some}),
)
VALUES = st.recursive(
    TYPED,
    lambda inner: st.one_of(
        st.lists(inner, max_size=2).map(lambda some: {"L": some}),
        st.dictionaries(st.text(max_size=3), inner, max_size=2).map(lambda some: {"M": some}),
    ),
    max_leaves=5,
)
ITEMS = st.dictionaries(st.text(min_size=1, max_size=5), VALUES, max_size=4)
CAPACITY = st.floats(0, 1e6).map(lambda units: {"TableName": "t", "CapacityUnits": units})
ANSWERS = {
    "Query": st.fixed_dictionaries(
        {"Count": st.integers(0, 9), "ScannedCount": st.integers(0, 9)},
        optional={
            "Items": st.lists(ITEMS, max_size=3),
            "LastEvaluatedKey": ITEMS,
            "ConsumedCapacity": CAPACITY,
        },
    ),
    "GetItem": st.fixed_dictionaries({}, optional={"Item": ITEMS, "ConsumedCapacity": CAPACITY}),
    "BatchGetItem": st.fixed_dictionaries(
        {"Responses": st.dictionaries(st.just("t"), st.lists(ITEMS, max_size=2))},
        optional={
            "UnprocessedKeys": st.dictionaries(
                st.just("t"), st.fixed_dictionaries({"Keys": st.lists(ITEMS, min_size=1)})
            ),
            "ConsumedCapacity": st.lists(CAPACITY, max_size=2),
        },
    ),
}


def parsed(reader: Any, operation: str, body: bytes, status: int = 200) -> Any:  # noqa: ANN401 - botocore's
    response = {
        "status_code": status,
        "headers": {"x-amzn-RequestId": "r1", "x-amz-crc32": "1"},
        "body": body,
        "context": {},
    }
    return reader.parse(response, MODEL.operation_model(operation).output_shape)


@pytest.mark.parametrize("operation", ANSWERS)
@given(data=st.data(), spaced=st.booleans())
def test_reads_are_read_alike(operation: str, data: st.DataObject, spaced: bool) -> None:
    answer = data.draw(ANSWERS[operation])
    body = json.dumps(answer, indent=1 if spaced else None).encode()

    assert parsed(PlainParser(), operation, body) == parsed(create_parser("json"), operation, body)


@pytest.mark.parametrize("status", [400, 500, 503])
@pytest.mark.parametrize(
    "body",
    [
        b'{"__type":"com.amazonaws.dynamodb.v20120810#ThrottlingException","message":"slow"}',
        b"<html>bad gateway</html>",
        b"",
        b'{"Items":[',
    ],
)
def test_errors_keep_the_stock_path(status: int, body: bytes) -> None:
    found = parsed(PlainParser(), "Query", body, status)
    assert found == parsed(create_parser("json"), "Query", body, status)
    assert "Error" in found


def test_writes_keep_the_stock_path() -> None:
    body = b'{"Attributes":{"a":{"B":"aGk="}}}'
    assert parsed(PlainParser(), "UpdateItem", body)["Attributes"] == {"a": {"B": b"hi"}}


def test_what_is_no_json_is_told_as_botocore_tells_it() -> None:
    body = b'{"Items":['
    assert parsed(PlainParser(), "Query", body) == parsed(create_parser("json"), "Query", body)


def test_the_client_takes_the_short_way_and_falls_back_where_it_does_not_fit(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def parser_of() -> object:
        table.client.cache_clear()
        endpoint = table.client()._endpoint  # type: ignore[attr-defined]
        return endpoint._response_parser_factory.create_parser("json")

    assert self_test(MODEL)
    assert isinstance(parser_of(), PlainParser)
    # given a botocore whose parser works otherwise
    monkeypatch.setattr("installs.store.parser.orjson.loads", lambda _: {"Items": "other"})
    assert not self_test(MODEL)
    assert not isinstance(parser_of(), PlainParser)
    table.client.cache_clear()


def test_other_protocols_are_as_they_were() -> None:
    made = PlainParserFactory().create_parser("rest-xml")
    assert type(made) is type(create_parser("rest-xml"))
