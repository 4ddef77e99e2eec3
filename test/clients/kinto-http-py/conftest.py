"""Fixtures of the client's functional tests for the server at TEST_KINTO_SERVER, which has no accounts."""

import json
import os
import pathlib

import pytest
import requests
from kinto_http import AsyncClient, Client
from kinto_http.constants import DEFAULT_AUTH


SERVER_URL = os.environ["TEST_KINTO_SERVER"]
SKIPPED = json.loads(pathlib.Path(os.environ["SKIPPED_TESTS"]).read_text())


@pytest.fixture
def functional_setup():
    yield Client(server_url=SERVER_URL, auth=DEFAULT_AUTH)
    flush()


@pytest.fixture
def functional_async_setup():
    yield AsyncClient(server_url=SERVER_URL, auth=DEFAULT_AUTH)
    flush()


def flush():
    requests.post(f"{SERVER_URL}/__flush__").raise_for_status()


def pytest_collection_modifyitems(items):
    by_name = {item.nodeid.rpartition("/")[2]: item for item in items}
    for reason, names in SKIPPED.items():
        for name in names:
            if name not in by_name:
                raise pytest.UsageError(f"skipped.json names a test which does not exist: {name}")
            by_name[name].add_marker(pytest.mark.skip(reason))


@pytest.hookimpl(trylast=True)
def pytest_unconfigure(config):
    """Prints the line which run.ts reads."""
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    passed, failed, errors = (len(reporter.stats.get(kind, [])) for kind in ("passed", "failed", "error"))
    print(f"{passed} passed, {failed + errors} failed")
