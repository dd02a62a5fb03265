# SPDX-License-Identifier: GPL-2.0-or-later
"""A caller's value in a quoted argument of a function (specification, 2.4): `%1` is only a
value there. It cannot become another host, user or header."""

import asyncio

import pytest

import kamailio
from scenario import Stage, filled

RULE = """\
[Matching Patterns]
X-In = (?s)^(.*)$
{condition}
[Deploy Patterns]
$action = 486
[Deploy Patterns]
$action = 433
"""
# with each of these in the place of the user, 192.0.2.1 must stay the host
STEERS = {"an @": "x@127.0.0.1", "an @ and what begins a parameter": "x@127.0.0.1;y=",
          "an @ and what ends the user": "x@127.0.0.1?", "a bracket": "x@127.0.0.1>",
          "brackets": "<sip:x@127.0.0.1>", "a blank": "x@127.0.0.1 sip:y",
          "a comma": "x@127.0.0.1, y", "a brace": "x@127.0.0.1{z", "a quote": 'x"@127.0.0.1',
          "a folded line": "x@127.0.0.1\r\n y", "a tab": "x@127.0.0.1\ty",
          "an escape": "x%40127.0.0.1", "nothing": ""}
IN_USER = '$localhost("sip:%1@192.0.2.1") = true'
IN_HOST = '$localhost("sip:x@%1") = true'
IN_ADDRESS = '$addrPrefix("127.0.0.0/8", "%1") = true'
OUT = '$outbound("sip:%1@127.0.0.1") = true'


async def answers(condition, values):
    """The codes of calls to one server, one call with each value in X-In."""
    def config(names):
        return kamailio.Config("failover();", modparams=(
            ("failover", "dialplan_text", RULE.replace("{condition}", condition)),))

    async with Stage({}, config) as stage:
        caller = await stage.caller()
        found = {}
        for what, value in values.items():
            call = caller.call(filled("sip:9@{proxy}", stage.names), [("X-In", value)])
            found[what] = (await asyncio.wait_for(call.final, 5)).status
        assert not stage.server.faults()
        return found


@pytest.mark.parametrize("condition", [IN_USER, OUT], ids=["$localhost", "$outbound"])
def test_a_user_part_stays_one(condition):
    found = asyncio.run(answers(condition, STEERS))
    assert found == dict.fromkeys(STEERS, 433)


def test_a_host_is_a_whole_host_or_none():
    values = {what: value.replace("x@", "192.0.2.1@") for what, value in STEERS.items()}
    found = asyncio.run(answers(IN_HOST, {**values, "ours": "127.0.0.1", "IPv6": "[::1]",
                                          "another": "192.0.2.1"}))
    assert found == {**dict.fromkeys(STEERS, 433), "ours": 486, "IPv6": 486, "another": 433}


def test_an_address_is_one_or_none():
    found = asyncio.run(answers(IN_ADDRESS, {
        "ours": "127.0.0.9", "another": "128.0.0.1", "two": "128.0.0.1 127.0.0.1",
        "with a comma": "128.0.0.1,127.0.0.1", "a name": "localhost", "nothing": ""}))
    assert found == {"ours": 486, "another": 433, "two": 433, "with a comma": 433,
                     "a name": 433, "nothing": 433}
