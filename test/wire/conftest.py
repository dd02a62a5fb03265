# SPDX-License-Identifier: GPL-2.0-or-later
"""Plays the scenarios of a group all at once, and gives every test the outcome
of its own. Under pytest-xdist (`-n 8 --dist loadgroup`) it says which tests stay
together in one worker. Python's collector works between the tests only."""

import gc

import pytest

import scenario as scenarios

GROUP = 48                 # scenarios that one worker plays together
LONG = 10.0                # a scenario that may take so many seconds begins early


def pytest_configure(config):
    """The collector looks at every message of every outcome that is kept, and holds
    the peers up for 100 ms and more meanwhile: as if the server had been slow."""
    gc.disable()
    config.addinivalue_line("markers", "heavy(reason): loads the machine, so it does not "
                            "run beside the many; the reason says with what")
    config.addinivalue_line("markers", "timed(reason): measures short times and waits for "
                            "most of its own, so only one of its kind runs beside it; the "
                            "reason says which")
    config.addinivalue_line("markers", "alone(reason): measures short times under load, so "
                            "nothing runs beside it; the reason says which")
    config.addinivalue_line("markers", "long(seconds): takes so long, so it begins early")


def pytest_runtest_teardown():
    """What is left of a test goes; what is kept is not looked at again."""
    gc.collect()
    gc.freeze()


def scenario_of(item):
    """The scenario that a test judges; None for other tests."""
    return item.callspec.params.get("scenario") if hasattr(item, "callspec") else None


def module_fixtures(item):
    """The names of the fixtures that are made once for all tests of its file."""
    known = item._fixtureinfo.name2fixturedefs
    return [name for name in item.fixturenames
            if name in known and known[name][-1].scope == "module"]


@pytest.hookimpl(tryfirst=True)          # before xdist reads the groups
def pytest_collection_modifyitems(config, items):
    """Under xdist, what stays together in one worker: so many scenarios, or what
    shares a costly fixture. What takes long comes first: such a fixture, long
    scenarios, the others, long tests. The order is the same in every worker."""
    if not hasattr(config, "workerinput"):
        return
    played = sorted((item for item in items if scenario_of(item)),
                    key=lambda item: scenario_of(item).within < LONG)
    for place, item in enumerate(played):
        item.add_marker(pytest.mark.xdist_group(f"scenarios{place // GROUP}"))
    others = [item for item in items if not scenario_of(item)]
    for item in others:
        for name in module_fixtures(item)[:1]:
            item.add_marker(pytest.mark.xdist_group(f"{item.path.stem}.{name}"))
    items[:] = sorted(played + others, key=lambda item: (
        -long_of(item), bool(scenario_of(item)) or not group_of(item)))


def long_of(item):
    """How many seconds a test is said to take; 0: nothing is said."""
    mark = item.get_closest_marker("long")
    return mark.args[0] if mark else 0


def group_of(item):
    """The name of the group that stays together; None without xdist."""
    mark = item.get_closest_marker("xdist_group")
    return mark and mark.args[0]


@pytest.fixture(scope="session")
def outcomes():
    """What came of the scenarios that were played: {id(scenario): Outcome}."""
    return {}


@pytest.fixture
def outcome(request, outcomes, scenario):
    """What came of the scenario of this test."""
    if id(scenario) not in outcomes:
        outcomes.update(scenarios.play_all(
            [scenario_of(item) for item in request.session.items
             if scenario_of(item) and group_of(item) == group_of(request.node)]))
    return outcomes[id(scenario)]
