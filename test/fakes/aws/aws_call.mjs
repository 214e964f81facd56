// SPDX-License-Identifier: Apache-2.0
//
// One call to AWS as it passes by: which service and operation, about which rows, with what context. Nothing secret is kept: of a
// KMS request only the context, which CloudTrail shows in clear, of a DynamoDB request only the keys, which are names.
const services = { DynamoDB_20120810: 'dynamodb', TrentService: 'kms' };

const parsed = (body) => {
  try {
    return JSON.parse(body);
  } catch {
    return {};
  }
};

function keysOf(request) {
  if (request.RequestItems) return Object.values(request.RequestItems).flatMap(({ Keys }) => Keys ?? []).map((key) => key.sessionId?.S);
  return [request.Key?.sessionId?.S ?? request.Item?.sessionId?.S];
}

export function readCall({ method, url, headers, body }) {
  const [target, operation] = (headers['x-amz-target'] ?? '').split('.');
  const service = services[target];
  if (service === 'dynamodb') {
    const request = parsed(body);
    const keys = keysOf(request).filter(Boolean);
    const reads = request.RequestItems ? Object.values(request.RequestItems) : [request];
    return {
      service, operation, keys, kinds: [...new Set(keys.map((key) => key.split('#')[0]))],
      ...(/Get/.test(operation) ? { consistent: reads.every(({ ConsistentRead }) => ConsistentRead === true) } : {}),
      ...(/^(Put|Update|Delete)Item$/.test(operation) ? { conditional: Boolean(request.ConditionExpression) } : {}),
    };
  }
  if (service === 'kms') {
    const request = parsed(body);
    return { service, operation, context: request.EncryptionContext ?? request.SourceEncryptionContext };
  }
  const path = url.split('?')[0];
  const action = /^application\/x-www-form-urlencoded/.test(headers['content-type'] ?? '') && new URLSearchParams(body.toString()).get('Action');
  if (action) return { service: 'sts', operation: action };
  return { service: /^\/(_cloud\/container|latest)\//.test(path) ? 'credentials' : 'http', operation: `${method} ${path}` };
}
