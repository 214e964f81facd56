// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "gatehouse/base/ids.h"
#include "gatehouse/base/task.h"
#include "gatehouse/http/byte_budget.h"
#include "gatehouse/http/router.h"
#include "gatehouse/http/server.h"
#include "gatehouse/vault/sealed_state.h"
#include "gatehouse/web/file_door.h"
#include "gatehouse/web/file_tickets.h"
#include "gatehouse/web/upload_notes.h"
#include "gatehouse/workspace/gmail/upload_draft.h"
#include "gatehouse/workspace/tools.h"

namespace gatehouse::gateway {

// What a server has to let through for PUT and POST /files/TICKET.
void allow_uploads(http::ServerLimits& limits);

// /files/TICKET (docs/decisions/0010). GET gives a file of the person's, fetched from Google for
// this one answer, stored nowhere; the link is used up when Google's answer is there and not
// before. Of an upload GET shows a form; its POST, or a PUT by whatever program has the link,
// stores the file in a draft of the person's.
class FileRoutes {
 public:
  // How many bytes of answers the server holds for clients that have not taken them.
  using UnsentBytes = std::function<std::size_t()>;
  // What a client calls itself; asked on behalf of a request.
  using ClientName = std::function<base::Coroutine<std::string>(const base::ClientId&,
                                                                const telemetry::RequestTrace&)>;

  // All must outlive this.
  FileRoutes(web::FileDoor& door, web::FileTickets& tickets, web::UploadNotes& notes,
             const vault::SealedState& seals, ClientName client_name, workspace::Services& services,
             std::size_t unsent_bytes_max, UnsentBytes unsent_bytes);

  // Its routes point back to it.
  std::vector<http::Route> routes();

  // Whether a PUT or POST is worth its body, by its head alone: false when all that the routes
  // would do with one is refuse. In doubt true.
  base::Coroutine<bool> wants_body(const http::Request& request);

 private:
  struct Fetched;

  base::Coroutine<http::Response> get(const http::Request& request);
  base::Coroutine<http::Response> put(const http::Request& request);
  base::Coroutine<http::Response> post(const http::Request& request);
  base::Coroutine<http::Response> ask_for_file(const http::Request& request,
                                               const web::FileDoor::Knock& knock);
  base::Coroutine<web::FileEnd> store(const http::Request& request,
                                      const web::FileTickets::Opened& link,
                                      const workspace::gmail::BroughtFile& file);
  base::Coroutine<web::FileEnd> remember(const http::Request& request,
                                         const web::FileTicket& ticket, const std::string& handle,
                                         const web::StoredUpload& stored);
  base::Coroutine<http::Response> give(const http::Request& request,
                                       const web::FileTickets::Opened& link);
  base::Coroutine<Fetched> fetch(const http::Request& request, const web::FileTicket& ticket);
  http::Response end(const http::Request& request, const web::FileTicket& ticket, web::FileEnd end);
  void note(const http::Request& request, const web::FileTicket& ticket, std::string_view outcome,
            std::size_t bytes);

  web::FileDoor& door_;
  web::FileTickets& tickets_;
  web::UploadNotes& notes_;
  const vault::SealedState& seals_;
  const ClientName client_name_;
  workspace::Services& services_;
  const UnsentBytes unsent_bytes_;
  http::ByteBudget under_way_;  // files between Google and the server
  const std::size_t unsent_bytes_max_;
};

}  // namespace gatehouse::gateway
