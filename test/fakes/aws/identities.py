# SPDX-License-Identifier: Apache-2.0
"""Who may sign requests and what each may do: three users with long-lived keys, roles with temporary ones."""
import fnmatch
import json
import re
import secrets
import string
import threading

from moto.iam.models import iam_backends

from policies import ACCOUNT, ANYTHING, NOTHING, Policy

ROOT = f"arn:aws:iam::{ACCOUNT}:root"
ALPHABET = string.ascii_uppercase + "234567"
ROLE_ARN = re.compile(rf"arn:aws:iam::{ACCOUNT}:role/([\w+=,.@-]{{1,64}})$")
UNASSUMABLE = "unassumable"


def arn_of_role(role):
    return f"arn:aws:iam::{ACCOUNT}:role/{role}"


def role_of_arn(arn):
    """None for what is no role here, and for the one that nobody may assume."""
    match = ROLE_ARN.match(arn)
    return match[1] if match and match[1] != UNASSUMABLE else None


class Identity:
    def __init__(self, role, prefix, token=None, expires=None):
        self.role, self.token, self.expires = role, token, expires
        self.access_key_id = prefix + "".join(secrets.choice(ALPHABET) for _ in range(16))
        self.secret_access_key = secrets.token_urlsafe(30)
        self.principal = arn_of_role(role) if token else f"arn:aws:iam::{ACCOUNT}:user/{role}"
        self.arn = f"arn:aws:sts::{ACCOUNT}:assumed-role/{role}/task" if token else f"arn:aws:iam::{ACCOUNT}:user/{role}"


class Identities:
    def __init__(self, region):
        self._region, self._by_key, self._lock = region, {}, threading.Lock()
        self.long_lived = {role: self._add(Identity(role, "AKIA")) for role in ("administrator", "maintenance", "gatehouse", "stranger")}
        self.denied = {}  # role -> patterns of actions refused although the role has them
        self.name_table("gatehouse")

    def name_table(self, table):
        """Which table the deployed policies are about. They take any key, as there are several in a test."""
        values = {"REGION": self._region, "ACCOUNT": ACCOUNT, "TABLE": table, "KEY": "*"}
        self._policies = {
            "administrator": ANYTHING,
            "gatehouse": Policy.deployed("serving-policy.json", **values),
            "maintenance": Policy.deployed("maintenance-policy.json", **values),
        }

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

    def refusal(self, identity, action, resource, context, resource_policy=None):
        """None when allowed, else AWS's words. Roles that are not known by name, and that nobody has made, may do nothing. `resource_policy`: of a key."""
        words = f"User: {identity.arn} is not authorized to perform: {action} on resource: {resource}"
        if any(fnmatch.fnmatchcase(action, pattern) for pattern in self.denied.get(identity.role, [])):
            return f"{words} with an explicit deny in an identity-based policy"
        own = self._policy_of(identity.role).verdict(action, resource, context)
        if own == "Deny":
            return f"{words} with an explicit deny in an identity-based policy"
        if resource_policy is None:
            return None if own else f"{words} because no identity-based policy allows the {action} action"
        return self._refusal_by_key(resource_policy, own, words, action, (action, resource, context), identity)

    def _refusal_by_key(self, policy, own, words, action, call, identity):
        """A key is used by whom its policy names; naming the account leaves it to the policies of identities."""
        if policy.verdict(*call, principals=[identity.principal, "*"]) == "Deny":
            return f"{words} with an explicit deny in a resource-based policy"
        if policy.verdict(*call, principals=[identity.principal, "*"]) or (own and policy.verdict(*call, principals=[ROOT])):
            return None
        kind = "resource-based" if own else "identity-based"
        return f"{words} because no {kind} policy allows the {action} action"

    def _policy_of(self, role):
        if role in self._policies:
            return self._policies[role]
        made = next((one for one in iam_backends[ACCOUNT]["aws"].roles.values() if one.name == role), None)
        return Policy({"Statement": [one for text in made.policies.values() for one in json.loads(text)["Statement"]]}) if made else NOTHING


def uses_of(operation, body):
    """(action, encryption context) pairs that one KMS call needs."""
    def read(name):
        value = body.get(name) or {}
        return value if isinstance(value, dict) else {}

    if operation == "ReEncrypt":
        return [("kms:ReEncryptFrom", read("SourceEncryptionContext")), ("kms:ReEncryptTo", read("DestinationEncryptionContext"))]
    return [(f"kms:{operation}", read("EncryptionContext"))]
