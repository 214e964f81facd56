# SPDX-License-Identifier: Apache-2.0
"""What moto takes and does not tell again: kept here from the requests, and added to its answers. Calls of JSON services only."""
import json
import threading

from moto.route53 import models as route53

SERVICE_FIELDS = ("deploymentConfiguration", "networkConfiguration", "healthCheckGracePeriodSeconds", "launchType", "loadBalancers")

# Ids of hosted zones begin with a Z.
route53.HostedZoneIdentifier.generate = lambda self, existing_ids=None, tags=None: "Z" + route53.create_route53_zone_id(resource_identifier=self, existing_ids=existing_ids, tags=tags)[1:]


class Memory:
    def __init__(self):
        self._kept, self._lock = {}, threading.Lock()

    def answer(self, service, operation, request, content):
        """The content of moto's answer to a call that succeeded, with what it has forgotten."""
        act = getattr(self, f"_{service.replace('-', '_')}_{operation}", None)
        if act is None:
            return content
        answer = json.loads(content or b"{}")
        with self._lock:
            act(json.loads(request or b"{}"), answer)
        return json.dumps(answer).encode()

    def _ecs_CreateService(self, call, answer):
        self._kept.setdefault(answer["service"]["serviceArn"], {}).update({name: call[name] for name in SERVICE_FIELDS if name in call})

    _ecs_UpdateService = _ecs_CreateService

    def _ecs_DescribeServices(self, call, answer):
        for one in answer["services"]:
            one.update(self._kept.get(one["serviceArn"], {}))

    def _kms_EnableKeyRotation(self, call, answer):
        self._kept[("rotation", call["KeyId"].rpartition("/")[2])] = {"RotationPeriodInDays": call.get("RotationPeriodInDays", 365)}

    def _kms_GetKeyRotationStatus(self, call, answer):
        if answer.get("KeyRotationEnabled"):
            answer.update(self._kept.get(("rotation", call["KeyId"].rpartition("/")[2]), {}))

    def _dynamodb_CreateTable(self, call, answer):
        asked = call.get("SSESpecification", {})
        told = {"Status": "ENABLED", "SSEType": "KMS", "KMSMasterKeyArn": asked.get("KMSMasterKeyId", "arn:aws:kms:::alias/aws/dynamodb")}
        self._kept[("sse", call["TableName"])] = told if asked.get("Enabled") else None

    def _dynamodb_DescribeTable(self, call, answer):
        told = self._kept.get(("sse", call["TableName"]))
        answer["Table"].pop("SSEDescription", None)
        if told:
            answer["Table"]["SSEDescription"] = told
