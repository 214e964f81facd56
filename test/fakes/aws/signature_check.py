# SPDX-License-Identifier: Apache-2.0
"""Checks Signature Version 4 with botocore's own signer, and answers wrong ones in AWS's words."""
import hmac
import re
from datetime import datetime, timedelta, timezone

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.compat import HTTPHeaders
from botocore.credentials import Credentials

STAMP = "%Y%m%dT%H%M%SZ"
SKEW = timedelta(minutes=5)
SHAPE = re.compile(r"AWS4-HMAC-SHA256 Credential=([^/,\s]+)/(\d{8})/([^/,]+)/([^/,]+)/aws4_request, ?SignedHeaders=([^,]+), ?Signature=([0-9a-f]{64})\s*$")


class Refused(Exception):
    """An error type of AWS and its message."""

    def __init__(self, kind, message):
        super().__init__(message)
        self.kind, self.message = kind, message


class Parts:
    """What an Authorization header says."""

    def __init__(self, header):
        match = SHAPE.match(header or "")
        if not match:
            raise Refused("IncompleteSignatureException", "Authorization header requires 'Credential', 'SignedHeaders' and 'Signature' parameters.")
        self.access_key_id, self.day, self.region, self.service, signed, self.signature = match.groups()
        self.signed_headers = signed.split(";")


class ExactSigner(SigV4Auth):
    """Signs exactly the headers it is given. botocore by itself leaves out some, such as User-Agent."""

    def headers_to_sign(self, request):
        headers = HTTPHeaders()
        for name, value in request.headers.items():
            headers[name.lower()] = value
        return headers


def authorization_of(method, url, headers, body, parts, stamp, secret, token=None):
    """The Authorization header that botocore computes. `headers`: pairs with lower-case names, of which the named ones are signed."""
    request = AWSRequest(method=method, url=url, data=body)
    for name, value in headers:
        if name in parts.signed_headers:
            request.headers[name] = value
    request.context["timestamp"] = stamp
    signer = ExactSigner(Credentials(parts.access_key_id, secret, token), parts.service, parts.region)
    canonical = signer.canonical_request(request)
    signature = signer.signature(signer.string_to_sign(request, canonical), request)
    scope = f"{parts.access_key_id}/{stamp[:8]}/{parts.region}/{parts.service}/aws4_request"
    return canonical, f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders={signer.signed_headers(signer.headers_to_sign(request))}, Signature={signature}"


def check(method, url, headers, body, identities, now):
    """Who signed this request. Raises Refused. `now`: seconds since the epoch by the cloud's clock."""
    named = dict(headers)
    if "authorization" not in named:
        raise Refused("MissingAuthenticationTokenException", "Missing Authentication Token")
    parts = Parts(named["authorization"])
    identity = identities.find(parts.access_key_id)
    token = named.get("x-amz-security-token")
    if identity is None or (identity.token or "") != (token or ""):
        raise Refused("UnrecognizedClientException", "The security token included in the request is invalid.")
    must = {"host", "x-amz-date", *(name for name in named if name.startswith("x-amz-"))}
    missing = sorted(must - set(parts.signed_headers))
    if missing:
        raise Refused("InvalidSignatureException", f"'{missing[0]}' must be a 'SignedHeader' in the AWS Authorization.")
    stamp = named.get("x-amz-date", "")
    _check_time(stamp, parts, now)
    _, wanted = authorization_of(method, url, headers, body, parts, stamp, identity.secret_access_key, token)
    if not hmac.compare_digest(wanted.rsplit("=", 1)[1], parts.signature):
        raise Refused("InvalidSignatureException", "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.")
    if identity.expires is not None and now >= identity.expires:
        raise Refused("ExpiredTokenException", "The security token included in the request is expired")
    return identity, parts


def _check_time(stamp, parts, now):
    try:
        signed_at = datetime.strptime(stamp, STAMP).replace(tzinfo=timezone.utc)
    except ValueError:
        raise Refused("IncompleteSignatureException", f"Date must be in ISO-8601 'basic format'. Got '{stamp}'. See http://en.wikipedia.org/wiki/ISO_8601") from None
    here = datetime.fromtimestamp(int(now), timezone.utc)
    if parts.day != stamp[:8]:
        raise Refused("InvalidSignatureException", f"Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '{parts.day}' != '{stamp[:8]}', from '{stamp}'.")
    if signed_at < here - SKEW:
        raise Refused("InvalidSignatureException", f"Signature expired: {stamp} is now earlier than {(here - SKEW).strftime(STAMP)} ({here.strftime(STAMP)} - 5 min.)")
    if signed_at > here + SKEW:
        raise Refused("InvalidSignatureException", f"Signature not yet current: {stamp} is still later than {(here + SKEW).strftime(STAMP)} ({here.strftime(STAMP)} + 5 min.)")
