"""A table of alerts for each test."""

import uuid

import pytest

from lib.adapters.alert_rows import AlertRows
from lib.adapters.tables import Table, Tables


@pytest.fixture
def name() -> str:
    return f"alerts{uuid.uuid4().hex}"


@pytest.fixture
def table(tables: Tables, name: str) -> Table:
    return tables.open(name)


@pytest.fixture
def alerts(table: Table) -> AlertRows:
    return AlertRows(table)
