# COPY URL DESTINATION by LWP, then GET CHECK on the same connection; prints both statuses and the content.
use strict;
use warnings;
use LWP::UserAgent;

my ($url, $destination, $check) = @ARGV;
my $agent = LWP::UserAgent->new(keep_alive => 1);
my $copied = $agent->request(HTTP::Request->new(COPY => $url, [Destination => $destination]));
print $copied->code, "\n";
my $got = $agent->get($check);
print $got->code, "\n", $got->content;
