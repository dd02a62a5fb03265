# SPDX-License-Identifier: GPL-2.0-or-later
"""Mistakes that stop the start of the server, warnings at the start, and their messages."""

import os
import re
import subprocess

import pytest

import kamailio

PLAN = "[Deploy Patterns]\nTo = sip:100@127.0.0.1\n$session = failover\n"
BAD_PLAN = PLAN + "&failover.timer.inviting = soon\n&failover.timer.provisionel = 3\n"


def with_plan(text, name="dialplan_text"):
    return kamailio.Config("if (failover()) exit;",
                           modparams=(("failover", name, text),))


@pytest.mark.parametrize("run", [kamailio.check, kamailio.start_that_fails],
                         ids=["-c", "start"])
def test_a_wrong_plan_is_refused_and_every_error_is_logged(run):
    status, log = run(with_plan(BAD_PLAN))
    assert status not in (0, None), log
    assert "dialplan_text:4:28: error: [soon]" in log
    assert re.search(r"dialplan_text:5:\d+: error: .*timer\.provisionel", log), log


def test_a_wrong_plan_file_is_refused_with_its_name():
    config = with_plan("@DIR@/plan", "dialplan")
    config.files = {"plan": BAD_PLAN}
    status, log = kamailio.check(config)
    assert status != 0 and "/plan:4:28: error:" in log, log


def test_a_correct_plan_is_accepted():
    status, log = kamailio.check(with_plan(PLAN))
    assert status == 0, log


@pytest.mark.parametrize("call, says", [
    ('failover("")', "empty"),
    ('failover("sip:100@127.0.0.1/TPC")', "TPC"),
    ('failover("sip:100@127.0.0.1", "timer.inviting=0")', "1:16: error: [0]"),
    ('failover("sip:100@127.0.0.1", "timer.invite=5")', "timer.invite"),
    ('failover("sip:100@127.0.0.1/TLS")',
     '1:1: error: [sip:100@127.0.0.1/TLS]: this server speaks no TLS: loadmodule "tls.so" '
     'would be right'),
    ('failover("sips:100@127.0.0.1")',
     '1:1: error: [sips:100@127.0.0.1]: this server speaks no TLS: loadmodule "tls.so" '
     'would be right'),
    ('failover("sip:100@127.0.0.1", "pattern.response=(4..$$")', "[(4..$"),
    ('failover("sip:100@127.0.0.1{pattern=(4..$$}")', "(4..$"),
    ('failover("sip:100@127.0.0.1;$var(x)=$var(y)")', "1:19: error: [$var(x)]"),
    ("failover()", "plan"),
])
def test_a_wrong_call_stops_the_start(call, says):
    status, log = kamailio.start_that_fails(kamailio.Config(f"if ({call}) exit;"))
    assert status not in (0, None), log
    assert says in log


@pytest.mark.parametrize("plan, says", [
    ("To = sip:100@127.0.0.1/TLS", "2:6: error: [sip:100@127.0.0.1/TLS]"),
    ("To = sips:100@127.0.0.1", "2:6: error: [sips:100@127.0.0.1]"),
    ("$session = failover sip:1@127.0.0.1 sip:2@127.0.0.1;transport=tls",
     "2:37: error: [sip:2@127.0.0.1;transport=tls]"),
    ("$transport = TLS", "2:14: error: [TLS]"),
    ("To = current\n$transport = TLS", "2:6: error: [current]"),
], ids=["suffix", "sips", "parameter", "no To", "current"])
def test_a_transport_that_is_not_loaded_stops_the_start(plan, says):
    """TLS is written as a suffix, in sips:, as a parameter, or in $transport; tls.so is not
    loaded."""
    status, log = kamailio.start_that_fails(with_plan(f"[Deploy Patterns]\n{plan}\n"))
    assert status not in (0, None), log
    assert (f'dialplan_text:{says}: this server speaks no TLS: loadmodule "tls.so" would be '
            'right\n') in log, log


@pytest.mark.parametrize("first, count, says", [
    ("To = sip:100@127.0.0.1\n", 11, None),
    ("To = sip:100@127.0.0.1\n", 12, "3:208: warning: [sip:12@127.0.0.1] and what follows is "
     "never tried: a call has 12 branches here; max_branches=30 is the most"),
    ("", 11, None),
    ("", 12, "2:208: warning: [sip:12@127.0.0.1] and what follows is never tried behind the "
     "request's own destination: a call has 12 branches here; max_branches=30 is the most"),
])
def test_more_destinations_than_branches_give_a_warning(first, count, says):
    """Without To, the request's own destination counts as one of them."""
    listed = " ".join(f"sip:{n:02}@127.0.0.1" for n in range(1, count + 1))
    config = with_plan(f"[Deploy Patterns]\n{first}$session = failover {listed}\n")
    with kamailio.Server(config) as server:
        warned = re.findall(r"dialplan_text:(.* is never tried.*| and what follows.*)",
                            server.log())
        assert warned == ([says] if says else []), server.log()


def test_a_transport_without_a_socket_gives_a_warning():
    config = with_plan("[Deploy Patterns]\n$transport = TCP\n"
                       "$session = failover sip:1@127.0.0.1/TCP\n"
                       "[Deploy Patterns]\nTo = current\n$transport = TCP\n")
    config.sockets = ("udp4",)
    with kamailio.Server(config) as server:
        assert re.findall(r"dialplan_text:(.*)", server.log()) == [
            f"{place}: this server has no socket for TCP; a listen line for it would be right"
            for place in ("2:14: warning: [TCP]", "3:21: warning: [sip:1@127.0.0.1/TCP]",
                          "5:6: warning: [current]")]


SELVES = ("sip:%1@127.0.0.1:@PORT@/TCP", "sip:[::1]:@PORT@", "sip:3@127.0.0.1:@PORT@;x=%1",
          "sip:5@192.0.2.1:@PORT@;maddr=127.0.0.1")
OTHERS = ("sip:1@127.0.0.1", "sip:2@%2:@PORT@", "current",
          "sip:4@127.0.0.1:@PORT@;maddr=192.0.2.1")


def rule_of(*destinations):
    return ("[Matching Patterns]\nTo = sip:(.+)@(.+)\n[Deploy Patterns]\n"
            f"To = {destinations[0]}\n$session = failover {' '.join(destinations[1:])}\n")


def with_rules(*rules):
    config = with_plan("@DIR@/plan", "dialplan")
    config.sockets = ("udp4", "udp6", "tcp4")
    config.rules = "".join(rules)
    return config


class PlanServer(kamailio.Server):
    """A server whose plan contains its own port."""

    def write(self):
        self.config.files = {"plan": self.config.rules.replace("@PORT@", str(self.port))}
        super().write()


def test_a_destination_that_is_the_server_itself_gives_a_warning():
    """There is no warning if the call decides the host, or for another transport."""
    with PlanServer(with_rules(rule_of(*OTHERS),
                               *(rule_of(own, OTHERS[0]) for own in SELVES))) as server:
        assert re.findall(r"/plan:\d+:\d+: (.* is this server.*)", server.log()) == [
            f"warning: [{own}] is this server itself: a call that comes back by the same rule "
            "goes round until its Max-Forwards are used up".replace("@PORT@", str(server.port))
            for own in SELVES]


@pytest.mark.parametrize("second", SELVES)
def test_two_destinations_that_are_the_server_itself_stop_the_start(second):
    """A call that comes back would become two calls each time (E17)."""
    server = PlanServer(with_rules(rule_of(SELVES[0], OTHERS[0], second)))
    try:
        with pytest.raises(kamailio.StartFailed, match="doubles each time"):
            server.start()
    finally:
        server.discard()


def test_a_line_of_the_log_is_written_in_one_piece():
    """Several processes write to one stderr. A pipe in packet mode keeps the borders of the
    writes."""
    listed = " ".join(f"sip:{n:02}@127.0.0.1" for n in range(1, 14))
    server = kamailio.Server(with_plan("[Deploy Patterns]\nTo = sip:100@127.0.0.1\n"
                                       f"$session = failover {listed}\n&x = 1\n"))
    reading, writing = os.pipe2(os.O_DIRECT)
    pieces = []
    try:
        server.take_port()
        server.write()
        # the second listen line fails, so the server ends after it has loaded all modules
        process = subprocess.Popen(server.arguments("-l", "udp:192.0.2.1:5060"),
                                   stdin=subprocess.DEVNULL, stderr=writing)
        os.close(writing)
        while piece := os.read(reading, 65536):
            pieces.append(piece.decode())
        process.wait(kamailio.STOP_LIMIT)
    finally:
        os.close(reading)
        server.discard()
    warned = [piece for piece in pieces if "is never tried" in piece]
    assert len(warned) == 1 and len(warned[0]) > 128, pieces
    assert warned[0].endswith("\n") and warned[0].count("\n") == 1, warned


def test_two_dial_plans_stop_the_start():
    config = with_plan(PLAN)
    config.modparams += (("failover", "dialplan", "@DIR@/plan"),)
    config.files = {"plan": PLAN}
    for status, log in (kamailio.check(config), kamailio.start_that_fails(config)):
        assert status not in (0, None), log
        assert "there is a dial plan already: give one of dialplan and dialplan_text, once" in log


# -- values that probably do not mean what they say ----------------------------------------

NO_CODE = "[408,5xx] matches no code from 300 to 699: a dot stands for any digit, as in 4.."


@pytest.mark.parametrize("config", [
    kamailio.Config('if (failover("sip:1@10.0.0.1", "pattern.response=408,5xx")) exit;'),
    kamailio.Config('if (failover("sip:1@10.0.0.1{pattern=\'408,5xx\'}")) exit;'),
    kamailio.Config('failover("sip:1@10.0.0.1");',
                    modparams=(("failover", "pattern_response", "408,5xx"),)),
    with_plan("[Deploy Patterns]\nTo = sip:1@10.0.0.1\n&failover.pattern.response = 408,5xx\n"),
], ids=["a call", "an option", "a parameter", "a plan"])
def test_a_pattern_without_a_code_stops_the_start(config):
    status, log = kamailio.start_that_fails(config)
    assert status not in (None, 0) and NO_CODE in log, log


@pytest.mark.parametrize("config", [
    kamailio.Config('if (failover("sip:1@10.0.0.1", "timer.inviting=3000")) exit;'),
    kamailio.Config('if (failover("sip:1@10.0.0.1{inviting=3000}")) exit;'),
    kamailio.Config('failover("sip:1@10.0.0.1");',
                    modparams=(("failover", "timer_inviting", "3000"),)),
    kamailio.Config('failover("sip:1@10.0.0.1");',
                    modparams=(("failover", "timer_inviting", 3000),)),
    with_plan("[Deploy Patterns]\nTo = sip:1@10.0.0.1\n&failover.timer.inviting = 3000\n"),
], ids=["a call", "an option", "a parameter", "a number as parameter", "a plan"])
def test_a_time_that_looks_like_milliseconds_gives_a_warning(config):
    status, log = kamailio.start_that_fails(config)
    warnings = [line for line in log.splitlines() if "WARNING" in line and "3000ms" in line]
    assert status is None and len(warnings) == 1, log


@pytest.mark.parametrize("time", ["3000s", "120"])
def test_a_time_up_to_120_or_with_a_unit_gives_no_warning(time):
    _, log = kamailio.start_that_fails(kamailio.Config(
        f'if (failover("sip:1@10.0.0.1", "timer.inviting={time}")) exit;'))
    assert "WARNING" not in log, log
