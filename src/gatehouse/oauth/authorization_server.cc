// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/oauth/authorization_server.h"

#include <utility>

#include "gatehouse/oauth/cross_origin.h"
#include "gatehouse/oauth/metadata.h"

namespace gatehouse::oauth {
namespace {

base::Coroutine<http::Response> answer_document(std::string document) {
  http::Response response = http::json_response(200, std::move(document));
  response.with("Cache-Control", "public, max-age=300");
  allow_any_origin(response);
  co_return response;
}

base::Coroutine<http::Response> answer_preflight(std::string methods) {
  co_return preflight_response(std::move(methods));
}

http::Route preflight_route(std::string path, std::string methods) {
  return {http::Method::options, std::move(path), http::Access::open,
          [methods](const http::Request&) { return answer_preflight(methods); }};
}

void add_document(std::vector<http::Route>& routes, const std::string& path, std::string document) {
  routes.push_back({http::Method::get, path, http::Access::open,
                    [document = std::move(document)](const http::Request&) {
                      return answer_document(document);
                    }});
  routes.push_back(preflight_route(path, "GET, OPTIONS"));
}

template <class EndpointType>
void add_post(std::vector<http::Route>& routes, const std::string& path, EndpointType& endpoint) {
  routes.push_back(
      {http::Method::post, path, http::Access::open,
       [&endpoint](const http::Request& request) { return endpoint.handle(request); }});
  routes.push_back(preflight_route(path, "POST, OPTIONS"));
}

}  // namespace

AuthorizationServer::AuthorizationServer(AuthorizationServerSettings settings,
                                         vault::GrantVault& grants, vault::RecordVault& records,
                                         http::Client& documents_client,
                                         http::Client& issuers_client, const base::Clock& clock,
                                         base::Random& random, telemetry::Log& log)
    : settings_(std::move(settings)),
      fetcher_(documents_client, clock),
      documents_(settings_, fetcher_, clock, log),
      clients_(settings_, records, documents_, clock, random, log),
      keys_(fetcher_, clock, log),
      used_assertions_(records, log),
      assertions_(settings_, keys_, used_assertions_, clock),
      authenticator_(clients_, assertions_),
      issuer_keys_(issuers_client, fetcher_, clock, log),
      identity_assertions_(settings_, issuer_keys_, used_assertions_, clock),
      assertion_grant_(settings_, identity_assertions_, grants, clock, log),
      registration_(settings_, clients_, clock, log),
      authorization_(settings_, clients_, grants, clock, log),
      token_(settings_, clients_, authenticator_, assertion_grant_, grants, log),
      revocation_(authenticator_, grants, log),
      guard_(settings_, grants, log) {}

std::vector<http::Route> AuthorizationServer::routes() {
  std::vector<http::Route> routes;
  add_documents(routes);
  add_post(routes, "/register", registration_);
  add_post(routes, "/token", token_);
  add_post(routes, "/revoke", revocation_);
  return routes;
}

void AuthorizationServer::add_documents(std::vector<http::Route>& routes) const {
  const std::string resource_path = "/.well-known/oauth-protected-resource";
  // Clients that only try the root mean the MCP endpoint.
  add_document(routes, resource_path, protected_resource_metadata(settings_, Endpoint::mcp));
  add_document(routes, resource_path + "/mcp",
               protected_resource_metadata(settings_, Endpoint::mcp));
  add_document(routes, resource_path + "/sse",
               protected_resource_metadata(settings_, Endpoint::sse));
  for (const char* path :
       {"/.well-known/oauth-authorization-server", "/.well-known/openid-configuration"}) {
    add_document(routes, path, authorization_server_metadata(settings_));
  }
}

}  // namespace gatehouse::oauth
