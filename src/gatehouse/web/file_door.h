// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string_view>

#include "gatehouse/base/task.h"
#include "gatehouse/http/message.h"
#include "gatehouse/vault/session_trace.h"
#include "gatehouse/web/browser_session.h"
#include "gatehouse/web/file_page.h"
#include "gatehouse/web/file_tickets.h"
#include "gatehouse/web/settings.h"
#include "gatehouse/web/sign_in.h"

namespace gatehouse::web {

// Lets a link's own person in, in a browser that is signed in to our pages, while the session lives
// that made the link. Who has no browser session signs in first and comes back to the link. Nobody
// uses a link up by knocking.
class FileDoor {
 public:
  FileDoor(const SiteSettings& settings, FileTickets& tickets, BrowserSessions& sessions,
           SignIn& sign_in, vault::SessionTraces& traces);

  struct Knock {
    Knock() {}
    FileTickets::Opened link;
    BrowserSession browser;
    std::optional<FileEnd> end;             // why not
    std::optional<http::Response> sign_in;  // or where to first
  };
  base::Coroutine<Knock> knock(const http::Request& request);
  // The same for a program, which shows nothing but the link.
  base::Coroutine<Knock> knock_without_browser(const http::Request& request);

  http::Response page(const http::Request& request, FileEnd end) const;
  const SiteSettings& settings() const { return settings_; }

 private:
  base::Coroutine<std::optional<FileEnd>> open(const http::Request& request, Knock& knock);
  base::Coroutine<std::optional<FileEnd>> judge_session(const FileTicket& ticket);

  const SiteSettings& settings_;
  FileTickets& tickets_;
  BrowserSessions& sessions_;
  SignIn& sign_in_;
  vault::SessionTraces& traces_;
};

// The last segment of the request's path.
std::string_view ticket_of(const http::Request& request);

}  // namespace gatehouse::web
