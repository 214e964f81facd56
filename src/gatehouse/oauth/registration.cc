// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/oauth/registration.h"

#include "gatehouse/base/json.h"
#include "gatehouse/base/json_writer.h"

namespace gatehouse::oauth {
namespace {

constexpr std::size_t kBodyBytesMax = 16 * 1024;

Judged<void> check_authentication(const base::JsonValue& root, ClientMetadata& metadata) {
  const auto name = optional_text(root, "token_endpoint_auth_method");
  if (!name) return name.error();
  // Absent would mean client_secret_basic, but clients that leave it out go on to send no secret.
  // The server may choose another value and says so in its answer (section 3.2.1).
  const auto method = parse_client_authentication(name->empty() ? "none" : *name);
  if (!method) return metadata_fault("token_endpoint_auth_method is not supported");
  metadata.authentication = *method;
  return {};
}

}  // namespace

Judged<ClientMetadata> parse_registration(const AuthorizationServerSettings& settings,
                                          std::string_view body) {
  if (body.size() > kBodyBytesMax) return metadata_fault("the request is larger than 16 KB");
  base::JsonLimits limits;
  limits.depth_max = 8;
  const auto document = base::JsonDocument::parse(body, limits);
  if (!document || !document->root().is_object()) {
    return metadata_fault("the request is not a JSON object");
  }
  auto metadata = judge_client_metadata(settings, document->root());
  if (!metadata) return metadata;
  const auto authentication = check_authentication(document->root(), *metadata);
  if (!authentication) return authentication.error();
  return metadata;
}

std::string registration_answer(const Client& client, const base::Secret& secret) {
  std::string out;
  base::JsonWriter json(out);
  json.begin_object();
  json.member("client_id", client.id.str());
  json.member("client_id_issued_at", base::epoch_seconds(client.registered_at));
  if (!secret.empty()) {
    json.member("client_secret", secret.reveal());
    json.member("client_secret_expires_at", 0);  // as long as the registration itself
  }
  if (!client.name.empty()) json.member("client_name", client.name);
  json.key("redirect_uris").begin_array();
  for (const std::string& uri : client.redirect_uris) json.value(uri);
  json.end_array();
  json.key("grant_types").begin_array();
  json.value("authorization_code").value("refresh_token").end_array();
  json.key("response_types").begin_array().value("code").end_array();
  json.member("token_endpoint_auth_method", wire_name(client.authentication));
  json.end_object();
  return out;
}

}  // namespace gatehouse::oauth
