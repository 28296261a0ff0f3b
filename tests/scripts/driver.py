"""`./scripts/run` with small programs in place of the site's own: started by the tests as a process of its own."""

import http.server
import os
import signal
import sys
import time

from kling_site.local import run, supervise


class Page(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(302 if self.path == "/" else 200)
        self.send_header("Location", "/accounts/login/")
        self.end_headers()
        self.wfile.write(os.environ["PUBLIC_URL"].encode())

    def log_message(self, *facts):
        pass


def page(port):
    http.server.ThreadingHTTPServer(("127.0.0.1", int(port)), Page).serve_forever()


def worker():
    """Like RQ's: a fork in a process group of its own; this one is deaf to SIGTERM as well."""
    if os.fork() == 0:
        os.setpgrp()
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    time.sleep(1_000)


def programs(bind, sandbox_port):
    own = [sys.executable, "-m", "tests.scripts.driver"]
    return [
        supervise.Program("web", [*own, "page", bind.rsplit(":", 1)[1]]),
        supervise.Program("worker-ingest", [*own, "worker"], count=2),
    ]


if __name__ == "__main__":
    if sys.argv[1:]:
        {"page": page, "worker": worker}[sys.argv[1]](*sys.argv[2:])
    else:
        supervise.site_programs = programs
        run.Run._prepare = lambda self: "Sign in as somebody."
        sys.exit(run.main())
