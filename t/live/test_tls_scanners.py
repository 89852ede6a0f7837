# SPDX-License-Identifier: MIT
"""What others' tools say of the default configuration: no weakness of protocol, cipher or handshake."""
import json
import shutil
import subprocess
import xml.etree.ElementTree as xml

import pytest

from lib.daemon import is_sanitized
from lib.tls_world import tls_site
from lib.wait import SLOW

# What a certificate of the test's own authority, and a loopback address without a name, are bound to be told.
ABOUT_THE_CERTIFICATE = ("cert_", "cert", "chain", "trust", "DNS_CAArecord", "OCSP", "certificate_transparency", "scanTime", "service", "rating", "grade_cap", "overall_grade", "final_score", "HSTS", "HPKP", "banner", "security_headers", "engine_problem", "BREACH")


def installed(tool):
    return pytest.mark.skipif(not shutil.which(tool), reason="%s is not installed" % tool)


@installed("sslscan")
def test_sslscan(server):
    with tls_site(server) as daemon:
        text = subprocess.run(["sslscan", "--xml=-", "--sni-name=app.test", "127.0.0.1:%d" % daemon.port], capture_output=True, text=True, timeout=120 * SLOW).stdout
    report = xml.fromstring(text[text.index("<?xml") :])
    protocols = {(p.get("type"), p.get("version")): p.get("enabled") for p in report.iter("protocol")}
    assert {k for k, v in protocols.items() if v == "1"} == {("tls", "1.2"), ("tls", "1.3")}
    ciphers = [c.get("cipher") for c in report.iter("cipher")]
    assert ciphers and all(c.startswith("TLS_") or (c.startswith("ECDHE-") and ("GCM" in c or "CHACHA20" in c)) for c in ciphers), ciphers
    assert all(h.get("vulnerable") == "0" for h in report.iter("heartbleed"))
    assert all(c.get("supported") == "0" for c in report.iter("compression"))
    assert next(report.iter("renegotiation")).get("supported") == "0"


@installed("testssl")
@pytest.mark.skipif(is_sanitized(), reason="the same questions, slowly")
def test_testssl(server, tmp_path):
    out = tmp_path / "report.json"
    with tls_site(server) as daemon:
        subprocess.run(["testssl", "--quiet", "--warnings=off", "--color=0", "--jsonfile", str(out), "--ip=127.0.0.1", "--protocols", "--server-preference", "--vulnerable", "--fs", "--std", "127.0.0.1:%d" % daemon.port],
                       stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=500 * SLOW)
    findings = json.loads(out.read_text())
    bad = [(f["id"], f["severity"], f["finding"]) for f in findings
           if f["severity"] in ("LOW", "MEDIUM", "HIGH", "CRITICAL", "FATAL") and not f["id"].startswith(ABOUT_THE_CERTIFICATE)]
    assert not bad, bad
    seen = {f["id"] for f in findings}
    assert {"TLS1_2", "TLS1_3", "heartbleed", "ROBOT", "secure_renego", "secure_client_renego", "PFS", "fallback_SCSV", "ticketbleed"} <= seen, seen
