# SPDX-License-Identifier: Apache-2.0
"""Tries what a role must not do. Environment: AWS_* with its credentials. Prints one line of JSON: attempt -> error of AWS, or "allowed".

    role_attempts.py TABLE KEY [ANOTHER-KEY]
"""
import json
import sys

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

table, key, *another = sys.argv[1:]
ONCE = Config(retries={"total_max_attempts": 1})
dynamodb, kms = boto3.client("dynamodb", config=ONCE), boto3.client("kms", config=ONCE)
answers = {}


def attempt(name, call, **values):
    try:
        call(**values)
        answers[name] = "allowed"
    except ClientError as error:
        refused = error.response["ResponseMetadata"]["HTTPStatusCode"] == 403  # in the words of some protocol
        answers[name] = "AccessDenied" if refused else error.response["Error"]["Code"]


row = {"sessionId": {"S": "TXN#none"}}
for name, values in {
    "Scan": {}, "Query": {"KeyConditionExpression": "sessionId = :id", "ExpressionAttributeValues": {":id": {"S": "x"}}}, "UpdateItem": {"Key": row},
    "DescribeTable": {}, "DeleteTable": {}, "UpdateTable": {"DeletionProtectionEnabled": False}, "DescribeTimeToLive": {}, "DescribeContinuousBackups": {},
    "UpdateTimeToLive": {"TimeToLiveSpecification": {"Enabled": False, "AttributeName": "ttl"}}, "CreateBackup": {"BackupName": "copy"},
    "UpdateContinuousBackups": {"PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": False}},
}.items():
    operation = "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name).lstrip("_")
    attempt(f"dynamodb:{name}", getattr(dynamodb, operation), TableName=table, **values)
# Single records: of the table that some roles are for. Nothing is written or deleted.
for name, values in {"GetItem": {"Key": row}, "PutItem": {"Item": row}, "DeleteItem": {"Key": row}}.items():
    condition = {} if name == "GetItem" else {"ConditionExpression": "attribute_exists(nothing)"}
    attempt(f"dynamodb:{name}", getattr(dynamodb, name.replace("Item", "_item").lower()), TableName=table, **values, **condition)
attempt("dynamodb:BatchGetItem", dynamodb.batch_get_item, RequestItems={table: {"Keys": [row]}})
attempt("dynamodb:BatchWriteItem", dynamodb.batch_write_item, RequestItems={table: [{"DeleteRequest": {"Key": row}}]})
attempt("dynamodb:TransactWriteItems", dynamodb.transact_write_items, TransactItems=[{"Delete": {"TableName": table, "Key": row}}])
attempt("dynamodb:ListTables", dynamodb.list_tables)
attempt("dynamodb:CreateTable", dynamodb.create_table, TableName="another", BillingMode="PAY_PER_REQUEST", KeySchema=[{"AttributeName": "a", "KeyType": "HASH"}], AttributeDefinitions=[{"AttributeName": "a", "AttributeType": "S"}])
for name in ("get_item", "delete_item"):
    attempt(f"dynamodb:{name} of another table", getattr(dynamodb, name), TableName="another", Key=row)
attempt("dynamodb:put_item of another table", dynamodb.put_item, TableName="another", Item=row)

good = {"app": "gatehouse", "table": table}
contexts = {"without a context": {}, "with another app": {**good, "app": "another"}, "with another table": {**good, "table": "another"}, "without a table": {"app": "gatehouse"}}
sealed = kms.generate_data_key
try:
    blob = sealed(KeyId=key, KeySpec="AES_256", EncryptionContext=good)["CiphertextBlob"]
except ClientError:  # an administrator, who may not even do this
    blob = None
for how, context in contexts.items():
    attempt(f"kms:GenerateDataKey {how}", kms.generate_data_key, KeyId=key, KeySpec="AES_256", EncryptionContext=context)
    if blob:
        attempt(f"kms:Decrypt {how}", kms.decrypt, CiphertextBlob=blob, EncryptionContext=context)
        attempt(f"kms:ReEncrypt {how}", kms.re_encrypt, CiphertextBlob=blob, DestinationKeyId=key, SourceEncryptionContext=good, DestinationEncryptionContext=context)
if blob is None:
    attempt("kms:GenerateDataKey with the right context", kms.generate_data_key, KeyId=key, KeySpec="AES_256", EncryptionContext=good)
attempt("kms:Encrypt", kms.encrypt, KeyId=key, Plaintext=b"x", EncryptionContext=good)
attempt("kms:GenerateDataKeyWithoutPlaintext", kms.generate_data_key_without_plaintext, KeyId=key, KeySpec="AES_256", EncryptionContext=good)
attempt("kms:CreateGrant", kms.create_grant, KeyId=key, GranteePrincipal="arn:aws:iam::123456789012:role/another", Operations=["Decrypt"])
if blob:
    attempt("kms:ReEncrypt", kms.re_encrypt, CiphertextBlob=blob, DestinationKeyId=key, SourceEncryptionContext=good, DestinationEncryptionContext=good)
for other in another:
    attempt("kms:GenerateDataKey of another key", kms.generate_data_key, KeyId=other, KeySpec="AES_256", EncryptionContext=good)
    if blob:
        attempt("kms:ReEncrypt to another key", kms.re_encrypt, CiphertextBlob=blob, DestinationKeyId=other, SourceEncryptionContext=good, DestinationEncryptionContext=good)
for name in ("describe_key", "get_key_policy", "list_grants", "disable_key_rotation", "disable_key"):
    attempt("kms:" + "".join(part.title() for part in name.split("_")), getattr(kms, name), KeyId=key)
    if answers["kms:" + "".join(part.title() for part in name.split("_"))] == "allowed" and name == "disable_key":
        kms.enable_key(KeyId=key)
if blob:  # an administrator would succeed
    attempt("kms:PutKeyPolicy", kms.put_key_policy, KeyId=key, PolicyName="default", Policy=json.dumps({"Version": "2012-10-17", "Statement": []}))
attempt("kms:ListKeys", kms.list_keys)
attempt("kms:CreateKey", kms.create_key)
for service, name, values in (
    ("secretsmanager", "list_secrets", {}), ("iam", "list_roles", {}), ("logs", "describe_log_groups", {}), ("ecs", "list_clusters", {}), ("ec2", "describe_instances", {}),
    ("cloudformation", "describe_stacks", {}), ("ecr", "get_authorization_token", {}), ("cloudwatch", "put_metric_data", {"Namespace": "x", "MetricData": [{"MetricName": "x", "Value": 1}]}),
    ("sns", "list_topics", {}), ("ssm", "describe_parameters", {}),
):
    attempt(f"{service}:{name}", getattr(boto3.client(service, config=ONCE), name), **values)
print(json.dumps(answers))
