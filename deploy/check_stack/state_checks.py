# SPDX-License-Identifier: Apache-2.0
"""Table, keys, roles, secret."""
from check_stack.rules import check, differing, listed

UPDATE = "Deploy deploy/cloudformation/gatehouse.yaml again; if somebody changed it by hand, the command in brackets puts it back"
USES = {"kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey", "kms:ReEncryptFrom", "kms:ReEncryptTo", "kms:CreateGrant"}
# Roles that open what is stored -> all that each may do, on the table and on keys.
RECORDS = {
    "TaskRole": ["dynamodb:BatchGetItem", "dynamodb:DeleteItem", "dynamodb:GetItem", "dynamodb:PutItem"],
    "OperatorRole": ["dynamodb:BatchGetItem", "dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Scan"]}
DATA_KEYS = {
    "TaskRole": ["kms:Decrypt", "kms:GenerateDataKey"],
    "OperatorRole": ["kms:Decrypt", "kms:GenerateDataKey", "kms:ReEncryptFrom", "kms:ReEncryptTo"]}


@check("stack-state", "the stack is complete", "See the events of the stack in CloudFormation")
def stack_state(p):
    return "" if p.stack["StackStatus"] in ("CREATE_COMPLETE", "UPDATE_COMPLETE", "IMPORT_COMPLETE") else f"it is {p.stack['StackStatus']}"


@check("table-key", "records lie under sessionId", "The table cannot be changed: deploy a new stack, or restore this table from its backups")
def table_key(p):
    found = [(one["AttributeName"], one["KeyType"]) for one in p.table.get("KeySchema", [])]
    kinds = {one["AttributeName"]: one["AttributeType"] for one in p.table.get("AttributeDefinitions", [])}
    return "" if found == [("sessionId", "HASH")] and kinds == {"sessionId": "S"} else f"the key is {found} of {kinds}"


@check("table-billing", "the table is on demand", f"{UPDATE} (aws dynamodb update-table --billing-mode PAY_PER_REQUEST)")
def table_billing(p):
    mode = p.table.get("BillingModeSummary", {}).get("BillingMode", "PROVISIONED")
    return "" if mode == "PAY_PER_REQUEST" else f"it is {mode}"


@check("table-ttl", "the table forgets what has ended, by the attribute ttl", f"{UPDATE} (aws dynamodb update-time-to-live --time-to-live-specification Enabled=true,AttributeName=ttl)")
def table_ttl(p):
    on = p.ttl.get("TimeToLiveStatus") in ("ENABLED", "ENABLING") and p.ttl.get("AttributeName") == "ttl"
    return "" if on else f"time to live is {p.ttl.get('TimeToLiveStatus')} on {p.ttl.get('AttributeName')}"


@check("table-backups", "every second of the last 35 days can be restored", f"{UPDATE} (aws dynamodb update-continuous-backups --point-in-time-recovery-specification PointInTimeRecoveryEnabled=true)")
def table_backups(p):
    status = p.backups.get("PointInTimeRecoveryDescription", {}).get("PointInTimeRecoveryStatus")
    return "" if status == "ENABLED" else f"point-in-time recovery is {status}"


@check("table-protection", "the table cannot be deleted by mistake", f"{UPDATE} (aws dynamodb update-table --deletion-protection-enabled)")
def table_protection(p):
    return "" if p.table.get("DeletionProtectionEnabled") else "deletion protection is off"


@check("table-encryption", "the table is encrypted as the parameter TableEncryption says", UPDATE)
def table_encryption(p):
    wanted, sse = p.parameters.get("TableEncryption", "aws-owned"), p.table.get("SSEDescription", {})
    own = p.keys.get("TableKey", {}).get("Arn")
    if wanted == "aws-owned":
        return "" if not sse else f"it is under {sse.get('KMSMasterKeyArn', 'a key of KMS')}"
    if sse.get("Status") not in ("ENABLED", "UPDATING") or sse.get("SSEType") != "KMS":
        return "it is under the key that AWS owns"
    if wanted == "own-key":
        return "" if sse.get("KMSMasterKeyArn") == own else f"it is under {sse.get('KMSMasterKeyArn')}, not under {own}"
    return ""


def _of_each(things, look):
    """What `look` finds wrong with each of them, behind its name where there are several."""
    found = {name: look(thing) for name, thing in things.items()}
    return "; ".join(f"{name}: {wrong}" if len(things) > 1 else wrong for name, wrong in found.items() if wrong)


@check("key-kind", "every sealing key is symmetric, for encryption, and in use", "Enable it, or cancel its deletion: aws kms enable-key, aws kms cancel-key-deletion")
def key_kind(p):
    return _of_each(p.sealing_keys, lambda key: differing(key, {"KeySpec": "SYMMETRIC_DEFAULT", "KeyUsage": "ENCRYPT_DECRYPT", "KeyState": "Enabled"}))


@check("key-rotation", "keys rotate every year", f"{UPDATE} (aws kms enable-key-rotation --rotation-period-in-days 365)")
def key_rotation(p):
    keys = {**{name: key for name, key in p.keys.items() if name != "Key"}, **p.sealing_keys}
    wrong = [name for name, key in keys.items() if not key["rotation"].get("KeyRotationEnabled") or key["rotation"].get("RotationPeriodInDays", 365) > 365]
    return f"not so: {', '.join(wrong)}" if wrong else ""


def _of_principal(policy, principal, effect):
    return [one for one in policy["Statement"] if one["Effect"] == effect and principal in listed(one["Principal"].get("AWS", []) if isinstance(one["Principal"], dict) else [one["Principal"]])]


def _covers(action, pattern):
    pattern = "kms:ReEncryptFrom" if pattern == "kms:ReEncrypt*" else pattern
    return pattern in ("*", "kms:*", action) or (pattern.endswith("*") and action.startswith(pattern[:-1]))


@check("key-root", "the account administers the sealing keys and cannot use them", UPDATE)
def key_root(p):
    root = f"arn:aws:iam::{p.stack['StackId'].split(':')[4]}:root"

    def look(key):
        granted = [action for one in _of_principal(key["policy"], root, "Allow") for action in listed(one["Action"])]
        if not any(_covers("kms:PutKeyPolicy", one) for one in granted):
            return "nobody could change the key policy"
        too_much = sorted(one for one in granted if any(_covers(use, one) for use in USES))
        return f"the account may {', '.join(too_much)}" if too_much else ""

    return _of_each(p.sealing_keys, look)


def _context_of(statement):
    return {name.split(":")[-1]: value for name, value in statement.get("Condition", {}).get("StringEquals", {}).items() if name.startswith("kms:EncryptionContext:")}


def _uses_of(policy):
    """Who -> how a key may be used, as the policy writes it; without the account, which another check is about."""
    found = {}
    for one in policy["Statement"]:
        uses = {action for action in listed(one["Action"]) if any(_covers(use, action) for use in USES)}
        for who in listed(one["Principal"].get("AWS", []) if isinstance(one["Principal"], dict) else one["Principal"]):
            if one["Effect"] == "Allow" and uses and not who.endswith(":root"):
                found.setdefault(who, set()).update(uses)
    return found


@check("key-users", "only the tasks and an operator's tasks use the sealing keys, for what they need", UPDATE)
def key_users(p):
    wanted = {p.roles[name]["arn"]: set(uses) for name, uses in DATA_KEYS.items()}

    def look(key):
        found = _uses_of(key["policy"])
        wrong = [f"{who} may {', '.join(sorted(uses - wanted.get(who, set())))}" for who, uses in found.items() if uses - wanted.get(who, set())]
        wrong += [f"{who} may not {', '.join(sorted(uses - found.get(who, set())))}" for who, uses in wanted.items() if uses - found.get(who, set())]
        return "; ".join(wrong)

    return _of_each(p.sealing_keys, look)


@check("key-context", "the key policy lets roles use a sealing key with the context of this table only", UPDATE)
def key_context(p):
    wanted = {"app": "gatehouse", "table": p.ids.get("Table")}

    def look(key):
        allowed = [one for role in DATA_KEYS for one in _of_principal(key["policy"], p.roles[role]["arn"], "Allow")]
        wrong = [_context_of(one) for one in allowed if _context_of(one) != wanted]
        return f"the context is {wrong[0]}, not {wanted}" if wrong else ""

    return _of_each(p.sealing_keys, look)


@check("key-deny", "without the context nobody uses a sealing key", UPDATE)
def key_deny(p):
    def look(key):
        for one in _of_principal(key["policy"], "*", "Deny"):
            if one.get("Condition") == {"StringNotEquals": {"kms:EncryptionContext:app": "gatehouse"}} and set(DATA_KEYS["OperatorRole"]) <= set(listed(one["Action"])):
                return ""
        return "the key policy has no such Deny"

    return _of_each(p.sealing_keys, look)


def _statements(role):
    return [one for policy in role["inline"].values() for one in listed(policy.get("Statement", []))]


def _of_roles(p, look):
    return _of_each({name: name for name in DATA_KEYS}, lambda name: look(name, p.roles[name]))


@check("role-attached", "roles that open what is stored have one policy each, of their own", "Detach every other policy from the role")
def role_attached(p):
    def look(name, role):
        extra = role["attached"] + sorted(role["inline"])[1:]
        return f"besides it has {', '.join(extra)}" if extra else "" if role["inline"] else "it has none"

    return _of_roles(p, look)


@check("role-resources", "they name every resource in full", UPDATE)
def role_resources(p):
    def look(name, role):
        wide = sorted({one for statement in _statements(role) for one in listed(statement["Resource"]) if "*" in one or "?" in one})
        return f"it names {', '.join(wide)}" if wide else ""

    return _of_roles(p, look)


@check("role-table", "on the table, the tasks read and write single records, and an operator's tasks list besides", UPDATE)
def role_table(p):
    return _of_roles(p, lambda name, role: _role_actions(role, "dynamodb:", RECORDS[name], {p.table.get("TableArn")}))


@check("role-key", "on the sealing keys, the tasks make and open data keys, and an operator's tasks wrap them anew besides", UPDATE)
def role_key(p):
    return _of_roles(p, lambda name, role: _role_actions(role, "kms:", DATA_KEYS[name], set(p.sealing_keys)))


def _role_actions(role, prefix, wanted, on):
    statements = [one for one in _statements(role) if any(action.startswith(prefix) for action in listed(one["Action"]))]
    actions = sorted(action for one in statements for action in listed(one["Action"]))
    resources = {one for statement in statements for one in listed(statement["Resource"])}
    if actions != wanted:
        return f"it may {', '.join(actions) or 'nothing'}, not {', '.join(wanted)}"
    return "" if resources == on else f"on {', '.join(sorted(resources))}, not on {', '.join(sorted(on))}"


@check("role-other", "they may do nothing else", UPDATE)
def role_other(p):
    def look(name, role):
        other = sorted({action for one in _statements(role) for action in listed(one["Action"]) if not action.startswith(("dynamodb:", "kms:"))})
        return f"it may {', '.join(other)}" if other else ""

    return _of_roles(p, look)


@check("role-context", "they use keys with the context of this table only", UPDATE)
def role_context(p):
    wanted = {"app": "gatehouse", "table": p.ids.get("Table")}

    def look(name, role):
        found = [_context_of(one) for one in _statements(role) if any(action.startswith("kms:") for action in listed(one["Action"]))]
        return next((f"the context is {one}, not {wanted}" for one in found if one != wanted), "")

    return _of_roles(p, look)


@check("role-maintenance", "the role for tasks that list sessions may list records, and has nothing of the key", UPDATE)
def role_maintenance(p):
    role = p.roles["MaintenanceRole"]
    wrong = list(role["attached"])
    for one in _statements(role):
        wrong += [f"{action} on {resource}" for action in listed(one["Action"]) for resource in listed(one["Resource"])
                  if action != "dynamodb:Scan" or resource != p.table.get("TableArn")]
    return "; ".join(wrong)


@check("role-trust", "only ECS tasks of this account take the roles", UPDATE)
def role_trust(p):
    account = p.stack["StackId"].split(":")[4]
    for name, role in p.roles.items():
        for one in role["trust"].get("Statement", [{}]):
            if one.get("Principal") != {"Service": "ecs-tasks.amazonaws.com"} or one.get("Condition", {}).get("StringEquals") != {"aws:SourceAccount": account}:
                return f"{name} is open to {one.get('Principal')} with {one.get('Condition')}"
    return ""


@check("execution-role", "the role that starts tasks reads one secret, writes one log, pulls images", UPDATE)
def execution_role(p):
    wanted = {
        "ecr:GetAuthorizationToken": "*", "secretsmanager:GetSecretValue": p.ids.get("GoogleSecret", ""), "logs:CreateLogStream": p.log_group.get("arn", ""),
        "logs:PutLogEvents": p.log_group.get("arn", "")}
    wrong = list(p.roles["ExecutionRole"]["attached"])
    for one in _statements(p.roles["ExecutionRole"]):
        for action in listed(one["Action"]):
            for resource in listed(one["Resource"]):
                image = action in ("ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer") and ":repository/" in resource
                if not image and wanted.get(action) != resource:
                    wrong.append(f"{action} on {resource}")
    return "; ".join(wrong)


@check("secret", "Google's client secret lies in Secrets Manager and reaches the container as a secret", UPDATE)
def secret(p):
    if not p.secret.get("ARN"):
        return "there is no secret"
    secrets = {one["name"]: one["valueFrom"] for one in p.container.get("secrets", [])}
    if secrets != {"GOOGLE_CLIENT_SECRET": p.secret["ARN"]}:
        return f"the container's secrets are {secrets}"
    return "the secret is also in the environment" if "GOOGLE_CLIENT_SECRET" in p.environment else ""
