# SPDX-License-Identifier: GPL-2.0-or-later
"""What the server refuses to start with, and what it says then."""

import re

import pytest

import kamailio

PLAN = "[Deploy Patterns]\nTo = sip:100@127.0.0.1\n$session = failover\n"
BAD_PLAN = PLAN + "&failover.timer.inviting = soon\n&failover.timer.provisionel = 3\n"


def with_plan(text, name="dialplan_text"):
    return kamailio.Config("if (failover()) exit;",
                           modparams=(("failover", name, text),))


@pytest.mark.parametrize("run", [kamailio.check, kamailio.start_that_fails],
                         ids=["-c", "start"])
def test_a_bad_plan_is_refused_with_every_error_of_it(run):
    status, log = run(with_plan(BAD_PLAN))
    assert status not in (0, None), log
    assert "dialplan_text:4:28: error: [soon]" in log
    assert re.search(r"dialplan_text:5:\d+: error: .*timer\.provisionel", log), log


def test_a_bad_plan_file_is_refused_by_its_name():
    config = with_plan("@DIR@/plan", "dialplan")
    config.files = {"plan": BAD_PLAN}
    status, log = kamailio.check(config)
    assert status != 0 and "/plan:4:28: error:" in log, log


def test_a_good_plan_is_accepted():
    status, log = kamailio.check(with_plan(PLAN))
    assert status == 0, log


@pytest.mark.parametrize("call, says", [
    ('failover("")', "empty"),
    ('failover("sip:100@127.0.0.1/TPC")', "TPC"),
    ('failover("sip:100@127.0.0.1", "timer.inviting=0")', "1:16: error: [0]"),
    ('failover("sip:100@127.0.0.1", "timer.invite=5")', "timer.invite"),
    ('failover("sip:100@127.0.0.1/TLS")', "tls"),
    ('failover("sip:100@127.0.0.1", "pattern.response=(4..$$")', "[(4..$"),
    ('failover("sip:100@127.0.0.1{pattern=(4..$$}")', "(4..$"),
    ('failover("sip:100@127.0.0.1;$var(x)=$var(y)")', "1:19: error: [$var(x)]"),
    ("failover()", "plan"),
])
def test_a_bad_call_stops_the_start(call, says):
    status, log = kamailio.start_that_fails(kamailio.Config(f"if ({call}) exit;"))
    assert status not in (0, None), log
    assert says in log
