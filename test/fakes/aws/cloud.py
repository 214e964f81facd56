# SPDX-License-Identifier: Apache-2.0
"""DynamoDB, KMS and STS on 127.0.0.1 as the gateway meets them at AWS: moto behind real signature and permission checks.

Prints one line of JSON when it answers. See README.md.
"""
import argparse
import functools
import json
import os
import re
import secrets
import signal
import threading
import time
import traceback
import uuid
import zlib
from collections import deque
from email.utils import formatdate
from xml.sax.saxutils import escape

from moto.kms.models import kms_backends
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app

import kms_rules
from credential_endpoints import CredentialEndpoints
from http_front import Server
from identities import ACCOUNT, ALPHABET, Identities, uses_of
from moto_gaps import Memory
from resources import Api
from signature_check import Refused, check
from stacks import Stacks

TARGETS = {"DynamoDB_20120810": "dynamodb", "TrentService": "kms"}
CONTENT_TYPES = {"dynamodb": "application/x-amz-json-1.0", "kms": "application/x-amz-json-1.1"}
SERVICE = re.compile(r"Credential=[^/,\s]+/\d{8}/[^/,]+/([^/,]+)/aws4_request")
LOG_MAX = 50_000
RESTING = {
    "clock_offset": 0,            # seconds that this cloud is ahead of the machine
    "check_signatures": True,
    "credential_seconds": 3600,   # life of temporary credentials
    "credential_delay_ms": 0,     # how late the container endpoint, metadata and STS answer
    "credential_status": 0,       # and with which error, when not 0
    "container_token": "",        # what the container endpoint wants in Authorization
    "metadata_role": "gatehouse",  # "" for a machine without a role
    "table": "gatehouse",          # which the policies of deploy/aws are about
    "web_identity_token": "test-web-identity-token",
}


class Cloud:
    def __init__(self, region):
        self.region = region
        self.settings = dict(RESTING)
        self.identities = Identities(region)
        self.endpoints = CredentialEndpoints(self.identities, self.settings, self.now)
        self.log = deque(maxlen=LOG_MAX)
        self._count = 0
        self._moto = DomainDispatcherApplication(create_backend_app)
        # moto looks at a condition and then writes; two threads between the two would both win.
        self._one_at_a_time = {"dynamodb": threading.Lock(), "kms": threading.Lock()}
        key = kms_backends[ACCOUNT][region].create_key(None, "ENCRYPT_DECRYPT", "SYMMETRIC_DEFAULT", "sealing", None)
        kms_backends[ACCOUNT][region].create_alias(key.id, "alias/gatehouse")
        self.key_arn = key.arn
        self.url = ""  # once it listens
        self._internal = self.identities.long_lived["administrator"]
        self.stacks = Stacks(region, functools.cache(lambda: Api(self.url, region, self._internal)))
        self._memory = Memory()

    def now(self):
        return time.time() + self.settings["clock_offset"]

    # (status, headers, content) for any request
    def __call__(self, request):
        status, headers, content = self._answer(request)
        return status, {**headers, "Date": formatdate(self.now(), usegmt=True)}, content if isinstance(content, bytes) else content.encode()

    def _answer(self, request):
        path = request.path
        credentials = self._with_trouble(path, lambda: self.endpoints.answer(request.method, path, request.headers))
        if credentials:
            self._note(service="credentials", operation=path, status=credentials[0])
            return credentials[0], {"Content-Type": credentials[1]}, credentials[2]
        if path.startswith("/_cloud/"):
            return self._control(request)
        service, _, operation = request.headers.get("x-amz-target", "").partition(".")
        if service in TARGETS:
            return self._call(TARGETS[service], operation, request)
        signed_for = SERVICE.search(request.headers.get("authorization", ""))
        if signed_for and signed_for[1] != "sts":
            return self._any_other(signed_for[1], request)
        if request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded") or "Action=" in request.query:
            return self._sts(request)
        return 404, {"Content-Type": "text/plain"}, "nothing here"

    def _with_trouble(self, path, answer):
        if not path.startswith(("/_cloud/container/", "/latest/")):
            return None
        time.sleep(self.settings["credential_delay_ms"] / 1000)
        if self.settings["credential_status"]:
            return self.settings["credential_status"], "application/json", json.dumps({"message": "made to fail"})
        return answer()

    def _signer(self, request):
        url = f"http://{request.headers.get('host', '')}{request.target}"
        return check(request.method, url, list(request.headers.items()), request.body, self.identities, self.now())

    # --- DynamoDB and KMS ---------------------------------------------------------------------------------------------

    def _call(self, service, operation, request):
        request_id = "".join(secrets.choice(ALPHABET) for _ in range(52)) if service == "dynamodb" else str(uuid.uuid4())
        entry = {"service": service, "operation": operation, "request_id": request_id}
        try:
            status, content = self._checked(service, operation, request, entry)
        except Refused as refused:
            status, content = 400, self._error(service, refused)
        if status >= 400:
            entry["error"] = self._type_of(content)
        self._note(**entry, status=status)
        more = {"Content-Type": CONTENT_TYPES[service], "x-amzn-RequestId": request_id}
        if service == "dynamodb":
            more["x-amz-crc32"] = str(zlib.crc32(content))
        return status, more, content

    def _checked(self, service, operation, request, entry):
        region = self.region
        identity = None
        if self.settings["check_signatures"]:
            identity, parts = self._signer(request)
            if parts.service != service:
                raise Refused("InvalidSignatureException", f"Credential should be scoped to correct service: '{service}'.")
            region = parts.region
            entry.update(role=identity.role, access_key_id=identity.access_key_id, region=region)
        try:
            call = json.loads(request.body)
            if not isinstance(call, dict):
                raise ValueError
        except ValueError:
            raise Refused("SerializationException", "Start of structure or map found where not expected.") from None
        if service == "kms":
            entry["encryption_context"] = uses_of(operation, call)[0][1]
        if identity:
            self._authorize(identity, service, operation, call, region)
        if service == "kms":
            kms_rules.check(operation, call, ACCOUNT, region)
            request.body = json.dumps(kms_rules.for_moto(operation, call)).encode()
        with self._one_at_a_time[service]:
            return self._ask_moto(service, operation, request)

    def _authorize(self, identity, service, operation, call, region):
        if service == "kms":
            uses = []
            for action, context in uses_of(operation, call):
                about = {"KeyId": call["DestinationKeyId"]} if action == "kms:ReEncryptTo" else call
                uses.append((action, kms_rules.resource_of(about, ACCOUNT, region), context, kms_rules.policy_of(about, ACCOUNT, region)))
        else:
            names = list(call.get("RequestItems", {})) or [call.get("TableName", "*")]
            uses = [(f"dynamodb:{operation}", f"arn:aws:dynamodb:{region}:{ACCOUNT}:table/{name}", {}, None) for name in names]
        for action, resource, context, of_key in uses:
            words = self.identities.refusal(identity, action, resource, context, of_key)
            if words:
                raise Refused("AccessDeniedException", words)

    def _ask_moto(self, service, operation, request):
        try:
            status, _, content = self._moto_answer(service, operation, request)
        except Exception:  # whatever moto did not expect; AWS would not close the connection
            traceback.print_exc()
            return 500, self._error(service, Refused("InternalServerError" if service == "dynamodb" else "KMSInternalException", "Internal server error"))
        return status, content

    def _moto_answer(self, service, operation, request):
        began = []
        content = b"".join(self._moto(request.environ(), lambda line, headers, exc_info=None: began.append((int(line.split()[0]), headers))))
        status, headers = began[0]
        if status < 300:
            content = self._memory.answer(service, operation, request.body, content)
        return status, {name: value for name, value in headers if name.lower() not in ("content-length", "connection", "date", "server")}, content

    @staticmethod
    def _error(service, refused):
        own = {"AccessDeniedException", "IncompleteSignatureException", "InvalidSignatureException", "MissingAuthenticationTokenException",
               "SerializationException", "UnrecognizedClientException", "ExpiredTokenException"}
        kind, denied = refused.kind, refused.kind == "AccessDeniedException"
        if service == "dynamodb":
            kind = ("com.amazon.coral.service#" if kind in own else "com.amazonaws.dynamodb.v20120810#") + kind
        answer = {"__type": kind}
        if refused.message is not None:
            answer["Message" if denied and service == "dynamodb" else "message"] = refused.message
        return json.dumps(answer).encode()

    @staticmethod
    def _type_of(content):
        try:
            return json.loads(content).get("__type", "").rsplit("#", 1)[-1]
        except ValueError:
            return "unreadable"

    # --- everything else: for administrators, and as moto has it ---------------------------------------------------------

    def _any_other(self, service, request):
        form = request.body.decode("utf-8", "replace") if request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded") else ""
        operation = form.partition("Action=")[2].partition("&")[0] or request.headers.get("x-amz-target", "").rpartition(".")[2] or f"{request.method} {request.path}"
        role = ""
        try:
            if self.settings["check_signatures"]:
                identity, _ = self._signer(request)
                role = identity.role
                words = self.identities.refusal(identity, f"{service}:{operation}", "*", {})
                if words:
                    raise Refused("AccessDeniedException", words)
            if service == "cloudformation":
                status, content = self.stacks.answer(form)
                headers, content = {"Content-Type": "text/xml"}, content.encode()
            else:
                status, headers, content = self._moto_answer(service, operation, request)
        except Refused as refused:
            status, headers, content = self._refusal(refused, request)
        self._note(service=service, operation=operation, role=role, status=status)
        return status, headers, content

    @staticmethod
    def _refusal(refused, request):
        if "x-amz-target" in request.headers:
            return 400, {"Content-Type": "application/x-amz-json-1.1"}, json.dumps({"__type": refused.kind, "message": refused.message}).encode()
        code = refused.kind.removesuffix("Exception")
        return 403, {"Content-Type": "text/xml"}, f"<ErrorResponse><Error><Code>{code}</Code><Message>{escape(str(refused.message))}</Message></Error></ErrorResponse>".encode()

    # --- STS ----------------------------------------------------------------------------------------------------------

    def _sts(self, request):
        form = request.query or request.body.decode("utf-8", "replace")
        time.sleep(self.settings["credential_delay_ms"] / 1000)
        if self.settings["credential_status"]:
            status, xml = self.endpoints.error(self.settings["credential_status"], "ServiceUnavailable", "made to fail")
        else:
            try:
                status, xml = self.endpoints.sts(form, lambda: self._signer(request)[0])
            except Refused as refused:
                codes = {"InvalidSignatureException": "SignatureDoesNotMatch", "UnrecognizedClientException": "InvalidClientTokenId", "ExpiredTokenException": "ExpiredToken"}
                status, xml = self.endpoints.error(403, codes.get(refused.kind, refused.kind.removesuffix("Exception")), refused.message)
        self._note(service="sts", operation=form.partition("Action=")[2].partition("&")[0], status=status)
        return status, {"Content-Type": "text/xml", "x-amzn-RequestId": str(uuid.uuid4())}, xml

    # --- levers -------------------------------------------------------------------------------------------------------

    def _control(self, request):
        name = request.path.removeprefix("/_cloud/")
        try:
            wanted = json.loads(request.body or b"{}")
            answer = self._act(request.method, name, wanted)
        except (KeyError, TypeError, ValueError, Refused) as error:
            return 400, {"Content-Type": "application/json"}, json.dumps({"error": f"{type(error).__name__}: {error}"})
        if answer is None:
            return 404, {"Content-Type": "application/json"}, json.dumps({"error": f"no such lever: {name}"})
        return 200, {"Content-Type": "application/json"}, json.dumps(answer)

    def _act(self, method, name, wanted):
        if method == "GET":
            return {"log": list(self.log)} if name == "log" else {"settings": self.settings, "denied": self.identities.denied} if name == "state" else None
        if name == "set":
            unknown = set(wanted) - set(RESTING)
            if unknown:
                raise ValueError(f"no such setting: {sorted(unknown)}")
            self.settings.update(wanted)
            self.identities.name_table(self.settings["table"])
        elif name == "deny":      # {"role": ..., "actions": ["kms:*"]}; an empty list lifts it
            self.identities.denied[wanted["role"]] = wanted["actions"]
        elif name == "key":       # {"key": id, ARN or alias, "state": "Enabled", "Disabled" or "PendingDeletion"}
            if wanted["state"] not in ("Enabled", "Disabled", "PendingDeletion"):
                raise ValueError(wanted["state"])
            kms_rules.set_state(wanted.get("key", self.key_arn), wanted["state"], ACCOUNT, self.region)
        elif name == "new_key":
            return {"key": kms_backends[ACCOUNT][self.region].create_key(None, "ENCRYPT_DECRYPT", "SYMMETRIC_DEFAULT", "another", None).arn}
        elif name == "lend":      # {"role": ..., "seconds": N}: temporary credentials
            lent = self.identities.lend(wanted["role"], self.now() + wanted.get("seconds", self.settings["credential_seconds"]))
            return {"access_key_id": lent.access_key_id, "secret_access_key": lent.secret_access_key, "session_token": lent.token}
        elif name == "revoke":    # {"role": ...}: its temporary credentials have expired
            self.identities.revoke_all(wanted["role"])
        elif name == "clear":     # settings and denials back to rest, the log emptied; tables and keys stay
            self.settings.update({**RESTING, "table": self.settings["table"]})
            self.identities.denied.clear()
            self.log.clear()
        else:
            return None
        return {"settings": self.settings, "denied": self.identities.denied}

    def _note(self, **entry):
        self._count += 1
        self.log.append({"n": self._count, "time": formatdate(self.now(), usegmt=True), **entry})


def end_with_parent(parent):
    while os.getppid() == parent:
        time.sleep(0.5)
    os._exit(0)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--region", default="eu-central-1")
    parser.add_argument("--end-with-parent", action="store_true")
    options = parser.parse_args()
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        del os.environ[name]
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    signal.signal(signal.SIGINT, lambda *_: os._exit(0))
    if options.end_with_parent:
        threading.Thread(target=end_with_parent, args=(os.getppid(),), daemon=True).start()
    cloud = Cloud(options.region)
    server = Server(options.port, cloud)
    cloud.url = f"http://127.0.0.1:{server.server_address[1]}"
    keys = {role: {"access_key_id": one.access_key_id, "secret_access_key": one.secret_access_key} for role, one in cloud.identities.long_lived.items()}
    print(json.dumps({"url": cloud.url, "pid": os.getpid(), "region": cloud.region, "account": ACCOUNT, "key": cloud.key_arn, "identities": keys}), flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
