# SPDX-License-Identifier: Apache-2.0
"""CloudFormation as `aws cloudformation deploy` meets it: change sets, stacks, their resources and outputs. Everything happens at once.

moto's own knows neither half of our types nor most of the properties of the others; see README.md.
"""
import secrets
import threading
import traceback
from datetime import datetime, timezone
from urllib.parse import parse_qs
from xml.sax.saxutils import escape

from botocore.exceptions import BotoCoreError, ClientError

from identities import ACCOUNT
from resources import CHANGE, CREATE
from template import Invalid, Scope, in_order, load, parameters

XMLNS = "http://cloudformation.amazonaws.com/doc/2010-05-15/"


class Stack:
    def __init__(self, name, region):
        self.name, self.status, self.reason = name, "REVIEW_IN_PROGRESS", ""
        self.id = f"arn:aws:cloudformation:{region}:{ACCOUNT}:stack/{name}/{secrets.token_hex(8)}"
        self.created = datetime.now(timezone.utc)
        self.text, self.given, self.hidden = "", {}, set()
        self.made, self.properties, self.types, self.outputs = {}, {}, {}, []


class Stacks:
    def __init__(self, region, api):
        self._region, self._api = region, api  # `api`: a function that gives the Api when it is first needed
        self._stacks, self._change_sets, self._lock = {}, {}, threading.Lock()

    def answer(self, form):
        """(status, XML) of one call of the query protocol. Raises nothing that a caller could cause."""
        call = {name: values[0] for name, values in parse_qs(form, keep_blank_values=True).items()}
        action = call.get("Action", "")
        act = getattr(self, f"_{action}", None)
        try:
            if act is None:
                raise Invalid(f"{action} is not modelled")
            with self._lock:
                result = act(call)
        except Invalid as error:
            return 400, f'<ErrorResponse xmlns="{XMLNS}"><Error><Type>Sender</Type><Code>ValidationError</Code><Message>{escape(str(error))}</Message></Error></ErrorResponse>'
        return 200, f'<{action}Response xmlns="{XMLNS}"><{action}Result>{_xml(result)}</{action}Result></{action}Response>'

    def _find(self, name):
        for stack in self._stacks.values():
            if name in (stack.name, stack.id):
                return stack
        raise Invalid(f"Stack with id {name} does not exist")

    def _CreateChangeSet(self, call):
        name = call["StackName"]
        old = self._stacks.get(name)
        if call.get("ChangeSetType") == "CREATE" and old:
            raise Invalid(f"Stack [{name}] already exists")
        text = call["TemplateBody"]
        template = load(text)
        given = _parameters(call, old.given if old else {})
        parameters(template, given)
        roles = any(one["Type"].startswith("AWS::IAM::") for one in template["Resources"].values())
        if roles and "CAPABILITY_IAM" not in [call[one] for one in call if one.startswith("Capabilities.")]:
            raise Invalid("Requires capabilities : [CAPABILITY_IAM]")
        stack = self._stacks.setdefault(name, Stack(name, self._region))
        change_set = f"arn:aws:cloudformation:{self._region}:{ACCOUNT}:changeSet/{call['ChangeSetName']}/{secrets.token_hex(8)}"
        self._change_sets[change_set] = (stack, text, given)
        return {"Id": change_set, "StackId": stack.id}

    def _DescribeChangeSet(self, call):
        stack, text, given = self._change_sets[call["ChangeSetName"]]
        told = {"ChangeSetId": call["ChangeSetName"], "StackId": stack.id, "StackName": stack.name}
        if stack.made and (text, given) == (stack.text, stack.given):
            return {**told, "Status": "FAILED", "StatusReason": "The submitted information didn't contain changes. Submit different information to create a change set."}
        return {**told, "Status": "CREATE_COMPLETE", "ExecutionStatus": "AVAILABLE"}

    def _ExecuteChangeSet(self, call):
        stack, text, given = self._change_sets.pop(call["ChangeSetName"])
        self._deploy(stack, text, given)
        return {}

    def _CreateStack(self, call):
        if call["StackName"] in self._stacks:
            raise Invalid(f"Stack [{call['StackName']}] already exists")
        template, given = load(call["TemplateBody"]), _parameters(call, {})
        parameters(template, given)
        stack = self._stacks[call["StackName"]] = Stack(call["StackName"], self._region)
        self._deploy(stack, call["TemplateBody"], given)
        return {"StackId": stack.id}

    def _deploy(self, stack, text, given):
        doing = "UPDATE" if stack.made else "CREATE"
        try:
            self._apply(stack, text, given)
            stack.status, stack.reason = f"{doing}_COMPLETE", ""
        except (Invalid, ClientError, BotoCoreError) as error:
            stack.status, stack.reason = ("UPDATE_ROLLBACK_COMPLETE" if stack.made else "ROLLBACK_COMPLETE"), str(error)
        except Exception as error:  # a gap of moto's or of ours: told like any failure, with all of it on standard error
            traceback.print_exc()
            stack.status, stack.reason = "ROLLBACK_FAILED", repr(error)

    def _apply(self, stack, text, given):
        template = load(text)
        values = parameters(template, given)
        pseudo = {"AWS::AccountId": ACCOUNT, "AWS::Region": self._region, "AWS::StackName": stack.name, "AWS::StackId": stack.id,
                  "AWS::Partition": "aws", "AWS::URLSuffix": "amazonaws.com"}
        made = dict(stack.made)
        scope = Scope(template, values, pseudo, made)
        order = in_order(scope)
        properties = {}
        for name in order:
            kind = template["Resources"][name]["Type"]
            if kind not in CREATE:
                raise Invalid(f"{name}: the type {kind} is not modelled by test/fakes/aws/resources.py")
            properties[name] = scope.resolve(template["Resources"][name].get("Properties", {}))
            if name in stack.made and properties[name] == stack.properties[name]:
                continue
            try:
                if name in stack.made and kind in CHANGE:
                    made[name] = CHANGE[kind](self._api(), stack.made[name], properties[name])
                else:
                    made[name] = CREATE[kind](self._api(), stack.name, name, properties[name])
            except (Invalid, ClientError, BotoCoreError) as error:
                raise Invalid(f"Resource {name} ({kind}): {error}") from None
        stack.outputs = [
            {"OutputKey": key, "OutputValue": str(scope.resolve(one["Value"])), **({"Description": one["Description"]} if "Description" in one else {})}
            for key, one in template.get("Outputs", {}).items() if "Condition" not in one or scope.holds(one["Condition"])]
        stack.made, stack.properties = {name: made[name] for name in order}, properties
        stack.types = {name: template["Resources"][name]["Type"] for name in order}
        stack.text, stack.given, stack.values = text, given, values
        stack.hidden = {name for name, how in template.get("Parameters", {}).items() if str(how.get("NoEcho", "")).lower() == "true"}

    def _DescribeStacks(self, call):
        stacks = [self._find(call["StackName"])] if "StackName" in call else list(self._stacks.values())
        return {"Stacks": [{
            "StackId": one.id, "StackName": one.name, "CreationTime": one.created, "StackStatus": one.status, "StackStatusReason": one.reason,
            "Capabilities": ["CAPABILITY_IAM"], "Outputs": one.outputs,
            "Parameters": [{"ParameterKey": key, "ParameterValue": "****" if key in one.hidden else value} for key, value in getattr(one, "values", {}).items()],
        } for one in stacks]}

    def _resources(self, call):
        stack = self._find(call["StackName"])
        return [{"LogicalResourceId": name, "PhysicalResourceId": one.id, "ResourceType": stack.types[name], "ResourceStatus": "CREATE_COMPLETE",
                 "LastUpdatedTimestamp": stack.created, "Timestamp": stack.created, "StackName": stack.name} for name, one in stack.made.items()]

    def _ListStackResources(self, call):
        return {"StackResourceSummaries": self._resources(call)}

    def _DescribeStackResources(self, call):
        return {"StackResources": self._resources(call)}

    def _DescribeStackEvents(self, call):
        stack = self._find(call["StackName"])
        return {"StackEvents": [{
            "StackId": stack.id, "EventId": "1", "StackName": stack.name, "LogicalResourceId": stack.name, "ResourceStatus": stack.status,
            "ResourceStatusReason": stack.reason, "Timestamp": stack.created}]}

    def _GetTemplate(self, call):
        return {"TemplateBody": self._find(call["StackName"]).text}

    def _GetTemplateSummary(self, call):
        template = load(self._find(call["StackName"]).text if "StackName" in call else call["TemplateBody"])
        return {"Description": template.get("Description", ""), "Parameters": [{"ParameterKey": name} for name in template.get("Parameters", {})]}

    _ValidateTemplate = _GetTemplateSummary


def _parameters(call, before):
    given = {}
    for n in range(1, 201):
        name = call.get(f"Parameters.member.{n}.ParameterKey")
        if name is None:
            break
        if call.get(f"Parameters.member.{n}.UsePreviousValue", "").lower() == "true":
            if name in before:
                given[name] = before[name]
        else:
            given[name] = call.get(f"Parameters.member.{n}.ParameterValue", "")
    return given


def _xml(value):
    if isinstance(value, dict):
        return "".join(f"<{name}>{_xml(one)}</{name}>" for name, one in value.items())
    if isinstance(value, list):
        return "".join(f"<member>{_xml(one)}</member>" for one in value)
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%dT%H:%M:%SZ")
    return escape(str(value))
