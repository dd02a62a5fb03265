# SPDX-License-Identifier: GPL-2.0-or-later
"""failoverctl check --call 'LIST' ['SETTINGS'] checks the strings of a script call, which
kamailio -c does not read."""

import re

import pytest

from failoverctl import run

QUIET = ("--defaults", "redirection=no")


def check_call(*texts):
    return run("check", "--call", *texts, *QUIET)


WRONG = {
    ("sip:1@h/TPC",): "--call:1:9: error: [TPC] is no transport",
    ("",): "--call:1:1: error: the list of destinations is empty",
    ("sip:$@gw",): "--call:1:5: error: [$@gw] begins no pseudo-variable; for a dollar sign write $$",
    ("sip:$(rU@gw",): "--call:1:5: error: [$(rU@gw] begins no pseudo-variable",
    ("sip:%1@gw",): "--call:1:5: error: [%1]: groups are of a dial plan; here a pseudo-variable",
    ("sip:1@h", "pattern.response=408,5xx"):
        "--call:2:18: error: [408,5xx] matches no code from 300 to 699",
    ("sip:1@h", "pattern.response=503;486"):
        "--call:2:22: error: [486] is no setting: name=value would be right; a value with a "
        "semicolon in it stands in single quotes",
    ("sip:1@h\nsip:2@h:0", "attempts=99"): "--call:3:10: error:",
}
WARNED = {
    ("sip:1@10.0.0.1", "timer.inviting=3000"): ["timer-unit"],
    ("sip:1@10.0.0.1", "timer.inviting=121; timer.provisional=120"): ["timer-unit"],
    ("sip:1@10.0.0.1 sip:2@gw.example.com",): ["destination-name"],
    ("sip:1@10.0.0.1 sip:1@10.0.0.1",): ["destination-twice"],
}
# settings, and the warning for each: its place, and the setting as a call writes it
SETTINGS = {
    "pattern.response=408|5xx": "--call:2:22: warning: [5xx] in this pattern matches no code",
    "attempts=2; pattern.response='408|5xx'":
        "--call:2:35: warning: [5xx] in this pattern matches no code",
    "pattern.response = !!408": "--call:2:21: warning: [!!408]: the first ! negates",
    "attempts=1": "only 1 are tried: attempts would have to be more",
    "redirection=false; redirection.max=2":
        "--call:2:20: warning: redirection.max does nothing here, as redirection is false: "
        "redirection = true would be needed",
    "&failover.redirection=true; pattern.response=408":
        "--call:2:1: warning: no redirect is followed",
    "redirection=true": "by this call a redirect may lead anywhere: "
        "redirection.allow = @gw\\.example\\.com limits it, redirection = false switches it off",
    "timer.total=3; timer.inviting=5": "--call:2:16: warning: timer.total ends the call after 3 s",
}
RIGHT = [
    ("sip:1@10.0.0.1 sip:2@10.0.0.2/TCP{inviting=2}",),
    ("$avp(list)",), ("$avp(list)", "$var(settings)"), ("current",),
    ("$avp(gw1) $avp(gw2)[0] sip:vm@10.0.0.9",), ("sip:$rU@$var(gw)",),
    ("sip:$(rU{s.substr,1,0})@10.0.0.1",), ("sip:$$@10.0.0.1", "pattern.response=^5..$$"),
    ("sip:1@10.0.0.1", "pattern.response=^408$$|^5..$$"),
    ("sip:1@10.0.0.1", "pattern.response=$avp(codes)|5xx"),
    ("sip:1@10.0.0.1", "timer.inviting=3000s; timer.provisional=120"),
]


@pytest.mark.parametrize("texts", WRONG)
def test_errors(texts):
    result = check_call(*texts)
    assert result.status == 1 and WRONG[texts] in result.err, result.err


@pytest.mark.parametrize("texts", WARNED)
def test_warnings(texts):
    result = check_call(*texts)
    found = re.findall(r"warning: .*\[([a-z-]+)\]$", result.err, re.M)
    assert (result.status, found) == (0, WARNED[texts]), result.err


@pytest.mark.parametrize("settings", SETTINGS)
def test_warnings_of_settings(settings):
    result = check_call("sip:1@10.0.0.1 sip:2@10.0.0.2", settings)
    assert result.status == 0 and SETTINGS[settings] in result.err, result.err
    assert "&failover" not in result.err.replace(settings, ""), result.err


def test_a_destination_that_is_twice_in_a_call():
    assert "stands in this call a second time" in check_call("sip:1@10.0.0.1 sip:1@10.0.0.1").err


@pytest.mark.parametrize("texts", RIGHT)
def test_calls_without_errors(texts):
    result = check_call(*texts)
    assert result.status == 0 and "0 errors, 0 warnings" in result.err, result.err


def test_the_caret_stands_below_the_settings():
    lines = check_call("sip:1@h", "attempts=soon").err.splitlines()
    assert lines[1:3] == ["attempts=soon", " " * 9 + "^"]


def test_as_json():
    result = run("check", "--call", "sip:1@h/TPC", "--json")
    assert (result.status, result.json["file"], result.json["errors"]) == (1, "--call", 1)


@pytest.mark.parametrize("arguments, says", [
    (("--call",), "--call: LIST is missing behind it"),
    (("--call", "a", "b", "c"), "c: there is one argument too many: only SETTINGS may follow --call LIST"),
])
def test_wrong_usage(arguments, says):
    result = run("check", *arguments)
    assert result.status == 2 and says in result.err


def test_a_redirect_to_any_host_is_warned_of_once_and_last():
    plan = "".join(f"[Matching Patterns]\nTo = {n}\n[Deploy Patterns]\nTo = sip:1@10.0.0.{n}\n"
                   "&failover.timer.inviting = 3000\n" for n in (1, 2))
    found = re.findall(r"warning: .*\[([a-z-]+)\]$", run("check", "-", stdin=plan).err, re.M)
    assert found.count("redirection-anywhere") == 1 and found[-1] == "redirection-anywhere"
    assert len(found) > 2, found


def test_sections_in_the_wrong_order():
    result = run("check", "-", stdin="[Deploy Patterns]\nTo = sip:1@10.0.0.1\n"
                                     "[Matching Patterns]\nTo = 1\n")
    assert result.status == 1 and "it stands below the conditions" in result.err
