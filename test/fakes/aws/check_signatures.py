#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Signs captured requests again with botocore and compares the Authorization headers byte for byte.

    check_signatures.py CAPTURED.jsonl      (or - for stdin)

One request a line: {"method", "url", "headers": {name: value} or [[name, value], ...], "body": base64, "secret_key",
"token" (optional)}. `url` holds the host as the client addressed it. Only the headers that the request itself names as
signed are signed again. The session token that was sent has to be the given one. Prints one line per difference and a
count; exit code 1 when anything differs or nothing was read.
"""
import base64
import json
import re
import sys

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

AUTHORIZATION = re.compile(
    r"AWS4-HMAC-SHA256 Credential=([^/,\s]+)/(\d{8})/([^/,\s]+)/([^/,\s]+)/aws4_request, "
    r"SignedHeaders=([a-z0-9;-]+), Signature=([0-9a-f]{64})"
)
ALWAYS_SIGNED = {"host", "x-amz-date", "content-type"}


def pairs(headers):
    return list(headers.items()) if isinstance(headers, dict) else [tuple(pair) for pair in headers]


def difference(captured):
    """None when botocore agrees, else what is wrong."""
    headers = pairs(captured["headers"])
    sent = {name.lower(): value for name, value in headers}
    match = AUTHORIZATION.fullmatch(sent.get("authorization", ""))
    if not match:
        return f"no SigV4 Authorization header: {sent.get('authorization')!r}"
    access_key, day, region, service, names, signature = match.groups()
    signed = set(names.split(";"))
    token = captured.get("token") or None
    needed = ALWAYS_SIGNED | ({"x-amz-security-token"} if token else set()) | {n for n in sent if n == "x-amz-target"}
    if not needed <= signed:
        return f"not signed: {sorted(needed - signed)}"
    if sent.get("x-amz-security-token") != token:
        return "the session token is not the one of these credentials"
    date = sent.get("x-amz-date", "")
    if not re.fullmatch(r"\d{8}T\d{6}Z", date) or date[:8] != day:
        return f"X-Amz-Date {date!r} does not belong to the scope {day}"

    request = AWSRequest(captured["method"], captured["url"], data=base64.b64decode(captured.get("body") or ""))
    for name, value in headers:
        # botocore takes the host from the URL, as the client has to.
        if name.lower() in signed and name.lower() != "host":
            request.headers[name] = value
    request.context["timestamp"] = date
    auth = SigV4Auth(Credentials(access_key, captured["secret_key"], token), service, region)
    canonical = auth.canonical_request(request)
    expected = auth.signature(auth.string_to_sign(request, canonical), request)
    rebuilt_names = auth.signed_headers(auth.headers_to_sign(request))
    if rebuilt_names != names:
        return f"signed headers {names} and not {rebuilt_names}"
    return None if expected == signature else f"signature {signature} and not {expected}"


def main(path):
    lines = [line for line in (sys.stdin if path == "-" else open(path, encoding="utf-8")) if line.strip()]
    wrong = 0
    for number, line in enumerate(lines, 1):
        captured = json.loads(line)
        found = difference(captured)
        if found:
            wrong += 1
            print(f"line {number}: {captured['method']} {captured['url']}: {found}")
    print(f"{len(lines)} requests, {wrong} with a signature that botocore would not have made")
    return 1 if wrong or not lines else 0


if len(sys.argv) != 2:
    sys.exit(__doc__)
sys.exit(main(sys.argv[1]))
