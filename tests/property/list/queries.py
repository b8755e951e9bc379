"""Queries of the list, as a client sends them, and what they ask for in the oracle's words."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any, Final

from hypothesis import strategies as st

from tests.property.list.world import NOW, Stage
from tests.property.query.filters import depth_of, filters, orders, relations_in
from tests.property.query.oracle import DELETION, Oracle, says_something
from tests.property.query.worlds import DATES, ENUMS, FINER_DATES, IDS, INCLUDED, TO_ONE, Row

Json = object

SHORTHANDS: Final = {
    "integration_id": "integrationId",
    "workspace_id": "workspaceId",
    "integration_version_id": "integrationVersionId",
    "member_policy": "memberPolicy",
    "parent_install_id": "parentInstallId",
    "solution_id": "solutionId",
    "installed_by": "installedBy",
    "retention_tier": "retentionTier",
}


@dataclass(frozen=True)
class Query:
    """The parameters of a list, but for limit and cursors."""

    filter: Json | None = None
    order: list[dict[str, Any]] | None = None
    deleted: str | None = None
    ids: tuple[str, ...] = ()
    shorthands: dict[str, str] = field(default_factory=dict)
    include: tuple[str, ...] = ()

    def parameters(self, **others: str) -> dict[str, list[str]]:
        """As the gateway hands them over."""
        given = self.shorthands | others
        if self.filter is not None:
            given["filter"] = json.dumps(self.filter)
        if self.order is not None:
            given["orderBy"] = json.dumps(self.order)
        if self.deleted is not None:
            given["include_deleted"] = self.deleted
        if self.ids:
            given["ids"] = ",".join(self.ids)
        if self.include:
            given["include"] = ",".join(self.include)
        return {name: [value] for name, value in given.items()}

    def answer(self, stage: Stage) -> list[str]:
        """The ids of all rows that match, in order."""
        parts: list[Json] = [{SHORTHANDS[name]: one} for name, one in self.shorthands.items()]
        if self.ids:
            parts.append({"id": {"in": list(self.ids)}})
        if self.filter is not None:
            parts.append(self.filter)
        deleted = self.deleted
        if deleted is None:
            deleted = "true" if any(map(_asks_about_deletion, parts)) else "false"
        if deleted != "true":
            parts.append({"deletedAt": {"isNull": deleted == "false"}})
        with Oracle(stage.seen) as oracle:
            return oracle.ids({"AND": parts}, self.order or [{"installedAt": "desc"}])

    def included(self, stage: Stage, ids: list[str]) -> dict[str, dict[str, Row]] | None:
        """The related rows that the caller sees of the rows of a page; each once."""
        if not self.include:
            return None
        seen, found = stage.seen, {}
        shown = [row for row in seen["install"] if row["id"] in ids]
        for name in self.include:
            entity, link = TO_ONE[name]
            named = {row[link] for row in shown}
            found[INCLUDED[name]] = {str(r["id"]): r for r in seen[entity] if r["id"] in named}
        return found


def _asks_about_deletion(wanted: Json) -> bool:
    if isinstance(wanted, list):
        return any(map(_asks_about_deletion, wanted))
    if not isinstance(wanted, dict):
        return False
    return any(
        (key in DELETION and says_something(inner))
        or (key in ("AND", "OR", "NOT", "and", "or", "not") and _asks_about_deletion(inner))
        for key, inner in wanted.items()
        if inner != {}
    )


_DATE_OF: Final = {"solution": "createdAt", "parentInstall": "installedAt"}
_few_ids: Final = st.lists(st.sampled_from(IDS), min_size=1, max_size=3)
_dates: Final = st.sampled_from((*DATES, *FINER_DATES))
_narrow: Final = st.one_of(
    st.builds(
        lambda name, some: {name: {"in": some}},
        st.sampled_from(["workspaceId", "integrationId", "parentInstallId", "solutionId"]),
        _few_ids,
    ),
    st.builds(
        lambda name, one: {name: one},
        st.sampled_from(["workspaceId", "integrationId", "parentInstallId", "solutionId"]),
        st.sampled_from(IDS[:4]),
    ),
    st.builds(lambda op, at: {"installedAt": {op: at}},
              st.sampled_from(["lt", "lte", "gt", "gte", "eq"]), _dates),
    st.builds(lambda pair: {"installedAt": {"between": sorted(pair)}},
              st.lists(_dates, min_size=2, max_size=2)),
    st.builds(lambda name, yes: {name: {"isNull": yes}},
              st.sampled_from(["deletedAt", "retentionTier", "lastUpgradedAt"]), st.booleans()),
    st.builds(lambda policy: {"memberPolicy": policy}, st.sampled_from(ENUMS["memberPolicy"])),
    st.builds(lambda policy: {"memberPolicy": {"neq": policy}},
              st.sampled_from(ENUMS["memberPolicy"])),
    st.builds(lambda name, op, some: {name: {op: some if op == "nin" else some[0]}},
              st.sampled_from(["authStateId", "workspaceId", "integrationId", "solutionId"]),
              st.sampled_from(["nin", "neq"]), _few_ids),
    st.builds(lambda at: {"lastUpgradedAt": {"neq": at}}, _dates),
    st.builds(lambda at: {"lastUpgradedAt": at}, _dates),
    st.builds(lambda name, one: {name: {"OR": [{"id": one}, {_DATE_OF[name]: {"isNull": True}}]}},
              st.sampled_from(["solution", "parentInstall"]), st.sampled_from(IDS[:4])),
    st.builds(lambda name, one: {name: {"id": one}},
              st.sampled_from(["solution", "parentInstall", "integration", "workspace"]),
              st.sampled_from(IDS[:4])),
    st.builds(lambda name, word, one, other, op: {word: [
                  {f"{name}Id": {op: one}}, {name: {"id": {op: other}}}]},
              st.sampled_from(["workspace", "integration"]), st.sampled_from(["AND", "OR"]),
              st.sampled_from(IDS[:4]), st.sampled_from(IDS[:4]), st.sampled_from(["eq", "neq"])),
    st.builds(lambda one: {"integration": {"visibility": one}},
              st.sampled_from(ENUMS["visibility"])),
    st.builds(lambda one: {"workspace": {"defaultRetentionTier": one}},
              st.sampled_from(ENUMS["retentionTier"])),
    st.builds(lambda name, yes: {name: {"description": {"isNull": yes}}},
              st.sampled_from(["solution", "integration"]), st.booleans()),
    st.builds(lambda yes: {"workspace": {"organizationId": {"isNull": yes}}}, st.booleans()),
    st.builds(lambda one: {"addOns": {"some": {"id": one}}}, st.sampled_from(IDS)),
)  # fmt: skip
"""Filters that narrow the key ranges."""

_deep: Final = st.recursive(
    _narrow,
    lambda inner: st.one_of(
        st.builds(lambda word, parts: {word: parts}, st.sampled_from(["AND", "OR"]),
                  st.lists(inner, max_size=3)),
        st.builds(lambda part: {"NOT": part}, inner),
    ),
    max_leaves=5,
).filter(lambda wanted: relations_in(wanted) <= 3 and depth_of(wanted) <= 6)  # fmt: skip
"""Filters that narrow, or seem to, under AND, OR and NOT."""

_both: Final = st.builds(lambda one, other: {"AND": [one, other]}, _narrow, _narrow)
_plain_orders: Final = st.sampled_from(
    [
        None,
        [{"installedAt": "asc"}],
        [{"installedAt": "desc"}],
        [{"lastUpgradedAt": "asc"}],
        [{"lastUpgradedAt": "desc_nulls_last"}],
        [{"lastUpgradedAt": "asc_nulls_first"}],
        [{"lastUpgradedAt": "desc"}],
        [{"deletedAt": "desc"}],
        [{"deletedAt": "asc"}],
        [{"workspaceId": "asc"}, {"installedAt": "asc"}],
        [{"installedAt": "desc"}, {"workspaceId": "desc"}],
        [{"integrationId": "desc"}, {"workspaceId": "desc"}, {"installedAt": "desc"}],
        [{"memberPolicy": "asc"}, {"installedAt": "desc"}],
        [{"lastUpgradedAt": "asc"}, {"deletedAt": "asc"}],
        [{"lastUpgradedAt": "desc"}, {"deletedAt": "desc_nulls_last"}],
        [{"id": "desc"}],
    ]
)

_ends: Final = (
    ("installedAt",),
    ("lastUpgradedAt",),
    ("deletedAt",),
    ("workspaceId", "installedAt"),
)
_before: Final = (
    "workspaceId", "integrationId", "lastUpgradedAt", "deletedAt", "retentionTier", "memberPolicy",
    "solutionId", "parentInstallId",
)  # fmt: skip


def _one_way(way: str, before: list[str], end: tuple[str, ...], nulls: list[str]) -> Json:
    fields = [*(field for field in before if field not in end), *end]
    return [{field: way + where} for field, where in zip(fields, nulls, strict=False)]


_carried_orders: Final = st.builds(
    _one_way,
    st.sampled_from(["asc", "desc"]),
    st.lists(st.sampled_from(_before), unique=True, max_size=3),
    st.sampled_from(_ends),
    st.lists(st.sampled_from(["", "_nulls_first", "_nulls_last"]), min_size=5, max_size=5),
)
"""Orders that an index carries if a filter or the key range fixes all fields but the last."""


def _and_more(led: list[dict[str, Any]], more: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Keys behind others, of fields that are not among those."""
    fields = {name for key in led for name in key}
    return [*led, *(key for key in more if fields.isdisjoint(key))][:5]


_led_orders: Final = st.builds(
    _and_more,
    st.builds(
        _one_way,
        st.sampled_from(["asc", "desc"]),
        st.just([]),
        st.sampled_from([("installedAt",), *_ends]),
        st.lists(st.sampled_from(["", "_nulls_first", "_nulls_last"]), min_size=2, max_size=2),
    ),
    orders,
)
"""Orders whose beginning an index carries, followed by any field."""

_streamed: Final = st.builds(
    Query,
    filter=st.one_of(st.none(), _narrow),
    order=st.one_of(_plain_orders, _led_orders),
    deleted=st.sampled_from([None, None, None, "true", "only"]),
)
"""Orders that an index can carry."""

_includes: Final = st.lists(st.sampled_from(sorted(TO_ONE)), unique=True, max_size=6).map(tuple)

_any: Final = st.builds(
    Query,
    filter=st.one_of(st.none(), _narrow, _both, _both, _deep, _deep, filters),
    order=st.one_of(_plain_orders, _carried_orders, _led_orders, _led_orders, orders),
    deleted=st.sampled_from([None, None, "false", "true", "only"]),
    ids=st.one_of(st.just(()), st.just(()), st.just(()), _few_ids.map(tuple)),
    shorthands=st.one_of(
        st.just({}),
        st.just({}),
        st.dictionaries(
            st.sampled_from([name for name in SHORTHANDS if name.endswith(("_id", "_by"))]),
            st.sampled_from(IDS[:4]),
            max_size=2,
        ),
        st.sampled_from(ENUMS["memberPolicy"]).map(lambda one: {"member_policy": one}),
        st.sampled_from(ENUMS["retentionTier"]).map(lambda one: {"retention_tier": one}),
    ),
    include=st.one_of(st.just(()), _includes),
)
queries: Final = st.one_of(_streamed, _any)

orderings: Final = st.builds(
    Query,
    order=st.one_of(_plain_orders, _led_orders, _led_orders, _carried_orders),
    deleted=st.sampled_from([None, None, "true", "only"]),
)
"""All that there is, in any order."""

__all__ = ["NOW", "Query", "orderings", "queries"]
