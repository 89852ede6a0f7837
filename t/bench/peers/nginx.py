# SPDX-License-Identifier: MIT
"""Variants: +bigbuf, larger buffers; +reqbuf, request bodies are buffered first, as is its default; +l1, gzip of level 1."""
from .site import ROUTES, first_number

HEAD = """daemon off; worker_processes 1; pid {folder}/nginx.pid; error_log {folder}/error.log error;
worker_rlimit_nofile 20000;
events {{ worker_connections 19900; }}
http {{
access_log {log};
client_body_temp_path {folder}/b; proxy_temp_path {folder}/p; fastcgi_temp_path {folder}/f; scgi_temp_path {folder}/s; uwsgi_temp_path {folder}/u;
keepalive_timeout 300s; keepalive_requests 1000000000; client_max_body_size 100m; tcp_nodelay on; server_tokens off;
upstream up {{ server 127.0.0.1:{upstream}; keepalive 1024; keepalive_requests 1000000000; }}
proxy_http_version 1.1;
proxy_set_header Host $host; proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for; proxy_set_header X-Forwarded-Proto $scheme;
server_names_hash_max_size 8192; server_names_hash_bucket_size 64;"""
BIG = "proxy_buffer_size 16k; proxy_buffers 16 64k; proxy_busy_buffers_size 256k; client_body_buffer_size 128k;"
GZIP = "gzip on; gzip_types application/json; gzip_comp_level %d; gzip_proxied any; gzip_min_length 1024;"
TLS = "ssl_certificate %s; ssl_certificate_key %s; ssl_protocols TLSv1.3; ssl_session_tickets on; http2_max_concurrent_streams 256;"


def version():
    return first_number("nginx", "-v")


def options(site):
    if "reqbuf" not in site.variants:
        yield "proxy_request_buffering off;"
    if "bigbuf" in site.variants:
        yield BIG
    if site.kind == "ws":
        yield "proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection upgrade;"
    else:
        yield 'proxy_set_header Connection "";'
    if site.kind == "ratelimit":
        yield "limit_req_zone $binary_remote_addr zone=z:10m rate=1000000r/s;"
    if site.kind == "gzip":
        yield GZIP % (1 if "l1" in site.variants else 6)


def servers(site):
    listen = "listen 127.0.0.1:%d%s backlog=4096;" % (site.port, " ssl http2" if site.is_tls else "")
    if site.kind == "routes":
        for i in range(ROUTES):
            place = "location /p%d/ { proxy_pass http://up; } location / { return 404; }" % i
            yield "server { %s server_name h%d.bench.test; %s }" % (listen if i == 0 else "listen 127.0.0.1:%d;" % site.port, i, place)
        return
    tls = TLS % (site.certificate, site.key) if site.is_tls else ""
    limit = "limit_req zone=z burst=100000 nodelay;" if site.kind == "ratelimit" else ""
    yield "server { %s %s location / { %s proxy_pass http://up; } }" % (listen, tls, limit)


def command(site):
    if site.kind in ("br", "zstd"):
        return None
    head = HEAD.format(folder=site.folder, upstream=site.upstream, log=site.path("access.log") if site.kind == "http-log" else "off")
    path = site.write("nginx.conf", head, *options(site), *servers(site), "}")
    return ["nginx", "-p", site.folder, "-c", path, "-e", site.path("error.log")]
