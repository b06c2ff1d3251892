#!/usr/bin/env bash
# prometheus_client's metrics server refuses HEAD, and answers 200 with the metrics on every path.
#
# Version:    prometheus_client 0.26.0.
# Guess:      HEAD answers like GET without the body, as HTTP asks of a resource that has GET;
#             a path other than /metrics answers 404.
# Behaviour:  start_http_server(), which serves make_wsgi_app(), answers HEAD with 405 and Allow: OPTIONS,GET.
#             GET on any path answers 200 with all metrics, also /no-such-page and /healthz; /favicon.ico alone
#             answers 200 with nothing. A comment in the source says the paths are kept for compatibility.
#             make_asgi_app() in the same package does not look at the method at all: HEAD and DELETE get 200.
# Effect:     a load balancer or uptime monitor that checks with HEAD takes a healthy process for a failed one;
#             changing the app from ASGI to WSGI turns such a check from up to down. A check or a scrape with a
#             mistyped path passes, and a GET health check on this port collects every metric each time.
# Seen:       GET /metrics 200, HEAD /metrics 405, GET /no-such-page 200 with the metrics; ASGI HEAD 200.
#
# Needs bash, Python 3.9 or newer with venv, and pip's index. Listens on a free loopback port only.
# Exit code 0: as described. 1: it changed.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

"${PYTHON:-python3}" -m venv "$work/venv"
"$work/venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps prometheus-client==0.26.0

"$work/venv/bin/python" - <<'PYTHON'
import asyncio
import http.client
import sys

from prometheus_client import CollectorRegistry, Counter, make_asgi_app, start_http_server

registry = CollectorRegistry()
Counter("finding", "A counter to recognise the metrics by.", registry=registry).inc()
server, thread = start_http_server(0, addr="127.0.0.1", registry=registry)


def wsgi(method, path):
    connection = http.client.HTTPConnection("127.0.0.1", server.server_port, timeout=10)
    try:
        connection.request(method, path)
        response = connection.getresponse()
        body = response.read()
        return response.status, response.getheader("Allow", "-"), b"finding_total 1.0" in body
    finally:
        connection.close()


def asgi(method, path):
    sent = []

    async def receive():
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message):
        sent.append(message)

    scope = {"type": "http", "method": method, "path": path, "query_string": b"", "headers": []}
    asyncio.run(make_asgi_app(registry)(scope, receive, send))
    headers = {name.lower(): value.decode() for name, value in sent[0]["headers"]}
    return sent[0]["status"], headers.get(b"allow", "-"), b"finding_total 1.0" in sent[1]["body"]


# app, method, path, what most engineers guess, what is expected here: status, Allow, metrics in the body
CASES = [
    (wsgi, "GET", "/metrics", 200, (200, "-", True)),
    (wsgi, "HEAD", "/metrics", 200, (405, "OPTIONS,GET", False)),
    (wsgi, "OPTIONS", "/metrics", 200, (200, "OPTIONS,GET", False)),
    (wsgi, "GET", "/no-such-page", 404, (200, "-", True)),
    (wsgi, "GET", "/healthz", 404, (200, "-", True)),
    (wsgi, "GET", "/favicon.ico", 404, (200, "-", False)),
    (asgi, "GET", "/metrics", 200, (200, "-", True)),
    (asgi, "HEAD", "/metrics", 200, (200, "-", True)),
    (asgi, "DELETE", "/metrics", 405, (200, "-", True)),
    (asgi, "GET", "/no-such-page", 404, (200, "-", True)),
]

changed = []
print(f"{'app':<6}{'request':<23}{'guess':>5}{'seen':>6}  {'Allow':<13}metrics sent")
try:
    for app, method, path, guess, expected in CASES:
        seen = status, allow, metrics = app(method, path)
        request = f"{method} {path}"
        print(f"{app.__name__:<6}{request:<23}{guess:>5}{status:>6}  {allow:<13}{'yes' if metrics else 'no'}")
        if seen != expected:
            changed.append(f"{app.__name__} {request}: {seen}, was {expected}")
finally:
    server.shutdown()
    server.server_close()
    thread.join()

for line in changed:
    print(f"CHANGED: {line}", file=sys.stderr)
sys.exit(1 if changed else 0)
PYTHON
