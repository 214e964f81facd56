# SPDX-License-Identifier: Apache-2.0
"""Signs captured requests again with botocore and says whether everything that signs them is the same, byte for byte.

Standard input: one JSON object, {"credentials": {access_key_id: {"secret_access_key": ..., "session_token": ...}}}, then one captured
request per line (fault_proxy.mjs `capture`). Standard output: one JSON object per request with `differences`, empty when equal.
"""
import base64
import json
import sys
from datetime import datetime, timezone
from unittest import mock

from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from signature_check import STAMP, ExactSigner, Parts

SIGNING = ("authorization", "x-amz-date", "x-amz-security-token")


def again(captured, credentials):
    headers = [(name.lower(), value) for name, value in captured["headers"]]
    sent = dict(headers)
    parts = Parts(sent["authorization"])
    held = credentials[parts.access_key_id]
    request = AWSRequest(method=captured["method"], url=captured["url"], data=base64.b64decode(captured["body"]))
    for name, value in headers:
        if name in parts.signed_headers and name not in SIGNING:
            request.headers[name] = value
    signed_at = datetime.strptime(sent["x-amz-date"], STAMP).replace(tzinfo=timezone.utc)
    signer = ExactSigner(Credentials(parts.access_key_id, held["secret_access_key"], held.get("session_token")), parts.service, parts.region)
    with mock.patch("botocore.auth.get_current_datetime", return_value=signed_at):
        signer.add_auth(request)
    made = {name.lower(): value for name, value in request.headers.items()}
    unsigned = [name for name in sent if (name == "host" or name == "content-type" or name.startswith("x-amz-")) and name not in parts.signed_headers]
    return {
        "target": sent.get("x-amz-target"), "service": parts.service, "temporary": "x-amz-security-token" in sent, "unsigned": unsigned,
        "differences": [{"header": name, "sent": sent.get(name), "botocore": made.get(name)} for name in SIGNING if sent.get(name) != made.get(name)],
    }


def main():
    credentials = json.loads(sys.stdin.readline())["credentials"]
    for line in sys.stdin:
        if line.strip():
            print(json.dumps(again(json.loads(line), credentials)))


if __name__ == "__main__":
    main()
