// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "gatehouse/base/clock.h"
#include "gatehouse/gateway/caller_account.h"
#include "gatehouse/telemetry/log.h"
#include "gatehouse/vault/session_trace.h"
#include "gatehouse/web/file_tickets.h"
#include "gatehouse/web/upload_notes.h"
#include "gatehouse/workspace/file_links.h"

namespace gatehouse::gateway {

// Makes the links that FileRoutes answers (docs/decisions/0010).
class FileDesk final : public workspace::FileLinks {
 public:
  // All must outlive this.
  FileDesk(web::FileTickets& tickets, web::UploadNotes& notes, vault::SessionTraces& traces,
           const base::Clock& clock, telemetry::Log& log)
      : tickets_(tickets), notes_(notes), traces_(traces), clock_(clock), log_(log) {}

  // `account` is a CallerAccount.
  google::ApiTask<workspace::FileLink> link_to(const workspace::Account& account,
                                               const workspace::LinkedFile& file) override;
  google::ApiTask<workspace::UploadLink> link_for(const workspace::Account& account,
                                                  const workspace::WantedFile& file) override;
  google::ApiTask<workspace::Upload> find_upload(const workspace::Account& account,
                                                 const std::string& handle) override;

 private:
  google::ApiTask<web::FileTicket> ticket_for(const CallerAccount& caller);
  google::ApiError unavailable(const CallerAccount& caller, const vault::RefusedError& refused);

  web::FileTickets& tickets_;
  web::UploadNotes& notes_;
  vault::SessionTraces& traces_;
  const base::Clock& clock_;
  telemetry::Log& log_;
};

}  // namespace gatehouse::gateway
