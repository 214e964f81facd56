# SPDX-License-Identifier: Apache-2.0
"""Who may sign requests and what each may do: three roles, long-lived keys for each, temporary ones on request."""
import fnmatch
import json
import secrets
import string
import threading

ACCOUNT = "123456789012"

# What a serving replica needs is the whole of "gatehouse"; docs/storage.md says the same.
ROLES = {
    "administrator": ["*"],
    "maintenance": [
        "dynamodb:CreateTable", "dynamodb:DescribeTable", "dynamodb:DescribeTimeToLive", "dynamodb:UpdateTimeToLive",
        "dynamodb:DescribeContinuousBackups", "dynamodb:UpdateContinuousBackups", "dynamodb:Scan", "dynamodb:GetItem",
        "dynamodb:BatchGetItem", "dynamodb:PutItem", "dynamodb:DeleteItem", "kms:GenerateDataKey", "kms:Decrypt", "kms:ReEncrypt", "kms:DescribeKey",
    ],
    "gatehouse": ["dynamodb:GetItem", "dynamodb:BatchGetItem", "dynamodb:PutItem", "dynamodb:DeleteItem", "kms:GenerateDataKey", "kms:Decrypt"],
    "stranger": [],
}
KEY_USES = {"kms:Encrypt", "kms:Decrypt", "kms:GenerateDataKey", "kms:GenerateDataKeyWithoutPlaintext", "kms:ReEncrypt"}
ALPHABET = string.ascii_uppercase + "234567"


def arn_of_role(role):
    return f"arn:aws:iam::{ACCOUNT}:role/{role}"


class Identity:
    def __init__(self, role, prefix, token=None, expires=None):
        self.role, self.token, self.expires = role, token, expires
        self.access_key_id = prefix + "".join(secrets.choice(ALPHABET) for _ in range(16))
        self.secret_access_key = secrets.token_urlsafe(30)
        self.arn = f"arn:aws:sts::{ACCOUNT}:assumed-role/{role}/task" if token else f"arn:aws:iam::{ACCOUNT}:user/{role}"


class Identities:
    def __init__(self):
        self._by_key, self._lock = {}, threading.Lock()
        self.long_lived = {role: self._add(Identity(role, "AKIA")) for role in ROLES}
        self.denied = {}  # role -> patterns of actions refused although the role has them

    def _add(self, identity):
        with self._lock:
            self._by_key[identity.access_key_id] = identity
        return identity

    def find(self, access_key_id):
        return self._by_key.get(access_key_id)

    def lend(self, role, expires):
        return self._add(Identity(role, "ASIA", "FwoG" + secrets.token_urlsafe(240), expires))

    def revoke_all(self, role):
        """Temporary credentials of this role stop working at once, as if their time had come."""
        with self._lock:
            for identity in self._by_key.values():
                if identity.role == role and identity.token:
                    identity.expires = 0

    def refusal(self, identity, action, resource, context):
        """None when allowed, else AWS's words. A serving role may use keys only with an encryption context."""
        allowed = any(fnmatch.fnmatchcase(action, pattern) for pattern in ROLES[identity.role])
        if any(fnmatch.fnmatchcase(action, pattern) for pattern in self.denied.get(identity.role, [])):
            return f"User: {identity.arn} is not authorized to perform: {action} on resource: {resource} with an explicit deny in an identity-based policy"
        if identity.role != "administrator" and action in KEY_USES and not context:
            allowed = False
        if allowed:
            return None
        return f"User: {identity.arn} is not authorized to perform: {action} on resource: {resource} because no identity-based policy allows the {action} action"


def context_of(body):
    context = body.get("EncryptionContext") or body.get("SourceEncryptionContext") or {}
    return context if isinstance(context, dict) else {"unreadable": json.dumps(context)}
