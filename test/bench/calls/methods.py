# SPDX-License-Identifier: GPL-2.0-or-later
"""The scenarios and the methods that are compared. Each method is a configuration of
Kamailio, and all do the same work. A new one needs one more row."""

import dataclasses

from traffic import Callee

# These timers are too long to fire, except in the scenarios that shorten them.
INVITING_MS, PROVISIONAL_MS = 30000, 120000


@dataclasses.dataclass(frozen=True)
class Scenario:
    """The destinations in their order, each with the codes that it replies."""
    title: str
    roles: tuple
    inviting_ms: int = INVITING_MS
    provisional_ms: int = PROVISIONAL_MS
    window: int = 1            # calls at the same time; more if a call takes long
    follows: bool = False      # the last role is the target of a 302
    target: float = 1.0        # failover() may cost this times the best other method
    memory_target: float = 0   # the same for memory, against dispatcher; 0: no target

    def callees(self):
        made = [Callee(codes) for codes in self.roles]
        if self.follows:
            made[0].contact = made[1]
        return made

    @property
    def is_held(self):
        """Is the memory of its calls measured?"""
        return self.roles[-1:] == ((200,),) and self.roles[:-1] == ((503,),) * (
            len(self.roles) - 1)

    def listed(self, callees):
        """The destinations that Kamailio gets in its list."""
        return callees[:-1] if self.follows else callees


def refused(count):
    return (((503,),) * count) + ((200,),)


# The name of a scenario says who answers. The timer for silence ends before the first
# retransmission (500 ms); otherwise the number of messages would depend on the machine.
SCENARIOS = {
    "first": Scenario("the first destination answers", refused(0), target=1.04),
    "second": Scenario("the second, after a 503", refused(1), memory_target=1.15),
    "sixth": Scenario("the sixth, after five 503", refused(5), target=0.95),
    "tenth": Scenario("the tenth, after nine 503", refused(9)),
    "silent": Scenario("the second, the first is silent", ((), (200,)),
                       inviting_ms=400, window=30),
    "ringing": Scenario("the second, the first rings too long", ((180,), (200,)),
                        inviting_ms=400, provisional_ms=1000, window=30),
    "redirect": Scenario("the target of a 302", ((302,), (200,)), follows=True),
}

CONFIG = """\
#!KAMAILIO
debug=-1
log_stderror=yes
children=1
disable_tcp=yes
auto_aliases=no
dns=no
rev_dns=no
listen=udp:127.0.0.1:@PORT@
loadmodule "corex"
loadmodule "ctl"
loadmodule "kex"
loadmodule "pv"
loadmodule "sl"
loadmodule "tm"
loadmodule "tmx"
@MODULES@
modparam("ctl", "binrpc", "unix:@DIR@/ctl")
# transactions that ended are released soon, so that their memory is used again
modparam("tm", "wt_timer", 100)
@MODPARAMS@

request_route {
    if (method == "ACK") { t_check_trans(); forward(); exit; }
    if (method != "INVITE") { sl_send_reply("405", "Method Not Allowed"); exit; }
    @ROUTE@
}
@EXTRA@
"""

# Every failure_route of a script must check first whether the caller has given up.
FAILED = """
failure_route[FAILED] {
    if (t_is_canceled()) exit;
    @BODY@
}
"""


@dataclasses.dataclass
class Method:
    """A configuration that kamailio.Server writes and runs."""
    route: str
    failed: str = ""           # body of the failure_route
    modules: tuple = ()
    modparams: str = ""
    files: dict = dataclasses.field(default_factory=dict)
    sockets = ("udp4",)
    environment = {}
    has_rpc = True

    def options(self, port):
        return ["-x", "fm", "-X", "fm"]

    def text(self, directory, port):
        parts = {"PORT": str(port), "ROUTE": self.route, "DIR": str(directory),
                 "MODULES": "\n".join(f'loadmodule "{m}"' for m in self.modules),
                 "MODPARAMS": self.modparams,
                 "EXTRA": FAILED.replace("@BODY@", self.failed) if self.failed else ""}
        text = CONFIG
        for name in ("MODPARAMS", "ROUTE", "EXTRA", "MODULES", "PORT", "DIR"):
            text = text.replace(f"@{name}@", parts[name])
        return text


def relay(scenario, callees):
    """tm alone. It is not a method of failover; all methods are built on it."""
    return Method(f'$du = "{callees[0].uri()}"; t_relay();')


def timers(scenario):
    return f't_set_fr("{scenario.provisional_ms}", "{scenario.inviting_ms}");'


def again(scenario, condition):
    """The code of failure_route that tries the next destination, if there is one."""
    return (f'if (t_check_status("408|[45][0-9][0-9]") && {condition}) {{\n'
            f'        {timers(scenario)} t_on_failure("FAILED"); t_relay();\n    }}')


def failure_route(scenario, callees):
    push = " ".join(f'$avp(next) = "{c.uri()}";' for c in reversed(callees))
    pop = "$du = $avp(next); $avp(next) = $null;"
    redirected = ('if (t_check_status("3[0-9][0-9]")) {\n'
                  '        $var(contact) = $(T_rpl($ct){nameaddr.uri});\n'
                  '        if ($var(contact) == "") exit;\n'
                  '        $ru = $var(contact); $du = $null;\n'
                  '        t_on_failure("FAILED"); t_relay(); exit;\n    }\n    ')
    return Method(f'{push} {pop} {timers(scenario)} t_on_failure("FAILED"); t_relay();',
                  failed=redirected + again(scenario, "$avp(next) != $null").replace(
                      timers(scenario), pop + " " + timers(scenario)))


def dispatcher(scenario, callees):
    gateways = "".join(f"1 {c.uri()} 0 {len(callees) - i}\n"
                       for i, c in enumerate(callees))
    return Method(
        'if (!ds_select_dst("1", "8")) { sl_send_reply("500", "None"); exit; }\n'
        f'    {timers(scenario)} t_on_failure("FAILED"); t_relay();',
        failed=again(scenario, "ds_next_dst()"), modules=("dispatcher",),
        modparams='modparam("dispatcher", "list_file", "@DIR@/gateways")\n'
                  'modparam("dispatcher", "flags", 2)\n'
                  'modparam("dispatcher", "xavp_dst", "_dsdst_")',
        files={"gateways": gateways})


def next_contacts(scenario, callees):
    # a Request-URI without q comes last, so it carries the last destination
    others = " ".join(f'append_branch("{c.uri()}", "0.{95 - 5 * i:02}");'
                      for i, c in enumerate(callees[:-1]))
    return Method(
        f'$ru = "{callees[-1].uri()}"; {others}\n'
        f'    t_load_contacts(); t_next_contacts(); {timers(scenario)}\n'
        '    t_on_failure("FAILED"); t_relay();',
        failed=again(scenario, "t_next_contacts()"),
        modparams='modparam("tm", "contacts_avp", "tm_contacts")\n'
                  'modparam("tm", "contact_flows_avp", "tm_contact_flows")')


def uac_redirect(scenario, callees):
    return Method(
        f'$du = "{callees[0].uri()}"; t_on_failure("FAILED"); t_relay();',
        failed='if (t_check_status("3[0-9][0-9]")) {\n'
               '        $du = $null;\n'
               '        if (get_redirects("*")) { t_on_failure("FAILED"); t_relay(); }\n'
               '    }',
        modules=("acc", "uac_redirect"),
        modparams='modparam("uac_redirect", "default_filter", "accept")')


def failover_list(scenario, callees):
    return Method(
        f'failover("{" ".join(c.uri() for c in callees)}",'
        f' "timer.inviting = {scenario.inviting_ms}ms;'
        f' timer.provisional = {scenario.provisional_ms}ms");', modules=("failover",))


def failover_plan(scenario, callees):
    first, *others = [c.uri() for c in callees]
    plan = ("[Matching Patterns]\n$request = ^INVITE\n[Deploy Patterns]\n"
            f"To = {first}\n$session = failover {' '.join(others)}\n"
            f"&failover.timer.inviting = {scenario.inviting_ms}ms\n"
            f"&failover.timer.provisional = {scenario.provisional_ms}ms\n")
    return Method("failover();", modules=("failover",), files={"plan": plan},
                  modparams='modparam("failover", "dialplan", "@DIR@/plan")')


OURS = ("failover(list)", "failover() by a plan")
EVERY = tuple(SCENARIOS)
AFTER_FAILURES = tuple(s for s in EVERY if s != "redirect")

# The title, the function that makes the configuration, and the scenarios of the method.
METHODS = (
    ("t_relay()", relay, ("first",)),
    ("failure_route", failure_route, EVERY),
    ("dispatcher", dispatcher, AFTER_FAILURES),
    ("t_next_contacts()", next_contacts, AFTER_FAILURES),
    ("uac_redirect", uac_redirect, ("first", "redirect")),
    (OURS[0], failover_list, EVERY),
    (OURS[1], failover_plan, EVERY),
)
