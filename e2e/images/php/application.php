<?php
// Asked for a page, answers; started with a port, ends if an address in its environment does not answer, and serves.

if (PHP_SAPI === 'cli-server') {
    header('Content-Type: text/plain');
    echo gethostname(), ' ', $_SERVER['REQUEST_URI'], "\n";
    return true;
}

function check(): void
{
    foreach (getenv() as $variable => $host) {
        $port = getenv(preg_replace('/_HOST$/', '_PORT', $variable));
        if (str_ends_with($variable, '_HOST') && $port !== false && !@fsockopen($host, (int) $port, $code, $message, 5)) {
            fwrite(STDERR, "$variable: $host:$port: $message\n");
            exit(1);
        }
    }
}

function serve(string $address): void
{
    check();
    pcntl_exec(PHP_BINARY, ['-S', $address, __FILE__]);
}
