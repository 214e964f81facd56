# SPDX-License-Identifier: Apache-2.0
"""What CloudFormation does for each type of resource: the calls of AWS's API that make or change it, so that botocore checks every name and type."""
import functools
import json
import secrets

import boto3
from botocore.config import Config

from template import Invalid

CREATE, CHANGE = {}, {}


class Made:
    """A resource that is there: its physical id and what Fn::GetAtt gives."""

    def __init__(self, physical, **attributes):
        self.id, self.attributes = physical, attributes


class Api:
    """Calls of one account in one region, with the laxness of CloudFormation: "5" for 5, Names for names."""

    def __init__(self, url, region, identity):
        self.region = region
        self._session = boto3.session.Session(identity.access_key_id, identity.secret_access_key, region_name=region)
        self._url = url

    @functools.cache
    def client(self, service):
        return self._session.client(service, endpoint_url=self._url, config=Config(retries={"total_max_attempts": 1}))

    def call(self, service, operation, /, **values):
        client = self.client(service)
        shape = client.meta.service_model.operation_model(client.meta.method_to_api_mapping[operation]).input_shape
        return getattr(client, operation)(**_fit(values, shape))


def _fit(value, shape):
    kind = shape.type_name
    if kind == "structure" and isinstance(value, dict):
        names = {name.lower(): name for name in shape.members}
        unknown = sorted(name for name in value if name.lower() not in names)
        if unknown:
            raise Invalid(f"{shape.name} has no {unknown}")
        return {names[name.lower()]: _fit(one, shape.members[names[name.lower()]]) for name, one in value.items()}
    if kind == "list" and isinstance(value, list):
        return [_fit(one, shape.member) for one in value]
    if kind == "map" and isinstance(value, dict):
        return {name: _fit(one, shape.value) for name, one in value.items()}
    if kind in ("integer", "long", "double", "float") and isinstance(value, str):
        return int(value) if kind in ("integer", "long") else float(value)
    if kind == "boolean" and isinstance(value, str) and value.lower() in ("true", "false"):
        return value.lower() == "true"
    if kind == "string" and isinstance(value, (str, int, float)):
        return str(value)
    return value


def creates(kind):
    def keep(function):
        CREATE[kind] = function
        return function

    return keep


def changes(kind):
    """Of resources that are changed in place. Everything else that changes is made anew, as CloudFormation replaces it."""
    def keep(function):
        CHANGE[kind] = function
        return function

    return keep


def named(stack, logical):
    """A name as CloudFormation makes it."""
    return f"{stack}-{logical}-{secrets.token_hex(6).upper()}"


# --- network ----------------------------------------------------------------------------------------------------------


def _tagged(api, physical, properties):
    if properties.get("Tags"):
        api.call("ec2", "create_tags", Resources=[physical], Tags=properties["Tags"])
    return physical


@creates("AWS::EC2::VPC")
def vpc(api, stack, logical, p):
    made = _tagged(api, api.call("ec2", "create_vpc", CidrBlock=p["CidrBlock"])["Vpc"]["VpcId"], p)
    for name in ("EnableDnsSupport", "EnableDnsHostnames"):
        if name in p:
            api.call("ec2", "modify_vpc_attribute", VpcId=made, **{name: {"Value": p[name]}})
    return Made(made)


@creates("AWS::EC2::InternetGateway")
def internet_gateway(api, stack, logical, p):
    return Made(api.call("ec2", "create_internet_gateway")["InternetGateway"]["InternetGatewayId"])


@creates("AWS::EC2::VPCGatewayAttachment")
def attachment(api, stack, logical, p):
    api.call("ec2", "attach_internet_gateway", **p)
    return Made(f"IGW|{p['VpcId']}")


@creates("AWS::EC2::Subnet")
def subnet(api, stack, logical, p):
    return Made(_tagged(api, api.call("ec2", "create_subnet", **{name: one for name, one in p.items() if name != "Tags"})["Subnet"]["SubnetId"], p))


@creates("AWS::EC2::RouteTable")
def route_table(api, stack, logical, p):
    return Made(api.call("ec2", "create_route_table", **p)["RouteTable"]["RouteTableId"])


@creates("AWS::EC2::Route")
def route(api, stack, logical, p):
    api.call("ec2", "create_route", **p)
    return Made(f"{p['RouteTableId']}|{p['DestinationCidrBlock']}")


@creates("AWS::EC2::SubnetRouteTableAssociation")
def route_association(api, stack, logical, p):
    return Made(api.call("ec2", "associate_route_table", **p)["AssociationId"])


@creates("AWS::EC2::EIP")
def address(api, stack, logical, p):
    made = api.call("ec2", "allocate_address", **p)
    return Made(made["PublicIp"], AllocationId=made["AllocationId"])


@creates("AWS::EC2::NatGateway")
def nat(api, stack, logical, p):
    return Made(api.call("ec2", "create_nat_gateway", **p)["NatGateway"]["NatGatewayId"])


@creates("AWS::EC2::VPCEndpoint")
def endpoint(api, stack, logical, p):
    return Made(api.call("ec2", "create_vpc_endpoint", **p)["VpcEndpoint"]["VpcEndpointId"])


def _permission(rule):
    """CloudFormation's one rule as the API's list of one."""
    told = {"Description": rule["Description"]} if "Description" in rule else {}
    to = {"IpRanges": [{"CidrIp": rule["CidrIp"], **told}]} if "CidrIp" in rule else {"UserIdGroupPairs": [{"GroupId": rule["SourceSecurityGroupId"], **told}]}
    return {"IpProtocol": rule["IpProtocol"], **({"FromPort": rule["FromPort"], "ToPort": rule["ToPort"]} if "FromPort" in rule else {}), **to}


@creates("AWS::EC2::SecurityGroup")
def security_group(api, stack, logical, p):
    group = api.call("ec2", "create_security_group", GroupName=named(stack, logical), Description=p["GroupDescription"], VpcId=p["VpcId"])["GroupId"]
    if p.get("SecurityGroupIngress"):
        api.call("ec2", "authorize_security_group_ingress", GroupId=group, IpPermissions=[_permission(rule) for rule in p["SecurityGroupIngress"]])
    if "SecurityGroupEgress" in p:
        api.call("ec2", "revoke_security_group_egress", GroupId=group, IpPermissions=[{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}])
        api.call("ec2", "authorize_security_group_egress", GroupId=group, IpPermissions=[_permission(rule) for rule in p["SecurityGroupEgress"]])
    return Made(group, GroupId=group)


@creates("AWS::EC2::SecurityGroupIngress")
def ingress(api, stack, logical, p):
    api.call("ec2", "authorize_security_group_ingress", GroupId=p["GroupId"], IpPermissions=[_permission(p)])
    return Made(named(stack, logical))


# --- load balancer ----------------------------------------------------------------------------------------------------


@creates("AWS::ElasticLoadBalancingV2::LoadBalancer")
def balancer(api, stack, logical, p):
    p = dict(p)
    attributes = p.pop("LoadBalancerAttributes", [])
    made = api.call("elbv2", "create_load_balancer", Name=named(stack[:10], logical[:8])[:32], **p)["LoadBalancers"][0]
    if attributes:
        api.call("elbv2", "modify_load_balancer_attributes", LoadBalancerArn=made["LoadBalancerArn"], Attributes=attributes)
    return Made(made["LoadBalancerArn"], DNSName=made["DNSName"], CanonicalHostedZoneID=made["CanonicalHostedZoneId"],
                LoadBalancerFullName=made["LoadBalancerArn"].split(":loadbalancer/")[1])


@creates("AWS::ElasticLoadBalancingV2::TargetGroup")
def targets(api, stack, logical, p):
    p = dict(p)
    attributes = p.pop("TargetGroupAttributes", [])
    arn = api.call("elbv2", "create_target_group", Name=named(stack[:10], logical[:8])[:32], **p)["TargetGroups"][0]["TargetGroupArn"]
    if attributes:
        api.call("elbv2", "modify_target_group_attributes", TargetGroupArn=arn, Attributes=attributes)
    return Made(arn, TargetGroupFullName=arn.split(":")[-1])


@creates("AWS::ElasticLoadBalancingV2::Listener")
def listener(api, stack, logical, p):
    return Made(api.call("elbv2", "create_listener", **p)["Listeners"][0]["ListenerArn"])


@creates("AWS::ElasticLoadBalancingV2::ListenerRule")
def listener_rule(api, stack, logical, p):
    return Made(api.call("elbv2", "create_rule", **p)["Rules"][0]["RuleArn"])


@creates("AWS::Route53::RecordSet")
def record(api, stack, logical, p):
    p = dict(p)
    zone = p.pop("HostedZoneId")
    p["AliasTarget"] = {"EvaluateTargetHealth": False, **p["AliasTarget"]}
    api.call("route53", "change_resource_record_sets", HostedZoneId=zone, ChangeBatch={"Changes": [{"Action": "UPSERT", "ResourceRecordSet": p}]})
    return Made(p["Name"])


# --- state ------------------------------------------------------------------------------------------------------------


@creates("AWS::DynamoDB::Table")
def table(api, stack, logical, p):
    p = dict(p)
    name = p.pop("TableName", named(stack, logical))
    time_to_live, recovery = p.pop("TimeToLiveSpecification", None), p.pop("PointInTimeRecoverySpecification", None)
    sse = p.pop("SSESpecification", None)
    if sse:
        p["SSESpecification"] = {("Enabled" if one == "SSEEnabled" else one): value for one, value in sse.items()}
    arn = api.call("dynamodb", "create_table", TableName=name, **p)["TableDescription"]["TableArn"]
    if time_to_live:
        api.call("dynamodb", "update_time_to_live", TableName=name, TimeToLiveSpecification=time_to_live)
    if recovery:
        api.call("dynamodb", "update_continuous_backups", TableName=name, PointInTimeRecoverySpecification=recovery)
    return Made(name, Arn=arn)


@creates("AWS::KMS::Key")
def key(api, stack, logical, p):
    made = api.call("kms", "create_key", Description=p.get("Description", ""), Policy=json.dumps(p["KeyPolicy"]), KeySpec="SYMMETRIC_DEFAULT", KeyUsage="ENCRYPT_DECRYPT")["KeyMetadata"]
    if p.get("EnableKeyRotation"):
        period = {"RotationPeriodInDays": p["RotationPeriodInDays"]} if "RotationPeriodInDays" in p else {}
        api.call("kms", "enable_key_rotation", KeyId=made["KeyId"], **period)
    if p.get("Enabled") is False:
        api.call("kms", "disable_key", KeyId=made["KeyId"])
    return Made(made["KeyId"], Arn=made["Arn"])


@creates("AWS::SecretsManager::Secret")
def secret(api, stack, logical, p):
    return Made(api.call("secretsmanager", "create_secret", **{"Name": named(stack, logical), **p})["ARN"])


@changes("AWS::SecretsManager::Secret")
def secret_again(api, made, p):
    api.call("secretsmanager", "put_secret_value", SecretId=made.id, SecretString=p["SecretString"])
    return made


# --- who may do what --------------------------------------------------------------------------------------------------


@creates("AWS::IAM::Role")
def role(api, stack, logical, p):
    p = {**p, "AssumeRolePolicyDocument": json.dumps(p["AssumeRolePolicyDocument"])}
    managed = p.pop("ManagedPolicyArns", [])
    made = api.call("iam", "create_role", **{"RoleName": named(stack, logical), **p})["Role"]
    for arn in managed:
        api.call("iam", "attach_role_policy", RoleName=made["RoleName"], PolicyArn=arn)
    return Made(made["RoleName"], Arn=made["Arn"])


@creates("AWS::IAM::RolePolicy")
def role_policy(api, stack, logical, p):
    api.call("iam", "put_role_policy", **{**p, "PolicyDocument": json.dumps(p["PolicyDocument"])})
    return Made(f"{p['PolicyName']}|{p['RoleName']}")


changes("AWS::IAM::RolePolicy")(lambda api, made, p: role_policy(api, None, None, p))


@creates("AWS::IAM::ManagedPolicy")
def managed_policy(api, stack, logical, p):
    return Made(api.call("iam", "create_policy", PolicyName=named(stack, logical), PolicyDocument=json.dumps(p["PolicyDocument"]))["Policy"]["Arn"])


# --- tasks ------------------------------------------------------------------------------------------------------------


@creates("AWS::Logs::LogGroup")
def log_group(api, stack, logical, p):
    api.call("logs", "create_log_group", logGroupName=p["LogGroupName"])
    if "RetentionInDays" in p:
        api.call("logs", "put_retention_policy", logGroupName=p["LogGroupName"], retentionInDays=p["RetentionInDays"])
    found = api.call("logs", "describe_log_groups", logGroupNamePrefix=p["LogGroupName"])["logGroups"]
    return Made(p["LogGroupName"], Arn=next(one["arn"] for one in found if one["logGroupName"] == p["LogGroupName"]))


@creates("AWS::ECS::Cluster")
def cluster(api, stack, logical, p):
    made = api.call("ecs", "create_cluster", **p)["cluster"]
    return Made(made["clusterName"], Arn=made["clusterArn"])


@creates("AWS::ECS::TaskDefinition")
def task_definition(api, stack, logical, p):
    return Made(api.call("ecs", "register_task_definition", **p)["taskDefinition"]["taskDefinitionArn"])


@creates("AWS::ECS::Service")
def service(api, stack, logical, p):
    made = api.call("ecs", "create_service", **{"DesiredCount": 1, **p})["service"]
    return Made(made["serviceArn"], Name=made["serviceName"])


@changes("AWS::ECS::Service")
def service_again(api, made, p):
    kept = {name: one for name, one in p.items() if name not in ("ServiceName", "LaunchType", "PropagateTags", "LoadBalancers")}
    api.call("ecs", "update_service", service=made.attributes["Name"], **kept)
    return made


# --- scaling, firewall, watching --------------------------------------------------------------------------------------


@creates("AWS::ApplicationAutoScaling::ScalableTarget")
def scalable(api, stack, logical, p):
    api.call("application-autoscaling", "register_scalable_target", **p)
    return Made("|".join((p["ResourceId"], p["ScalableDimension"], p["ServiceNamespace"])))


@creates("AWS::ApplicationAutoScaling::ScalingPolicy")
def scaling_policy(api, stack, logical, p):
    p = dict(p)
    p["ResourceId"], p["ScalableDimension"], p["ServiceNamespace"] = p.pop("ScalingTargetId").split("|")
    return Made(api.call("application-autoscaling", "put_scaling_policy", **p)["PolicyARN"])


@creates("AWS::WAFv2::WebACL")
def web_acl(api, stack, logical, p):
    made = api.call("wafv2", "create_web_acl", **p)["Summary"]
    return Made(f"{made['Name']}|{made['Id']}|{p['Scope']}", Arn=made["ARN"])


@creates("AWS::WAFv2::WebACLAssociation")
def web_acl_association(api, stack, logical, p):
    api.call("wafv2", "associate_web_acl", **p)
    return Made(f"{p['WebACLArn']}|{p['ResourceArn']}")


@creates("AWS::SNS::Topic")
def topic(api, stack, logical, p):
    return Made(api.call("sns", "create_topic", Name=p["TopicName"])["TopicArn"])


@creates("AWS::SNS::Subscription")
def subscription(api, stack, logical, p):
    return Made(api.call("sns", "subscribe", **p)["SubscriptionArn"])


@creates("AWS::CloudWatch::Alarm")
def alarm(api, stack, logical, p):
    api.call("cloudwatch", "put_metric_alarm", **p)
    return Made(p["AlarmName"], Arn=api.call("cloudwatch", "describe_alarms", AlarmNames=[p["AlarmName"]])["MetricAlarms"][0]["AlarmArn"])


@creates("AWS::CloudWatch::Dashboard")
def dashboard(api, stack, logical, p):
    json.loads(p["DashboardBody"])
    api.call("cloudwatch", "put_dashboard", **p)
    return Made(p["DashboardName"])
