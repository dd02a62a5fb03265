# SPDX-License-Identifier: GPL-2.0-or-later
"""failoverctl check warns of host names after the first destination, because the timer
process of tm looks them up, and every other call waits for that."""

import re

import pytest

from failoverctl import check

FIRST = "[Deploy Patterns]\nTo = sip:100@{}\n$session = failover {}\n"
ADDRESS, NAME = "10.0.0.1", "gw.example.com"
WARNED = {
    "the second is a name": FIRST.format(ADDRESS, f"sip:101@{NAME}"),
    "the third is a name": FIRST.format(ADDRESS, f"sip:101@{ADDRESS} sip:102@{NAME}"),
    "the first of $session, without To":
        f"[Deploy Patterns]\n$session = failover sip:101@{NAME}\n",
}
QUIET = {
    "addresses": FIRST.format(ADDRESS, "sip:101@10.0.0.2 sip:102@[2001:db8::1]"),
    "the first is a name": FIRST.format(NAME, "sip:101@10.0.0.2"),
}


def warnings(result):
    return [line for line in (result.out + result.err).splitlines()
            if NAME in line and re.search(r"warning: .*(look|resolv|dns)", line, re.I)]


@pytest.mark.parametrize("what", WARNED)
def test_a_name_after_the_first_destination_gives_a_warning(what):
    result = check(WARNED[what])
    found = warnings(result)
    assert result.status == 0 and len(found) == 1, result.out + result.err
    assert re.search("address.*async_workers.*cache", found[0]), found


@pytest.mark.parametrize("what", QUIET)
def test_addresses_and_a_first_name_give_no_warning(what):
    result = check(QUIET[what])
    assert not warnings(result), result.out + result.err
