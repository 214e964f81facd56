// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/mcp/test_stage.h"

#include <algorithm>
#include <utility>

#include "gatehouse/base/encoding.h"

namespace gatehouse::mcp {

std::string KeepingSealer::seal(std::string_view purpose, std::string_view principal,
                                std::string_view state, std::chrono::seconds lifetime) {
  std::string token = "sealed-" + std::to_string(kept_.size());
  kept_[token] = {std::string(purpose), std::string(principal), std::string(state),
                  clock_.now() + lifetime};
  return token;
}

base::Result<std::string> KeepingSealer::open(std::string_view purpose, std::string_view principal,
                                              std::string_view token) {
  ++opened;
  const auto found = kept_.find(token);
  const bool ours = found != kept_.end() && found->second.purpose == purpose &&
                    found->second.principal == principal;
  if (!ours) return base::Error{base::Errc::denied, "foreign"};
  if (found->second.expires <= clock_.now()) return base::Error{base::Errc::not_found, "old"};
  return found->second.state;
}

Stage::Stage(EngineOptions settings, Extent extent)
    : options(std::move(settings)), extent_(extent), offers_(loop.get_executor(), extent) {
  restart();
}

Stage::~Stage() {
  let_go();
  run_ready();
}

void Stage::restart() {
  replicas_ = {};
  const ServerInfo info = TestCatalog::server_info(extent_);
  for (std::size_t i = 0; i < replicas_.size(); ++i) {
    replicas_[i].http = std::make_unique<StreamableHttp>(offers_.catalog, info, options, sealer,
                                                         relays[i], clock, log);
    replicas_[i].sse = std::make_unique<LegacySse>(*replicas_[i].http);
  }
}

void Stage::change(const Change& change) {
  offers_.grow(change.kind);
  for (Replica& replica : replicas_) replica.http->announce(change);
}

base::Task<Negotiated> StageRelay::probe(const StreamName& stream, bool owes) {
  if (stage_.relay_is_cut) co_return base::Error{base::Errc::unavailable, "cut"};
  for (std::size_t i = 0; i < stage_.relays.size(); ++i) {
    if (stage_.relays[i].own_address() == stream.address)
      co_return stage_.sse(i).probed(stream.principal, stream.key, owes ? address_ : "");
  }
  co_return base::Error{base::Errc::unavailable, "nobody there"};
}

base::Task<void> StageRelay::deliver(const StreamName& stream, const StreamLetter& letter) {
  if (stage_.relay_is_cut) co_return base::Error{base::Errc::unavailable, "cut"};
  for (std::size_t i = 0; i < stage_.relays.size(); ++i) {
    if (stage_.relays[i].own_address() == stream.address)
      co_return stage_.sse(i).delivered(stream.principal, stream.key, letter);
  }
  co_return base::Error{base::Errc::unavailable, "nobody there"};
}

void Stage::let_go() { offers_.let_go(); }

void Stage::run_ready() {
  loop.restart();
  loop.poll();
}

TestRequest Stage::post(std::string body) {
  TestRequest request;
  request.body = std::move(body);
  request.headers = {{"Content-Type", "application/json"},
                     {"Accept", "application/json, text/event-stream"}};
  return request;
}

namespace {

std::shared_ptr<const Caller> caller_named(const std::string& name, base::SystemTime expires) {
  auto caller = std::make_shared<Caller>();
  caller->principal = name;
  if (name == "carol") caller->scopes = {"secrets"};
  caller->expires = expires;
  return caller;
}

}  // namespace

base::Coroutine<ScopeVerdict> stage_verdict(std::shared_ptr<const Caller> caller,
                                            MissingScope missing) {
  ScopeVerdict verdict;
  if (caller->principal == "dora") {
    auto gained = std::make_shared<Caller>(*caller);
    gained->scopes.push_back(missing.scope);
    verdict.caller = std::move(gained);
    co_return verdict;
  }
  if (missing.can_challenge && caller->principal != "erin") {
    verdict.challenge = http::empty_response(403);
    verdict.challenge->with("WWW-Authenticate", "Bearer scope=\"" + missing.scope + "\"");
  }
  verdict.explanation.text = "Open the link to allow " + missing.wanted_by + ".";
  verdict.explanation.structured = R"({"code":"scope_missing"})";
  co_return verdict;
}

// Owns what the request's views point to, as a connection does.
base::Coroutine<http::Response> Stage::handle(TestRequest request, base::SystemTime expires) {
  std::vector<http::HeaderView> views;
  for (const http::Header& header : request.headers) views.push_back({header.name, header.value});
  request.body.reserve(request.body.size() + 64);
  http::Request incoming;
  incoming.method = request.method;
  const std::size_t mark = request.target.find('?');
  incoming.target = request.target;
  incoming.path = incoming.target.substr(0, mark);
  if (mark != std::string::npos) incoming.query = incoming.target.substr(mark + 1);
  incoming.headers = views;
  incoming.body = request.body;
  const std::shared_ptr<const Caller> caller = caller_named(request.caller, expires);
  Replica& replica = replicas_[request.replica];
  base::Coroutine<http::Response> work =
      incoming.path == "/sse"        ? replica.sse->open(incoming, caller)
      : incoming.path == "/messages" ? replica.sse->receive(incoming, caller)
                                     : replica.http->handle(incoming, caller);
  http::Response response = co_await std::move(work);
  co_return response;
}

http::Response Stage::send(const TestRequest& request) {
  const base::SystemTime expires = clock.now() + token_lifetime;
  http::Response response = run_until_done(loop, handle(request, expires));
  if (response.stream) streams.push_back(response.stream);
  return response;
}

std::shared_ptr<std::optional<http::Response>> Stage::begin(const TestRequest& request) {
  auto answer = std::make_shared<std::optional<http::Response>>();
  const base::SystemTime expires = clock.now() + token_lifetime;
  boost::asio::co_spawn(loop, handle(request, expires),
                        [answer](std::exception_ptr failure, http::Response response) {
                          if (failure) std::rethrow_exception(failure);
                          *answer = std::move(response);
                        });
  run_ready();
  return answer;
}

namespace {

// One event as events_of() shows it; empty for a comment.
std::string shown(std::string_view event) {
  std::string text;
  std::string data;
  bool has_data = false;
  while (!event.empty()) {
    const std::string_view line = event.substr(0, event.find('\n'));
    event.remove_prefix(std::min(line.size() + 1, event.size()));
    const std::size_t colon = line.find(": ");
    const std::string_view field = line.substr(0, colon);
    const std::string value(line.substr(std::min(colon + 2, line.size())));
    if (field == "data") {
      has_data = true;
      data += value;
    } else if (field == "event") {
      text += value == "message" ? "" : value + " ";
    } else if (!field.empty()) {
      text.append(field).append("=").append(value).append(" ");
    }
  }
  if (!has_data) return {};
  if (data.empty() && text.ends_with(' ')) text.pop_back();
  return text + data;
}

}  // namespace

std::vector<std::string> events_of(http::EventStream& stream) {
  std::vector<std::string> events;
  const std::string text = http::outgoing(stream).take();
  std::string_view rest = text;
  while (!rest.empty()) {
    const std::size_t end = rest.find("\n\n");
    std::string event = shown(rest.substr(0, end));
    if (!event.empty()) events.push_back(std::move(event));
    rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 2);
  }
  return events;
}

void end_stream(http::EventStream& stream) { http::outgoing(stream).end(); }

std::string header_of(const http::Response& response, std::string_view name) {
  for (const http::ResponseField& header : response.headers) {
    if (base::equal_ignoring_case(header.name, name)) return header.value.str();
  }
  return {};
}

}  // namespace gatehouse::mcp
