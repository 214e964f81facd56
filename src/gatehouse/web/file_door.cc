// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/web/file_door.h"

#include <algorithm>
#include <string>
#include <utility>

namespace gatehouse::web {
namespace {

FileEnd end_of(const vault::RefusedError& refused) {
  return refused.code == vault::Refused::unavailable ? FileEnd::unavailable : FileEnd::link_gone;
}

}  // namespace

std::string_view ticket_of(const http::Request& request) {
  return request.path.substr(std::min(kFilesPath.size(), request.path.size()));
}

FileDoor::FileDoor(const SiteSettings& settings, FileTickets& tickets, BrowserSessions& sessions,
                   SignIn& sign_in, vault::SessionTraces& traces)
    : settings_(settings),
      tickets_(tickets),
      sessions_(sessions),
      sign_in_(sign_in),
      traces_(traces) {}

base::Coroutine<FileDoor::Knock> FileDoor::knock(const http::Request& request) {
  Knock knock;
  knock.end = co_await open(request, knock);
  if (knock.end) co_return knock;
  auto browser = co_await sessions_.find(request);
  if (!browser && browser.error().code == vault::Refused::unavailable) {
    knock.end = FileEnd::unavailable;
    co_return knock;
  }
  if (!browser) {
    std::string back(request.path);
    http::Response response = co_await sign_in_.begin_for_page(request, std::move(back));
    knock.sign_in = std::move(response);
    co_return knock;
  }
  knock.browser = std::move(*browser);
  if (knock.browser.subject != knock.link.ticket.session.subject) {
    knock.end = FileEnd::other_person;
    co_return knock;
  }
  knock.end = co_await judge_session(knock.link.ticket);
  co_return knock;
}

base::Coroutine<FileDoor::Knock> FileDoor::knock_without_browser(const http::Request& request) {
  Knock knock;
  knock.end = co_await open(request, knock);
  if (knock.end) co_return knock;
  knock.end = co_await judge_session(knock.link.ticket);
  co_return knock;
}

base::Coroutine<std::optional<FileEnd>> FileDoor::open(const http::Request& request, Knock& knock) {
  const std::string_view ticket = ticket_of(request);
  auto opened = co_await tickets_.open(ticket);
  if (!opened) co_return end_of(opened.error());
  knock.link = std::move(*opened);
  co_return std::nullopt;
}

base::Coroutine<std::optional<FileEnd>> FileDoor::judge_session(const FileTicket& ticket) {
  const auto lives = co_await traces_.lives(ticket.session);
  if (!lives) co_return end_of(lives.error());
  if (!*lives) co_return FileEnd::session_ended;
  co_return std::nullopt;
}

http::Response FileDoor::page(const http::Request& request, FileEnd end) const {
  return page_response(file_end_page(settings_, end, request.trace));
}

}  // namespace gatehouse::web
