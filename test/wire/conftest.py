# SPDX-License-Identifier: GPL-2.0-or-later
"""Plays the scenarios that were selected all at once, and gives every test the
outcome of its own."""

import pytest

import scenario as scenarios


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
