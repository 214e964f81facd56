// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/mcp/test_stage.h"

#include <algorithm>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <stdexcept>
#include <utility>

#include "gatehouse/base/encoding.h"
#include "gatehouse/mcp/arguments.h"
#include "gatehouse/mcp/exchange.h"

namespace gatehouse::mcp {
namespace {

struct NoArgs {};
struct EchoArgs {
  std::string text;
};
constexpr auto kEchoArgs = std::tuple{Arg{"text", &EchoArgs::text, "What to say"}};

base::Coroutine<ToolResult> echo(ToolCall&, const EchoArgs& args) {
  co_return tool_text(args.text);
}

base::Coroutine<ToolResult> secret(ToolCall& call, const NoArgs&) {
  co_return tool_text("the secret of " + call.caller.principal);
}

base::Coroutine<ToolResult> structured(ToolCall&, const NoArgs&) {
  ToolResult result;
  result.structured = R"({"n":1})";
  co_return result;
}

base::Coroutine<ToolResult> fail(ToolCall&, const NoArgs&) {
  throw std::runtime_error("private detail");
  co_return ToolResult();
}

}  // namespace

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

class Stage::Tools {
 public:
  explicit Tools(Stage& stage) : stage_(stage), gate_(stage.loop.get_executor()) {
    gate_.expires_at(std::chrono::steady_clock::time_point::max());
    catalog.tools.add(make_tool({.name = "echo", .title = "Echo", .description = "Says it back"},
                                kEchoArgs, &echo));
    ToolAnnotations writes;
    writes.read_only = false;
    writes.destructive = true;
    catalog.tools.add(make_tool({.name = "sleep", .description = "Waits", .annotations = writes},
                                std::tuple<>{}, *this, &Tools::sleep));
    catalog.tools.add(make_tool({.name = "count", .description = "Counts, then waits"},
                                std::tuple<>{}, *this, &Tools::count));
    catalog.tools.add(make_tool({.name = "secret", .description = "Tells", .scope = "secrets"},
                                std::tuple<>{}, &secret));
    catalog.tools.add(make_tool({.name = "structured",
                                 .description = "Gives data",
                                 .output_schema = R"({"type":"object"})"},
                                std::tuple<>{}, &structured));
    catalog.tools.add(make_tool({.name = "fail", .description = "Throws"}, std::tuple<>{}, &fail));
  }

  void let_go() { gate_.cancel(); }
  std::size_t waiting = 0;
  Catalog catalog;

 private:
  static base::Coroutine<ToolResult> sleep(Tools& self, ToolCall& call, const NoArgs&) {
    const boost::asio::use_awaitable_t<base::Executor> token;
    boost::system::error_code woken;
    ++self.waiting;
    co_await self.gate_.async_wait(boost::asio::redirect_error(token, woken));
    --self.waiting;
    if (call.cancelled()) ++self.stage_.cancelled;
    co_return tool_text("awake");
  }

  static base::Coroutine<ToolResult> count(Tools& self, ToolCall& call, const NoArgs& none) {
    call.report_progress(0, 2, "begun");
    call.report_progress(1, 2, "half");
    call.report_progress(1, 2, "not growing");
    call.report_progress(2, 0, "");
    ToolResult result = co_await sleep(self, call, none);
    co_return result;
  }

  Stage& stage_;
  Timer gate_;
};

Stage::Stage(EngineOptions settings) : options(std::move(settings)) {
  tools_ = std::make_unique<Tools>(*this);
  restart();
}

Stage::~Stage() {
  let_go();
  run_ready();
}

void Stage::restart() {
  replicas_ = {};
  ServerInfo info;
  info.name = "stage";
  info.title = "Stage";
  info.version = "1.0";
  info.website_url = "https://stage.example";
  info.instructions = "Be kind.";
  for (std::size_t i = 0; i < replicas_.size(); ++i) {
    replicas_[i].http = std::make_unique<StreamableHttp>(tools_->catalog, info, options, sealer,
                                                         relays[i], clock, log);
    replicas_[i].sse = std::make_unique<LegacySse>(*replicas_[i].http);
  }
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

void Stage::let_go() { tools_->let_go(); }
std::size_t Stage::waiting() const { return tools_->waiting; }

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

std::vector<std::string> events_of(http::EventStream& stream) {
  std::vector<std::string> events;
  const std::string text = http::outgoing(stream).take();
  std::string_view rest = text;
  constexpr std::string_view kName = "event: ";
  constexpr std::string_view kData = "data: ";
  while (!rest.empty()) {
    const std::size_t end = rest.find("\n\n");
    std::string_view event = rest.substr(0, end);
    std::string name;
    if (event.starts_with(kName)) {
      const std::size_t line = event.find('\n');
      name = event.substr(kName.size(), line - kName.size());
      event.remove_prefix(line + 1);
    }
    name = name.empty() || name == "message" ? "" : name + " ";
    if (event.starts_with(kData)) events.push_back(name + std::string(event.substr(kData.size())));
    rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 2);
  }
  return events;
}

void end_stream(http::EventStream& stream) { http::outgoing(stream).end(); }

std::string header_of(const http::Response& response, std::string_view name) {
  for (const http::Header& header : response.headers) {
    if (base::equal_ignoring_case(header.name, name)) return header.value;
  }
  return {};
}

}  // namespace gatehouse::mcp
