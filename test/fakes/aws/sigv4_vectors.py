#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes the SigV4 vectors that src/gatehouse/aws/sigv4_test.cc replays, computed by botocore.

    sigv4_vectors.py [COUNT] > src/gatehouse/aws/testdata/sigv4_vectors.json

The same at every run. botocore is trusted because it reproduces the signature that AWS has published for its example
get-vanilla, which this script checks first.
"""
import json
import random
import sys
import urllib.parse

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

JSON_CALLS = [
    ("dynamodb", "DynamoDB_20120810.", ["GetItem", "PutItem", "UpdateItem", "DeleteItem", "BatchGetItem"], "1.0"),
    ("kms", "TrentService.", ["GenerateDataKey", "Decrypt", "DescribeKey"], "1.1"),
]
TEXTS = ["plain", "with space", "ünïcödé", "日本語", "emoji 😀", 'quote " and \\', "line\nbreak", "", "x" * 300, "a+b/c==&d%20"]
HEADER_VALUES = ["one", "two  spaces", "  padded  ", "tab\tinside", "a,b;c=d", 'quoted "  text  "', "", "a+b/c=="]
PATHS = ["/", "/", "/", "/plain", "/with%20space", "/a%2Fb/c", "/trailing/", "/a//b", "/a/./b/../c", "/%E6%97%A5%E6%9C%AC",
         "/tilde~dash-dot.under_", "/plus+at@colon:"]
QUERIES = ["", "", "", "b=2&a=1", "a=2&a=1", "a=&b", "name=with%20space&x=%2F%2B", "A=1&a=2&B=3", "p=%E6%97%A5"]
TOKEN_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/="
SECRET_LETTERS = "abcdefghijklmnopQRSTUVWXYZ0123456789+/"


def sign(access_key, secret, token, region, service, date, request):
    auth = SigV4Auth(Credentials(access_key, secret, token), service, region)
    request.context["timestamp"] = date
    request.headers["X-Amz-Date"] = date
    if token:
        request.headers["X-Amz-Security-Token"] = token
    canonical = auth.canonical_request(request)
    to_sign = auth.string_to_sign(request, canonical)
    signed = auth.signed_headers(auth.headers_to_sign(request))
    authorization = (
        f"AWS4-HMAC-SHA256 Credential={auth.scope(request)}, SignedHeaders={signed}, "
        f"Signature={auth.signature(to_sign, request)}"
    )
    return canonical, authorization


def case(name, method, host, path, query, headers, body, access_key, secret, token, region, service, date):
    url = f"https://{host}{path}" + (f"?{query}" if query else "")
    request = AWSRequest(method, url, data=body.encode())
    for header, value in headers:
        request.headers[header] = value
    canonical, authorization = sign(access_key, secret, token, region, service, date, request)
    return {
        "name": name, "method": method, "host": host, "path": path, "query": query, "headers": headers, "body": body,
        "access_key": access_key, "secret": secret, "token": token or "", "region": region, "service": service, "date": date,
        "canonical_request": canonical, "authorization": authorization,
    }


def published():
    made = case("get-vanilla", "GET", "example.amazonaws.com", "/", "", [], "", "AKIDEXAMPLE",
                "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", None, "us-east-1", "service", "20150830T123600Z")
    assert made["authorization"].endswith("5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"), made
    return made


def text_of(letters, size, rnd):
    return "".join(rnd.choices(letters, k=size))


def credentials(rnd):
    access_key = "AKIA" + text_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", 16, rnd)
    token = None if rnd.random() < 0.3 else text_of(TOKEN_LETTERS, rnd.randrange(100, 400), rnd)
    return access_key, text_of(SECRET_LETTERS, 40, rnd), token


def date(rnd):
    return (f"20{rnd.randrange(24, 60)}{rnd.randrange(1, 13):02}{rnd.randrange(1, 29):02}"
            f"T{rnd.randrange(24):02}{rnd.randrange(60):02}{rnd.randrange(60):02}Z")


def json_case(n, rnd):
    service, prefix, names, version = rnd.choice(JSON_CALLS)
    region = rnd.choice(["us-east-1", "eu-central-1", "ap-southeast-2"])
    host = f"{service}.{region}.amazonaws.com" + rnd.choice(["", ":8443", ":80"])
    body = json.dumps({"k": [rnd.choice(TEXTS) for _ in range(rnd.randrange(4))]}, ensure_ascii=rnd.random() < 0.5)
    headers = [["Content-Type", f"application/x-amz-json-{version}"], ["X-Amz-Target", prefix + rnd.choice(names)]]
    return case(f"json-{n}", "POST", host, "/", "", headers, body, *credentials(rnd), region, service, date(rnd))


def query_case(n, rnd):
    region = rnd.choice(["us-east-1", "eu-west-1"])
    body = urllib.parse.urlencode({"Action": "AssumeRole", "Version": "2011-06-15", "RoleSessionName": rnd.choice(TEXTS[:6]),
                                   "RoleArn": "arn:aws:iam::123456789012:role/a+b"})
    headers = [["Content-Type", "application/x-www-form-urlencoded; charset=utf-8"]]
    return case(f"query-{n}", "POST", f"sts.{region}.amazonaws.com", "/", "", headers, body, *credentials(rnd), region, "sts",
                date(rnd))


def odd_case(n, rnd):
    """What the gateway does not send today, but a signer has to get right."""
    headers = [["Content-Type", "text/plain"]]
    headers += [[f"X-Amz-{text_of('ABCxyz', 3, rnd)}", rnd.choice(HEADER_VALUES)] for _ in range(rnd.randrange(4))]
    if rnd.random() < 0.4:
        headers += [["My-Header", "second"], ["My-Header", "  first  of  two "]]
    host = rnd.choice(["example.amazonaws.com", "127.0.0.1:26000", "example.amazonaws.com:8443"])
    return case(f"odd-{n}", rnd.choice(["GET", "PUT", "POST", "DELETE"]), host, rnd.choice(PATHS), rnd.choice(QUERIES), headers,
                rnd.choice(TEXTS), *credentials(rnd), "us-east-1", "service", date(rnd))


def main(count):
    rnd = random.Random(20261124)
    cases = [published()]
    for n in range(1, count):
        cases.append([json_case, query_case, odd_case][n % 3](n, rnd))
    json.dump(cases, sys.stdout, indent=1, ensure_ascii=True)
    print()


main(int(sys.argv[1]) if len(sys.argv) > 1 else 61)
