"""Fixtures of the client's functional tests for the server at TEST_KINTO_SERVER."""

import os

import pytest
import requests
from kinto_http import AsyncClient, Client
from kinto_http.constants import DEFAULT_AUTH

from . import support


SERVER_URL = os.environ["TEST_KINTO_SERVER"]

create_user_by_default_user = support.create_user


def create_user(server_url, credentials):
    """Creates an account as its own user. The tests use one that is an administrator in Kinto's test settings."""
    support.DEFAULT_AUTH = credentials
    return create_user_by_default_user(server_url, credentials)


support.create_user = create_user


@pytest.fixture
def functional_setup():
    create_user(SERVER_URL, DEFAULT_AUTH)
    yield Client(server_url=SERVER_URL, auth=DEFAULT_AUTH)
    flush()


@pytest.fixture
def functional_async_setup():
    create_user(SERVER_URL, DEFAULT_AUTH)
    yield AsyncClient(server_url=SERVER_URL, auth=DEFAULT_AUTH)
    flush()


def flush():
    requests.post(f"{SERVER_URL}/__flush__").raise_for_status()


@pytest.hookimpl(trylast=True)
def pytest_unconfigure(config):
    """Prints the line which run.ts reads."""
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    passed, failed, errors = (len(reporter.stats.get(kind, [])) for kind in ("passed", "failed", "error"))
    print(f"{passed} passed, {failed + errors} failed")
