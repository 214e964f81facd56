// SPDX-License-Identifier: Apache-2.0
//
// Errors in the two shapes Google uses: the JSON APIs' object, and OAuth's pair of words.
const statusWords = {
  400: 'INVALID_ARGUMENT', 401: 'UNAUTHENTICATED', 403: 'PERMISSION_DENIED', 404: 'NOT_FOUND', 409: 'ABORTED', 412: 'FAILED_PRECONDITION',
  429: 'RESOURCE_EXHAUSTED', 500: 'INTERNAL', 502: 'UNAVAILABLE', 503: 'UNAVAILABLE', 504: 'DEADLINE_EXCEEDED',
};
const usageReasons = /limit|quota/i;

export function apiError(status, reason, message, { headers = {}, details } = {}) {
  const domain = usageReasons.test(reason) ? 'usageLimits' : 'global';
  const error = { code: status, message, errors: [{ message, domain, reason }], status: statusWords[status] ?? 'UNKNOWN' };
  if (details) error.details = details;
  return { status, headers, json: { error } };
}

const realm = 'Bearer realm="https://accounts.google.com/"';

export const notAuthenticated = () =>
  apiError(401, 'authError', 'Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or other valid authentication credential. See https://developers.google.com/identity/sign-in/web/devconsole-project.', {
    headers: { 'www-authenticate': `${realm}, error="invalid_token"` },
  });

export const scopeMissing = (scopes) =>
  apiError(403, 'insufficientPermissions', 'Request had insufficient authentication scopes.', {
    headers: { 'www-authenticate': `${realm}, error="insufficient_scope", scope="${scopes.join(' ')}"` },
    details: [{ '@type': 'type.googleapis.com/google.rpc.ErrorInfo', reason: 'ACCESS_TOKEN_SCOPE_INSUFFICIENT', domain: 'googleapis.com' }],
  });

export const notFound = () => apiError(404, 'notFound', 'Requested entity was not found.');

export const invalidArgument = (message, details) => apiError(400, 'invalidArgument', message, { details });

export function unknownParameter(name) {
  const description = `Invalid JSON payload received. Unknown name "${name}": Cannot bind query parameter. Field '${name}' could not be found in request message.`;
  return apiError(400, 'invalid', description, { details: [{ '@type': 'type.googleapis.com/google.rpc.BadRequest', fieldViolations: [{ description }] }] });
}

export const oauthError = (status, error, description) => ({ status, headers: { 'cache-control': 'no-store' }, json: { error, error_description: description } });
