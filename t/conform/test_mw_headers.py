# SPDX-License-Identifier: MIT
"""headers: middlewares-2.md section 6.1, ${uuid}: section 10, the order of answers: middlewares-1.md section 1."""
import re

import pytest

from lib.daemon import balancer, run, site
from lib.either import ask, connect, h1_only, over_both
from lib.header_options import asked, cors, told
from lib.ports import free_port
from lib.server import RawServer, describe, reply
from lib.tls_world import client_context, world
from lib.wait import wait_until

pytestmark = over_both

ROW = {"ids": lambda row: row[0]}
XFF, XFO, STS, PINS = "X-Forwarded-For", "X-Frame-Options", "Strict-Transport-Security", "Public-Key-Pins"
CSP, REPORT = "Content-Security-Policy", "Content-Security-Policy-Report-Only"
A, B = "https://a.example", "https://b.example"
MAY = "Access-Control-Allow-"
ORIGIN, CREDENTIALS, EXPOSE, AGE = MAY + "Origin", MAY + "Credentials", "Access-Control-Expose-Headers", "Access-Control-Max-Age"
METHOD_ASKED, HEADERS_ASKED = ("Access-Control-Request-Method", "PUT"), "Access-Control-Request-Headers"
UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"
SECURE = "secure"
NONE = []

# -- what the server sees: id, options, fields of the client, fields at the server
REQUESTS = [
    ("HD-3", asked(host="b.example"), [], {"Host": ["b.example"], "X-Forwarded-Host": ["{host}"]}),
    ("HD-3 Host", asked(Host="b.example"), [], {"Host": ["b.example"], "X-Forwarded-Host": ["{host}"]}),
    ("HD-3 HOST with a port", asked(HOST="b.example:81"), [], {"Host": ["b.example:81"], "X-Forwarded-Host": ["{host}"]}),
    ("HD-4", asked(X_Forwarded_For=""), [], {XFF: NONE}),
    ("HD-4 from the client", asked(X_Forwarded_For=""), [(XFF, "1.2.3.4")], {XFF: NONE}),
    ("HD-4 lower case", asked(x_forwarded_for=""), [(XFF, "1.2.3.4"), (XFF, "5.6.7.8")], {XFF: NONE}),
    ("6.1 a list of its own gets the peer", asked(X_Forwarded_For="1.2.3.4"), [(XFF, "9.9.9.9")], {XFF: ["1.2.3.4, 127.0.0.1"]}),
    ("6.1 new", asked(X_New="v"), [], {"X-New": ["v"]}),
    ("6.1 replaces all", asked(X_New="v"), [("X-New", "1"), ("x-new", "2")], {"X-New": ["v"]}),
    ("6.1 name in another case", asked(x_nEW="v"), [("X-New", "1")], {"X-New": ["v"]}),
    ("6.1 empty deletes", asked(X_Gone=""), [("X-Gone", "1"), ("X-GONE", "2"), ("X-Gone-Not", "3")], {"X-Gone": NONE, "X-Gone-Not": ["3"]}),
    ("6.1 empty, nothing there", asked(X_Gone=""), [], {"X-Gone": NONE}),
    ("6.1 several", asked(X_A="1", X_B="2", X_C=""), [("X-C", "3"), ("X-D", "4")], {"X-A": ["1"], "X-B": ["2"], "X-C": NONE, "X-D": ["4"]}),
    ("6.1 known fields", asked(User_Agent="p", Accept="a/b", Cookie="c=d", Authorization=""),
     [("User-Agent", "curl"), ("Cookie", "x=y"), ("Cookie", "z=w"), ("Authorization", "Basic x")],
     {"User-Agent": ["p"], "Accept": ["a/b"], "Cookie": ["c=d"], "Authorization": NONE}),
    ("6.1 fields of the entry point", asked(X_Real_Ip="", X_Forwarded_Proto="https", X_Forwarded_Server="", X_Forwarded_Port="1"), [],
     {"X-Real-Ip": NONE, "X-Forwarded-Proto": ["https"], "X-Forwarded-Server": NONE, "X-Forwarded-Port": ["1"]}),
    ("6.1 X-Forwarded-Host by its own name", asked(X_Forwarded_Host="c.example"), [], {"X-Forwarded-Host": ["c.example"], "Host": ["{host}"]}),
    ("6.1 value as it is", asked(X_New='a, "b"; c=$1 ${x} %41'), [], {"X-New": ['a, "b"; c=$1 ${x} %41']}),
    ("6.1 UTF-8", asked(X_New="\u00e9"), [], {"X-New": ["\u00c3\u00a9"]}),
    ("6.1 numbers and words", asked(X_N=5, X_T=True), [], {"X-N": ["5"], "X-T": ["true"]}),
    ("6.1 response fields stay away", told(X_Own="1"), [], {"X-Own": NONE}),
    ("SC-5", asked(X_Request_ID="${uuid}"), [], {"X-Request-Id": ["${uuid}"]}),
    ("SC-5 expandVariables off", dict(asked(X_Request_ID="${uuid}"), expandVariables=False), [], {"X-Request-Id": ["${uuid}"]}),
    ("10 unknown variables", dict(asked(X_A="${other} ${} ${uuid $uuid {uuid} ${UUID}"), expandVariables=True), [],
     {"X-A": ["${other} ${} ${uuid $uuid {uuid} ${UUID}"]}),
    ("1 keys in another case", {"CUSTOMREQUESTHEADERS": {"X-New": "v"}}, [], {"X-New": ["v"]}),
]

# -- what the client sees, with what the server sends under /rich: see RICH. id, options, entry point, fields of the client, fields of the answer
BY_PROXY = [("X-Secure", "yes")]
ANSWERS = [
    ("HD-1", told(Server=""), "web", [], {"Server": NONE, "X-Other": ["1", "2"]}),
    ("HD-2", dict(told(X_Frame_Options="CUSTOM"), frameDeny=True), "web", [], {XFO: ["CUSTOM"]}),
    ("HD-2 custom deletes", dict(told(x_frame_options=""), frameDeny=True), "web", [], {XFO: NONE}),
    ("HD-2 each security field", dict(told(X_XSS_Protection="x", X_Content_Type_Options="", Referrer_Policy="y"), browserXssFilter=True,
                                      contentTypeNosniff=True, referrerPolicy="origin"), "web", [],
     {"X-XSS-Protection": ["x"], "X-Content-Type-Options": NONE, "Referrer-Policy": ["y"]}),
    ("6.1 new", told(X_Own="v"), "web", [], {"X-Own": ["v"], "Server": ["app"]}),
    ("6.1 replaces all", told(X_Other="v"), "web", [], {"X-Other": ["v"]}),
    ("6.1 name in another case", told(x_oTHER="v"), "web", [], {"X-Other": ["v"]}),
    ("6.1 empty deletes all", told(X_Other="", Set_Cookie=""), "web", [], {"X-Other": NONE, "Set-Cookie": NONE}),
    ("6.1 several", told(X_A="1", X_B="2", X_Other=""), "web", [], {"X-A": ["1"], "X-B": ["2"], "X-Other": NONE}),
    ("6.1 request fields stay away", asked(X_Own="1"), "web", [], {"X-Own": NONE}),
    ("6.1 UTF-8", told(X_Own="\u00e9"), "web", [], {"X-Own": ["\u00c3\u00a9"]}),
    ("SC-5 response", told(X_Request_ID="${uuid}"), "web", [], {"X-Request-Id": ["${uuid}"]}),
    ("10 unknown variable, response", dict(told(X_A="${other}"), expandVariables=True), "web", [], {"X-A": ["${other}"]}),
    ("HD-12", {"sslRedirect": True}, "web", [], {"Location": NONE, "Server": ["app"]}),
    ("HD-12 TLS", {"sslRedirect": True}, SECURE, [], {"Location": NONE, "Server": ["app"]}),
    # transport security
    ("HD-10", {"stsSeconds": 60}, "web", [], {STS: NONE}),
    ("HD-10 forced", {"stsSeconds": 60, "forceSTSHeader": True}, "web", [], {STS: ["max-age=60"]}),
    ("HD-10 TLS", {"stsSeconds": 60}, SECURE, [], {STS: ["max-age=60"]}),
    ("6.1 sts sub-domains", {"stsSeconds": 60, "stsIncludeSubdomains": True}, SECURE, [], {STS: ["max-age=60; includeSubDomains"]}),
    ("6.1 sts preload", {"stsSeconds": 60, "stsPreload": True}, SECURE, [], {STS: ["max-age=60; preload"]}),
    ("6.1 sts all", {"stsSeconds": 31536000, "stsPreload": True, "stsIncludeSubdomains": True}, SECURE, [],
     {STS: ["max-age=31536000; includeSubDomains; preload"]}),
    ("6.1 sts 0", {"stsSeconds": 0, "stsPreload": True, "stsIncludeSubdomains": True, "forceSTSHeader": True}, SECURE, [], {STS: NONE}),
    ("6.1 sts unset", {"forceSTSHeader": True, "frameDeny": True}, SECURE, [], {STS: NONE}),
    ("6.1 sts in development", {"stsSeconds": 60, "forceSTSHeader": True, "isDevelopment": True}, SECURE, [], {STS: NONE}),
    ("6.1 sts of the server replaced", {"stsSeconds": 60}, "secure-own", [], {STS: ["max-age=60"]}),
    ("6.1 sts of a proxy", {"stsSeconds": 60, "sslProxyHeaders": {"X-Secure": "yes"}}, "web", BY_PROXY, {STS: ["max-age=60"]}),
    ("6.1 sts of a proxy, name in another case", {"stsSeconds": 60, "sslProxyHeaders": {"x-sECURE": "yes"}}, "web", BY_PROXY, {STS: ["max-age=60"]}),
    ("6.1 sts of a proxy, any of them", {"stsSeconds": 60, "sslProxyHeaders": {"X-Other-One": "on", "X-Secure": "yes"}}, "web", BY_PROXY,
     {STS: ["max-age=60"]}),
    ("6.1 sts of a proxy, absent", {"stsSeconds": 60, "sslProxyHeaders": {"X-Secure": "yes"}}, "web", [], {STS: NONE}),
    ("6.1 sts of a proxy, case", {"stsSeconds": 60, "sslProxyHeaders": {"X-Secure": "yes"}}, "web", [("X-Secure", "Yes")], {STS: NONE}),
    ("6.1 sts of a proxy, more", {"stsSeconds": 60, "sslProxyHeaders": {"X-Secure": "yes"}}, "web", [("X-Secure", "yes, yes")], {STS: NONE}),
    ("6.1 sts of a proxy, X-Forwarded-Proto", {"stsSeconds": 60, "sslProxyHeaders": {"X-Forwarded-Proto": "https"}}, "trusting",
     [("X-Forwarded-Proto", "https")], {STS: ["max-age=60"]}),
    ("6.1 sts of a proxy without trust", {"stsSeconds": 60, "sslProxyHeaders": {"X-Forwarded-Proto": "https"}}, "web", [("X-Forwarded-Proto", "https")],
     {STS: NONE}),
    ("6.1 pins", {"publicKey": 'pin-sha256="x"'}, SECURE, [], {PINS: ['pin-sha256="x"']}),
    ("6.1 pins on plain", {"publicKey": "x"}, "web", [], {PINS: NONE}),
    ("6.1 pins on plain, forced sts", {"publicKey": "x", "stsSeconds": 60, "forceSTSHeader": True}, "web", [], {PINS: NONE, STS: ["max-age=60"]}),
    ("6.1 pins of a proxy", {"publicKey": "x", "sslProxyHeaders": {"X-Secure": "yes"}}, "web", BY_PROXY, {PINS: ["x"]}),
    ("6.1 pins in development", {"publicKey": "x", "isDevelopment": True}, SECURE, [], {PINS: NONE}),
    # the others
    ("6.1 frameDeny", {"frameDeny": True}, "web", [], {XFO: ["DENY"]}),
    ("6.1 customFrameOptionsValue", {"customFrameOptionsValue": "SAMEORIGIN"}, "web", [], {XFO: ["SAMEORIGIN"]}),
    ("6.1 customFrameOptionsValue before frameDeny", {"frameDeny": True, "customFrameOptionsValue": "SAMEORIGIN"}, "web", [], {XFO: ["SAMEORIGIN"]}),
    ("6.1 frameDeny in development", {"frameDeny": True, "isDevelopment": True}, "web", [], {XFO: ["DENY"]}),
    ("6.1 contentTypeNosniff", {"contentTypeNosniff": True}, "web", [], {"X-Content-Type-Options": ["nosniff"], XFO: ["ALLOW"]}),
    ("6.1 browserXssFilter", {"browserXssFilter": True}, "web", [], {"X-XSS-Protection": ["1; mode=block"]}),
    ("6.1 customBrowserXSSValue", {"customBrowserXSSValue": "0"}, "web", [], {"X-XSS-Protection": ["0"]}),
    ("6.1 customBrowserXSSValue before browserXssFilter", {"browserXssFilter": True, "customBrowserXSSValue": "1; report=/x"}, "web", [],
     {"X-XSS-Protection": ["1; report=/x"]}),
    ("6.1 contentSecurityPolicy", {"contentSecurityPolicy": "script-src 'self'"}, "web", [], {CSP: ["script-src 'self'"], REPORT: NONE}),
    ("6.1 contentSecurityPolicyReportOnly", {"contentSecurityPolicyReportOnly": "script-src 'self'"}, "web", [],
     {REPORT: ["script-src 'self'"], CSP: ["default-src *"]}),
    ("6.1 referrerPolicy", {"referrerPolicy": "no-referrer"}, "web", [], {"Referrer-Policy": ["no-referrer"]}),
    ("6.1 permissionsPolicy", {"permissionsPolicy": "camera=()"}, "web", [], {"Permissions-Policy": ["camera=()"]}),
    ("6.1 none of it asked for", told(X_Own="1"), SECURE, [],
     {STS: NONE, PINS: NONE, XFO: ["ALLOW"], CSP: ["default-src *"],
      "Referrer-Policy": ["unsafe-url"], "X-XSS-Protection": ["9"]}),
    # CORS
    ("HD-7", cors("*", credentials=True), "web", [("Origin", "https://q.example")], {ORIGIN: ["https://q.example"], CREDENTIALS: ["true"]}),
    ("HD-9", cors(A, addVaryHeader=True), "accept", [], {"Vary": ["Accept,Origin"]}),
    ("HD-9 match", cors(A, addVaryHeader=True), "accept", [("Origin", A)], {"Vary": ["Accept,Origin"], ORIGIN: [A]}),
    ("HD-9 no match", cors(A, addVaryHeader=True), "accept", [("Origin", B)], {"Vary": ["Accept,Origin"], ORIGIN: NONE}),
    ("HD-9 none before", cors(A, addVaryHeader=True), "web", [], {"Vary": ["Origin"]}),
    ("HD-9 already", cors(A, addVaryHeader=True), "origin", [], {"Vary": ["Origin"]}),
    ("HD-9 off", cors(A), "accept", [("Origin", A)], {"Vary": ["Accept"]}),
    ("HD-9 after a custom one", dict(cors(A, addVaryHeader=True), **told(Vary="Cookie")), "accept", [], {"Vary": ["Cookie,Origin"]}),
    ("6.1 exact", cors(A), "web", [("Origin", A)], {ORIGIN: [A], CREDENTIALS: NONE, EXPOSE: NONE}),
    ("6.1 case", cors(A), "web", [("Origin", "https://A.example")], {ORIGIN: NONE}),
    ("6.1 longer", cors(A), "web", [("Origin", A + ".evil.example")], {ORIGIN: NONE}),
    ("6.1 port", cors(A), "web", [("Origin", A + ":8443")], {ORIGIN: NONE}),
    ("6.1 scheme", cors(A), "web", [("Origin", "http://a.example")], {ORIGIN: NONE}),
    ("6.1 second of the list", cors(B, A), "web", [("Origin", A)], {ORIGIN: [A]}),
    ("6.1 list order, exact first", cors(A, "*"), "web", [("Origin", A)], {ORIGIN: [A]}),
    ("6.1 list order, star first", cors("*", A), "web", [("Origin", A)], {ORIGIN: ["*"]}),
    ("6.1 null", cors("null"), "web", [("Origin", "null")], {ORIGIN: ["null"]}),
    ("6.1 star", cors("*"), "web", [("Origin", A)], {ORIGIN: ["*"]}),
    ("6.1 star without Origin", cors("*"), "web", [], {ORIGIN: ["*"]}),
    ("6.1 star with credentials, no Origin", cors("*", credentials=True), "web", [], {ORIGIN: NONE, CREDENTIALS: ["true"]}),
    ("6.1 list without Origin", cors(A), "web", [], {ORIGIN: NONE}),
    ("6.1 regex", cors(regex=[r"^https://.*\.good\.example$"]), "web", [("Origin", "https://x.good.example")], {ORIGIN: ["https://x.good.example"]}),
    ("6.1 regex no match", cors(regex=[r"^https://.*\.good\.example$"]), "web", [("Origin", "https://x.good.example.evil")], {ORIGIN: NONE}),
    ("6.1 regex not anchored", cors(regex=[r"good\.example"]), "web", [("Origin", "https://good.example.evil")], {ORIGIN: ["https://good.example.evil"]}),
    ("6.1 regex second", cors(regex=["^http://", "^https://"]), "web", [("Origin", A)], {ORIGIN: [A]}),
    ("6.1 regex case", cors(regex=["^https://a"]), "web", [("Origin", "https://A.example")], {ORIGIN: NONE}),
    ("6.1 list before regex", cors("*", regex=["^https://"]), "web", [("Origin", A)], {ORIGIN: ["*"]}),
    ("6.1 regex after the list", cors(B, regex=["^https://"]), "web", [("Origin", A)], {ORIGIN: [A]}),
    ("6.1 regex without Origin", cors(regex=["^https://"]), "web", [], {ORIGIN: NONE}),
    ("6.1 credentials on every answer", cors(A, credentials=True), "web", [("Origin", B)], {ORIGIN: NONE, CREDENTIALS: ["true"]}),
    ("6.1 expose on every answer", cors(A, expose=["X-One", "X-Two"]), "web", [("Origin", B)], {ORIGIN: NONE, EXPOSE: ["X-One,X-Two"]}),
    ("6.1 expose without Origin", cors(A, expose=["X-One"]), "web", [], {EXPOSE: ["X-One"]}),
    ("6.1 expose star", cors("*", expose=["*"]), "web", [], {EXPOSE: ["*"]}),
    ("6.1 expose alone", cors(expose=["X-One"]), "web", [("Origin", A)], {EXPOSE: ["X-One"], ORIGIN: NONE}),
    ("6.1 of a preflight alone", cors(A, methods=["GET"], headers=["x-a"], age=5), "web", [("Origin", A)],
     {ORIGIN: [A], MAY + "Methods": NONE, MAY + "Headers": NONE, AGE: NONE}),
    ("6.1 CORS beats custom", dict(cors(A, expose=["X-One"], credentials=True), **{"customResponseHeaders": {ORIGIN: "x", EXPOSE: "y", CREDENTIALS: "z"}}),
     "web", [("Origin", A)],
     {ORIGIN: [A], EXPOSE: ["X-One"], CREDENTIALS: ["true"]}),
    ("6.1 CORS beats the server", cors(A, expose=["X-One"], credentials=True), "cors", [("Origin", A)],
     {ORIGIN: [A], EXPOSE: ["X-One"], CREDENTIALS: ["true"]}),
    ("6.1 no CORS, the server's stays", told(X_Own="1"), "cors", [("Origin", A)],
     {ORIGIN: ["https://server.example", "x"], EXPOSE: ["X-Server"], CREDENTIALS: ["false"]}),
]

RICH = [("Server", "app"), (XFO, "ALLOW"), (XFO, "ALLOW-TOO"), ("X-Other", "1"), ("X-Other", "2"), ("Set-Cookie", "a=b"), ("Set-Cookie", "c=d"),
        (CSP, "default-src *"), ("Referrer-Policy", "unsafe-url"),
        ("X-XSS-Protection", "9"), ("Permissions-Policy", "x"), ("X-Content-Type-Options", "x")]
SENT = {
    "/web": [f for f in RICH if f != (XFO, "ALLOW-TOO")],
    "/secure-own": [(STS, "max-age=1"), (STS, "max-age=2")],
    "/accept": [("Vary", "Accept")],
    "/origin": [("Vary", "Origin")],
    "/cors": [(ORIGIN, "https://server.example"), (ORIGIN, "x"), (EXPOSE, "X-Server"), (CREDENTIALS, "false")],
    "/twice": [("Vary", "Accept"), ("Vary", "Cookie, X-Own")],
    "/rich": RICH,
}

ALL = cors(A, methods=["GET", "PUT"], headers=["x-a", "x-b"], age=100)
ALL_ALLOWED = {MAY + "Methods": ["GET,PUT"], MAY + "Headers": ["x-a,x-b"], AGE: ["100"]}
# -- preflights: id, options, Origin, more fields, every Access-Control field of the answer
PREFLIGHTS = [
    ("HD-5", ALL, B, [], ALL_ALLOWED),
    ("HD-5 nothing but origins", cors(A), B, [], {}),
    ("HD-5 case", cors(A), "https://A.example", [], {}),
    ("HD-7", cors("*", credentials=True), "https://q.example", [], {ORIGIN: ["https://q.example"], CREDENTIALS: ["true"]}),
    ("HD-8", cors("*", credentials=True, headers=["*"]), A, [(HEADERS_ASKED, "x-q")], {ORIGIN: [A], CREDENTIALS: ["true"], MAY + "Headers": ["x-q"]}),
    ("HD-8 as asked", cors("*", credentials=True, headers=["*"]), A, [(HEADERS_ASKED, "x-q, X-R,x-s")],
     {ORIGIN: [A], CREDENTIALS: ["true"], MAY + "Headers": ["x-q, X-R,x-s"]}),
    ("HD-8 absent", cors("*", credentials=True, headers=["*"]), A, [], {ORIGIN: [A], CREDENTIALS: ["true"]}),
    ("HD-8 one of several", cors("*", credentials=True, headers=["x-a", "*"]), A, [(HEADERS_ASKED, "x-q")],
     {ORIGIN: [A], CREDENTIALS: ["true"], MAY + "Headers": ["x-q"]}),
    ("HD-8 no credentials", cors("*", headers=["*"]), A, [(HEADERS_ASKED, "x-q")], {ORIGIN: ["*"], MAY + "Headers": ["*"]}),
    ("HD-8 a list with credentials", cors("*", credentials=True, headers=["x-a", "x-b"]), A, [(HEADERS_ASKED, "x-q")],
     {ORIGIN: [A], CREDENTIALS: ["true"], MAY + "Headers": ["x-a,x-b"]}),
    ("6.1 match", ALL, A, [], dict(ALL_ALLOWED, **{ORIGIN: [A]})),
    ("6.1 method not listed", cors(A, methods=["GET"]), A, [], {ORIGIN: [A], MAY + "Methods": ["GET"]}),
    ("6.1 methods star", cors(A, methods=["*"]), A, [], {ORIGIN: [A], MAY + "Methods": ["*"]}),
    ("6.1 methods star with credentials", cors(A, methods=["*"], credentials=True), A, [], {ORIGIN: [A], MAY + "Methods": ["PUT"], CREDENTIALS: ["true"]}),
    ("6.1 max-age 0", cors(A, age=0), A, [], {ORIGIN: [A], AGE: ["0"]}),
    ("6.1 expose", cors(A, expose=["X-One", "X-Two"]), A, [], {ORIGIN: [A], EXPOSE: ["X-One,X-Two"]}),
    ("6.1 expose star", cors(A, expose=["*"]), A, [], {ORIGIN: [A], EXPOSE: ["*"]}),
    ("6.1 expose star with credentials", cors(A, expose=["*"], credentials=True), A, [], {ORIGIN: [A], CREDENTIALS: ["true"]}),
    ("6.1 regex", cors(regex=[r"\.good\.example$"]), "https://x.good.example", [], {ORIGIN: ["https://x.good.example"]}),
    ("6.1 regex no match", cors(regex=[r"\.good\.example$"]), B, [], {}),
    ("6.1 star", cors("*"), A, [], {ORIGIN: ["*"]}),
    ("6.1 methods alone", cors(methods=["GET", "HEAD"]), A, [], {MAY + "Methods": ["GET,HEAD"]}),
    ("6.1 headers alone", cors(headers=["x-a"]), A, [], {MAY + "Headers": ["x-a"]}),
    ("6.1 no custom and no security fields", dict(cors(A), frameDeny=True, **told(X_Own="1", Server="x")), A, [], {ORIGIN: [A]}),
    ("6.1 before allowedHosts", dict(cors(A), allowedHosts=["nobody.example"]), A, [], {ORIGIN: [A]}),
]
BOTH = [("Origin", A), METHOD_ASKED]
# -- what is no preflight: id, options, method, fields
FORWARDED = [
    ("HD-6", ALL, "OPTIONS", [("Origin", A)]),
    ("HD-6 empty method", ALL, "OPTIONS", [("Origin", A), (METHOD_ASKED[0], "")]),
    ("HD-6 no Origin", ALL, "OPTIONS", [METHOD_ASKED]),
    ("HD-6 empty Origin", ALL, "OPTIONS", [("Origin", ""), METHOD_ASKED]),
    ("HD-6 headers asked alone", ALL, "OPTIONS", [("Origin", A), (HEADERS_ASKED, "x-a")]),
    ("6.1 GET", ALL, "GET", BOTH),
    ("6.1 POST", ALL, "POST", BOTH),
    ("6.1 HEAD", ALL, "HEAD", BOTH),
    ("6.1 no CORS option", told(X_Own="1"), "OPTIONS", BOTH),
    ("6.1 no CORS option but security", {"frameDeny": True}, "OPTIONS", BOTH),
]

REAL, FIRST = ["X-Real-Host"], ["X-First", "X-Real-Host"]
# -- allowedHosts: id, options, Host, fields, whether it passes
HOSTS = [
    ("HD-11", {"allowedHosts": ["a.example"]}, "a.example:8080", [], False),
    ("HD-11 without the port", {"allowedHosts": ["a.example"]}, "a.example", [], True),
    ("HD-11 with the port", {"allowedHosts": ["a.example:8080"]}, "a.example:8080", [], True),
    ("HD-11 port missing", {"allowedHosts": ["a.example:8080"]}, "a.example", [], False),
    ("6.1 any case", {"allowedHosts": ["a.Example"]}, "A.example", [], True),
    ("6.1 any of the list", {"allowedHosts": ["b.example", "a.example"]}, "a.example", [], True),
    ("6.1 no sub-domain", {"allowedHosts": ["a.example"]}, "x.a.example", [], False),
    ("6.1 no part", {"allowedHosts": ["a.example"]}, "a.example.evil", [], False),
    ("6.1 development", {"allowedHosts": ["a.example"], "isDevelopment": True}, "b.example", [], True),
    ("6.1 proxy header", {"allowedHosts": ["a.example"], "hostsProxyHeaders": REAL}, "b.example", [("X-Real-Host", "A.example")], True),
    ("6.1 proxy header says no", {"allowedHosts": ["a.example"], "hostsProxyHeaders": REAL}, "a.example", [("X-Real-Host", "b.example")], False),
    ("6.1 proxy header absent", {"allowedHosts": ["a.example"], "hostsProxyHeaders": REAL}, "a.example", [], True),
    ("6.1 proxy header absent, other Host", {"allowedHosts": ["a.example"], "hostsProxyHeaders": REAL}, "b.example", [], False),
    ("6.1 proxy header empty", {"allowedHosts": ["a.example"], "hostsProxyHeaders": REAL}, "a.example", [("X-Real-Host", "")], True),
    ("6.1 first of two", {"allowedHosts": ["a.example"], "hostsProxyHeaders": FIRST}, "c.example", [("X-Real-Host", "b.example"), ("X-First", "a.example")],
     True),
    ("6.1 first of two says no", {"allowedHosts": ["a.example"], "hostsProxyHeaders": FIRST}, "c.example",
     [("X-Real-Host", "a.example"), ("X-First", "b.example")], False),
    ("6.1 first is empty", {"allowedHosts": ["a.example"], "hostsProxyHeaders": FIRST}, "c.example", [("X-First", ""), ("X-Real-Host", "a.example")], True),
    ("6.1 proxy header not listed", {"allowedHosts": ["a.example"]}, "b.example", [("X-Real-Host", "a.example"), ("X-Forwarded-Host", "a.example")], False),
    ("6.1 custom Host comes before", dict(asked(Host="a.example"), allowedHosts=["a.example"]), "b.example", [], True),
    ("6.1 custom Host comes before and says no", dict(asked(Host="b.example"), allowedHosts=["a.example"]), "a.example", [], False),
    ("6.1 custom field comes before", dict(asked(X_Real_Host="a.example"), allowedHosts=["a.example"], hostsProxyHeaders=REAL), "b.example",
     [("X-Real-Host", "b.example")], True),
    ("6.1 no list", dict(told(X_Own="1"), hostsProxyHeaders=REAL), "b.example", [("X-Real-Host", "c.example")], True),
]
OLD = {"sslRedirect": True, "sslTemporaryRedirect": True, "sslHost": "secure.example", "sslForceHost": True, "featurePolicy": "camera 'none'"}


@pytest.fixture(scope="module")
def server():
    def answer(connection, request):
        if request.path in SENT:
            return reply(200, b"x", SENT[request.path])
        return describe(connection, request)

    early = b"HTTP/1.1 103 Early Hints\r\nServer: app\r\nLink: </x>\r\n\r\n" + reply(200, b"x", [("Server", "app")])
    not_modified = reply(304, b"", [("Server", "app"), (XFO, "ALLOW")], "Not Modified", length=False)
    answers = {"/early": early, "/304": not_modified, "/500": reply(500, b"no", RICH, "Internal Server Error"),
               "/204": reply(204, b"", RICH, "No Content", length=False)}
    with RawServer(default=answer, answers=answers) as instance:
        yield instance


@pytest.fixture(scope="module")
def daemon(server):
    middlewares, routers = {}, {}

    def route(name, *those, service="app", own=()):
        """The field chooses the router where the host is part of what is tested, else the host."""
        names = list(own) + ["%s-%d" % (name, i) for i in range(len(those))]
        middlewares.update(zip(names[len(own) :], ({"headers": o} if "headers" not in o else o for o in those)))
        routers[name] = {"rule": "Host(`%s.test`) || Header(`X-Case`, `%s`)" % (name, name), "service": service, "middlewares": names}

    tables = {"request": REQUESTS, "answer": ANSWERS, "preflight": PREFLIGHTS, "forwarded": FORWARDED, "hosts": HOSTS}
    for kind, table in tables.items():
        for i, row in enumerate(table):
            route("%s%d" % (kind, i), dict(row[1], **told(X_Own="1")) if kind == "hosts" else row[1])
    middlewares.update({
        "moved": {"redirectScheme": {"scheme": "https"}},
        "broken-path": {"replacePath": {"path": "/%zz"}},
        "dots": {"replacePathRegex": {"regex": "^", "replacement": "/.."}},
        "closed": {"ipAllowList": {"sourceRange": ["192.0.2.1"]}},
    })
    every = dict(told(X_Own="1", Server="", Content_Type="x/y"), frameDeny=True, **cors("*", expose=["X-One"], addVaryHeader=True))
    middlewares["every"] = {"headers": every}
    for name in ("moved", "broken-path", "dots", "closed"):
        routers["out-" + name] = {"rule": "Host(`out-%s.test`)" % name, "service": "app", "middlewares": ["every", name]}
        routers["in-" + name] = {"rule": "Host(`in-%s.test`)" % name, "service": "app", "middlewares": [name, "every"]}
    routers["every"] = {"rule": "Host(`every.test`)", "service": "app", "middlewares": ["every"]}
    routers["dead"] = {"rule": "Host(`dead.test`)", "service": "dead", "middlewares": ["every"]}
    routers["empty"] = {"rule": "Host(`empty.test`)", "service": "empty", "middlewares": ["every"]}
    route("two", dict(asked(X_A="outer", X_B="outer"), **told(X_C="outer", X_D="outer")), dict(asked(X_A="inner", X_B=""), **told(X_C="inner", X_D="")))
    route("turned", dict(asked(X_A="1"), **told(X_C="")), dict(asked(X_A=""), **told(X_C="1")))
    route("nohost", asked(Host="b.example"), service="nohost")
    route("redirected", asked(Host="b.example"))
    routers["redirected"]["middlewares"].append("moved")
    route("nonce", {"contentSecurityPolicy": "script-src $NONCE; style-src $NONCE", "contentSecurityPolicyReportOnly": "default-src $NONCE"})
    route("vary", cors(A, addVaryHeader=True))
    route("cors", ALL)
    route("rich", {"frameDeny": True})
    route("hosts-secure", {"allowedHosts": ["nobody.example"], "customResponseHeaders": {"X-Own": "1", "Server": "mine"}})
    route("allold", dict(OLD, frameDeny=True))
    uuid, text = dict(expandVariables=True), "${uuid}"
    route("uuid", dict(uuid, **asked(X_Request_ID=text)))
    route("uuids", dict(uuid, customRequestHeaders={"X-Request-ID": text, "X-Two": "<%s|%s>" % (text, text)},
                        customResponseHeaders={"X-Request-ID": text, "X-Three": "id ${uuid} ${other}"}))
    route("uuidtwice", dict(uuid, **asked(X_One=text)), dict(uuid, **dict(asked(X_Two=text), **told(X_Three=text))))
    route("uuiddead", dict(uuid, **told(X_One=text, X_Two=text)), service="dead")
    dead = {"loadBalancer": {"servers": [{"url": "http://127.0.0.1:%d" % free_port()}]}}
    services = {"app": server, "dead": dead, "empty": {"loadBalancer": {"servers": []}}, "nohost": balancer(server, passHostHeader=False)}
    tls = {"certificates": [world().pair("app", "app.test", "*.app.test").files]}
    points = {"web": {}, "trusting": {"forwardedHeaders": {"insecure": True}}, SECURE: {"http": {"tls": {}}}}
    with site(services, routers, points, http={"middlewares": middlewares}, static={"tls": tls}) as instance:
        instance.server_port = server.port
        yield instance


def talk(daemon, name, point="web", method="GET", target="/", fields=(), body=None, host=None):
    with connect(daemon.ports[point], context=client_context() if point == SECURE else None) as client:
        return client.ask(method, target, fields, body, host or name + ".test")


def controls(answer):
    got = {}
    for name, value in answer.fields:
        if name.lower().startswith("access-control-"):
            got.setdefault(name.title(), []).append(value)
    return got


@pytest.mark.parametrize("row", REQUESTS, **ROW)
def test_request(daemon, server, row):
    name = "request%d" % REQUESTS.index(row)
    assert talk(daemon, name, "trusting", fields=row[2]).status == 200
    assert {k: server.last.all(k) for k in row[3]} == {k: [v.replace("{host}", name + ".test") for v in values] for k, values in row[3].items()}


@pytest.mark.parametrize("row", ANSWERS, **ROW)
def test_answer(daemon, row):
    point = row[2] if row[2] in daemon.ports else SECURE if row[2].startswith(SECURE) else "web"
    target = "/" + row[2] if "/" + row[2] in SENT else "/web"
    answer = talk(daemon, "answer%d" % ANSWERS.index(row), point, target=target, fields=row[3])
    assert answer.status == 200
    assert {k: answer.all(k) for k in row[4]} == row[4]


@pytest.mark.parametrize("row", PREFLIGHTS, **ROW)
def test_preflight(daemon, server, row):
    before = len(server.requests)
    answer = talk(daemon, "preflight%d" % PREFLIGHTS.index(row), method="OPTIONS", target="/web", fields=[("Origin", row[2]), METHOD_ASKED, *row[3]])
    assert (answer.status, answer.all("Content-Length"), answer.body) == (200, ["0"], b"")
    assert controls(answer) == row[4]
    assert not [name for name in ("X-Own", "Server", XFO) if answer.has(name)]
    assert len(server.requests) == before


@pytest.mark.parametrize("row", FORWARDED, **ROW)
def test_forwarded(daemon, server, row):
    before = len(server.requests)
    assert talk(daemon, "forwarded%d" % FORWARDED.index(row), method=row[2], fields=row[3], body=b"x" if row[2] == "POST" else None).status == 200
    assert (len(server.requests), server.last.method) == (before + 1, row[2])


@pytest.mark.parametrize("row", HOSTS, **ROW)
def test_hosts(daemon, server, row):
    before = len(server.requests)
    answer = talk(daemon, "", fields=[("X-Case", "hosts%d" % HOSTS.index(row)), *row[3]], host=row[2])
    assert answer.all("X-Own") == ["1"]
    assert len(server.requests) == before + (1 if row[4] else 0)
    if row[4]:
        assert answer.status == 200
    else:
        assert (answer.status, answer.body) == (500, b"Bad Host\n")
        assert (answer.all("Content-Type"), answer.all("X-Content-Type-Options")) == (["text/plain; charset=utf-8"], ["nosniff"])


def test_6_1_custom_response_fields_on_bad_host(daemon):
    answer = talk(daemon, "hosts-secure")
    assert (answer.status, answer.all("X-Own"), answer.all("Server")) == (500, ["1"], ["mine"])


def test_6_1_security_replaces_every_line_of_the_server(daemon):
    assert talk(daemon, "rich", target="/rich").all(XFO) == ["DENY"]


def test_6_1_nonce(daemon):
    seen = set()
    for _ in range(3):
        answer = talk(daemon, "nonce", target="/web")
        (policy,), (report,) = answer.all(CSP), answer.all(REPORT)
        nonce = re.fullmatch(r"default-src ('nonce-[A-Za-z0-9+/_-]{16,}=*')", report)[1]
        assert policy == "script-src %s; style-src %s" % (nonce, nonce)
        seen.add(nonce)
    assert len(seen) == 3


def test_6_1_D_9_no_vary_value_is_lost(daemon):
    values = talk(daemon, "vary", target="/twice", fields=[("Origin", A)]).all("Vary")
    assert [v.strip() for v in ",".join(values).split(",")] == ["Accept", "Cookie", "X-Own", "Origin"]


def test_6_1_a_preflight_with_a_body_ends_where_it_ends(daemon):
    with connect(daemon.ports["web"]) as client:
        for _ in range(2):
            answer = client.ask("OPTIONS", fields=BOTH, body=b"x" * 500, host="cors.test")
            assert (answer.status, answer.body, answer.all(ORIGIN)) == (200, b"", [A])
        assert client.ask(host="cors.test").status == 200


@pytest.mark.parametrize("point", ["web", SECURE])
def test_6_1_preflight_on_both_kinds_of_entry_point(daemon, point):
    assert talk(daemon, "cors", point, "OPTIONS", fields=BOTH).all(ORIGIN) == [A]


# -- 1 item 8: answers that others made
MADE = {
    "out-moved": (302, True), "in-moved": (302, False),
    "out-broken-path": (500, True), "in-broken-path": (500, False),
    "out-dots": (400, True), "in-dots": (400, False),
    "out-closed": (403, True), "in-closed": (403, False),
    "dead": (502, True), "empty": (503, True),
}


@pytest.mark.parametrize("name", MADE, ids=["1-8 " + name for name in MADE])
def test_answers_of_inner_middlewares_and_of_the_proxy(daemon, name):
    status, touched = MADE[name]
    answer = talk(daemon, name, fields=[("Origin", A)])
    assert answer.status == status
    got = (answer.all("X-Own"), answer.all(XFO), answer.all(ORIGIN), answer.all(EXPOSE), answer.all("Vary"), answer.all("Content-Type") == ["x/y"])
    assert got == ((["1"], ["DENY"], ["*"], ["X-One"], ["Origin"], True) if touched else ([], [], [], [], [], False))


@pytest.mark.parametrize("target, status", [("/500", 500), ("/204", 204), ("/304", 304)])
def test_1_8_answers_of_the_server(daemon, target, status):
    answer = talk(daemon, "every", target=target)
    assert (answer.status, answer.all("X-Own"), answer.all(XFO), answer.has("Server"), answer.all(ORIGIN)) == (status, ["1"], ["DENY"], False, ["*"])


def test_1_8_head(daemon):
    answer = talk(daemon, "every", method="HEAD", target="/204")
    assert (answer.all("X-Own"), answer.all(XFO)) == (["1"], ["DENY"])


def test_1_7_interim_answers_are_untouched(daemon):
    answer = talk(daemon, "every", target="/early")
    assert (answer.status, answer.all("X-Own"), answer.has("Server")) == (200, ["1"], False)
    (interim,) = answer.interim
    assert (interim.status, interim.all("Server"), interim.all("Link")) == (103, ["app"], ["</x>"])
    assert not [n for n in ("X-Own", XFO, ORIGIN, EXPOSE, "Vary") if interim.has(n)]


def test_1_4_two_in_a_row(daemon, server):
    answer = talk(daemon, "two")
    assert (server.last.all("X-A"), server.last.all("X-B")) == (["inner"], [])
    assert (answer.all("X-C"), answer.all("X-D")) == (["outer"], ["outer"])
    answer = talk(daemon, "turned")
    assert (server.last.all("X-A"), answer.all("X-C")) == ([], [])


def test_6_1_pass_host_header_off(daemon, server):
    talk(daemon, "nohost")
    assert (server.last.all("Host"), server.last.all("X-Forwarded-Host")) == (["127.0.0.1:%d" % daemon.server_port], ["nohost.test"])


def test_6_1_the_host_counts_from_here_on(daemon):
    assert talk(daemon, "redirected", target="/x").all("Location") == ["https://b.example/x"]


def test_6_1_each_request_of_a_connection_anew(daemon, server):
    with connect(daemon.ports["web"]) as client:
        for host, values in (("two.test", ["inner"]), ("rich.test", []), ("two.test", ["inner"])):
            assert client.ask(host=host).status == 200
            assert server.last.all("X-A") == values


# -- what has no effect any more
@pytest.mark.parametrize("point", ["web", SECURE])
def test_6_1_no_effect(daemon, point):
    answer = talk(daemon, "allold", point, target="/x")
    assert (answer.status, answer.all(XFO)) == (200, ["DENY"])
    assert not [name for name in ("Location", "Feature-Policy", "Permissions-Policy") if answer.has(name)]


@h1_only("the configuration alone")
def test_6_1_no_effect_warned(server):
    middlewares = {"m" + key: {"headers": dict({key: value}, **({} if key == "sslRedirect" else {"frameDeny": True}))} for key, value in OLD.items()}
    routers = {name: {"rule": "Path(`/%s`)" % name, "service": "app", "middlewares": [name]} for name in middlewares}
    with site({"app": server}, routers, http={"middlewares": middlewares}) as daemon:
        tested = run("-t", "-c", daemon.path)
        assert tested.returncode == 0
        text = daemon.file("pointsman.yaml").split("\n")
        for key in OLD:
            found = re.findall(r"pointsman\.yaml:(\d+):(\d+): warning: [^\n]*\bm%s\.[^\n]*\b%s\b" % (key, key), tested.stderr)
            assert len(found) == 1, tested.stderr
            assert key in text[int(found[0][0]) - 1]
            assert wait_until(lambda: "m" + key in daemon.log)
            assert ask(daemon.port, target="/m" + key).status == 200


# -- 10: ${uuid}
@pytest.mark.parametrize("name", ["uuid"], ids=["SC-1"])
def test_uuid_of_a_request(daemon, server, name):
    assert talk(daemon, name).status == 200
    (one,) = server.last.all("X-Request-ID")
    assert re.fullmatch(UUID, one)


@pytest.mark.parametrize("name", ["uuid"], ids=["SC-2"])
def test_uuid_of_each_request(daemon, server, name):
    seen = []
    with connect(daemon.ports["web"]) as client:
        for _ in range(20):
            assert client.ask(host=name + ".test").status == 200
            seen += server.last.all("X-Request-ID")
    assert len(set(seen)) == 20 and all(re.fullmatch(UUID, one) for one in seen)


@pytest.mark.parametrize("name", ["uuids"], ids=["SC-3"])
def test_uuid_is_one_a_request(daemon, server, name):
    seen = set()
    for _ in range(2):
        answer = talk(daemon, name)
        (one,) = server.last.all("X-Request-ID")
        assert re.fullmatch(UUID, one)
        assert (answer.all("X-Request-ID"), server.last.all("X-Two"), answer.all("X-Three")) == ([one], ["<%s|%s>" % (one, one)], ["id %s ${other}" % one])
        seen.add(one)
    assert len(seen) == 2


@pytest.mark.parametrize("name", ["uuidtwice"], ids=["SC-3 two middlewares"])
def test_uuid_over_two_middlewares(daemon, server, name):
    answer = talk(daemon, name)
    (one,) = server.last.all("X-One")
    assert re.fullmatch(UUID, one)
    assert (server.last.all("X-Two"), answer.all("X-Three")) == ([one], [one])


@pytest.mark.parametrize("name", ["uuiddead"], ids=["SC-3 answer of the proxy"])
def test_uuid_on_an_answer_of_the_proxy(daemon, name):
    answer = talk(daemon, name)
    assert answer.status == 502 and re.fullmatch(UUID, answer.get("X-One")) and answer.all("X-Two") == answer.all("X-One")


@pytest.mark.parametrize("name", ["uuid"], ids=["SC-4"])
def test_uuid_replaces_that_of_the_client(daemon, server, name):
    assert talk(daemon, name, fields=[("X-Request-ID", "mine"), ("x-request-id", "mine too")]).status == 200
    (one,) = server.last.all("X-Request-ID")
    assert re.fullmatch(UUID, one)
