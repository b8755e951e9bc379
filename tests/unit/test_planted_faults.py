"""The faults that ``make faults`` plants are in the code as it is now."""

from __future__ import annotations

import pytest

from tests.property.cascade.mutations import FAULTS, ROOT, Fault


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.what)
def test_the_code_has_the_text_that_a_fault_replaces(fault: Fault) -> None:
    assert fault.old in (ROOT / fault.file).read_text(encoding="utf-8")


def test_no_two_faults_have_one_name() -> None:
    assert len({fault.what for fault in FAULTS}) == len(FAULTS)
