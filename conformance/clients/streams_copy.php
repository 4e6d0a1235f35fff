<?php
// COPY URL DESTINATION by PHP's streams, then GET CHECK; prints both statuses and the second content.
[, $url, $destination, $check] = $argv;

function ask(string $method, string $url, string $fields = ''): string
{
    $options = ['method' => $method, 'header' => $fields, 'protocol_version' => 1.1, 'ignore_errors' => true];
    $content = file_get_contents($url, false, stream_context_create(['http' => $options]));
    // The first status line is the one of the first response, whether or not it was the final one.
    echo explode(' ', $http_response_header[0])[1], "\n";
    return $content;
}

ask('COPY', $url, "Destination: $destination\r\nConnection: close\r\n");
echo ask('GET', $check, "Connection: close\r\n");
