# SPDX-License-Identifier: Apache-2.0
"""IAM policies as far as ours go: the very files of deploy/aws, with their placeholders filled in."""
import fnmatch
import json
import pathlib

DEPLOYED = pathlib.Path(__file__).resolve().parents[3] / "deploy" / "aws"


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
        applying = [statement for statement in self.statements if self._applies(statement, action, resource, context)]
        return bool(applying) and all(statement["Effect"] == "Allow" for statement in applying)

    @staticmethod
    def _applies(statement, action, resource, context):
        def listed(value):
            return value if isinstance(value, list) else [value]

        if not any(fnmatch.fnmatchcase(action, pattern) for pattern in listed(statement["Action"])):
            return False
        if not any(fnmatch.fnmatchcase(resource, pattern) for pattern in listed(statement["Resource"])):
            return False
        for operator, tests in statement.get("Condition", {}).items():
            for name, wanted in tests.items():
                prefix, _, key = name.partition("kms:EncryptionContext:")
                if operator not in ("StringEquals", "StringNotEquals") or prefix or not key:
                    raise ValueError(f"the condition {operator} {name} is not modelled")
                if (context.get(key) in listed(wanted)) != (operator == "StringEquals"):
                    return False
        return True


ANYTHING = Policy({"Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]})
NOTHING = Policy({"Statement": []})
