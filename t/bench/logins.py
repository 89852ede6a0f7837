#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""What other traffic notices of 200 logins a second that bcrypt has to judge: its p99, alone and beside them.

    POINTSMAN=build/pointsman t/bench/logins.py [SECONDS]

Cost 5 and right passwords of different users (about 2 ms each), then cost 10 and wrong ones (about 50 ms each: more than two
threads can do, so that the queue fills and the rest is told 503). Beside either the p99 must not double. The kernel gives each
thread its share in slices of milliseconds: a worker that cannot have a processor for itself shows that, not its own work.
"""
import base64
import multiprocessing
import os
import selectors
import socket
import subprocess
import sys
import tempfile
import time
import warnings

from traffic import HEADING, Daemon, free_port, verdict

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))

from lib.daemon import configuration  # noqa: E402

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import crypt

RATE = 200  # logins a second
REQUESTS = 30000  # of the other traffic, for each second that is asked for


def users(count, cost):
    """`cost` of bcrypt, one salt: it is the checking that is measured."""
    salt = "$2b$%02d$abcdefghijklmnopqrstuu" % cost
    digest = crypt.crypt("right", salt)
    return ["u%d:%s" % (i, digest) for i in range(count)]


def login(user, password):
    proof = base64.b64encode(("u%d:%s" % (user, password)).encode()).decode()
    return ("GET / HTTP/1.1\r\nHost: login.test\r\nAuthorization: Basic %s\r\nConnection: close\r\n\r\n" % proof).encode()


def flood(port, seconds, password, count, result):
    """Opens a connection for each login when it is due, whatever became of those before."""
    os.nice(5)
    chooser = selectors.DefaultSelector()
    begin, sent, statuses = time.monotonic(), 0, {}
    while time.monotonic() < begin + seconds:
        while sent < (time.monotonic() - begin) * RATE:
            client = socket.create_connection(("127.0.0.1", port), 10)
            client.sendall(login(sent % count, password % sent if "%" in password else password))
            client.setblocking(False)
            chooser.register(client, selectors.EVENT_READ)
            sent += 1
        for key, _ in chooser.select(0.004):
            data = key.fileobj.recv(65536)
            status = data[9:12].decode() if data.startswith(b"HTTP/1.1 ") else "cut"
            statuses[status] = statuses.get(status, 0) + 1
            chooser.unregister(key.fileobj)
            key.fileobj.close()
    result.put((sent, statuses))


def p99(port, seconds, folder):
    """Of requests over 32 connections, each as soon as the one before is answered, in milliseconds; and how many a second."""
    log = os.path.join(folder, "times")
    begin = time.monotonic()
    command = ["h2load", "--h1", "-c", "32", "-n", str(int(REQUESTS * seconds)), "--log-file", log, "http://127.0.0.1:%d/" % port]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, timeout=20 * seconds)
    took = time.monotonic() - begin
    with open(log) as lines:
        times = [int(micros) for _, status, micros in (line.split("\t") for line in lines) if status == "200"]
    os.unlink(log)
    return sorted(times)[len(times) * 99 // 100] / 1000, len(times) / took


def serve(folder, port):
    path = os.path.join(folder, "nginx.conf")
    with open(path, "w") as f:
        f.write("daemon off; master_process off; pid %s/pid; error_log %s/error.log; events {} http { access_log off; keepalive_requests 1000000000; server { listen 127.0.0.1:%d; location / { return 200 \"hello\"; } } }" % (folder, folder, port))
    server = subprocess.Popen(["nginx", "-e", folder + "/error.log", "-c", path], stderr=subprocess.DEVNULL)
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return server
        except OSError:
            time.sleep(0.05)


def measure(port, cost, password, seconds, folder):
    count = int(RATE * (seconds + 1)) + 1
    routers = {
        "free": {"rule": "PathPrefix(`/`)", "priority": 1, "service": "app"},
        "login": {"rule": "Host(`login.test`)", "service": "app", "middlewares": ["auth"]},
    }
    middlewares = {"auth": {"basicAuth": {"users": users(count, cost)}}}
    with Daemon(configuration({"app": port}, routers, http={"middlewares": middlewares}, log={"level": "ERROR"}), "-w", "1", "-q") as daemon:
        alone = p99(daemon.port, seconds, folder)
        result = multiprocessing.Queue()
        crowd = multiprocessing.Process(target=flood, args=(daemon.port, seconds + 1, password, count, result), daemon=True)
        crowd.start()
        time.sleep(0.5)
        beside = p99(daemon.port, seconds, folder)
        sent, statuses = result.get()
        crowd.join()
    return alone, beside, sent, statuses


def main():
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 5
    port = free_port()
    print(HEADING)
    good = True
    with tempfile.TemporaryDirectory(prefix="pointsman-bench-") as folder:
        server = serve(folder, port)
        try:
            for cost, password, status in ((5, "right", "200"), (10, "wrong %d", "401")):
                alone, beside, sent, statuses = measure(port, cost, password, seconds, folder)
                text = ", ".join("%s: %d" % row for row in sorted(statuses.items()))
                good &= statuses.get(status, 0) > 0 and set(statuses) <= {status, "503"} and ((cost == 5) != ("503" in statuses))
                what = "p99 of %.0f requests a second beside %d logins of cost %d (%s) to the %.2f ms of %.0f alone"
                good &= verdict(what % (beside[1], sent, cost, text, alone[0], alone[1]), beside[0] / alone[0], 2)
        finally:
            server.terminate()
            server.wait()
    sys.exit(0 if good else 1)


if __name__ == "__main__":
    main()
