# SPDX-License-Identifier: Apache-2.0
"""What AWS's KMS refuses and moto's does not: keys that are disabled or going, foreign key ids, garbage for ciphertext."""
import base64
import binascii
import json

from moto.kms.models import kms_backends

from policies import Policy
from signature_check import Refused

CRYPTO = {"Encrypt", "Decrypt", "GenerateDataKey", "GenerateDataKeyWithoutPlaintext", "ReEncrypt"}
KEY_ID_BYTES = 36  # moto writes the id of the key in front of the ciphertext
HEADER_BYTES = KEY_ID_BYTES + 12 + 16


def resource_of(body, account, region):
    """The ARN of the key that a call is about. Raises Refused when there is none: AWS looks for the key before it looks at permissions."""
    if "CiphertextBlob" in body:
        return _key_of_ciphertext(body, account, region).arn
    return _named(body["KeyId"], account, region).arn if "KeyId" in body else "*"


def policy_of(body, account, region):
    """The policy of that key; None for calls that are about no key."""
    if "CiphertextBlob" in body:
        text = _key_of_ciphertext(body, account, region).policy
    elif "KeyId" in body:
        text = _named(body["KeyId"], account, region).policy
    else:
        return None
    return Policy(json.loads(text))


def check(operation, body, account, region):
    """Raises Refused when AWS would refuse the call before doing anything."""
    if operation not in CRYPTO:
        return
    if "CiphertextBlob" in body:
        key = _key_of_ciphertext(body, account, region)
        wanted = body.get("KeyId") or body.get("SourceKeyId")
        if wanted and _named(wanted, account, region).id != key.id:
            raise Refused("IncorrectKeyException", "The key ID in the request does not identify a CMK that can perform this operation.")
        _check_state(key)
    for name in ("DestinationKeyId", "KeyId"):
        if body.get(name):
            _check_state(_named(body[name], account, region))


def for_moto(operation, body):
    """Some operations of moto's do not know a key by its ARN, and it makes keys that are for nothing when nobody says for what."""
    if operation == "CreateKey":
        return {"KeyUsage": "ENCRYPT_DECRYPT", "KeySpec": "SYMMETRIC_DEFAULT", **body}
    return {**body, "KeyId": body["KeyId"].rpartition("/")[2]} if operation in ("EnableKey", "DisableKey", "ScheduleKeyDeletion", "CancelKeyDeletion") and "KeyId" in body else body


def _named(name, account, region):
    if name.startswith("arn:") and name.split(":")[3] != region:
        raise Refused("NotFoundException", f"Invalid arn {name.split(':')[3]}")
    backend = kms_backends[account][region]
    bare = name.split(":", 5)[-1].removeprefix("key/")
    if bare.startswith("alias/"):
        bare = backend.get_key_id_from_alias(bare)
        if not bare:
            raise Refused("NotFoundException", f"Alias arn:aws:kms:{region}:{account}:{name.split(':')[-1]} is not found.")
    if bare not in backend.keys:
        raise Refused("NotFoundException", f"Key 'arn:aws:kms:{region}:{account}:key/{bare}' does not exist")
    return backend.keys[bare]


def _key_of_ciphertext(body, account, region):
    try:
        blob = base64.b64decode(body["CiphertextBlob"], validate=True)
    except (binascii.Error, TypeError, ValueError):
        raise Refused("SerializationException", "") from None
    key = kms_backends[account][region].keys.get(blob[:KEY_ID_BYTES].decode("ascii", "replace"))
    if len(blob) <= HEADER_BYTES or key is None:
        raise Refused("InvalidCiphertextException", None)
    return key


def _check_state(key):
    if key.key_state == "PendingDeletion":
        raise Refused("KMSInvalidStateException", f"{key.arn} is pending deletion.")
    if not key.enabled or key.key_state == "Disabled":
        raise Refused("DisabledException", f"{key.arn} is disabled.")


def set_state(name, state, account, region):
    key = _named(name, account, region)
    key.enabled = state == "Enabled"
    key.key_state = state
