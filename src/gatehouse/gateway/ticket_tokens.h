// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "gatehouse/google/token_source.h"
#include "gatehouse/web/file_tickets.h"

namespace gatehouse::gateway {

// The one Google token that a file link holds, which cannot be renewed: that takes a bearer of the
// grant, and a browser is none. `ticket` and
// `trace`, that of the request which follows the link, must outlive it.
class TicketTokens final : public google::TokenSource {
 public:
  TicketTokens(const web::FileTicket& ticket, const telemetry::RequestTrace& trace)
      : ticket_(ticket), trace_(trace) {}

  const std::string& user_key() const override { return ticket_.user.str(); }
  const telemetry::RequestTrace& trace() const override { return trace_; }
  const std::vector<std::string>& granted_scopes() const override { return scopes_; }

  google::ApiTask<base::Secret> access_token() override { co_return ticket_.google_token.clone(); }
  google::ApiTask<base::Secret> renewed_token(const base::Secret&) override {
    const google::ApiError refused{
        google::ApiFault::reconsent_needed, "Google no longer accepts the link's token.", {}, 401};
    co_return refused;
  }

 private:
  const web::FileTicket& ticket_;
  const telemetry::RequestTrace& trace_;
  const std::vector<std::string> scopes_;
};

}  // namespace gatehouse::gateway
