# SPDX-License-Identifier: Apache-2.0
"""Table, keys, roles, secret."""
from check_stack.rules import check, differing, listed

UPDATE = "Deploy deploy/cloudformation/gatehouse.yaml again; if somebody changed it by hand, the command in brackets puts it back"
USES = {"kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey", "kms:ReEncryptFrom", "kms:CreateGrant"}
RECORDS = ["dynamodb:BatchGetItem", "dynamodb:DeleteItem", "dynamodb:GetItem", "dynamodb:PutItem"]

MAINTENANCE = {*RECORDS, *(f"dynamodb:{name}" for name in (
    "CreateTable", "DescribeContinuousBackups", "DescribeTable", "DescribeTimeToLive", "Scan", "UpdateContinuousBackups", "UpdateTimeToLive"))}


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


@check("key-kind", "the sealing key is symmetric, for encryption, and in use", "Enable it, or cancel its deletion: aws kms enable-key, aws kms cancel-key-deletion")
def key_kind(p):
    return differing(p.keys.get("Key", {}), {"KeySpec": "SYMMETRIC_DEFAULT", "KeyUsage": "ENCRYPT_DECRYPT", "KeyState": "Enabled"})


@check("key-rotation", "keys rotate every year", f"{UPDATE} (aws kms enable-key-rotation --rotation-period-in-days 365)")
def key_rotation(p):
    wrong = [name for name, key in p.keys.items() if not key["rotation"].get("KeyRotationEnabled") or key["rotation"].get("RotationPeriodInDays", 365) > 365]
    return f"not so: {', '.join(wrong)}" if wrong else ""


def _of_principal(policy, principal, effect):
    return [one for one in policy["Statement"] if one["Effect"] == effect and principal in listed(one["Principal"].get("AWS", []) if isinstance(one["Principal"], dict) else [one["Principal"]])]


def _covers(action, pattern):
    pattern = "kms:ReEncryptFrom" if pattern == "kms:ReEncrypt*" else pattern
    return pattern in ("*", "kms:*", action) or (pattern.endswith("*") and action.startswith(pattern[:-1]))


@check("key-root", "the account administers the sealing key and cannot use it", UPDATE)
def key_root(p):
    root = f"arn:aws:iam::{p.stack['StackId'].split(':')[4]}:root"
    granted = [action for one in _of_principal(p.keys.get("Key", {"policy": {"Statement": []}})["policy"], root, "Allow") for action in listed(one["Action"])]
    if not any(_covers("kms:PutKeyPolicy", one) for one in granted):
        return "nobody could change the key policy"
    too_much = sorted(one for one in granted if any(_covers(use, one) for use in USES))
    return f"the account may {', '.join(too_much)}" if too_much else ""


def _context_of(statement):
    return {name.split(":")[-1]: value for name, value in statement.get("Condition", {}).get("StringEquals", {}).items() if name.startswith("kms:EncryptionContext:")}


@check("key-users", "only the tasks use the sealing key, for two things", UPDATE)
def key_users(p):
    role, wrong = p.roles["TaskRole"]["arn"], []
    for one in p.keys.get("Key", {"policy": {"Statement": []}})["policy"]["Statement"]:
        uses = sorted(action for action in listed(one["Action"]) if any(_covers(use, action) for use in USES))
        who = one["Principal"] if isinstance(one["Principal"], str) else one["Principal"].get("AWS")
        if one["Effect"] == "Allow" and uses and not (isinstance(who, str) and who.endswith(":root")) and (who != role or uses != ["kms:Decrypt", "kms:GenerateDataKey"]):
            wrong.append(f"{who} may {', '.join(uses)}")
    return "; ".join(wrong)


@check("key-context", "the key policy lets tasks use it with the context of this table only", UPDATE)
def key_context(p):
    allowed = _of_principal(p.keys.get("Key", {"policy": {"Statement": []}})["policy"], p.roles["TaskRole"]["arn"], "Allow")
    wanted = {"app": "gatehouse", "table": p.ids.get("Table")}
    wrong = [_context_of(one) for one in allowed if _context_of(one) != wanted]
    return "the tasks are not named in it" if not allowed else f"the context is {wrong[0]}, not {wanted}" if wrong else ""


@check("key-deny", "without the context nobody uses the sealing key", UPDATE)
def key_deny(p):
    for one in _of_principal(p.keys.get("Key", {"policy": {"Statement": []}})["policy"], "*", "Deny"):
        if one.get("Condition") == {"StringNotEquals": {"kms:EncryptionContext:app": "gatehouse"}} and {"kms:Decrypt", "kms:GenerateDataKey"} <= set(listed(one["Action"])):
            return ""
    return "the key policy has no such Deny"


def _statements(role):
    return [one for policy in role["inline"].values() for one in listed(policy.get("Statement", []))]


@check("role-attached", "the tasks' role has one policy, of its own", "Detach every other policy from the role")
def role_attached(p):
    role = p.roles["TaskRole"]
    extra = role["attached"] + sorted(role["inline"])[1:]
    return f"besides it has {', '.join(extra)}" if extra else "" if role["inline"] else "it has none"


@check("role-resources", "the tasks' role names every resource in full", UPDATE)
def role_resources(p):
    wide = sorted({one for statement in _statements(p.roles["TaskRole"]) for one in listed(statement["Resource"]) if "*" in one or "?" in one})
    return f"it names {', '.join(wide)}" if wide else ""


@check("role-table", "on the table, the tasks' role may read and write single records", UPDATE)
def role_table(p):
    return _role_actions(p, "dynamodb:", RECORDS, p.table.get("TableArn"))


@check("role-key", "on the key, the tasks' role may make and open data keys", UPDATE)
def role_key(p):
    return _role_actions(p, "kms:", ["kms:Decrypt", "kms:GenerateDataKey"], p.keys.get("Key", {}).get("Arn"))


def _role_actions(p, prefix, wanted, resource):
    statements = [one for one in _statements(p.roles["TaskRole"]) if any(action.startswith(prefix) for action in listed(one["Action"]))]
    actions = sorted(action for one in statements for action in listed(one["Action"]))
    resources = {one for statement in statements for one in listed(statement["Resource"])}
    if actions != wanted:
        return f"it may {', '.join(actions) or 'nothing'}, not {', '.join(wanted)}"
    return "" if resources == {resource} else f"on {', '.join(sorted(resources))}, not on {resource}"


@check("role-other", "the tasks' role may do nothing else", UPDATE)
def role_other(p):
    other = sorted({action for one in _statements(p.roles["TaskRole"]) for action in listed(one["Action"]) if not action.startswith(("dynamodb:", "kms:"))})
    return f"it may {', '.join(other)}" if other else ""


@check("role-context", "the tasks' role uses the key with the context of this table only", UPDATE)
def role_context(p):
    wanted = {"app": "gatehouse", "table": p.ids.get("Table")}
    found = [_context_of(one) for one in _statements(p.roles["TaskRole"]) if any(action.startswith("kms:") for action in listed(one["Action"]))]
    return "" if all(one == wanted for one in found) else f"the context is {found[0]}, not {wanted}"


@check("role-maintenance", "the role for an operator's tasks has the records and nothing of the key", UPDATE)
def role_maintenance(p):
    role = p.roles["MaintenanceRole"]
    wrong = list(role["attached"])
    for one in _statements(role):
        wrong += [f"{action} on {resource}" for action in listed(one["Action"]) for resource in listed(one["Resource"])
                  if action not in MAINTENANCE or resource != p.table.get("TableArn")]
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
