# SPDX-License-Identifier: GPL-2.0-or-later
"""A Contact that leads back to this server (RFC 5393) is followed only once for a request.
Otherwise a few such Contacts would become thousands of requests."""

import asyncio

import pytest

import kamailio
from shim import forced
from scenario import Stage, filled, redirect, reply

FOLLOWED = 10                  # redirection.max
SETTLES = 1.0                  # seconds in which no more requests may come
ALIAS = "gw.example.com"       # the shim resolves this name to this machine
ANSWERS = [reply(180), reply(200, after=0.1)]


def back(count, host="{proxy}", more=""):
    """This number of Contacts at this server."""
    return [redirect(*(f"<sip:{n}@{host}{more}>" for n in range(200, 200 + count)))]


ONE = 'failover("sip:100@{a}")'
BY_USER = """
    if ($rU == "200" && failover("sip:100@{b}")) exit;
    if ($rU == "201" && failover("sip:100@{c}")) exit;
    if (failover("sip:100@{a}")) exit;
"""

LOOPS = {
    "ten Contacts": ({"a": back(10)}, ONE, 1 + FOLLOWED, 302),
    "one Contact": ({"a": back(1)}, ONE, 2, 302),
    "thirty Contacts": ({"a": back(30)}, ONE, 1 + FOLLOWED, 302),
    "ten Contacts, TCP": ({"a": back(10, more=";transport=tcp")}, ONE, 1 + FOLLOWED, 302),
    "ten Contacts by an alias": ({"a": back(10, f"{ALIAS}:{{proxy_port}}")},
                                 ONE, 1 + FOLLOWED, 302),
    "ten Contacts, of two destinations": (
        {"a": back(10), "b": back(10)}, 'failover("sip:100@{a} sip:100@{b}")',
        2 * (1 + FOLLOWED), 302),
    "a chain of them": ({"a": [redirect("<sip:200@{proxy}>")],
                         "b": [redirect("<sip:201@{proxy}>")], "c": back(10)},
                        BY_USER, 3 + 2 * FOLLOWED, 302),
    "to somebody who answers": ({"a": [redirect("<sip:200@{proxy}>")], "b": ANSWERS,
                                 "c": ANSWERS}, BY_USER, 2, 200),
}


async def redirected(peers, route):
    """(INVITEs at the gateways, codes of the caller, faults of the server)"""
    settings = {**SETTINGS, "environment": forced(f"name:{ALIAS}:0:1")}

    def config(names):
        if not route.rstrip().endswith(";") and "exit" not in route:
            return kamailio.Config(filled(f"if ({route}) exit;", names), **settings)
        return kamailio.Config(filled(route, names), **settings)

    async with Stage(peers, config) as stage:
        caller = await stage.caller()
        call = caller.call(f"sip:9555@{stage.names['proxy']}", hangup_after=0)
        await asyncio.wait([call.final], timeout=4)
        await asyncio.sleep(SETTLES)
        invites = sum(len(stage.trace.of(p, "INVITE", sent=False, repeated=False))
                      for p in peers)
        codes = list(call.codes)
        left = await stage.drained()
        faults = await asyncio.to_thread(stage.server.stop)
        return invites, codes, faults + ([f"tm holds {left} transactions"] if left else [])


SETTINGS = {"globals": f'alias="{ALIAS}"\nmax_branches=30\n',
            "modparams": (("tm", "wt_timer", 1000),)}


@pytest.mark.parametrize("title", LOOPS)
def test_contacts_that_lead_back(title):
    peers, route, at_most, code = LOOPS[title]
    invites, codes, faults = asyncio.run(redirected(peers, route))
    assert not faults, faults
    assert invites <= at_most, f"{invites} INVITEs, {codes}"
    assert [c for c in codes if c >= 200] == [code], codes


TWICE = "sip:1@127.0.0.1:@PORT@ sip:2@127.0.0.1:@PORT@"
LISTS = {
    "a list": kamailio.Config(f'failover("{TWICE}");'),
    "a list, after a gateway": kamailio.Config(f'failover("sip:1@10.0.0.1 {TWICE}");'),
    "a plan": kamailio.Config("failover();", modparams=(("failover", "dialplan_text",
        "[Deploy Patterns]\nTo = sip:1@127.0.0.1:@PORT@\n"
        "$session = failover sip:2@127.0.0.1:@PORT@\n"),)),
}


@pytest.mark.parametrize("what", LISTS)
def test_more_than_one_destination_that_is_this_server_is_an_error(what):
    status, log = kamailio.start_that_fails(LISTS[what])
    assert status not in (0, None), "it started"
    assert "itself" in log or "ourselves" in log or "this server" in log, log


def test_one_destination_that_is_this_server_is_not_an_error():
    status, log = kamailio.start_that_fails(kamailio.Config(
        'failover("sip:1@127.0.0.1:@PORT@ sip:2@10.0.0.1");'))
    assert status is None, log
