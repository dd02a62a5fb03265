-- SPDX-License-Identifier: GPL-2.0-or-later
-- The tables of cdr.cfg.
CREATE TABLE version (table_name VARCHAR(32), table_version INTEGER);
INSERT INTO version VALUES ('acc', 5), ('missed_calls', 4), ('acc_cdrs', 2);
CREATE TABLE acc (id INTEGER PRIMARY KEY, method TEXT, from_tag TEXT, to_tag TEXT,
    callid TEXT, sip_code TEXT, sip_reason TEXT, time DATETIME,
    number TEXT, gateway TEXT, failed TEXT, attempts INTEGER, outcome TEXT, trace TEXT);
CREATE TABLE missed_calls (id INTEGER PRIMARY KEY, method TEXT, from_tag TEXT, to_tag TEXT,
    callid TEXT, sip_code TEXT, sip_reason TEXT, time DATETIME,
    number TEXT, gateway TEXT, failed TEXT, attempts INTEGER, outcome TEXT, trace TEXT);
CREATE TABLE acc_cdrs (id INTEGER PRIMARY KEY, start_time DATETIME, end_time DATETIME,
    duration FLOAT, call_id TEXT, gateway TEXT, trace TEXT);
