# SPDX-License-Identifier: Apache-2.0
"""Deploys templates to the test AWS as an administrator. Environment: AWS_*. Prints one line of JSON for each thing done.

    deploy.py prepare HOST            a certificate and a hosted zone, which a stack does not make
    deploy.py read TEMPLATE           the template as JSON
    deploy.py create < LINES          a stack for each line: {"name", "template" (its text), "parameters"}
"""
import json
import sys

import boto3

from template import load


def prepare(host):
    certificate = boto3.client("acm").request_certificate(DomainName=host)["CertificateArn"]
    zone = boto3.client("route53").create_hosted_zone(Name=host.split(".", 1)[1], CallerReference=host)["HostedZone"]["Id"].rpartition("/")[2]
    yield {"certificate": certificate, "zone": zone}


def create():
    client = boto3.client("cloudformation")
    for line in sys.stdin:
        one = json.loads(line)
        try:
            client.create_stack(
                StackName=one["name"], TemplateBody=one["template"], Capabilities=["CAPABILITY_IAM"],
                Parameters=[{"ParameterKey": key, "ParameterValue": value} for key, value in one["parameters"].items()])
            stack = client.describe_stacks(StackName=one["name"])["Stacks"][0]
            yield {"name": one["name"], "status": stack["StackStatus"], "reason": stack.get("StackStatusReason", "")}
        except client.exceptions.ClientError as error:
            yield {"name": one["name"], "status": "REFUSED", "reason": error.response["Error"]["Message"]}


def main():
    act, *more = sys.argv[1:]
    if act == "read":
        with open(more[0], encoding="utf-8") as file:
            answers = [load(file.read())]
    else:
        answers = prepare(*more) if act == "prepare" else create()
    for answer in answers:
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
