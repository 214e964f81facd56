// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/oauth/wire_error.h"

#include <string>
#include <utility>

#include "gatehouse/base/json_writer.h"

namespace gatehouse::oauth {

std::string_view wire_name(Reason reason) {
  switch (reason) {
    case Reason::invalid_request:
      return "invalid_request";
    case Reason::invalid_client:
    case Reason::client_document_refused:
      return "invalid_client";
    case Reason::invalid_grant:
      return "invalid_grant";
    case Reason::unauthorized_client:
      return "unauthorized_client";
    case Reason::unsupported_grant_type:
      return "unsupported_grant_type";
    case Reason::unsupported_response_type:
      return "unsupported_response_type";
    case Reason::invalid_scope:
      return "invalid_scope";
    case Reason::invalid_target:
      return "invalid_target";
    case Reason::access_denied:
      return "access_denied";
    case Reason::interaction_required:
      return "interaction_required";
    case Reason::request_not_supported:
      return "request_not_supported";
    case Reason::request_uri_not_supported:
      return "request_uri_not_supported";
    case Reason::registration_not_supported:
      return "registration_not_supported";
    case Reason::invalid_redirect_uri:
      return "invalid_redirect_uri";
    case Reason::invalid_client_metadata:
      return "invalid_client_metadata";
    case Reason::rate_limited:
    case Reason::client_document_unreachable:
    case Reason::temporarily_unavailable:
      return "temporarily_unavailable";
    case Reason::server_error:
      return "server_error";
  }
  return "server_error";
}

int status_of(Reason reason) {
  switch (reason) {
    case Reason::invalid_client:
    case Reason::client_document_refused:
      return 401;
    case Reason::rate_limited:
      return 429;
    case Reason::server_error:
      return 500;
    case Reason::client_document_unreachable:
    case Reason::temporarily_unavailable:
      return 503;
    default:
      return 400;
  }
}

http::Response error_response(const Rejection& rejection) {
  std::string body;
  base::JsonWriter json(body);
  json.begin_object().member("error", wire_name(rejection.reason));
  if (!rejection.description.empty()) json.member("error_description", rejection.description);
  json.end_object();
  http::Response response = http::json_response(status_of(rejection.reason), std::move(body));
  response.with("Cache-Control", "no-store");
  if (response.status == 503) response.with("Retry-After", "5");
  return response;
}

}  // namespace gatehouse::oauth
