# SPDX-License-Identifier: Apache-2.0
"""Network, load balancer, name, firewall."""
from check_stack.rules import check, differing
from check_stack.state_checks import UPDATE

MODERN_TLS = {"ELBSecurityPolicy-TLS13-1-2-Res-2021-06", "ELBSecurityPolicy-TLS13-1-2-2021-06", "ELBSecurityPolicy-TLS13-1-3-2021-06", "ELBSecurityPolicy-TLS13-1-2-Res-PQ-2025-09"}
LONGEST_CALL, TASK_KEEPS_IDLE, DRAIN = 60, 75, 20  # seconds; docs/limits.md
HIDDEN = {"/metrics*", "/livez*", "/readyz*", "/admin*", "/debug*"}


def _open(permissions):
    """(port, address range or group) pairs."""
    pairs = set()
    for one in permissions:
        ports = "all" if one["IpProtocol"] == "-1" else one["FromPort"] if one["FromPort"] == one["ToPort"] else f"{one['FromPort']}-{one['ToPort']}"
        pairs |= {(ports, to["CidrIp"]) for to in one.get("IpRanges", [])} | {(ports, to["CidrIpv6"]) for to in one.get("Ipv6Ranges", [])}
        pairs |= {(ports, to["GroupId"]) for to in one.get("UserIdGroupPairs", [])}
    return pairs


def _compare(found, wanted):
    more, less = sorted(map(str, found - wanted)), sorted(map(str, wanted - found))
    return "; ".join([f"open besides: {', '.join(more)}"] * bool(more) + [f"not open: {', '.join(less)}"] * bool(less))


@check("balancer-in", "clients reach the load balancer at 443 and 80, nowhere else", UPDATE)
def balancer_in(p):
    clients = p.parameters.get("ClientCidr", "0.0.0.0/0")
    return _compare(_open(p.groups["LoadBalancerGroup"].get("IpPermissions", [])), {(443, clients), (80, clients)})


@check("balancer-out", "the load balancer reaches tasks only", UPDATE)
def balancer_out(p):
    return _compare(_open(p.groups["LoadBalancerGroup"].get("IpPermissionsEgress", [])), {(8080, p.parameters.get("VpcCidr"))})


@check("tasks-in", "tasks are reached by the load balancer, and by each other for HTTP+SSE", UPDATE)
def tasks_in(p):
    wanted = {(8080, p.ids.get("LoadBalancerGroup")), (7070, p.ids.get("TaskGroup"))}
    return _compare(_open(p.groups["TaskGroup"].get("IpPermissions", [])), wanted)


@check("tasks-out", "tasks reach HTTPS and each other", UPDATE)
def tasks_out(p):
    return _compare(_open(p.groups["TaskGroup"].get("IpPermissionsEgress", [])), {(443, "0.0.0.0/0"), (7070, p.parameters.get("VpcCidr"))})


def _leads_to(p, subnet):
    """Where 0.0.0.0/0 goes from a subnet: igw, nat or nowhere."""
    for table in p.route_tables:
        if any(one.get("SubnetId") == subnet for one in table.get("Associations", [])):
            for one in table.get("Routes", []):
                if one.get("DestinationCidrBlock") == "0.0.0.0/0":
                    return "nat" if one.get("NatGatewayId") else "igw" if str(one.get("GatewayId", "")).startswith("igw-") else "nowhere"
    return "nowhere"


@check("network", "tasks stand where the parameter Network says, in two zones", UPDATE)
def network(p):
    how = p.service.get("networkConfiguration", {}).get("awsvpcConfiguration", {})
    public = p.parameters.get("Network", "public") == "public"
    zones = {p.subnets.get(one, {}).get("AvailabilityZone") for one in how.get("subnets", [])}
    if len(zones) < 2:
        return f"they stand in {zones or 'no zone'}"
    if how.get("assignPublicIp", "DISABLED") != ("ENABLED" if public else "DISABLED"):
        return f"public addresses are {how.get('assignPublicIp')}"
    ways = {_leads_to(p, one) for one in how["subnets"]}
    wanted = {"igw" if public else "nat"}
    if ways != wanted:
        return f"their subnets lead to {ways}"
    nats = {one.get("NatGatewayId") for table in p.route_tables for one in table.get("Routes", [])} - {None}
    return "one NAT serves both zones" if p.parameters.get("Network") == "nat-per-zone" and len(nats) < 2 else ""


@check("table-endpoint", "the table's traffic stays inside AWS", UPDATE)
def table_endpoint(p):
    found = any(one.get("ServiceName", "").endswith(".dynamodb") for one in p.endpoints)
    return "" if found else "there is no gateway endpoint for DynamoDB"


@check("balancer-idle", "the load balancer waits longer than the longest call and lets go before a task does", UPDATE)
def balancer_idle(p):
    seconds = int(p.balancer_attributes.get("idle_timeout.timeout_seconds", 60))
    return "" if LONGEST_CALL < seconds < TASK_KEEPS_IDLE else f"its idle timeout is {seconds} s; between {LONGEST_CALL} and {TASK_KEEPS_IDLE} s it should be"


@check("balancer-headers", "headers that cannot be are dropped, Host is kept, X-Forwarded-For appended", UPDATE)
def balancer_headers(p):
    return differing(p.balancer_attributes, {
        "routing.http.drop_invalid_header_fields.enabled": "true", "routing.http.preserve_host_header.enabled": "true", "routing.http.xff_header_processing.mode": "append"})


def _listener(p, port):
    return next((one for one in p.listeners if one["Port"] == port), {})


@check("https", "443 speaks TLS 1.2 and 1.3 with the certificate of the stack, and forwards to the tasks", UPDATE)
def https(p):
    one = _listener(p, 443)
    if one.get("Protocol") != "HTTPS":
        return "there is no HTTPS listener at 443"
    if one.get("SslPolicy") not in MODERN_TLS:
        return f"its TLS policy is {one.get('SslPolicy')}"
    if [c["CertificateArn"] for c in one.get("Certificates", [])] != [p.parameters.get("CertificateArn")]:
        return "it has another certificate"
    action = one["DefaultActions"][0]
    return "" if action["Type"] == "forward" and action.get("TargetGroupArn") == p.ids.get("Targets") else f"it does {action['Type']}"


@check("redirect", "80 leads to 443 and serves nothing", UPDATE)
def redirect(p):
    action = next(iter(_listener(p, 80).get("DefaultActions", [])), {})
    config = action.get("RedirectConfig", {})
    wrong = differing({"Type": action.get("Type"), **config}, {"Type": "redirect", "Protocol": "HTTPS", "Port": "443", "StatusCode": "HTTP_301"})
    return wrong or differing({name: config.get(name) for name in ("Host", "Path", "Query")}, {"Host": config.get("Host") and "#{host}", "Path": config.get("Path") and "/#{path}", "Query": config.get("Query") and "#{query}"})


@check("listeners", "there are no other listeners", "Delete the others")
def listeners(p):
    other = sorted(one["Port"] for one in p.listeners if one["Port"] not in (80, 443))
    return f"also at {other}" if other else ""


@check("operators-only", "paths for operators are answered with 404", UPDATE)
def operators_only(p):
    hidden = set()
    for rule in p.rules.get(443, []):
        if rule["Actions"][0]["Type"] == "fixed-response" and rule["Actions"][0]["FixedResponseConfig"]["StatusCode"] == "404":
            for one in rule.get("Conditions", []):
                hidden |= set(one.get("Values", []) or one.get("PathPatternConfig", {}).get("Values", []))
    return "" if HIDDEN <= hidden else f"not {', '.join(sorted(HIDDEN - hidden))}"


@check("targets-protocol", "tasks are spoken to by HTTP/1.1 at 8080", UPDATE)
def targets_protocol(p):
    return differing(p.targets, {"Protocol": "HTTP", "ProtocolVersion": "HTTP1", "Port": 8080, "TargetType": "ip"})


@check("targets-health", "a task is asked for /healthz and counts as sick within a minute", UPDATE)
def targets_health(p):
    seconds = p.targets.get("HealthCheckIntervalSeconds", 30) * p.targets.get("UnhealthyThresholdCount", 2)
    wrong = differing({**p.targets, "codes": p.targets.get("Matcher", {}).get("HttpCode")}, {"HealthCheckPath": "/healthz", "codes": "200"})
    return wrong or ("" if seconds <= 60 else f"after {seconds} s")


@check("stickiness", "there is no stickiness", UPDATE)
def stickiness(p):
    return "" if p.targets_attributes.get("stickiness.enabled", "false") == "false" else "it is on"


@check("balancing", "a request goes to the task with the fewest under way, streams counted", UPDATE)
def balancing(p):
    return differing(p.targets_attributes, {"load_balancing.algorithm.type": "least_outstanding_requests"})


@check("drain", "a task has time to end: it drains within the deregistration delay, and that within the stop timeout", UPDATE)
def drain(p):
    delay = int(p.targets_attributes.get("deregistration_delay.timeout_seconds", 300))
    stop = p.container.get("stopTimeout", 30)
    return "" if DRAIN < delay < stop <= 120 else f"drain {DRAIN} s, deregistration {delay} s, stop timeout {stop} s"


@check("record", "the host name leads to the load balancer", UPDATE)
def record(p):
    if not p.parameters.get("HostedZoneId"):
        return ""
    names = {one["Name"].rstrip("."): one.get("AliasTarget", {}).get("DNSName", "").rstrip(".").lower().removeprefix("dualstack.") for one in p.records if one["Type"] == "A"}
    wanted, found = p.balancer.get("DNSName", "").lower(), names.get(p.parameters.get("Hostname"))
    return "" if wanted and found == wanted else f"it leads to {found}, not to {wanted}"


@check("firewall", "the firewall limits sign-in and lets AWS's rules count only", UPDATE)
def firewall(p):
    if p.parameters.get("Firewall") != "on":
        return ""
    if not p.web_acl:
        return "the load balancer has none"
    rules, wrong = p.web_acl.get("Rules", []), []
    limits = [one for one in rules if "RateBasedStatement" in one["Statement"] and "Block" in one.get("Action", {})]
    if not any("register" in str(one["Statement"]["RateBasedStatement"].get("ScopeDownStatement")) for one in limits):
        wrong.append("sign-in is not limited")
    wrong += [f"{one['Name']} blocks" for one in rules if "ManagedRuleGroupStatement" in one["Statement"] and "Count" not in one.get("OverrideAction", {})]
    if not any("ManagedRuleGroupStatement" in one["Statement"] for one in rules):
        wrong.append("AWS's rules are missing")
    return "; ".join(wrong)
