# SPDX-License-Identifier: Apache-2.0
"""Reads and changes a DynamoDB table as an operator with every permission would. Environment: AWS_*.

    table.py TABLE list               every row, in DynamoDB's JSON (paged Scan, consistent)
    table.py TABLE get KEY            one row
    table.py TABLE put ROW            writes a row without any condition
    table.py TABLE delete KEY
    table.py TABLE describe           table, time to live, backups
    table.py TABLE create             as `gatehouse store init` does, where that is not what is tested (dynalite knows no time to live)
"""
import json
import sys

import boto3


def main():
    table, action, *more = sys.argv[1:]
    client = boto3.client("dynamodb")
    key = {"sessionId": {"S": more[0]}} if action in ("get", "delete") else None
    if action == "list":
        pages = client.get_paginator("scan").paginate(TableName=table, ConsistentRead=True)
        answer = [row for page in pages for row in page["Items"]]
    elif action == "get":
        answer = client.get_item(TableName=table, Key=key, ConsistentRead=True).get("Item")
    elif action == "put":
        answer = client.put_item(TableName=table, Item=json.loads(more[0])).get("Attributes")
    elif action == "delete":
        answer = client.delete_item(TableName=table, Key=key, ReturnValues="ALL_OLD").get("Attributes")
    elif action == "create":
        answer = client.create_table(
            TableName=table, BillingMode="PAY_PER_REQUEST", KeySchema=[{"AttributeName": "sessionId", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "sessionId", "AttributeType": "S"}])["TableDescription"]["TableName"]
        client.get_waiter("table_exists").wait(TableName=table, WaiterConfig={"Delay": 1})
    elif action == "describe":
        answer = {
            "table": client.describe_table(TableName=table)["Table"],
            "ttl": client.describe_time_to_live(TableName=table)["TimeToLiveDescription"],
            "backups": client.describe_continuous_backups(TableName=table)["ContinuousBackupsDescription"]}
    else:
        raise SystemExit(__doc__)
    print(json.dumps(answer, default=str, ensure_ascii=False))


if __name__ == "__main__":
    main()
