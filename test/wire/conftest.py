# SPDX-License-Identifier: GPL-2.0-or-later
"""Plays all scenarios of a group at the same time, and gives every test the outcome of
its own scenario. For pytest-xdist (`-n 8 --dist loadgroup`) it decides which tests run
in the same worker. Python's garbage collector runs only between the tests."""

import gc

import pytest

import scenario as scenarios

GROUP = 48                 # scenarios that one worker plays together
LONG = 10.0                # a scenario that may take this number of seconds begins early


def pytest_configure(config):
    """Switch the garbage collector off. It would look at every message of every outcome
    that is kept, and delay the peers by 100 ms and more, as if the server were slow."""
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
    """Collect the garbage of a test, and do not look at the remaining objects again."""
    gc.collect()
    gc.freeze()


def scenario_of(item):
    """The scenario that a test checks; None for other tests."""
    return item.callspec.params.get("scenario") if hasattr(item, "callspec") else None


def module_fixtures(item):
    """The names of the fixtures that are made once for all tests of its file."""
    known = item._fixtureinfo.name2fixturedefs
    return [name for name in item.fixturenames
            if name in known and known[name][-1].scope == "module"]


@pytest.hookimpl(tryfirst=True)          # before xdist reads the groups
def pytest_collection_modifyitems(config, items):
    """Under xdist, put several scenarios, or the tests that share a costly fixture, into
    one group, which runs in one worker. Long tests come first: those with such a fixture,
    then long scenarios, the other scenarios, and long tests. The order is the same in
    every worker."""
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
    """How many seconds a test takes, as its mark says; 0 without a mark."""
    mark = item.get_closest_marker("long")
    return mark.args[0] if mark else 0


def group_of(item):
    """The name of the group of a test; None without xdist."""
    mark = item.get_closest_marker("xdist_group")
    return mark and mark.args[0]


@pytest.fixture(scope="session")
def outcomes():
    """The outcomes of the scenarios that were played: {id(scenario): Outcome}."""
    return {}


@pytest.fixture
def outcome(request, outcomes, scenario):
    """The outcome of the scenario of this test."""
    if id(scenario) not in outcomes:
        outcomes.update(scenarios.play_all(
            [scenario_of(item) for item in request.session.items
             if scenario_of(item) and group_of(item) == group_of(request.node)]))
    return outcomes[id(scenario)]
