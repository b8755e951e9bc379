"""The table of the latest release can become that of today's template, and keeps its rows."""

from __future__ import annotations

from tests.upgrade.releases import RELEASES
from tools.local.paths import TEMPLATE
from tools.local.tables import TableDefinition


def test_one_deployment_makes_the_table_of_today_out_of_the_released_one() -> None:
    released, today = RELEASES[-1].definition, TableDefinition.from_template(TEMPLATE)
    # Another key schema replaces the table, and its rows are lost.
    assert today.keys == released["keys"]
    # An attribute that keys an index cannot change its type.
    types = {one["AttributeName"]: one["AttributeType"] for one in released["attributes"]}
    for attribute in today.attributes:
        name, kind = attribute["AttributeName"], attribute["AttributeType"]
        assert types.get(name, kind) == kind
    # UpdateTable creates or deletes one index in one call (AWS: UpdateTable), and so does a stack.
    was = {index["IndexName"]: index for index in released["indexes"]}
    is_now = {index["IndexName"]: index for index in today.indexes}
    assert len(was.keys() ^ is_now.keys()) <= 1
    # An index keeps its definition: another one is another index.
    for name in was.keys() & is_now.keys():
        assert is_now[name] == was[name]
    # Another view replaces the stream, and what has not been read of it is lost.
    assert today.stream_view == released["stream_view"]
    assert today.ttl_attribute == released["ttl_attribute"]
