# SPDX-License-Identifier: Apache-2.0
"""IAM policies as far as ours go: the very files of deploy/aws, with their placeholders filled in."""
import fnmatch
import json
import pathlib

ACCOUNT = "123456789012"
DEPLOYED = pathlib.Path(__file__).resolve().parents[3] / "deploy" / "aws"


def listed(value):
    return value if isinstance(value, list) else [value]


def _value_of(name, context):
    """What a condition looks at, of a call that somebody of the account made directly. None: the call has no such thing."""
    if name.startswith("kms:EncryptionContext:"):
        return context.get(name.removeprefix("kms:EncryptionContext:"))
    if name in ("kms:CallerAccount", "kms:ViaService"):
        return ACCOUNT if name == "kms:CallerAccount" else None
    raise ValueError(f"the condition {name} is not modelled")


class Policy:
    def __init__(self, document, **values):
        """`values` replace placeholders such as TABLE wherever they stand alone between colons, slashes and quotes."""
        text = json.dumps(document)
        for name, value in values.items():
            for before, after in ((":", ":"), (":", "/"), ("/", '"'), ('"', '"')):
                text = text.replace(f"{before}{name}{after}", f"{before}{value}{after}")
        self.statements = json.loads(text)["Statement"]

    @classmethod
    def deployed(cls, name, **values):
        return cls(json.loads((DEPLOYED / name).read_text()), **values)

    def allows(self, action, resource, context):
        """`context`: the encryption context of a KMS call. A Deny that applies wins."""
        return self.verdict(action, resource, context) == "Allow"

    def verdict(self, action, resource, context, principals=None):
        """Allow, Deny or nothing at all. `principals`: who calls, for policies of a key; its ARN and "*" for what is for everybody."""
        effects = {statement["Effect"] for statement in self.statements if self._applies(statement, action, resource, context, principals)}
        return "Deny" if "Deny" in effects else "Allow" if effects else None

    @staticmethod
    def _applies(statement, action, resource, context, principals):
        if principals is not None:
            named = statement["Principal"] if isinstance(statement["Principal"], str) else statement["Principal"].get("AWS", [])
            if not set(listed(named)) & set(principals):
                return False
        if not any(fnmatch.fnmatchcase(action, pattern) for pattern in listed(statement["Action"])):
            return False
        if not any(fnmatch.fnmatchcase(resource, pattern) for pattern in listed(statement["Resource"])):
            return False
        for operator, tests in statement.get("Condition", {}).items():
            for name, wanted in tests.items():
                if operator not in ("StringEquals", "StringNotEquals"):
                    raise ValueError(f"the condition {operator} is not modelled")
                if (_value_of(name, context) in listed(wanted)) != (operator == "StringEquals"):
                    return False
        return True


ANYTHING = Policy({"Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]})
NOTHING = Policy({"Statement": []})
