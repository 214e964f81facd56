# SPDX-License-Identifier: Apache-2.0
"""What AWS says of a deployed stack, read and changed by nobody: a dictionary that the checks look at."""
import json

import boto3
from botocore.exceptions import ClientError


class Picture:
    """Members are what the API gives, under our names; `denied` tells what could not be read."""

    def __init__(self, stack, region=None):
        self._session = boto3.session.Session(region_name=region)
        self.denied = []
        cloudformation = self._client("cloudformation")
        self.stack = cloudformation.describe_stacks(StackName=stack)["Stacks"][0]
        self.name = self.stack["StackName"]
        self.region = cloudformation.meta.region_name
        self.parameters = {one["ParameterKey"]: one["ParameterValue"] for one in self.stack.get("Parameters", [])}
        self.outputs = {one["OutputKey"]: one["OutputValue"] for one in self.stack.get("Outputs", [])}
        pages = cloudformation.get_paginator("list_stack_resources").paginate(StackName=stack)
        self.ids = {one["LogicalResourceId"]: one["PhysicalResourceId"] for page in pages for one in page["StackResourceSummaries"]}
        for look in (self._state, self._roles, self._network, self._balancer, self._tasks, self._scaling, self._watching, self._firewall, self._record):
            look()

    def _client(self, service):
        return self._session.client(service)

    def _ask(self, client, operation, find=lambda answer: answer, otherwise=None, **call):
        """What the call gives; `otherwise` when there is no such thing, also no name of it, or when it may not be read, which is noted."""
        if any(value in ("", [""]) for value in call.values()):
            return otherwise
        try:
            return find(getattr(client, operation)(**call))
        except ClientError as error:
            code = error.response["Error"]["Code"]
            if "AccessDenied" in code or "Unauthorized" in code:
                self.denied.append(f"{client.meta.service_model.service_id}: {operation}")
            elif not any(word in code for word in ("NotFound", "NoSuch", "NonExist", "Nonexistent")):
                raise
            return otherwise

    def _state(self):
        dynamodb, kms = self._client("dynamodb"), self._client("kms")
        table = self.ids.get("Table", "")
        self.table = self._ask(dynamodb, "describe_table", lambda a: a["Table"], {}, TableName=table)
        self.ttl = self._ask(dynamodb, "describe_time_to_live", lambda a: a["TimeToLiveDescription"], {}, TableName=table)
        self.backups = self._ask(dynamodb, "describe_continuous_backups", lambda a: a["ContinuousBackupsDescription"], {}, TableName=table)
        self.keys = {}
        for name in ("Key", "TableKey"):
            if name in self.ids:
                self.keys[name] = self._key(kms, self.ids[name])
        # By their ARNs: the stack's own, or those that it is told to seal and open with.
        named = [one for one in self.parameters.get("SealingKeys", "").split(",") if one]
        own = self.keys.get("Key", {}).get("Arn", "no key")
        self.sealing_keys = {one: self._key(kms, one) for one in named} if named else {own: self.keys.get("Key", {"rotation": {}, "policy": {"Statement": []}})}
        self.secret = self._ask(self._client("secretsmanager"), "describe_secret", otherwise={}, SecretId=self.ids.get("GoogleSecret", ""))

    def _key(self, kms, key):
        return {
            **self._ask(kms, "describe_key", lambda a: a["KeyMetadata"], {}, KeyId=key),
            "rotation": self._ask(kms, "get_key_rotation_status", otherwise={}, KeyId=key),
            "policy": self._ask(kms, "get_key_policy", lambda a: json.loads(a["Policy"]), {"Statement": []}, KeyId=key, PolicyName="default")}

    def _roles(self):
        iam = self._client("iam")
        self.roles = {}
        for name in ("TaskRole", "MaintenanceRole", "OperatorRole", "ExecutionRole"):
            role = self.ids.get(name, "")
            inline = self._ask(iam, "list_role_policies", lambda a: a["PolicyNames"], [], RoleName=role)
            self.roles[name] = {
                "arn": self._ask(iam, "get_role", lambda a: a["Role"]["Arn"], "", RoleName=role),
                "trust": self._ask(iam, "get_role", lambda a: a["Role"]["AssumeRolePolicyDocument"], {}, RoleName=role),
                "inline": {one: self._ask(iam, "get_role_policy", lambda a: a["PolicyDocument"], {}, RoleName=role, PolicyName=one) for one in inline},
                "attached": self._ask(iam, "list_attached_role_policies", lambda a: [one["PolicyArn"] for one in a["AttachedPolicies"]], [], RoleName=role)}

    def _network(self):
        ec2 = self._client("ec2")
        groups = {name: self.ids.get(name, "") for name in ("LoadBalancerGroup", "TaskGroup")}
        found = self._ask(ec2, "describe_security_groups", lambda a: a["SecurityGroups"], [], GroupIds=list(groups.values()))
        self.groups = {name: next((one for one in found if one["GroupId"] == group), {}) for name, group in groups.items()}
        vpc = [{"Name": "vpc-id", "Values": [self.ids.get("Vpc", "")]}]
        self.subnets = {one["SubnetId"]: one for one in self._ask(ec2, "describe_subnets", lambda a: a["Subnets"], [], Filters=vpc)}
        self.route_tables = self._ask(ec2, "describe_route_tables", lambda a: a["RouteTables"], [], Filters=vpc)
        self.endpoints = self._ask(ec2, "describe_vpc_endpoints", lambda a: a["VpcEndpoints"], [], Filters=vpc)

    def _balancer(self):
        elb = self._client("elbv2")
        balancer, targets = self.ids.get("LoadBalancer", ""), self.ids.get("Targets", "")

        def pairs(answer):
            return {one["Key"]: one["Value"] for one in answer["Attributes"]}

        self.balancer = self._ask(elb, "describe_load_balancers", lambda a: a["LoadBalancers"][0], {}, LoadBalancerArns=[balancer])
        self.balancer_attributes = self._ask(elb, "describe_load_balancer_attributes", pairs, {}, LoadBalancerArn=balancer)
        self.listeners = self._ask(elb, "describe_listeners", lambda a: a["Listeners"], [], LoadBalancerArn=balancer)
        self.rules = {one["Port"]: self._ask(elb, "describe_rules", lambda a: a["Rules"], [], ListenerArn=one["ListenerArn"]) for one in self.listeners}
        self.targets = self._ask(elb, "describe_target_groups", lambda a: a["TargetGroups"][0], {}, TargetGroupArns=[targets])
        self.targets_attributes = self._ask(elb, "describe_target_group_attributes", pairs, {}, TargetGroupArn=targets)

    def _tasks(self):
        ecs = self._client("ecs")
        self.service = self._ask(ecs, "describe_services", lambda a: a["services"][0], {}, cluster=self.ids.get("Cluster", ""), services=[self.ids.get("Service", "")])
        self.task = self._ask(ecs, "describe_task_definition", lambda a: a["taskDefinition"], {}, taskDefinition=self.service.get("taskDefinition", ""))
        self.container = next(iter(self.task.get("containerDefinitions", [])), {})
        self.environment = {one["name"]: one["value"] for one in self.container.get("environment", [])}
        group = self.container.get("logConfiguration", {}).get("options", {}).get("awslogs-group", "")
        groups = self._ask(self._client("logs"), "describe_log_groups", lambda a: a["logGroups"], [], logGroupNamePrefix=group) if group else []
        self.log_group = next((one for one in groups if one["logGroupName"] == group), {})

    def _scaling(self):
        scaling = self._client("application-autoscaling")
        service = "/".join(("service", self.ids.get("Cluster", ""), self.service.get("serviceName", "")))
        self.scaling_target = self._ask(scaling, "describe_scalable_targets", lambda a: next(iter(a["ScalableTargets"]), {}), {}, ServiceNamespace="ecs", ResourceIds=[service])
        self.scaling_policies = self._ask(scaling, "describe_scaling_policies", lambda a: a["ScalingPolicies"], [], ServiceNamespace="ecs", ResourceId=service)

    def _watching(self):
        cloudwatch = self._client("cloudwatch")
        names = [physical for logical, physical in self.ids.items() if logical.endswith("Alarm")]
        self.alarms = self._ask(cloudwatch, "describe_alarms", lambda a: a["MetricAlarms"], [], AlarmNames=names) if names else []
        self.dashboard = self._ask(cloudwatch, "get_dashboard", lambda a: a["DashboardBody"], "", DashboardName=self.ids.get("Dashboard", ""))
        topic = self.ids.get("AlarmTopic")
        self.subscriptions = self._ask(self._client("sns"), "list_subscriptions_by_topic", lambda a: a["Subscriptions"], [], TopicArn=topic) if topic else []

    def _firewall(self):
        self.web_acl = None
        if self.parameters.get("Firewall") == "on":
            waf = self._client("wafv2")
            summary = self._ask(waf, "get_web_acl_for_resource", lambda a: a.get("WebACL"), None, ResourceArn=self.ids.get("LoadBalancer", ""))
            self.web_acl = summary and self._ask(waf, "get_web_acl", lambda a: a["WebACL"], None, Name=summary["Name"], Id=summary["Id"], Scope="REGIONAL")

    def _record(self):
        zone = self.parameters.get("HostedZoneId")
        self.records = self._ask(self._client("route53"), "list_resource_record_sets", lambda a: a["ResourceRecordSets"], [], HostedZoneId=zone) if zone else []
