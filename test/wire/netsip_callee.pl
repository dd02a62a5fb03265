#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-or-later
# netsip_callee.pl PORT FILE: a SIP phone on 127.0.0.1:PORT, made of Net::SIP, that
# answers every call, sends back what it hears and writes it to FILE.
use strict;
use warnings;
use Net::SIP;

# As those of baresip (test_interop.py): below what servers and peers are given.
($Net::SIP::Util::RTP_MIN_PORT, $Net::SIP::Util::RTP_MAX_PORT) = (10000, 10990);

$| = 1;
my ($port, $file) = @ARGV;
my $phone = Net::SIP::Simple->new(
	from => "sip:netsip\@127.0.0.1:$port",
	leg => Net::SIP::Leg->new(addr => "127.0.0.1", port => $port, proto => "udp"),
) or die "no phone";
$phone->listen(
	cb_established => sub { print "established\n" },
	cb_cleanup => sub { print "over\n" },
	init_media => $phone->rtp("recv_echo", $file, 0),
) or die "cannot listen: " . $phone->error;
print "ready\n";
$phone->loop(60);
