"""The template that the tests of its parts read."""

from __future__ import annotations

from copy import deepcopy

import pytest

from tests.template import Json, transformed


@pytest.fixture(scope="module")
def template() -> Json:
    return deepcopy(transformed())


@pytest.fixture(scope="module")
def resources(template: Json) -> Json:
    found: Json = template["Resources"]
    return found
