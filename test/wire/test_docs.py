# SPDX-License-Identifier: GPL-2.0-or-later
"""Compares the documentation with the tables of the module, in both directions, and loads
every example into a real Kamailio. The tables are read from the sources. The ids of its
sections and tables are used to read the documentation."""

import contextlib
import functools
import html
import math
import os
import pathlib
import re
import runpy
import shlex
import socket
import subprocess
import tempfile
import threading
import xml.etree.ElementTree as ElementTree
from xml.etree import ElementInclude

import pytest

import certificates
import kamailio

TOP = kamailio.TOP
DOC = TOP / "doc"
TOOL = TOP / "failoverctl"
MODULE = (TOP / "failover_mod.c").read_text()
SETTINGS = (TOP / "dialplan/settings.c").read_text()
RPC = "".join((TOP / f"{name}.c").read_text() for name in
              ("server/rpc", "server/hold_rpc", "call/calls_rpc"))
ID, NONE = "id", "none"


# -- the documentation ---------------------------------------------------------

@functools.cache
def book():
    """The whole book, with the included files."""
    def load(href, parse, encoding=None):
        assert parse == "xml", href
        return ElementTree.parse(DOC / href).getroot()
    root = ElementTree.parse(DOC / "failover.xml").getroot()
    ElementInclude.include(root, load)
    return root


def by_id(name):
    found = [element for element in book().iter() if element.get(ID) == name]
    assert len(found) == 1, f"{len(found)} elements have the id {name}"
    return found[0]


def text_of(element):
    """The text of an element, with single blanks."""
    return " ".join("".join(element.itertext()).split())


def rows(table):
    """The cells of a table, by rows, without its head."""
    found = [row.findall("entry") for row in by_id(table).iter("row")]
    head, *body = found
    assert body and all(len(cells) == len(head) for cells in body), table
    return body


def literals(cell):
    return [text_of(literal) for literal in cell.iter("literal")]


def value_of(cell):
    """The value in a cell; empty if the cell says that there is none."""
    text = text_of(cell)
    assert (text == NONE) != (literals(cell) == [text]), text
    return "" if text == NONE else text


def card(section):
    """The lines `name: value` at the beginning of a section."""
    lines = section.find("synopsis").text.strip().splitlines()
    return dict(re.fullmatch(r"([a-z ]+): +(.+)", line).groups() for line in lines)


def parameter_sections():
    sections = {}
    for section in by_id("failover.parameters").findall("section"):
        name = text_of(section.find("title/varname"))
        assert section.get(ID) == f"failover.p.{name}" and name not in sections, name
        sections[name] = section
    return sections


# -- the sources ---------------------------------------------------------------

def table_text(source, beginning):
    """The text between a line that ends with `= {` and the `};` that ends the table."""
    found = re.findall(re.escape(beginning) + r"[^;]*?= \{\n(.*?)\n\};", source, re.S)
    assert len(found) == 1, f"{len(found)} tables begin with [{beginning}]"
    return found[0]


def defined(name):
    """The value of a macro, from any source of the module."""
    files = {source.with_suffix(suffix) for source in kamailio.SOURCES for suffix in (".c", ".h")}
    found = {text.strip() for path in files if path.exists() for text in
             re.findall(rf"^#define {name}[ \t]+(.+?)(?:/\*.*)?$", path.read_text(), re.M)}
    assert len(found) == 1, f"[{name}] is defined as {found}"
    return found.pop()


C_STRING = re.compile(r'"((?:[^"\\]|\\.)*)"')


def c_text(literals_):
    """The text of string literals of C that follow each other."""
    return "".join(C_STRING.findall(literals_)).encode().decode("unicode_escape")


def constant(name):
    """The value of a number or of a macro."""
    if name.isdigit():
        return int(name)
    return math.prod(constant(factor.strip().rstrip("uU"))
                     for factor in defined(name).strip("()").split("*"))


def parameters():
    """{name: its kinds} of failover_mod.c."""
    text = table_text(MODULE, "static param_export_t params[]")
    both = {name: "int or string" for name in re.findall(r"BOTH_TYPES\((\w+)\)", text)}
    single = re.findall(r'\{"(\w+)", PARAM_(STRING|INT|STR)\b', text)
    found = {**both, **{name: {"STR": "string"}.get(kind, kind.lower())
                       for name, kind in single}}
    assert len(found) == text.count("BOTH_TYPES(") + text.count('{"'), text
    return found


def commands():
    """{(name, number of arguments)} of kamailio.cfg."""
    text = table_text(MODULE, "static cmd_export_t commands[]")
    found = {(name, int(count)) for name, count in
             re.findall(r'\{"(\w+)", (?:\(cmd_function\))?\w+, (\d+),', text)}
    assert len(found) == text.count('{"'), text
    return found


def kemi_functions():
    """{(name, number of arguments)} for KEMI."""
    text = table_text(MODULE, "static sr_kemi_t kemi_functions[]")
    found = re.findall(r'str_init\("(\w+)"\), str_init\("(\w+)"\)[^{]*\{([^}]*)\}', text)
    assert len(found) == text.count("str_init") // 2, text
    return {(f"{module}.{name}", kinds.count("SR_KEMIP_") - kinds.count("SR_KEMIP_NONE"))
            for module, name, kinds in found}


def run_time_parameters():
    """{name: (least, most)} of the cfg framework."""
    text = table_text(MODULE, "static cfg_def_t cfg_definitions[]")
    found = {name: (constant(least), constant(most)) for name, least, most in
             re.findall(r'\{"(\w+)", CFG_VAR_INT, (\w+),\s*(\w+),', text)}
    assert len(found) == text.count("CFG_VAR_"), text
    return found


def words_of(reader):
    """The values that a reader of settings.c compares with."""
    if reader == "parse_boolean":
        return re.findall(r'\{"(\w+)", (?:true|false)\}', (TOP / "text/boolean.c").read_text())
    body = re.search(rf"^static int {reader}\([^;{{]*\)\n\{{.*?^\}}", SETTINGS,
                     re.S | re.M)[0]
    return re.findall(r'fragment_is\(value, "(\w+)"\)', body)


def values_of(reader, least, most):
    """The values of a setting, as the documentation prints them; empty if there is no
    list of them."""
    words = words_of(reader)
    if "parse_duration" in reader:
        words += ["100ms", "3600s"]
        assert (constant("DURATION_MIN_MS"), constant("DURATION_MAX_MS")) == (100, 3600000)
    if reader == "parse_reply":
        words += [str(constant("RESPONSE_OWN_MIN")), str(constant("RESPONSE_OWN_MAX"))]
    if most:
        words += [str(least), str(most)]
    return words


def settings():
    """{(name, option): (values, default, whether an extension)} of settings.c."""
    text = table_text(SETTINGS, "static const setting_t table[SETTING_COUNT]")
    row = re.compile(r'\[SETTING_\w+\] = \{(NULL|"[^"]*"), (NULL|"[^"]*"),\s*"([^"]*)",'
                     r'\s*(?:"[^"]*"\s*)+,\s*(true|false),\s*(parse_\w+),\s*'
                     r'FIELD\(\w+\), (\w+), (\w+)\}')
    found = {}
    for name, option, fallback, extension, reader, least, most in row.findall(text):
        values = values_of(reader, constant(least), constant(most))
        found[tuple("" if n == "NULL" else n.strip('"') for n in (name, option))] = (
            sorted(values), fallback, extension == "true")
    assert len(found) == text.count("[SETTING_"), text
    return found


def parameter_of(setting):
    return setting.replace(".", "_")


# -- tables against sections ---------------------------------------------------

def test_every_parameter_has_a_section_and_every_section_a_parameter():
    titles = {name: text_of(section.find("title"))
              for name, section in parameter_sections().items()}
    assert titles == {name: f"{name} ({kinds})" for name, kinds in parameters().items()}


# parameters that are not settings of a call, and their defaults
WITHOUT_SETTING = {"dialplan": NONE, "dialplan_text": NONE, "attempt_log_level": "3",
                   "hold_after": "0", "hold_time": "30", "hold_max": "600",
                   "hold_codes": "503", "hold_probe": "0", "hold_dmq": "0",
                   "event_callback": NONE, "log_format": "text"}


def test_every_setting_has_a_parameter():
    """Otherwise the tests below would not check the setting."""
    names = {parameter_of(name) for name, _ in settings() if name}
    assert names == set(parameters()) - set(WITHOUT_SETTING)


def test_the_cards_of_the_parameters_agree_with_the_settings():
    expected = {}
    for (name, option), (_, fallback, _) in settings().items():
        if not name:
            continue
        of_cfg = [c for c in run_time_parameters()
                  if c in (parameter_of(name), parameter_of(name) + "_ms")]
        expected[parameter_of(name)] = {
            "default": fallback or NONE, "setting": name,
            **({"option": option} if option else {}),
            **({"run time": of_cfg[0]} if of_cfg else {})}
    for name, default in WITHOUT_SETTING.items():
        expected[name] = {"default": default, **(
            {"run time": name} if name in run_time_parameters() else {})}
    found = {}
    for name, section in parameter_sections().items():
        lines = card(section)
        assert lines.pop("syntax").startswith(f'modparam("failover", "{name}", '), name
        found[name] = lines
    assert found == expected


def test_every_parameter_names_its_default_and_shows_itself_in_an_example():
    for name, section in parameter_sections().items():
        default = card(section)["default"]
        said = [text_of(e) for e in section.iter("emphasis")
                if text_of(e).startswith("Default value is ")]
        assert len(said) == 1 and re.match(
            rf"Default value is {re.escape(default)}(?:\.$|: | without )", said[0]), (name, said)
        examples = [e.text for e in section.iter("programlisting")]
        assert any(f'modparam("failover", "{name}", ' in e for e in examples), name


def called(text):
    """{(name, number of arguments)} of the calls in a text."""
    return {(name, len([a for a in arguments.split(",") if a.strip()]))
            for name, arguments in re.findall(r"([\w.]+)\(([^)]*)\)", text)}


def test_every_function_has_a_section_and_every_section_a_function():
    found = set()
    for section in by_id("failover.functions").findall("section"):
        if section.get(ID).startswith("failover.f."):
            for title in section.findall("title/function"):
                found |= called(text_of(title))
    assert found == commands()


def test_the_functions_of_kemi():
    found = set()
    for kemi, script in rows("failover.kemi.table"):
        (name, count), = called(text_of(kemi))
        (_, count_in_script), = called(text_of(script))
        assert count == count_in_script, name
        found.add((name.removeprefix("KSR."), count))
    assert found == kemi_functions()


def test_the_table_of_settings():
    found = {}
    for name, option, values, default, extension, meaning in rows("failover.settings.table"):
        assert text_of(extension) in ("yes", "no") and text_of(meaning)
        found[value_of(name), value_of(option)] = (
            sorted(literals(values)), value_of(default), text_of(extension) == "yes")
    assert found == settings()


def test_the_table_of_options():
    options = [value_of(cell) for cell, _ in rows("failover.options")]
    assert sorted(options) == sorted(option for _, option in settings() if option)


def test_the_table_of_presets():
    text = table_text(SETTINGS, "static const preset_line_t carrier[]")
    carrier = {f"{name.lower().replace('_', '.')}={value}" for name, value in
               re.findall(r'\{SETTING_(\w+), "([^"]*)"\}', text)}
    assert len(carrier) == text.count("SETTING_")
    found = {text_of(name): set(literals(cell)) for name, cell in rows("failover.presets")}
    assert found == {"carrier": carrier, "brekeke": set()}


def as_number(fallback):
    """A default of settings.c, as the cfg framework shows it."""
    return {"true": "1", "false": "0"}.get(fallback) or (
        str(int(fallback[:-1]) * 1000) if fallback.endswith("s") else fallback)


def test_the_table_of_run_time_parameters():
    defaults = {parameter_of(name): as_number(fallback)
                for (name, _), (_, fallback, _) in settings().items() if name}
    defaults.update(WITHOUT_SETTING)
    found, expected = {}, {}
    for name, parameter, values, default in rows("failover.cfg.table"):
        found[value_of(name)] = (value_of(parameter), literals(values), value_of(default))
    for name, (least, most) in run_time_parameters().items():
        parameter = name.removesuffix("_ms")
        expected[name] = (parameter, [str(least), str(most)], defaults[parameter])
    assert found == expected


def test_the_server_has_what_the_table_of_run_time_parameters_says():
    with kamailio.Server(kamailio.Config("exit;")) as server:
        listed = set(re.findall(r"^failover: (\w+)$", server.rpc("cfg.list", "failover"), re.M))
        assert listed == {value_of(row[0]) for row in rows("failover.cfg.table")}
        for name, _, _, default in rows("failover.cfg.table"):
            assert server.rpc("cfg.get", "failover", value_of(name)).strip() == value_of(default)


# -- the dial plan -------------------------------------------------------------

def source_rows(file, beginning):
    """{first string of a row: its other strings, joined} of a table."""
    text = re.sub(r"/\*.*?\*/", "", table_text((TOP / file).read_text(), beginning), flags=re.S)
    row = re.compile(r'\{"([^"]+)",\s*((?:"(?:[^"\\]|\\.)*"\s*)+)[,}]')
    found = {name: c_text(rest) for name, rest in row.findall(text)}
    assert len(found) == text.count('{"'), text
    return found


def subjects():
    """The left sides of conditions, as they are written; HEADER for the name of a
    header."""
    text = table_text((TOP / "dialplan/subject.c").read_text(), "static const subject_row_t table[")
    found = re.findall(r'\[SUBJECT_\w+\] = \{(NULL|"[^"]+"),', text)
    assert len(found) == text.count("[SUBJECT_") and found.count("NULL") == 1
    return {name.strip('"').replace("NULL", "HEADER") for name in found}


def test_the_table_of_conditions():
    found = {value_of(name) for name, _, _ in rows("failover.conditions")}
    assert found == subjects()


def test_each_example_in_the_table_of_conditions_is_one_of_its_row():
    names = {value_of(name): value_of(example).split(" = ")[0]
             for name, _, example in rows("failover.conditions")}
    for name, used in names.items():
        pattern = {"HEADER": r"[\w-]+", "&name": r"&\w+", "$pv($...)": r"\$pv\(\$.+\)"}.get(
            name, re.escape(name).replace(r"\(X\)", r"\(.+\)").replace(r"\(\.\.\.\)", r"\(.+\)"))
        assert re.fullmatch(pattern, used), (name, used)
    load_plan("[Matching Patterns]\n"
              + "".join(f"{value_of(row[2])}\n" for row in rows("failover.conditions"))
              + "[Deploy Patterns]\n")


def test_the_table_of_sections():
    """Each spelling that the text names is tested."""
    source = (TOP / "dialplan_parse.c").read_text()
    known = set(re.findall(r'is_section\(inner, "(\w+)"\)', source)) | set(
        re.findall(r'fragment_is\(&word, "(\w+)"\)', source))
    said = [value_of(cell) for cell, _ in rows("failover.sections")]
    assert {re.sub(r"[\[\] ]|NAME", "", name).removesuffix("s") for name in said} == known
    variants = [text for text in map(text_of, by_id("failover.plan.text").iter("literal"))
                if text.startswith("[") and text not in said]
    assert len(variants) == 2
    load_plan("".join(f"{v}\n" for v in sorted(variants, key=lambda v: "eploy" in v)))


def test_the_lines_of_a_rule():
    names = set(source_rows("dialplan/rule_parse.c", "static const deploy_line_t table[]"))
    found = {literal.split(" = ")[0] for line, _ in rows("failover.lines")
             for literal in literals(line)}
    assert found == names | {"&failover.NAME", "HEADER", "$NAME", "&NAME"}


def test_the_parts_that_rules_with_continue_combine():
    """The text names each deploy line except $continue, or its kind."""
    names = set(source_rows("dialplan/rule_parse.c", "static const deploy_line_t table[]"))
    found = {text_of(part) for part, _ in rows("failover.plan.sums")}
    assert found == names - {"$continue"} | {"settings", "headers, variables"}


def test_the_table_of_headers_that_are_not_changed():
    source = (TOP / "sip/header_name.c").read_text()
    names = re.search(r"\breserved\[\] = \{(.*?)\};", source, re.S)[1]
    found = [name for cell, _ in rows("failover.reserved") for name in literals(cell)]
    assert sorted(found) == sorted(C_STRING.findall(names))


def foreign_functions():
    return source_rows("dialplan/foreign.c", "} foreign[]")


def test_the_table_of_functions_that_do_not_exist():
    found = [value_of(name) for name, _ in rows("failover.foreign")]
    assert sorted(found) == sorted(foreign_functions())


def test_the_replacement_of_a_function_is_known():
    """A real server knows each pseudo-variable of the table, and the message of each
    function names a replacement."""
    used = {literal for _, instead in rows("failover.foreign") for literal in literals(instead)
            if literal.startswith("$pv(")}
    assert len(used) > 8 and all(foreign_functions().values())
    load_plan("[Matching Patterns]\n" + "".join(f"{pv} = .\n" for pv in sorted(used))
              + "[Deploy Patterns]\n")


# the names in the table of limits, with their constants and units
LIMITS = {
    "length of a dial plan": ("DIALPLAN_BYTES_MAX", 1024 * 1024),
    "length of a line": ("DIALPLAN_LINE_BYTES_MAX", 1024),
    "rules": ("DIALPLAN_RULES_MAX", 1),
    "length of the name of a rule": ("RULE_NAME_BYTES_MAX", 1),
    "length of a pattern": ("PATTERN_BYTES_MAX", 1),
    "groups of a pattern": ("PATTERN_GROUPS_MAX", 1),
    "groups of all conditions of a rule": ("RULE_GROUPS_MAX", 1),
    "length of a text that is searched by a pattern with possessive repeats, atomic groups or lookarounds":
        ("PATTERN_TEXT_BYTES_MAX", 1),
    "headers of a name that are asked": ("DIALPLAN_VALUES_MAX", 1),
    "steps of all searches of a call, and fewer in a long text": ("PATTERN_STEPS_MAX", 1),
    "header lines of a rule, and variables of a rule": ("ASSIGNMENTS_MAX", 1),
    "length of a header or a variable with what is put in": ("RULE_VALUE_BYTES_MAX", 1),
    "length of the reason of $action": ("RESPONSE_PHRASE_BYTES_MAX", 1),
    "length of a URI": ("SIP_URI_BYTES_MAX", 1),
}


def test_the_table_of_limits():
    found = {text_of(what): literals(limit) for what, limit in
             rows("failover.plan.limits.table")}
    assert found == {what: [str(constant(name) // unit)]
                     for what, (name, unit) in LIMITS.items()}


# -- RPC -----------------------------------------------------------------------

def rpc_commands():
    """{name: the function of the command}"""
    text = "".join(table_text(RPC, f"rpc_export_t {table}[]")
                   for table in ("failover_rpc", "hold_rpc", "calls_rpc"))
    found = dict(re.findall(r'\{"([\w.]+)", (\w+),', text))
    assert len(found) == text.count('{"'), text
    return found


def rpc_sections():
    """{name: its section}"""
    return {text_of(section.find("title/command")): section
            for section in by_id("failover.rpc").findall("section")
            if section.find("title/command") is not None}


def test_every_rpc_command_has_a_section_and_every_section_a_command():
    assert set(rpc_sections()) == set(rpc_commands())
    for name, section in rpc_sections().items():
        assert section.get(ID) == "failover.r." + name.removeprefix("failover.")
        assert card(section)["syntax"].startswith(name)


def test_the_server_has_the_rpc_commands_of_the_reference():
    with kamailio.Server(kamailio.Config("exit;")) as server:
        listed = {line for line in server.rpc("system.listMethods").split()
                  if line.startswith("failover.")}
    assert listed == set(rpc_sections())


def faults_of(function):
    """The codes of the faults that an RPC command gives."""
    body = re.search(rf"^static void {function}\(.*?^\}}", RPC, re.S | re.M)[0]
    return set(re.findall(r"rpc->fault\(context, (\d+)|fault_of_plan\(rpc, context, (\d+)",
                          body))


def test_the_table_of_faults():
    expected = {(name, "".join(code)) for name, function in rpc_commands().items()
                for code in faults_of(function)}
    found = [(value_of(name), value_of(code)) for name, code, _ in rows("failover.faults.table")]
    assert sorted(found) == sorted(expected)
    for name, section in rpc_sections().items():
        assert [(name, code) for code in card(section)["faults"].split(", ")] == sorted(
            fault for fault in expected if fault[0] == name)


def test_the_numbers_of_failover_list():
    text = text_of(by_id("failover.r.list"))
    for name in ("LIST_RULES_DEFAULT", "LIST_RULES_MAX", "LIST_SOURCE_BYTES_MAX"):
        assert re.search(rf"\b{constant(name)}\b", text), name
    assert f"{constant('LIST_BYTES_MAX'):,} bytes" in text


# -- variables and statistics ----------------------------------------------------

def test_the_table_of_variables():
    text = table_text((TOP / "call/view.c").read_text(), "} names[]")
    names = re.findall(r'\{"(\w+)", see_', text)
    assert [value_of(row[0]) for row in rows("failover.variables.table")] == names
    error = re.search(r'there is no such name;(.*?)would be right', (
        TOP / "call/view.c").read_text(), re.S)[1]
    assert set(names) == set(re.findall(r"\w+", re.sub(r'"|\$failover', "", error))) - {"or"}


def test_the_table_of_statistics():
    text = table_text((TOP / "server/statistics.c").read_text(),
                      "static counter_def_t definitions[]")
    names = re.findall(r'(?:COUNTER\(\w+|\{NULL),\s*"(\w+)"', text)
    assert [value_of(row[0]) for row in rows("failover.statistics.table")] == names
    with kamailio.Server(kamailio.Config("exit;")) as server:
        listed = re.findall(r"failover:(\w+) = ",
                            server.rpc("stats.get_statistics", "failover:"))
    assert set(listed) == set(names)


def test_the_table_of_event_routes():
    found = {name for path in kamailio.SOURCES for name in
             re.findall(r'"(failover:\w+)"', path.read_text())}
    said = {value_of(row[0]) for row in rows("failover.eventroutes.table")}
    assert found == said | {name for name in found if name not in said
                            and f"event_route[{name}]" in text_of(book())}


# the fields of a line of the log: "name", value
FIELD = re.compile(r'log_line_\w+\(\s*line,\s*"(\w+)"|log_destination\(line, "(\w+)", "(\w+)"'
                   r'|log_line_\w+\(\s*&line, "(\w+)"')


def test_the_log_has_the_fields_of_the_reference():
    known = {name for path in kamailio.SOURCES for found in FIELD.findall(path.read_text())
             for name in found if name}
    for line in by_id("failover.log").find("screen").text.strip().splitlines():
        assert set(re.findall(r"(\w+)=", line)) <= known, line


# -- tm ------------------------------------------------------------------------

def test_the_refused_values_of_parameters_of_tm():
    text = table_text((TOP / "server/tm_settings.c").read_text(), "} refused_values[]")
    lines = re.findall(r'\{"(\w+)", (\d+), (\d+),', text)
    assert len(lines) == text.count('{"')
    refused = {name: set(range(int(least), int(most) + 1)) for name, least, most in lines}
    found = {}
    for parameter, what in rows("failover.tm.table"):
        values = re.match(r"([\d and]+) (?:is|are) refused at start", text_of(what))
        if values:
            found[text_of(parameter)] = {int(n) for n in re.findall(r"\d", values[1])}
    assert found == refused and refused


# -- the picture of the states ----------------------------------------------------

STATES = (TOP / "call" / "state.h").read_text()


draw_states = runpy.run_path(str(TOP / "scripts" / "draw-states.py"))["draw"]


def test_the_picture_of_the_states_is_that_of_the_table():
    """If this fails: make pictures."""
    assert draw_states(STATES) == (DOC / "states.svg").read_text()


def picture_without(cells, j):
    changed = "|".join([*cells[:j], " - ", *cells[j + 1:]])
    try:
        return draw_states(STATES.replace("|".join(cells), changed))
    except (AssertionError, KeyError):
        return "cannot be drawn"


def test_the_picture_of_the_states_has_each_cell_of_the_table():
    picture, seen = draw_states(STATES), 0
    for line in re.findall(r"^ \*  \| .*", STATES, re.M)[1:]:
        cells = line.split("|")
        for j in range(2, len(cells) - 1):
            if cells[j].strip() != "-":
                seen += 1
                assert picture_without(cells, j) != picture, (line, cells[j])
    assert seen > 50


# -- text ------------------------------------------------------------------------

TEXTS = {path.relative_to(TOP).as_posix(): path.read_text() for path in
         (TOP / "README.md", TOP / "CHANGELOG.md", *sorted(DOC.glob("*.xml")),
          *sorted((TOP / "examples").iterdir()))}


@pytest.mark.parametrize("name", TEXTS)
def test_a_text_names_no_unknown_setting(name):
    named = set(re.findall(r"&failover\.([a-z]+(?:\.[a-z]+)*)", html.unescape(TEXTS[name])))
    assert not named - {setting for setting, _ in settings() if setting}


@pytest.mark.parametrize("path", sorted(DOC.glob("*.xml")), ids=lambda path: path.name)
def test_a_file_of_the_book_is_well_formed_and_needs_no_network(path):
    ElementTree.parse(path)
    assert "<!ENTITY" not in path.read_text()


def test_every_id_is_there_once_and_every_reference_finds_one():
    ids = [element.get(ID) for element in book().iter() if element.get(ID)]
    assert len(ids) == len(set(ids))
    assert {element.get("linkend") for element in book().iter("xref")} <= set(ids)


def links(text):
    return re.findall(r"\]\(([^)\s#]+)[^)]*\)", text)


@pytest.mark.parametrize("name", [name for name in TEXTS if name.endswith(".md")])
def test_every_relative_link_has_a_target(name):
    here = (TOP / name).parent
    broken = [link for link in links(TEXTS[name])
              if not re.match(r"[a-z]+:", link) and link != "../../issues"  # a link to a page of GitHub
              and not (here / link).exists()]
    assert not broken


def anchors(text):
    """The anchors that GitHub makes for the headings of a text."""
    text = re.sub(r"^```.*?^```", "", text, flags=re.S | re.M)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
            for heading in re.findall(r"^#+ (.+)$", text, re.M)}


@pytest.mark.parametrize("name", [name for name in TEXTS if name.endswith(".md")])
def test_every_link_to_a_heading_finds_it(name):
    wanted = re.findall(r"\]\(#([^)]+)\)", TEXTS[name])
    assert not set(wanted) - anchors(TEXTS[name])


def test_the_readme_has_a_list_of_its_sections():
    contents = re.search(r"^\*\*Contents:\*\*.*$", TEXTS["README.md"], re.M)[0]
    sections = re.findall(r"^## (.+)$", TEXTS["README.md"], re.M)
    assert re.findall(r"\[([^]]+)\]\(#", contents) == sections


def test_readme_links_the_reference():
    assert "doc/" in links(TEXTS["README.md"])


# -- examples --------------------------------------------------------------------

PLAN = "[Deploy Patterns]\nTo = sip:100@192.0.2.1\n"
QUICKSTART = (TOP / "examples" / "quickstart.dialplan").read_text()
GATEWAYS = "1 sip:192.0.2.1\n"
MODULES = ("tm", "cfgutils", "tmx", "sl", "rr", "pv", "xlog", "textops", "siputils", "maxfwd", "usrloc",
           "registrar")
# modules that examples use without a loadmodule
USED_MODULES = {"$sht(": ("htable", "htable", "alias=>size=4"),
                '"hold_dmq"': ("dmq", "server_address", "sip:127.0.0.1:@PORT@"),
                "rtpengine_manage(": ("rtpengine", "rtpengine_sock", "udp:@RTPENGINE@")}
SPEAKS_TLS = re.compile(r"/TLS|;transport=tls|sips:", re.I)
PREAMBLE = """\
#!KAMAILIO
debug=1
log_stderror=yes
children=1
auto_aliases=no
listen=udp:127.0.0.1:@PORT@
listen=tcp:127.0.0.1:@PORT@
"""
# The server gets this until it is ready.
ALIVE = 'if (is_method("OPTIONS")) { sl_send_reply("200", "OK"); exit; }'
STRING = r'"(?:[^"\\]|\\.)*"'
STATEMENT = re.compile(rf'^\s*(?:loadmodule\s+{STRING}|modparam\((?:{STRING}|[^")])*\))[ \t]*;?',
                       re.M)
CORE_SETTING = re.compile(r"^\w+=\S+$", re.M)
ROUTE_BEGINS = re.compile(r"^(?:request_route|(?:\w*route)\[[\w:]+\])\s*\{", re.M)


class Text:
    """An unchanged configuration, for kamailio.Server."""
    sockets, has_rpc, route = ("udp4",), False, ""
    environment = {}

    def __init__(self, text, **files):
        self._text, self.files = text, files

    def text(self, directory, port):
        return self._text.replace("@PORT@", str(port)).replace("@DIR@", str(directory))

    def options(self, port):
        return []


def route_end(text, begin):
    """The place after the brace that closes a route, without quotes and comments."""
    depth = 0
    for token in re.finditer(rf"{STRING}|#[^\n]*|[{{}}]", text[begin:]):
        depth += {"{": 1, "}": -1}.get(token[0], 0)
        if depth == 0 and token[0] == "}":
            return begin + token.end()
    raise AssertionError(f"a route is not closed:\n{text[begin:]}")


def take_routes(text):
    """(the routes, the text without them)"""
    routes = []
    while True:
        begins = ROUTE_BEGINS.search(text)
        if not begins:
            return routes, text
        end = route_end(text, begins.start())
        routes.append(text[begins.start():end])
        text = text[:begins.start()] + text[end:]


def config_of(example):
    """The whole configuration of an example. The parts that it leaves out (`...`) are put
    in, and its statements are put into a request_route."""
    text = re.sub(r"^\s*\.\.\.\s*$", "", example, flags=re.M)
    text = text.replace('"/etc/kamailio/', '"@DIR@/')
    statements = [s.strip() for s in STATEMENT.findall(text)]
    text = STATEMENT.sub("", text)
    routes, text = take_routes(text)
    core = CORE_SETTING.findall(text)
    script = CORE_SETTING.sub("", text)
    script = re.sub(r"^(\s*failover\(.*\))$", r"\1;", script, flags=re.M)
    loaded = {re.search(r'"(.+)\.so"', s)[1] for s in statements if s.startswith("loadmodule")}
    before = [f'loadmodule "{m}.so"' for m in MODULES if m not in loaded]
    if SPEAKS_TLS.search(example):
        core.append("enable_tls=yes")
        before.append('loadmodule "tls.so"')
        before += [kamailio.modparam("tls", name, f"@DIR@/server.{suffix}")
                   for name, suffix in (("certificate", "pem"), ("private_key", "key"))]
    for word, (module, name, value) in USED_MODULES.items():
        if word in example:
            before.append(f'loadmodule "{module}.so"')
            before.append(kamailio.modparam(module, name, value))
    if "failover" not in loaded:
        before.append('loadmodule "failover.so"')
    if "failover()" in example and '"dialplan' not in example:
        before.append(kamailio.modparam("failover", "dialplan_text", PLAN))
    if not any(r.startswith("request_route") for r in routes):
        routes.append("request_route {\n" + script + "\n    exit;\n}")
    else:
        assert not re.sub(r"#.*", "", script).strip(), f"not understood:\n{script}"
    # the parameters of tm come after its loadmodule
    statements.sort(key=lambda s: not s.startswith("loadmodule"))
    loads = [s for s in statements if s.startswith("loadmodule")]
    order = [s for s in loads if '"failover' not in s] + [
        b for b in before if b.startswith("loadmodule") and "failover" not in b] + [
        s for s in (*loads, *before) if '"failover.so"' in s]
    rest = [s for s in (*before, *statements) if not s.startswith("loadmodule")]
    text = PREAMBLE + "\n".join([*core, *order, *rest, *routes]) + "\n"
    return text.replace("request_route {", "request_route {\n" + ALIVE, 1)


def start(text, **files):
    """Start a server with the configuration, and return its log; StartFailed if that fails.
    The test does not wait for its end: a Kamailio that is told to end while it starts its
    processes may never end."""
    server = kamailio.Server(Text(text, **files))
    try:
        return server.start().log()
    finally:
        server.discard()


@functools.cache
def certificate():
    """{name of a file: its text} of the files that tls.so needs to start."""
    with tempfile.TemporaryDirectory() as directory:
        made = certificates.make(pathlib.Path(directory))
        return {name: (made / name).read_text() for name in ("server.pem", "server.key")}


@contextlib.contextmanager
def rtpengine():
    """The address of a server that answers every command: rtpengine.so sends one when it
    starts."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        sock.settimeout(0.1)
        ended = threading.Event()

        def answer():
            while not ended.is_set():
                with contextlib.suppress(TimeoutError):
                    question, sender = sock.recvfrom(4096)
                    sock.sendto(question.split()[0] + b" d6:result4:ponge", sender)

        thread = threading.Thread(target=answer)
        thread.start()
        try:
            yield "{}:{}".format(*sock.getsockname())
        finally:
            ended.set()
            thread.join()


def load_config(example):
    text = config_of(example)
    with contextlib.ExitStack() as stack:
        if "@RTPENGINE@" in text:
            text = text.replace("@RTPENGINE@", stack.enter_context(rtpengine()))
        log = start(text, **{"failover.dialplan": PLAN, "dispatcher.list": GATEWAYS},
                    **certificate())
    assert "ERROR" not in log, log


def load_plan(example):
    """Give the plan to the server, as a parameter, and to failoverctl, as it is."""
    check_plan(example)
    load_config(kamailio.modparam("failover", "dialplan_text", example)
                + "\nif (failover()) exit;")


def check_plan(example):
    """failoverctl check finds no errors in the plan."""
    done = subprocess.run([TOOL, "check", "-"], input=example, capture_output=True, text=True,
                          timeout=10)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def load_lua(example):
    """Load the text as the body of the script's function. The name of every KSR function in
    it is looked up."""
    names = sorted(set(re.findall(r"\bKSR((?:\.\w+)+)\(", example)))
    checks = "".join(f"if type(KSR{n}) ~= 'function' then KSR.err('no KSR{n}\\n') end\n"
                     for n in names)
    script = (f"function ksr_request_route()\n{checks}if KSR.is_method('OPTIONS') then\n"
              f"KSR.sl.sl_send_reply(200, 'OK')\nreturn 1\nend\n{example}\nend\n")
    loads = "\n".join(f'loadmodule "{m}.so"' for m in
                      ("tm", "sl", "rr", "pv", "siputils", "app_lua", "failover"))
    log = start(PREAMBLE + loads + "\n"
                + 'modparam("app_lua", "load", "@DIR@/script.lua")\ncfgengine "lua"\n',
                **{"script.lua": script})
    assert "ERROR" not in log and "no KSR" not in log and len(names) > 1, log


MAKE_TARGETS = set(re.findall(r"^([a-z-]+):", (TOP / "Makefile").read_text(), re.M))


def plan_server(plan, *modparams):
    """A server that uses a plan in a file."""
    return kamailio.Server(kamailio.Config(
        "if (failover()) exit;", files={"failover.dialplan": plan},
        modparams=(("failover", "dialplan", "@DIR@/failover.dialplan"), *modparams)))


def in_place(text, server):
    """The text with the files of the server instead of the documented ones."""
    return text.replace("/etc/kamailio/", f"{server.directory}/")


def run_shell(example):
    """Lines for a terminal: kamcmd and failoverctl are run, and make must have the
    target."""
    with plan_server(QUICKSTART, ("failover", "hold_after", 3)) as server:
        for line in in_place(example, server).strip().splitlines():
            program, *words = shlex.split(line, comments=True)
            if program == "kamcmd":
                server.rpc(*words)
            elif program == "failoverctl":
                done = subprocess.run([TOOL, *words], capture_output=True, text=True, timeout=10,
                                      cwd=server.directory)
                assert done.returncode == 0, done.stdout + done.stderr
            else:
                assert program == "make" and set(words) <= MAKE_TARGETS, (program, words)


def show_mistake(example):
    """A line of the log: a plan with [VALUE] at that place logs this line. Or the fault of
    a reload, for a plan with this number of mistakes."""
    line, column, says, count = re.fullmatch(
        r"(?:error: 400 - )?\S+?:(\d+):(\d+): error: (.*?)(?: \((\d) errors; .*\))?",
        example.strip()).groups()
    value = re.search(r"\[(.*?)\]", says)[1]
    setting = "&failover.timer.inviting = "
    plan = (PLAN + "\n" * (int(line) - 3) + setting + value + "\n")
    assert column == str(len(setting) + 1) and plan.splitlines()[int(line) - 1].endswith(value)
    if count:
        show_fault(example, plan + "To = sip:1@192.0.2.1\n" * (int(count) - 1))
        return
    status, log = kamailio.check(kamailio.Config(
        "exit;", modparams=(("failover", "dialplan_text", plan),)))
    assert status and f"dialplan_text:{line}:{column}: error: {says}" in log, log


def show_fault(example, plan):
    with plan_server(PLAN) as server:
        (server.directory / "failover.dialplan").write_text(plan)
        with pytest.raises(kamailio.RpcError) as raised:
            server.rpc("failover.reload")
        assert str(raised.value) == in_place(example, server).strip()


def show_reply(example):
    """The reply of a command with the plan of the quick start, except for the time."""
    number = re.search(r"number: (\d+)", example)
    command = ("failover.list", number[1], 1) if number else ("failover.reload",)
    with plan_server(QUICKSTART) as server:
        shown, replied = (re.sub(r"(loaded: ).*", r"\1", text).strip() for text in
                          (in_place(example, server), server.rpc(*command)))
    assert shown == replied


@functools.cache
def texts_of_the_module():
    """Every text in the sources of the module; adjacent literals are one text."""
    run = re.compile(rf"(?:{C_STRING.pattern}[\s\\]*)+")
    return [c_text(found[0]).strip() for path in kamailio.SOURCES
            for found in run.finditer(path.read_text())]


def is_said_by_the_module(text):
    """Is the text one of the module, also a long text that replaces a %s?"""
    for said in texts_of_the_module():
        found = re.fullmatch(re.sub(r"%(?:\\\.\\\*)?[sd]", "(.*)", re.escape(said)), text)
        if found and said.count(" ") > 1 and all(
                len(part) < 40 or is_said_by_the_module(part) for part in found.groups()):
            return True
    return False


def show_log(example):
    """Another line of the log: the module can log this line."""
    if example.strip().startswith("event="):
        whys = re.findall(r'why="(.*?)"', example)
        assert all(map(is_said_by_the_module, whys)), example
        assert "event=refused" in example or 'trace="' in example, example
        return
    assert is_said_by_the_module(example.strip()), example


def kind_of(example):
    """The function that loads an example."""
    if re.match(r"\s*(?:#.*\s+|-+\s+)*\[(?:Rule |Matching|Deploy)", example):
        return load_plan
    if "KSR." in example:
        return load_lua
    if re.match(r"\s*(make|kamcmd|failoverctl) ", example):
        return run_shell
    if " error: " in example:
        return show_mistake
    if re.match(r"\s*\{\n\tfile: ", example):
        return show_reply
    if re.match(r"\s*(?:/etc/kamailio/failover\.dialplan:\d|event=)", example):
        return show_log
    assert re.search(r"failover\(|modparam|request_route|^\w+=\d+$", example, re.M), example
    return load_config


def examples():
    """(where, text) of every example in the documentation."""
    for name, text in TEXTS.items():
        if name.endswith(".md"):
            for number, block in enumerate(re.findall(r"^```\w*\n(.*?)^```", text, re.M | re.S)):
                yield f"{name} {number + 1}", block
    try:
        listings = [e for e in book().iter() if e.tag in ("programlisting", "screen")]
    except ElementTree.ParseError:
        listings = []                  # this has its own test
    for number, element in enumerate(listings):
        yield f"doc {number + 1}", "".join(element.itertext())
    for path in sorted((TOP / "examples").glob("*.dialplan")):
        yield f"examples/{path.name}", path.read_text()


EXAMPLES = dict(examples())


def test_the_examples_are_found():
    """A change of the layout must not hide an example."""
    count = sum(TEXTS[n].count("\n```") for n in TEXTS if n.endswith(".md")) // 2
    count += sum(len(re.findall("<(?:programlisting|screen)[ >]", text))
                 for name, text in TEXTS.items() if name.endswith(".xml"))
    count += len(list((TOP / "examples").glob("*.dialplan")))
    assert len(EXAMPLES) == count


@pytest.mark.parametrize("where", EXAMPLES)
def test_an_example_is_loaded(where):
    kind_of(EXAMPLES[where])(EXAMPLES[where])


@pytest.mark.parametrize("example", [
    'if (failover("sip:gw1.example.com/TPC")) exit;', 'if (failover("sip:gw1", "time=4")) exit;',
    'modparam("failover", "timer_invite", 4)', 'failover("sip:gw1") && ;',
    "[Deploy Patterns]\nTo = sip:100@192.0.2.1\nRoute = <sip:192.0.2.1>\n",
    "[Rule x]\n[Matching Patterns]\n$sid = 1\n[Deploy Patterns]\n",
    "[Matching Patterns]\n$pv($no_such) = 1\n[Deploy Patterns]\n",
    "failoverctl check /etc/kamailio/no_such", "failoverctl explain /etc/kamailio/x",
    "{\n\tfile: /etc/kamailio/failover.dialplan\n\trules: 7\n}\n",
    "error: 400 - /etc/kamailio/failover.dialplan:4:28: error: [soon] is no day (2 errors; x)",
    "/etc/kamailio/failover.dialplan:1:1: [x] takes too long",
    'event=refused call_id=1 why="it is not liked"', "event=coffee",
    "kamcmd cfg.get failover no_such", "make coffee", "KSR.failover.failover_two('sip:x')\n"
    "KSR.rr.record_route()", "request_route {\n    failover(\"sip:gw1\");\n",
    "f:4:28: error: [soon] is no day"])
def test_a_bad_example_is_reported(example):
    with pytest.raises((kamailio.StartFailed, kamailio.RpcError, AssertionError)):
        kind_of(example)(example)


# -- make doc --------------------------------------------------------------------

def make_doc(*variables):
    # this make is not a part of the make that runs the tests, and cannot share its jobs
    own = {name: value for name, value in os.environ.items()
           if name not in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL")}
    return subprocess.run(["make", "-C", str(TOP), "doc", *variables], env=own,
                          capture_output=True, text=True, timeout=60)


def test_make_doc_makes_a_page_or_says_what_it_needs(tmp_path):
    page = pathlib.Path(tmp_path) / "failover.html"
    done = make_doc(f"DOC_PAGE={page}")
    if done.returncode == 0:
        assert not done.stderr, done.stderr
        text = page.read_text()
        assert all(name in text for name in parameters())
        assert "timer.provisional" in text and "Known Limits" in text
        wanted = re.findall(r'(?:src|data|href)="([\w./]+)"', text)
        assert {"states.svg", "failover.css"} <= set(wanted)
        assert all((page.parent / name).exists() for name in wanted)
    else:
        assert "apt-get install xsltproc docbook-xsl" in done.stderr, done.stderr


def test_make_doc_without_its_tools_says_what_to_install(tmp_path):
    page = pathlib.Path(tmp_path) / "failover.html"
    for missing in ("XSLTPROC=/nowhere/xsltproc", "DOCBOOK_XSL=/nowhere"):
        done = make_doc(missing, f"DOC_PAGE={page}")
        assert done.returncode and not page.exists()
        assert "apt-get install xsltproc docbook-xsl" in done.stderr, done.stderr
