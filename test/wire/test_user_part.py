# SPDX-License-Identifier: GPL-2.0-or-later
"""A gateway without a user part gets the whole user part of the request, unchanged. This
includes the parameters of a number before `;user=phone`, and those of a tel: URI, which
Kamailio parses in another way (RFC 4694)."""

import re
import subprocess

import pytest

import kamailio
from scenario import Scenario, at, reply, soon

NUMBERS = {
    "a number": "+15550001",
    "with one parameter": "+15550001;npdi",
    "ported": "+15550001;npdi;rn=+15550002",
    "with a context": "5550001;phone-context=example.com",
    "with an extension and a carrier": "+15550001;ext=77;cic=+1234",
    "with escapes": "%2B1555%200001",
    "with visual separators": "+1-555-(0001)",
}
FORMS = {
    "sip": "sip:{number}@{host}",
    "sip, user=phone": "sip:{number}@{host};user=phone",
    "sip, user=phone and more": "sip:{number}@{host};user=phone;transport=udp",
    "tel": "tel:{number}",
}
TRIED = [(number, form) for number in NUMBERS for form in FORMS
         if form != "tel" or number != "with escapes"]
PLAN = "[Deploy Patterns]\nTo = sip:{a}\n$session = failover sip:{b}\n"


def request(number, form, host="{proxy}"):
    return FORMS[form].replace("{number}", NUMBERS[number]).replace("{host}", host)


def taken(number, form, how):
    user = NUMBERS[number]
    more = {"route": 'failover("sip:{a} sip:{b}")'} if how == "list" else {"plan": PLAN}
    return Scenario(f"the user part of the request, {number}, {form}, by a {how}",
        uri=request(number, form), peers={"a": [reply(503)], "b": [reply(486)]},
        attempts=[("a", "UDP", at(0), f"sip:{user}@{{a}}"),
                  ("b", "UDP", soon(), f"sip:{user}@{{b}}")],
        caller=[100, 486], modparams=(("tm", "wt_timer", 1000),), **more)


WITH = [taken(number, form, how) for number, form in TRIED for how in ("list", "plan")
        if how == "list" or number in ("a number", "ported")]


@pytest.mark.parametrize("scenario", WITH, ids=lambda s: s.title)
def test_user_part(outcome):
    outcome.check()


@pytest.mark.parametrize("number, form", TRIED)
def test_explain_shows_what_is_sent(number, form):
    plan = PLAN.replace("{a}", "10.0.0.1").replace("{b}", "10.0.0.2")
    done = subprocess.run([kamailio.TOP / "failoverctl", "explain", "-", "-r",
                           f"INVITE {request(number, form, 'example.com')} SIP/2.0"],
                          input=plan, capture_output=True, text=True, timeout=20)
    found = re.findall(r"sip:\S+@10\.0\.0\.[12]", done.stdout)
    wanted = [f"sip:{NUMBERS[number]}@10.0.0.{n}" for n in (1, 2)]
    assert [uri for uri in dict.fromkeys(found)] == wanted, done.stdout + done.stderr
