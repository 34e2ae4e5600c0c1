"""Fixtures for tests that call the functions: those of the journeys."""

from tests.journeys.conftest import api, company, ready

__all__ = ["api", "company", "ready"]
