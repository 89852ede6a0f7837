# SPDX-License-Identifier: MIT
"""Short ways to write options of the middleware headers."""


def cors(*origins, **more):
    """Options by their ends: methods=... is accessControlAllowMethods."""
    names = {"headers": "AllowHeaders", "methods": "AllowMethods", "credentials": "AllowCredentials", "expose": "ExposeHeaders", "age": "MaxAge",
             "regex": "AllowOriginListRegex"}
    options = {"accessControlAllowOriginList": list(origins)} if origins else {}
    return dict(options, **{"accessControl" + names[k] if k in names else k: v for k, v in more.items()})


def asked(**fields):
    return {"customRequestHeaders": {k.replace("_", "-"): v for k, v in fields.items()}}


def told(**fields):
    return {"customResponseHeaders": {k.replace("_", "-"): v for k, v in fields.items()}}
