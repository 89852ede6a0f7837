#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""A flood of full handshakes beside one connection that asks: the worker's longest turn, and what that connection waited.

    POINTSMAN=build/pointsman t/bench/handshakes.py [SECONDS]

The target is 5 ms and one handshake's arithmetic for the longest turn, as the worker itself measures it (RSA 2048, the dearest
of the usual keys). Needs openssl and taskset; worker and flood have a processor each.
"""
import os
import re
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time

from traffic import BINARY

CONFIG = """log: {level: debug, filePath: "%(folder)s/log"}
workerCpuAffinity: "1"
entryPoints: {web: {address: "127.0.0.1:%(port)d", http: {tls: {}}}}
tls: {certificates: [{certFile: "%(folder)s/cert.pem", keyFile: "%(folder)s/key.pem"}]}
http: {routers: {a: {rule: "PathPrefix(`/`)", service: whoami@internal}}}
"""


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def flood(port, until):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    count = 0
    while time.time() < until:
        crowd = []
        for _ in range(64):
            raw = socket.create_connection(("127.0.0.1", port))
            incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
            shaking = context.wrap_bio(incoming, outgoing, server_hostname="bench.test")
            try:
                shaking.do_handshake()
            except ssl.SSLWantReadError:
                pass
            crowd.append((raw, outgoing.read()))
        for raw, hello in crowd:
            raw.sendall(hello)
        for raw, _ in crowd:
            raw.recv(1)
            raw.close()
        count += len(crowd)
    return count


def main():
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 5
    with tempfile.TemporaryDirectory(prefix="pointsman-bench-") as folder:
        port = free_port()
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", folder + "/key.pem", "-out", folder + "/cert.pem", "-days", "2", "-subj", "/CN=bench.test"], check=True, stderr=subprocess.DEVNULL)
        os.chmod(folder, 0o755)
        with open(folder + "/c.yaml", "w") as f:
            f.write(CONFIG % {"folder": folder, "port": port})
        daemon = subprocess.Popen([BINARY, "-c", folder + "/c.yaml", "-w", "1"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            while True:
                try:
                    raw = socket.create_connection(("127.0.0.1", port))
                    break
                except OSError:
                    time.sleep(0.05)
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
            client = context.wrap_socket(raw, server_hostname="bench.test")
            counts = []
            thread = threading.Thread(target=lambda: counts.append(flood(port, time.time() + seconds)))
            thread.start()
            waits = []
            while thread.is_alive():
                began = time.perf_counter()
                client.sendall(b"GET / HTTP/1.1\r\nHost: bench.test\r\n\r\n")
                client.recv(65536)
                waits.append(time.perf_counter() - began)
                time.sleep(0.002)
            thread.join()
        finally:
            daemon.terminate()
            daemon.wait()
        with open(folder + "/log") as f:
            turn, step = map(int, re.search(r"longest turn (\d+) us, longest step of a handshake (\d+) us", f.read()).groups())
    waits.sort()
    print("%d handshakes; longest turn %.1f ms, of which one handshake %.1f ms (target 5 ms and one handshake)" % (counts[0], turn / 1e3, step / 1e3))
    print("the other connection waited: median %.1f ms, 99th percentile %.1f ms, longest %.1f ms" % (waits[len(waits) // 2] * 1e3, waits[len(waits) * 99 // 100] * 1e3, waits[-1] * 1e3))
    sys.exit(0 if turn <= 5000 + step else 1)


if __name__ == "__main__":
    main()
