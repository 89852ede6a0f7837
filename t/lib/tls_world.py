# SPDX-License-Identifier: MIT
"""TLS around the daemon: an authority with all kinds of certificates, clients and a server that speak it, hellos written by hand.

The certificates are made once a run, when a test first asks for world(). A client is a RawClient whose bytes go through
Python's ssl module; outcome() says in one word what became of a connection: a status, the name of an alert, "closed", "reset".
"""
import atexit
import functools
import os
import re
import shutil
import socket
import ssl
import struct
import subprocess
import tempfile
import threading
import warnings

from .client import RawClient, head
from .daemon import TOP, site
from .server import RawServer
from .wait import SLOW, TIMEOUT
from .wire import Cut, ProtocolError

warnings.filterwarnings("ignore", category=DeprecationWarning, module=r"lib\.tls_world")
V10, V11, V12, V13 = ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1, ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3
ALERTS = {
    0: "close_notify", 10: "unexpected_message", 20: "bad_record_mac", 22: "record_overflow", 40: "handshake_failure", 42: "bad_certificate", 47: "illegal_parameter",
    50: "decode_error", 51: "decrypt_error", 70: "protocol_version", 71: "insufficient_security", 80: "internal_error", 86: "inappropriate_fallback", 90: "user_canceled",
    100: "no_renegotiation", 109: "missing_extension", 112: "unrecognized_name", 116: "certificate_required", 120: "no_application_protocol",
}


# -- certificates ----------------------------------------------------------------------------------------------------------------------
class Pair:
    def __init__(self, folder, label, names):
        self.label, self.names = label, names
        self.cert, self.key = os.path.join(folder, label + ".pem"), os.path.join(folder, label + ".key")

    @property
    def files(self):
        return {"certFile": self.cert, "keyFile": self.key}

    @property
    def contents(self):
        return {"certFile": self.text, "keyFile": open(self.key).read()}

    @property
    def text(self):
        with open(self.cert) as f:
            return f.read()

    @property
    def der(self):
        return ssl.PEM_cert_to_DER_cert(self.text)


def openssl(*args, check=True, stdin=b"", timeout=30):
    done = subprocess.run(["openssl", *map(str, args)], input=stdin, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=timeout * SLOW)
    assert not check or done.returncode == 0, done.stdout.decode(errors="replace")
    return done.stdout.decode(errors="replace")


CA_CONFIG = """[ca]
default_ca=c
[c]
database=%(folder)s/index
new_certs_dir=%(folder)s
rand_serial=yes
unique_subject=no
default_md=sha256
policy=p
copy_extensions=copy
x509_extensions=x
[p]
commonName=optional
organizationName=optional
[x]
basicConstraints=CA:FALSE
[req]
distinguished_name=d
string_mask=utf8only
[d]
"""


class World:
    """`ca` signs everything but what `other_ca` signs and what signs itself."""

    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="pointsman-tls-")
        os.chmod(self.folder, 0o755)
        atexit.register(shutil.rmtree, self.folder, True)
        self.pairs = {}
        self.config = os.path.join(self.folder, "ca.conf")
        with open(self.config, "w") as f:
            f.write(CA_CONFIG % {"folder": self.folder})
        open(os.path.join(self.folder, "index"), "w").close()
        self.rsa_key, self.weak_key = self.path("rsa.key"), self.path("rsa1024.key")
        openssl("genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-out", self.rsa_key)
        openssl("genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:1024", "-out", self.weak_key)
        self.ca, self.other_ca = self.authority("ca"), self.authority("other-ca")

    def path(self, name):
        return os.path.join(self.folder, name)

    def authority(self, label):
        pair = Pair(self.folder, label, [])
        openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-noenc", "-days", "3650", "-subj", "/CN=%s of the tests" % label,
                "-addext", "keyUsage=critical,keyCertSign,cRLSign", "-keyout", pair.key, "-out", pair.cert)
        return pair

    def pair(self, label, *names, kind="ecdsa", cn=None, ca=None, start=None, end=None, self_signed=False):
        """Made at the first call. A name is a DNS name, an address, or a URI; the first one is the common name too unless told."""
        if label in self.pairs:
            return self.pairs[label]
        pair = Pair(self.folder, label, list(names))
        if kind == "ecdsa":
            openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", pair.key)
        else:
            shutil.copy(self.rsa_key if kind == "rsa" else self.weak_key, pair.key)
        os.chmod(pair.key, 0o600)
        subject = "/CN=%s" % (names[0] if cn is None and names else cn) if (cn or cn is None) and (names or cn) else "/O=nameless"
        kinds = ["URI:" + n if "://" in n else ("IP:" if re.fullmatch(r"[0-9.]+|[0-9a-f]*:[0-9a-f:]*", n) else "DNS:") + n for n in names]
        more = ["-addext", "subjectAltName=" + ",".join(kinds)] if kinds else []
        if self_signed:
            openssl("req", "-x509", "-new", "-config", self.config, "-key", pair.key, "-subj", subject, *more, "-days", "30", "-out", pair.cert)
        else:
            request, ca = self.path(label + ".csr"), ca or self.ca
            openssl("req", "-new", "-config", self.config, "-key", pair.key, "-subj", subject, *more, "-out", request)
            openssl("ca", "-batch", "-notext", "-config", self.config, "-cert", ca.cert, "-keyfile", ca.key, "-in", request, "-out", pair.cert,
                    "-startdate", start or "20200101000000Z", "-enddate", end or "20400101000000Z")
        self.pairs[label] = pair
        return pair

    def mixed(self, label, cert, key, mode=0o600):
        """The certificate of one pair with the key of another, or a copy with other permissions."""
        pair = Pair(self.folder, label, cert.names)
        shutil.copy(cert.cert, pair.cert)
        shutil.copy(key.key, pair.key)
        os.chmod(pair.key, mode)
        return pair

    def encrypted(self, label, source):
        pair = self.mixed(label, source, source)
        openssl("pkey", "-in", source.key, "-aes128", "-passout", "pass:secret", "-out", pair.key)
        return pair

    def label_of(self, der):
        """Which of our certificates this is; "?" for one that we have not made."""
        return next((p.label for p in self.pairs.values() if p.der == der), "?")


@functools.lru_cache(None)
def world():
    return World()


def tls_site(service, routers=None, tls=None, points=None, static=None, services=None, **options):
    """A daemon whose entry points take HTTPS; the certificate "app" (app.test, *.app.test) unless `tls` says otherwise."""
    if tls is None or "certificates" not in tls:
        tls = dict({"certificates": [world().pair("app", "app.test", "*.app.test").files]}, **(tls or {}))
    routers = routers or {"all": {"rule": "PathPrefix(`/`)", "service": "app"}}
    points = points or {"web": {"http": {"tls": {}}}}
    return site({"app": service, **(services or {})}, routers, points, static=dict({"tls": tls}, **(static or {})), **options)


def both():
    """Entry points `web`, and `secure` with TLS; and the certificate for it, as keys of a configuration."""
    points = {"web": {}, "secure": {"http": {"tls": {}}}}
    return points, {"tls": {"certificates": [world().pair("load", "a.example").files]}}


# -- clients ---------------------------------------------------------------------------------------------------------------------------
def client_context(least=V12, most=V13, alpn=None, ca=None, ciphers=None, certificate=None):
    """Verifies only with `ca`; ciphers are those of TLS 1.2 and older."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = ca is not None, ssl.CERT_REQUIRED if ca else ssl.CERT_NONE
    if ca:
        context.load_verify_locations(ca.cert)
    context.set_ciphers(ciphers or ("ALL:@SECLEVEL=0" if least < V12 else "DEFAULT:@SECLEVEL=1"))
    context.minimum_version, context.maximum_version = least, most
    if alpn:
        context.set_alpn_protocols(alpn)
    if certificate:
        context.load_cert_chain(certificate.cert, certificate.key)
    return context


class TlsClient(RawClient):
    """.ended is "eof" after close_notify, "cut" without it, "reset", or the name of an alert."""

    def __init__(self, port, name="app.test", context=None, session=None, prelude=b"", handshake=True, **options):
        super().__init__(port, **options)
        self.socket.sendall(prelude)
        self.raw = self.socket
        try:
            self.socket = (context or client_context()).wrap_socket(self.raw, server_hostname=name, session=session, suppress_ragged_eofs=False, do_handshake_on_connect=handshake)
        except BaseException:
            self.raw.close()
            raise

    def _read(self):
        try:
            data = self.socket.recv(65536)
        except ssl.SSLEOFError:
            self.ended = "cut"
            return b""
        except ssl.SSLError as error:
            self.ended = alert_of(error)
            return b""
        except ConnectionResetError:
            self.ended = "reset"
            return b""
        if not data:
            self.ended = "eof"
        return data

    def half_close(self):
        """The transport's own end, without close_notify."""
        socket.socket.shutdown(self.socket, socket.SHUT_WR)

    @property
    def certificate(self):
        return world().label_of(self.socket.getpeercert(True))

    @property
    def session(self):
        return self.socket.session

    @property
    def reused(self):
        return self.socket.session_reused


def alert_of(error):
    """ssl's TLSV1_ALERT_DECODE_ERROR, SSLV3_ALERT_..., TLSV1_UNRECOGNIZED_NAME as decode_error, ..., unrecognized_name."""
    nameless = re.search(r"alert ([a-z ]+?) \(", str(error))
    word = error.reason or (nameless[1].replace(" ", "_") if nameless else str(error))
    return re.sub(r"^(SSLV3|TLSV1|TLSV13)_(ALERT_)?", "", word).lower()


def outcome(port, name="app.test", context=None, host=None, target="/", speak=TlsClient, **options):
    """The status of one request on a connection of its own, or how it failed. The host is the server name unless told."""
    try:
        with speak(port, name=name, context=context, **options) as client:
            try:
                return client.ask(target=target, host=host or name or "app.test").status
            except (Cut, ProtocolError, AssertionError, AttributeError):
                return {"eof": "closed", "cut": "closed"}.get(client.ended, client.ended)
            except (ssl.SSLEOFError, ssl.SSLZeroReturnError):
                return "closed"
            except ssl.SSLError as error:
                return alert_of(error)
    except (ssl.SSLEOFError, ssl.SSLZeroReturnError):
        return "closed"
    except ssl.SSLError as error:
        return alert_of(error)
    except (ConnectionResetError, BrokenPipeError):
        return "reset"


def served(port, name="app.test", context=None, **options):
    """The label of the certificate that a client gets, or how it failed."""
    try:
        with TlsClient(port, name, context, **options) as client:
            return client.certificate
    except (ssl.SSLEOFError, ssl.SSLZeroReturnError):
        return "closed"
    except ssl.SSLError as error:
        return alert_of(error)
    except ConnectionResetError:
        return "reset"


def s_client(port, *args, name="app.test", stdin=b"", check=False):
    """What openssl s_client prints; with stdin empty it ends after the handshake."""
    return openssl("s_client", "-connect", "127.0.0.1:%d" % port, "-servername", name, *args, stdin=stdin, check=check)


# -- hellos by hand --------------------------------------------------------------------------------------------------------------------
def vector(size, data):
    return len(data).to_bytes(size, "big") + data


def extension(kind, data):
    return struct.pack("!H", kind) + vector(2, data)


def sni(*names, kind=0):
    return extension(0, vector(2, b"".join(bytes([kind]) + vector(2, n if isinstance(n, bytes) else n.encode()) for n in names)))


def alpn(*names):
    return extension(16, vector(2, b"".join(vector(1, n.encode()) for n in names)))


GROUPS = extension(10, vector(2, b"\x00\x1d\x00\x17\x00\x18"))
FORMATS = extension(11, b"\x01\x00")
SIGNATURES = extension(13, vector(2, b"\x04\x03\x08\x04\x04\x01\x05\x03\x08\x05\x05\x01\x06\x01\x02\x01"))
MASTER_SECRET = extension(23, b"")
SUITES = b"\xc0\x2b\xc0\x2f\xc0\x2c\xc0\x30\xcc\xa9\xcc\xa8\x00\xff"
COMMON = GROUPS + FORMATS + SIGNATURES + MASTER_SECRET


def hello(extensions=None, names=("app.test",), suites=SUITES, version=b"\x03\x03", session=b"", compression=b"\x00", more=b""):
    """A ClientHello of TLS 1.2: one whose certificate comes back in the clear."""
    if extensions is None:
        extensions = (sni(*names) if names else b"") + COMMON
    body = version + os.urandom(32) + vector(1, session) + vector(2, suites) + vector(1, compression)
    return b"\x01" + vector(3, body + (vector(2, extensions + more) if extensions + more else b""))


def record(data, kind=22, version=b"\x03\x01"):
    return bytes([kind]) + version + vector(2, data)


def records(data, size):
    """One message over several records."""
    return b"".join(record(data[i : i + size]) for i in range(0, len(data), size))


def verdict(client):
    """What a client by hand gets for its hello: a certificate's label, an alert, "closed", "reset", "open", or "http STATUS"."""
    data, at, messages = b"", 0, b""
    while True:
        while len(data) - at >= 5:
            kind, size = data[at], int.from_bytes(data[at + 3 : at + 5], "big")
            if data[at : at + 5] == b"HTTP/":
                return "http " + data[at:].split(b" ")[1].decode()
            if len(data) - at - 5 < size:
                break
            body, at = data[at + 5 : at + 5 + size], at + 5 + size
            if kind == 21:
                return ALERTS.get(body[1], "alert %d" % body[1])
            messages += body if kind == 22 else b""
            label = _certificate_in(messages)
            if label:
                return label
        try:
            more = client.socket.recv(65536)
        except ConnectionResetError:
            return "reset"
        except TimeoutError:
            return "open"
        if not more:
            return "closed"
        data += more


def _certificate_in(messages):
    while len(messages) >= 4:
        size = int.from_bytes(messages[1:4], "big")
        if messages[0] == 11 and len(messages) >= 4 + size:
            return world().label_of(messages[10 : 10 + int.from_bytes(messages[7:10], "big")])
        messages = messages[4 + size :]
    return None


# -- servers ---------------------------------------------------------------------------------------------------------------------------
class TlsServer(RawServer):
    """A RawServer behind TLS. .handshakes has the facts of those that came about, .failures the others' errors."""

    def __init__(self, pair, least=V12, most=V13, alpn=None, client_ca=None, demand=False, name="", **options):
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.set_ciphers("ALL:@SECLEVEL=0")
        self.context.minimum_version, self.context.maximum_version = least, most
        self.context.load_cert_chain(pair.cert, pair.key)
        if alpn:
            self.context.set_alpn_protocols(alpn)
        if client_ca:
            self.context.load_verify_locations(client_ca.cert)
            self.context.verify_mode = ssl.CERT_REQUIRED if demand else ssl.CERT_OPTIONAL
        self.asked = threading.local()
        self.context.sni_callback = lambda sock, name, _: setattr(self.asked, "name", name)
        self.handshakes, self.failures = [], []
        super().__init__(name=name, **options)

    @property
    def url(self):
        return "https://" + super().url.partition("://")[2]

    def _serve(self, connection):
        self.asked.name = None
        try:
            connection.socket.settimeout(TIMEOUT * 4)
            connection.socket = self.context.wrap_socket(connection.socket, server_side=True, suppress_ragged_eofs=True)
        except OSError as error:
            self.failures.append(error)
            connection.socket.close()
            connection.closed = True
            return
        sock = connection.socket
        certificate = sock.getpeercert(True)
        self.handshakes.append({"sni": self.asked.name, "alpn": sock.selected_alpn_protocol(), "version": sock.version(), "cipher": sock.cipher()[0],
                                "reused": sock.session_reused, "client": world().label_of(certificate) if certificate else None})
        super()._serve(connection)


__all__ = [name for name in dir() if not name.startswith("_") and name not in ("annotations", "head", "TOP")]
