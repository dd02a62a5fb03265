# SPDX-License-Identifier: GPL-2.0-or-later
"""Reads callgrind's files: how many instructions each function of each file has spent."""

import collections
import pathlib
import re

NAME = re.compile(r"\((\d+)\)(?: (.*))?$")
CYCLE = re.compile(r"'\d+$")           # callgrind numbers functions that call each other


class Names:
    """The names by their numbers: callgrind writes a name once, then only its number."""

    def __init__(self):
        self.names = {}

    def of(self, text):
        number, name = NAME.match(text).groups()
        if name is not None:
            self.names[number] = CYCLE.sub("", name)
        return self.names[number]


def read(path):
    """-> {(file, function): its own instructions}, without the functions that it calls
    (the manual of valgrind describes the format)"""
    spent = collections.Counter()
    files, functions = Names(), Names()
    file = function = None
    is_of_callee = False
    with open(path, encoding="utf-8", errors="replace") as lines:
        for line in lines:
            key, equals, value = line.rstrip("\n").partition("=")
            if equals and key == "ob":
                file = pathlib.PurePath(files.of(value)).name
            elif equals and key == "cob":
                files.of(value)
            elif equals and key == "fn":
                function = functions.of(value)
            elif equals and key == "cfn":
                functions.of(value)
            elif equals and key == "calls":
                is_of_callee = True
            elif line[:1].isdigit() or line[:1] in ("+", "-", "*"):
                if not is_of_callee:
                    spent[file, function] += int(line.split()[1])
                is_of_callee = False
    return spent
