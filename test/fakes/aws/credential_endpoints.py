# SPDX-License-Identifier: Apache-2.0
"""Where software on AWS finds its credentials: the container endpoint, instance metadata v2, STS."""
import json
import secrets
from datetime import datetime, timezone
from urllib.parse import parse_qs
from xml.sax.saxutils import escape

from identities import ACCOUNT, UNASSUMABLE, arn_of_role, role_of_arn

STS = 'xmlns="https://sts.amazonaws.com/doc/2011-06-15/"'


def stamp(seconds):
    return datetime.fromtimestamp(int(seconds), timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


class CredentialEndpoints:
    def __init__(self, identities, settings, now):
        self._identities, self._settings, self._now = identities, settings, now
        self._metadata_tokens = set()

    def lend(self, role):
        return self._identities.lend(role, self._now() + self._settings["credential_seconds"])

    def answer(self, method, path, headers):
        """(status, content type, body) for a container or metadata path, None for any other."""
        if path.startswith("/_cloud/container/"):
            return self._container(path.rsplit("/", 1)[1], headers)
        if path.startswith("/latest/"):
            return self._metadata(method, path, headers)
        return None

    def _container(self, role, headers):
        wanted = self._settings["container_token"]
        if wanted and headers.get("authorization") != wanted:
            return 403, "application/json", json.dumps({"code": "Forbidden", "message": "invalid authorization"})
        if role == UNASSUMABLE:
            return 404, "application/json", json.dumps({"code": "NoSuchRole", "message": "no such role"})
        lent = self.lend(role)
        return 200, "application/json", json.dumps({
            "RoleArn": arn_of_role(role), "AccessKeyId": lent.access_key_id, "SecretAccessKey": lent.secret_access_key,
            "Token": lent.token, "Expiration": stamp(lent.expires)})

    def _metadata(self, method, path, headers):
        if path == "/latest/api/token":
            seconds = headers.get("x-aws-ec2-metadata-token-ttl-seconds", "")
            if method != "PUT" or "x-forwarded-for" in headers or not seconds.isdigit() or not 1 <= int(seconds) <= 21600:
                return (400 if method == "PUT" else 405), "text/plain", ""
            token = secrets.token_urlsafe(40)
            self._metadata_tokens.add(token)
            return 200, "text/plain", token
        if method != "GET":
            return 405, "text/plain", ""
        if headers.get("x-aws-ec2-metadata-token") not in self._metadata_tokens:
            return 401, "text/plain", ""
        role = self._settings["metadata_role"]
        base = "/latest/meta-data/iam/security-credentials"
        if path.rstrip("/") == base and role:
            return 200, "text/plain", role
        if role and path == f"{base}/{role}":
            lent = self.lend(role)
            return 200, "text/plain", json.dumps({
                "Code": "Success", "LastUpdated": stamp(self._now()), "Type": "AWS-HMAC", "AccessKeyId": lent.access_key_id,
                "SecretAccessKey": lent.secret_access_key, "Token": lent.token, "Expiration": stamp(lent.expires)})
        return 404, "text/plain", ""

    def sts(self, form, who):
        """(status, XML). `who` checks the signature and gives the identity; roles with a web identity need none."""
        form = {name: values[0] for name, values in parse_qs(form).items()}
        action = form.get("Action", "")
        if action == "AssumeRoleWithWebIdentity":
            if form.get("WebIdentityToken") != self._settings["web_identity_token"]:
                return self.error(400, "InvalidIdentityToken", "The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)")
            return self._assumed(action, form, f"<SubjectFromWebIdentityToken>{escape(form.get('RoleSessionName', ''))}</SubjectFromWebIdentityToken>")
        identity = who()
        if action == "AssumeRole":
            return self._assumed(action, form, "")
        if action == "GetCallerIdentity":
            inner = f"<Arn>{identity.arn}</Arn><UserId>{identity.access_key_id}</UserId><Account>{ACCOUNT}</Account>"
            return self._result(action, inner)
        return self.error(400, "InvalidAction", f"Could not find operation {escape(action)} for version 2011-06-15")

    def _assumed(self, action, form, more):
        role = role_of_arn(form.get("RoleArn", ""))
        if not form.get("RoleSessionName"):
            return self.error(400, "ValidationError", "1 validation error detected: Value null at 'roleSessionName' failed to satisfy constraint: Member must not be null")
        if role is None:
            return self.error(403, "AccessDenied", f"Not authorized to perform sts:{action}")
        lent = self.lend(role)
        return self._result(action, (
            f"<AssumedRoleUser><AssumedRoleId>AROA:{escape(form['RoleSessionName'])}</AssumedRoleId><Arn>{lent.arn}</Arn></AssumedRoleUser>"
            f"<Credentials><AccessKeyId>{lent.access_key_id}</AccessKeyId><SecretAccessKey>{lent.secret_access_key}</SecretAccessKey>"
            f"<SessionToken>{lent.token}</SessionToken><Expiration>{stamp(lent.expires)}</Expiration></Credentials>{more}"))

    @staticmethod
    def _result(action, inner):
        return 200, f"<{action}Response {STS}><{action}Result>{inner}</{action}Result><ResponseMetadata><RequestId>{secrets.token_hex(16)}</RequestId></ResponseMetadata></{action}Response>"

    @staticmethod
    def error(status, code, message):
        return status, f"<ErrorResponse {STS}><Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error><RequestId>{secrets.token_hex(16)}</RequestId></ErrorResponse>"
