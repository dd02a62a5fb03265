# SPDX-License-Identifier: GPL-2.0-or-later
"""Plays the scenarios that were selected all at once, and gives every test the
outcome of its own. Python's collector works between the tests only."""

import gc

import pytest

import scenario as scenarios


def pytest_configure():
    """The collector looks at every message of every outcome that is kept, and holds
    the peers up for 100 ms and more meanwhile: as if the server had been slow."""
    gc.disable()


def pytest_runtest_teardown():
    """What is left of a test goes; what is kept is not looked at again."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def outcomes(request):
    """What came of every scenario that this run of pytest has selected."""
    selected = [item.callspec.params["scenario"] for item in request.session.items
                if hasattr(item, "callspec")
                and "scenario" in item.callspec.params]
    return scenarios.play_all(selected)


@pytest.fixture
def outcome(outcomes, scenario):
    """What came of the scenario of this test."""
    return outcomes[id(scenario)]
