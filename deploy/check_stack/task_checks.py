# SPDX-License-Identifier: Apache-2.0
"""Tasks, scaling, alarms, dashboard, outputs."""
from check_stack.rules import check, differing
from check_stack.state_checks import UPDATE

SIZES = {"small": ("256", "512"), "medium": ("512", "1024"), "large": ("1024", "2048")}
# Alarm -> metrics it looks at.
ALARMS = {
    "server-errors": {"HTTPCode_Target_5XX_Count", "HTTPCode_ELB_5XX_Count"}, "unhealthy-task": {"UnHealthyHostCount"}, "no-task": {"HealthyHostCount"},
    "latency": {"TargetResponseTime"}, "cpu": {"CPUUtilization"}, "table-throttles": {"ReadThrottleEvents", "WriteThrottleEvents"}, "kms-errors": {"KmsErrors"},
    "store-errors": {"StoreErrors"}, "token-refresh-failures": {"TokenRefreshFailures"}, "sign-in-failures": {"SignInFailures"}, "loop-lag": {"LoopLagMs"}}
CHARTED = {
    "Requests", "ServerErrors", "OpenStreams", "ToolCalls", "ToolErrors", "GoogleErrors", "GoogleThrottled", "TokenRefreshFailures", "KmsErrors", "StoreErrors",
    "SignIns", "SignInFailures", "RateLimited", "LoopLagMs", "ResidentBytes", "RequestMs"}


@check("task-size", "tasks run on Fargate, with the processor and the size of the parameters", UPDATE)
def task_size(p):
    cpu, memory = SIZES[p.parameters.get("TaskSize", "small")]
    processor = {"arm64": "ARM64", "x86": "X86_64"}[p.parameters.get("Architecture", "arm64")]
    found = {**p.task, "processor": p.task.get("runtimePlatform", {}).get("cpuArchitecture"), "runs": p.service.get("launchType"), "on": p.task.get("requiresCompatibilities")}
    return differing(found, {"cpu": cpu, "memory": memory, "networkMode": "awsvpc", "processor": processor, "runs": "FARGATE", "on": ["FARGATE"]})


@check("task-roles", "tasks have the roles of the stack", UPDATE)
def task_roles(p):
    return differing(p.task, {"taskRoleArn": p.roles["TaskRole"]["arn"], "executionRoleArn": p.roles["ExecutionRole"]["arn"]})


@check("container-confined", "the container is no root, writes nowhere and has no capabilities", UPDATE)
def container_confined(p):
    dropped = p.container.get("linuxParameters", {}).get("capabilities", {}).get("drop", [])
    found = {**p.container, "drops": dropped, "privileged": p.container.get("privileged", False)}
    return differing(found, {"user": "65532:65532", "readonlyRootFilesystem": True, "drops": ["ALL"], "privileged": False})


@check("container-command", "the container serves, with the image of the parameter", UPDATE)
def container_command(p):
    return differing(p.container, {"image": p.parameters.get("Image"), "entryPoint": ["/usr/bin/gatehouse"], "command": ["serve"]})


@check("container-health", "ECS asks the program itself whether it is well", UPDATE)
def container_health(p):
    return differing(p.container.get("healthCheck", {}), {"command": ["CMD", "/usr/bin/gatehouse", "healthcheck"]})


@check("container-files", "a task may hold 65,535 connections", UPDATE)
def container_files(p):
    limits = {one["name"]: one["softLimit"] for one in p.container.get("ulimits", [])}
    return "" if limits.get("nofile", 1024) >= 65535 else f"{limits.get('nofile', 1024)} files"


@check("environment", "the program has its settings", UPDATE)
def environment(p):
    return differing(p.environment, {
        "GATEHOUSE_PUBLIC_URL": f"https://{p.parameters.get('Hostname')}", "GATEHOUSE_LISTEN": "0.0.0.0:8080", "GATEHOUSE_TRUSTED_PROXIES": "1",
        "GATEHOUSE_STORE": f"dynamodb:{p.ids.get('Table')}", "GATEHOUSE_KEY": f"kms:{','.join(p.sealing_keys)}", "AWS_REGION": p.region,
        "ALLOWED_DOMAINS": p.parameters.get("AllowedDomains"), "GATEHOUSE_MODE": p.parameters.get("Mode"), "GOOGLE_CLIENT_ID": p.parameters.get("GoogleClientId")})


@check("environment-operators", "the listener for operators is inside the task", UPDATE)
def environment_operators(p):
    return differing(p.environment, {"GATEHOUSE_ADMIN_LISTEN": "127.0.0.1:9090"})


@check("environment-peers", "tasks pass answers of HTTP+SSE on to each other", UPDATE)
def environment_peers(p):
    return differing(p.environment, {"GATEHOUSE_PEER_LISTEN": "0.0.0.0:7070"})


@check("environment-metrics", "tasks write the metrics that scaling, alarms and dashboard read", UPDATE)
def environment_metrics(p):
    return differing(p.environment, {"GATEHOUSE_EMF_NAMESPACE": "Gatehouse", "GATEHOUSE_EMF_SERVICE": p.name})


@check("log", "the log goes to CloudWatch, is kept as long as the parameter says, and cannot hold a task up", UPDATE)
def log(p):
    how = p.container.get("logConfiguration", {})
    found = {"driver": how.get("logDriver"), "mode": how.get("options", {}).get("mode"), "days": str(p.log_group.get("retentionInDays"))}
    return differing(found, {"driver": "awslogs", "mode": "non-blocking", "days": p.parameters.get("LogRetentionDays")})


@check("deployment", "a bad deployment is taken back, and no good task is stopped for it", UPDATE)
def deployment(p):
    how = p.service.get("deploymentConfiguration", {})
    breaker = how.get("deploymentCircuitBreaker", {})
    found = {**how, "breaker": breaker.get("enable"), "rollback": breaker.get("rollback")}
    return differing(found, {"minimumHealthyPercent": 100, "maximumPercent": 200, "breaker": True, "rollback": True})


@check("service-balanced", "the service stands behind the load balancer", UPDATE)
def service_balanced(p):
    found = [(one.get("targetGroupArn"), one.get("containerPort")) for one in p.service.get("loadBalancers", [])]
    return "" if found == [(p.ids.get("Targets"), 8080)] else f"it stands behind {found}"


@check("scaling-range", "there are as many tasks as the parameters say", UPDATE)
def scaling_range(p):
    return differing({name: str(p.scaling_target.get(name)) for name in ("MinCapacity", "MaxCapacity")}, {"MinCapacity": p.parameters.get("MinTasks"), "MaxCapacity": p.parameters.get("MaxTasks")})


def _tracked(p):
    """What is tracked -> its configuration."""
    found = {}
    for one in p.scaling_policies:
        how = one.get("TargetTrackingScalingPolicyConfiguration", {})
        own = how.get("CustomizedMetricSpecification", {})
        names = [m["MetricStat"]["Metric"]["MetricName"] for m in own.get("Metrics", []) if "MetricStat" in m]
        found[how.get("PredefinedMetricSpecification", {}).get("PredefinedMetricType") or own.get("MetricName") or ",".join(names)] = how
    return found


@check("scaling-cpu", "tasks are added by CPU", UPDATE)
def scaling_cpu(p):
    return _scaling(p, "ECSServiceAverageCPUUtilization", "CpuPercent")


@check("scaling-requests", "tasks are added by requests, and a quiet night counts as none", UPDATE)
def scaling_requests(p):
    how = _tracked(p).get("RequestCountPerTarget", {}).get("CustomizedMetricSpecification", {})
    wrong = _scaling(p, "RequestCountPerTarget", "RequestsPerTask")
    return wrong or ("" if any("FILL" in one.get("Expression", "") for one in how.get("Metrics", [])) else "missing data holds every other policy up")


@check("scaling-streams", "tasks are added by open streams, as the tasks count them", UPDATE)
def scaling_streams(p):
    own = _tracked(p).get("OpenStreams", {}).get("CustomizedMetricSpecification", {})
    wrong = _scaling(p, "OpenStreams", "StreamsPerTask")
    return wrong or differing(own, {"Namespace": "Gatehouse", "Statistic": "Average", "Dimensions": [{"Name": "Service", "Value": p.name}]})


def _scaling(p, metric, parameter):
    how = _tracked(p).get(metric)
    if how is None:
        return "there is no such policy"
    return "" if float(how["TargetValue"]) == float(p.parameters.get(parameter, 0)) else f"the target is {how['TargetValue']}"


@check("scaling-in", "tasks go again when they are no longer needed", UPDATE)
def scaling_in(p):
    stuck = sorted(name for name, how in _tracked(p).items() if how.get("DisableScaleIn"))
    return f"not by {', '.join(stuck)}" if stuck else ""


def _metrics(alarm):
    return {alarm["MetricName"]} if alarm.get("MetricName") else {one["MetricStat"]["Metric"]["MetricName"] for one in alarm.get("Metrics", []) if "MetricStat" in one}


@check("alarms", "every alarm is there and looks at its metric", UPDATE)
def alarms(p):
    found = {one["AlarmName"].removeprefix(f"{p.name}-"): one for one in p.alarms}
    wrong = [f"{name} is missing" for name in ALARMS if name not in found]
    wrong += [f"{name} looks at {sorted(_metrics(found[name]))}" for name, metrics in ALARMS.items() if name in found and _metrics(found[name]) != metrics]
    return "; ".join(wrong)


@check("alarms-of-this-stack", "alarms about tasks look at the tasks of this stack", UPDATE)
def alarms_of_this_stack(p):
    wrong = [one["AlarmName"] for one in p.alarms if one.get("Namespace") == "Gatehouse" and one.get("Dimensions") != [{"Name": "Service", "Value": p.name}]]
    return f"not {', '.join(wrong)}" if wrong else ""


@check("alarm-no-task", "silence about healthy tasks is an alarm", UPDATE)
def alarm_no_task(p):
    one = next((one for one in p.alarms if one["AlarmName"] == f"{p.name}-no-task"), {})
    return differing(one, {"TreatMissingData": "breaching"})


@check("alarm-actions", "alarms tell who is named in AlarmEmail", f"{UPDATE}; until the mail from AWS is confirmed, it tells nobody")
def alarm_actions(p):
    if not p.parameters.get("AlarmEmail"):
        return ""
    topic = p.ids.get("AlarmTopic")
    silent = [one["AlarmName"] for one in p.alarms if one.get("AlarmActions") != [topic] or not one.get("ActionsEnabled", True)]
    if silent:
        return f"not {', '.join(silent)}"
    told = [one["Endpoint"] for one in p.subscriptions if one["Protocol"] == "email"]
    return "" if told == [p.parameters["AlarmEmail"]] else f"the topic tells {told}"


@check("dashboard", "the dashboard shows every metric", UPDATE)
def dashboard(p):
    missing = sorted(name for name in CHARTED if f'"{name}"' not in p.dashboard)
    return f"not {', '.join(missing)}" if missing else ""


@check("outputs", "outputs say what to do next", UPDATE)
def outputs(p):
    host = p.parameters.get("Hostname")
    return differing(p.outputs, {"RedirectUri": f"https://{host}/oauth/google/callback", "McpUrl": f"https://{host}/mcp", "DnsTarget": p.balancer.get("DNSName")})
