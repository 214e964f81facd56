// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/oauth/registration_endpoint.h"

#include <string>
#include <utility>

#include "gatehouse/http/media_type.h"
#include "gatehouse/oauth/cross_origin.h"
#include "gatehouse/oauth/form_body.h"
#include "gatehouse/oauth/peer_address.h"
#include "gatehouse/oauth/refusal_log.h"
#include "gatehouse/oauth/wire_error.h"
#include "gatehouse/telemetry/traced_log.h"

namespace gatehouse::oauth {
namespace {

http::Response too_many(std::chrono::seconds wait) {
  const Rejection rejection{Reason::rate_limited, "too many registrations from this address"};
  http::Response response = error_response(rejection);
  response.with("Retry-After", std::to_string(wait.count()));
  return response;
}

}  // namespace

RegistrationEndpoint::RegistrationEndpoint(const AuthorizationServerSettings& settings,
                                           ClientRegistry& clients, const base::Clock& clock,
                                           telemetry::Log& log)
    : settings_(settings),
      clients_(clients),
      limit_(settings.registrations_per_peer_and_hour, settings.rate_limited_peers_max, clock),
      log_(log) {}

base::Coroutine<http::Response> RegistrationEndpoint::handle(const http::Request& request) {
  http::Response response = co_await answer(request);
  allow_any_origin(response);
  co_return response;
}

base::Coroutine<http::Response> RegistrationEndpoint::answer(const http::Request& request) {
  telemetry::TracedLog log(log_, request.trace);
  if (!http::has_body_of_type(request, "application/json")) {
    const Rejection not_json{Reason::invalid_client_metadata,
                             "the request must be application/json"};
    log_refusal(log, "registration refused", not_json);
    http::Response response = error_response(not_json);
    response.status = 415;
    co_return response;
  }
  const auto metadata = parse_registration(settings_, request.body);
  if (!metadata) {
    log_refusal(log, "registration refused", metadata.error());
    co_return error_response(metadata.error());
  }
  // Only what would cost a record counts, so that a client in error can correct itself.
  const auto wait = limit_.admit(peer_address(request, settings_.trusted_proxies));
  if (wait) {
    log.warn("registration refused",
             {{telemetry::Field::reason, "too many"}, {telemetry::Field::peer, request.peer}});
    co_return too_many(*wait);
  }
  const auto registered = co_await clients_.add(*metadata);
  if (!registered) {
    log.error("registration not stored",
              {{telemetry::Field::detail, std::string_view(registered.error().detail)}});
    const Rejection rejection{Reason::temporarily_unavailable, "try again in a moment"};
    co_return error_response(rejection);
  }
  const Client& client = registered->client;
  log.audit("client registered", {{telemetry::Field::client, std::string_view(client.id.str())},
                                  {telemetry::Field::client_name, std::string_view(client.name)}});
  std::string body = registration_answer(client, registered->secret);
  http::Response response = http::json_response(201, std::move(body));
  response.with("Cache-Control", "no-store");
  co_return response;
}

}  // namespace gatehouse::oauth
