// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <functional>
#include <string_view>
#include <vector>

#include "gatehouse/base/task.h"
#include "gatehouse/http/byte_budget.h"
#include "gatehouse/http/router.h"
#include "gatehouse/web/file_door.h"
#include "gatehouse/web/file_tickets.h"
#include "gatehouse/workspace/tools.h"

namespace gatehouse::gateway {

// GET /files/TICKET: a file of the person's, fetched from Google for this one answer, stored
// nowhere (docs/decisions/0010). The link is used up when Google's answer is there and not before.
class FileRoutes {
 public:
  // How many bytes of answers the server holds for clients that have not taken them.
  using UnsentBytes = std::function<std::size_t()>;

  // All must outlive this.
  FileRoutes(web::FileDoor& door, web::FileTickets& tickets, workspace::Services& services,
             std::size_t unsent_bytes_max, UnsentBytes unsent_bytes);

  // Its routes point back to it.
  std::vector<http::Route> routes();

 private:
  struct Fetched;

  base::Coroutine<http::Response> get(const http::Request& request);
  base::Coroutine<http::Response> give(const web::FileTickets::Opened& link);
  base::Coroutine<Fetched> fetch(const web::FileTicket& ticket);
  http::Response end(const web::FileTicket& ticket, web::FileEnd end);
  void note(const web::FileTicket& ticket, std::string_view outcome, std::size_t bytes);

  web::FileDoor& door_;
  web::FileTickets& tickets_;
  workspace::Services& services_;
  const UnsentBytes unsent_bytes_;
  http::ByteBudget under_way_;  // files between Google and the server
  const std::size_t unsent_bytes_max_;
};

}  // namespace gatehouse::gateway
