#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-or-later
# netsip_caller.pl PROXY URI TONE FILE: calls URI through PROXY, plays TONE (raw
# PCMU) and writes what it hears to FILE; hangs up after two seconds.
use strict;
use warnings;
use Net::SIP;

# As those of baresip (test_interop.py): below what servers and peers are given.
($Net::SIP::Util::RTP_MIN_PORT, $Net::SIP::Util::RTP_MAX_PORT) = (10000, 10990);

$| = 1;
my ($proxy, $uri, $tone, $file) = @ARGV;
my $phone = Net::SIP::Simple->new(
	from => "sip:netsip\@127.0.0.1",
	outgoing_proxy => $proxy,
	leg => Net::SIP::Leg->new(addr => "127.0.0.1", proto => "udp"),
) or die "no phone";
my ($final, $failed, $late, $over) = (0, 0, 0, 0);
my $call = $phone->invite($uri,
	init_media => $phone->rtp("send_recv", $tone, -1, $file),
	cb_final => sub { my ($what) = @_; $what eq "OK" ? ($final = 1) : ($failed = $what) },
) or die "no call: " . $phone->error;
$phone->loop(20, \$final, \$failed);
die "no answer: $failed\n" unless $final;
print "established\n";
$phone->loop(2);
$call->bye(cb_final => \$over);
$phone->loop(5, \$over);
print $over ? "over\n" : "no answer to the BYE\n";
