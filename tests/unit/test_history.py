"""History rows: the entry of a change, and its item (CONTRACT.md section 11)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from installs.lifecycle import Deletion, InstallState, deleted, restored
from installs.origin import RETENTION, ActorKind, Cause, Origin, trace_id
from installs.store import history, keys
from installs.store.history import ChangeKind, Counts, Entry
from tests import records
from tests.property.cascade.memory import MemoryTable

NOW: Final = datetime(2026, 11, 29, 10, tzinfo=UTC)
MILLISECONDS: Final = int(NOW.timestamp() * 1000)
ADA: Final = Origin("usr_ada", ActorKind.USER, Cause.REQUEST, "req-1", "1-5759e988-bd862e3f")
DELETION: Final = Deletion("del_1", "2026-11-29T09:00:00.000Z", "short", 1_800_000_000)
LIVE: Final = InstallState(records.install("ins_1"), revision=7)
TRASHED: Final = deleted(LIVE, DELETION, cascaded=False)

texts = st.none() | st.text("abc-_1", min_size=1)
origins = st.builds(Origin, texts, st.sampled_from(ActorKind), st.sampled_from(Cause), texts, texts)
counts = st.builds(Counts, *[st.integers(0, 10**6)] * 3)
changes = st.builds(
    Entry,
    st.just("ins_1"),
    st.just("wsp_1"),
    st.integers(1, 10**15 - 1),
    st.just("2026-11-29T10:00:00.000Z"),
    st.sampled_from([kind for kind in ChangeKind if kind is not ChangeKind.SETTLED]),
    origins,
    texts,
    st.lists(st.sampled_from(("deletedAt", "solutionId", "variables")), unique=True).map(tuple),
)
settled_changes = st.tuples(changes, counts).map(
    lambda pair: replace(pair[0], kind=ChangeKind.SETTLED, counts=pair[1])
)


@given(st.lists(changes | settled_changes, unique_by=lambda entry: entry.key))
def test_section_11_entries_are_read_as_they_were_written_in_the_order_of_revisions(
    entries: list[Entry],
) -> None:
    table = MemoryTable()
    for entry in entries:
        table.transact([history.put(entry, NOW)])
    ordered = sorted(entries, key=lambda e: (e.revision, e.kind is ChangeKind.SETTLED))
    assert list(history.read(table.as_table(), "ins_1")) == ordered
    for entry in entries:
        later = [other for other in ordered if other.revision > entry.revision]
        assert list(history.read(table.as_table(), "ins_1", after=entry.revision)) == later


@given(st.lists(changes, unique_by=lambda entry: entry.revision))
def test_entries_are_read_by_their_revisions(entries: list[Entry]) -> None:
    table = MemoryTable()
    for entry in entries:
        table.transact([history.put(entry, NOW)])
    wanted = [("ins_1", entry.revision) for entry in entries]
    found = history.get_many(table.as_table(), [*wanted, ("ins_2", 1)])
    assert found == dict(zip(wanted, entries, strict=True))


@pytest.mark.parametrize(
    ("before", "after", "kind", "deletion_id", "fields"),
    [
        (None, LIVE, ChangeKind.CREATED, None, ()),
        (None, TRASHED, ChangeKind.CREATED, "del_1", ()),
        (LIVE, TRASHED, ChangeKind.UNINSTALLED, "del_1", ("deletedAt", "retentionTier")),
        (TRASHED, restored(TRASHED), ChangeKind.RESTORED, "del_1", ("deletedAt", "retentionTier")),
        (TRASHED, None, ChangeKind.PURGED, "del_1", ()),
        (
            TRASHED,
            deleted(TRASHED, replace(DELETION, tier="long"), cascaded=False),
            ChangeKind.CHANGED,
            "del_1",
            ("retentionTier",),
        ),
        (
            TRASHED,
            deleted(TRASHED, replace(DELETION, id="del_2"), cascaded=True),
            ChangeKind.UNINSTALLED,
            "del_2",
            (),
        ),
        (
            LIVE,
            replace(LIVE, row=replace(LIVE.row, auth_state_id="aut_2", member_policy="manual")),
            ChangeKind.CHANGED,
            None,
            ("authStateId", "memberPolicy"),
        ),
    ],
)
def test_section_11_the_entry_of_a_change(
    before: InstallState | None,
    after: InstallState | None,
    kind: ChangeKind,
    deletion_id: str | None,
    fields: tuple[str, ...],
) -> None:
    entry = history.entry_of(before, after, NOW, ADA)
    assert (entry.kind, entry.deletion_id, entry.fields) == (kind, deletion_id, fields)
    assert (entry.install_id, entry.workspace_id) == ("ins_1", LIVE.row.workspace_id)
    assert (entry.occurred_at, entry.revision) == ("2026-11-29T10:00:00.000Z", MILLISECONDS)
    assert entry.origin == ADA


def test_section_11_what_is_deleted_past_its_retention_has_expired_and_nobody_did_it() -> None:
    late = datetime.fromtimestamp(1_800_000_001, UTC)
    entry = history.entry_of(TRASHED, None, late, ADA)
    assert entry.kind is ChangeKind.EXPIRED
    assert entry.origin == replace(RETENTION, request_id="req-1", trace_id=ADA.trace_id)


def test_section_11_the_revision_grows_whatever_the_clock_says() -> None:
    ahead = replace(LIVE, revision=MILLISECONDS + 50)
    assert history.revision_after(ahead, None, NOW) == MILLISECONDS + 51
    # an id that comes in again goes on from its earlier life
    assert history.revision_after(None, ahead, NOW) == MILLISECONDS + 51
    assert history.revision_after(None, LIVE, NOW) == MILLISECONDS
    assert history.expiry_revision(5, 1_800_000_000) == 1_800_000_000_000
    assert history.expiry_revision(1_900_000_000_000, 1_800_000_000) == 1_900_000_000_001


def test_an_entry_says_on_paper_what_it_says() -> None:
    entry = history.entry_of(LIVE, TRASHED, NOW, ADA)
    document = entry.document()
    assert document["actor"] == {"id": "usr_ada", "kind": "user"}
    assert document["fields"] == ["deletedAt", "retentionTier"]
    assert "counts" not in document
    settled = replace(entry, kind=ChangeKind.SETTLED, counts=Counts(3, 0, 1))
    assert settled.document()["counts"] == {"deleted": 3, "restored": 0, "purged": 1}
    assert settled.key == keys.history("ins_1", entry.revision, settled=True)


def test_an_item_that_is_no_history_row_is_refused() -> None:
    with pytest.raises(ValueError, match="not a history row"):
        history.item_to_entry({"pk": {"S": "INSTALL#ins_1"}, "sk": {"S": "HISTORY#1"}})


XRAY: Final = "1-5759e988-bd862e3fe1be46a994272793"
PARENT: Final = "4bf92f3577b34da6a3ce929d0e0e4736"


@pytest.mark.parametrize(
    ("xray", "parent", "expected"),
    [
        (f"Root={XRAY};Parent=53995c3f42cd8ad8;Sampled=1", None, XRAY),
        (f"Self=1-1-1;Root={XRAY}", f"00-{PARENT}-00f067aa0ba902b7-01", XRAY),
        (None, f"00-{PARENT}-00f067aa0ba902b7-01", PARENT),
        ("Root=<script>", f"00-{PARENT}", None),
        ("", "", None),
        (f"Root={XRAY}0", None, None),
    ],
)
def test_a_trace_id_is_taken_from_valid_headers_alone(
    xray: str | None, parent: str | None, expected: str | None
) -> None:
    assert trace_id(xray, parent) == expected
