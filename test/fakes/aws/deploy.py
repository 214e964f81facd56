# SPDX-License-Identifier: Apache-2.0
"""Deploys templates to the test AWS as an administrator. Environment: AWS_*. Prints one line of JSON for each thing done.

    deploy.py prepare HOST            a certificate and a hosted zone, which a stack does not make
    deploy.py read TEMPLATE           the template as JSON
    deploy.py create < LINES          a stack for each line: {"name", "template" (its text), "parameters"}
    deploy.py change < LINES          the same stacks with these parameters besides, as {"name", "parameters"}
    deploy.py policies ROLE KEY [POLICY]        what both have; the role's is called serving, unless named
    deploy.py policy role NAME [POLICY] < JSON  instead of the policy that the role has
    deploy.py policy key ID < JSON              instead of the policy of the key
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
            resources = client.describe_stack_resources(StackName=one["name"])["StackResources"]
            yield {"name": one["name"], "status": stack["StackStatus"], "reason": stack.get("StackStatusReason", ""),
                   "outputs": {output["OutputKey"]: output["OutputValue"] for output in stack.get("Outputs", [])},
                   "resources": {resource["LogicalResourceId"]: resource["PhysicalResourceId"] for resource in resources}}
        except client.exceptions.ClientError as error:
            yield {"name": one["name"], "status": "REFUSED", "reason": error.response["Error"]["Message"]}


def change():
    client = boto3.client("cloudformation")
    for line in sys.stdin:
        one = json.loads(line)
        before = client.describe_stacks(StackName=one["name"])["Stacks"][0]["Parameters"]
        kept = [{"ParameterKey": given["ParameterKey"], "UsePreviousValue": True} for given in before if given["ParameterKey"] not in one["parameters"]]
        change_set = client.create_change_set(
            StackName=one["name"], ChangeSetName="change", ChangeSetType="UPDATE", Capabilities=["CAPABILITY_IAM"],
            TemplateBody=client.get_template(StackName=one["name"])["TemplateBody"],
            Parameters=kept + [{"ParameterKey": key, "ParameterValue": value} for key, value in one["parameters"].items()])["Id"]
        client.execute_change_set(ChangeSetName=change_set)
        stack = client.describe_stacks(StackName=one["name"])["Stacks"][0]
        yield {"name": one["name"], "status": stack["StackStatus"], "reason": stack.get("StackStatusReason", "")}


def policy(kind, name, called="serving"):
    document = sys.stdin.read()
    if kind == "role":
        boto3.client("iam").put_role_policy(RoleName=name, PolicyName=called, PolicyDocument=document)
    else:
        boto3.client("kms").put_key_policy(KeyId=name, PolicyName="default", Policy=document)
    yield {kind: name}


def policies(role, key, called="serving"):
    yield {"role": boto3.client("iam").get_role_policy(RoleName=role, PolicyName=called)["PolicyDocument"],
           "key": json.loads(boto3.client("kms").get_key_policy(KeyId=key, PolicyName="default")["Policy"])}


def main():
    act, *more = sys.argv[1:]
    if act == "read":
        with open(more[0], encoding="utf-8") as file:
            answers = [load(file.read())]
    else:
        answers = {"prepare": prepare, "create": create, "change": change, "policy": policy, "policies": policies}[act](*more)
    for answer in answers:
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
