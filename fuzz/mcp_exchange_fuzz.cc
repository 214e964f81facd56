// SPDX-License-Identifier: Apache-2.0
//
// A whole request against the MCP engine of both eras and both transports: whatever comes, the
// answer is one that can be written, and every message in it is JSON-RPC. The input is a request
// line, header lines, and a body behind a line `--`; `{session}` and `{stream}` among the headers
// stand for ids that are in order, `{forged}` for one whose sealed state is the body.
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <exception>
#include <memory>
#include <optional>
#include <utility>

#include "gatehouse/gateway/sealer.h"
#include "gatehouse/http/outgoing_event_stream.h"
#include "gatehouse/http/response_head.h"
#include "gatehouse/mcp/arguments.h"
#include "gatehouse/mcp/json_rpc.h"
#include "gatehouse/mcp/legacy_sse.h"
#include "gatehouse/mcp/session.h"
#include "gatehouse/mcp/stream_relay.h"
#include "gatehouse/mcp/streamable_http.h"
#include "header_lines.h"

namespace gatehouse::fuzzing {
namespace {

using namespace std::chrono_literals;
using http::Response;

class QuietLog final : public telemetry::Log {
 public:
  bool enabled(telemetry::Level) const override { return false; }
  void put(telemetry::Level, std::string_view, std::span<const telemetry::LogField>) override {}
};

// A replica that reaches no other.
class LonelyRelay final : public mcp::StreamRelay {
 public:
  const std::string& own_address() const override { return address_; }
  base::Task<mcp::Negotiated> probe(const mcp::StreamName&, bool) override {
    co_return base::Error{base::Errc::unavailable, "nobody there"};
  }
  base::Task<void> deliver(const mcp::StreamName&, const mcp::StreamLetter&) override {
    co_return base::Error{base::Errc::unavailable, "nobody there"};
  }

 private:
  const std::string address_ = "10.0.0.1:7000";
};

struct EchoArgs {
  std::string text;
  std::optional<int> times;
};
constexpr auto kEchoArgs = std::tuple{
    mcp::Arg{"text", &EchoArgs::text, "What to say"}.length(1, 100),
    mcp::Arg{"times", &EchoArgs::times, "How often"}.range(1, 3),
};

base::Coroutine<mcp::ToolResult> echo(mcp::ToolCall& call, const EchoArgs& args) {
  call.report_progress(1, 2, args.text);
  co_return mcp::tool_text(args.text);
}

base::Coroutine<mcp::ToolResult> ask(mcp::ToolCall& call) {
  const auto answer = call.input("name");
  const auto elicited = answer ? mcp::read_elicited(*answer) : std::nullopt;
  if (elicited) co_return mcp::tool_text(elicited->content.to_text() + call.state);
  call.become_task();
  co_return mcp::tool_needs(
      {{{"name", mcp::InputKind::elicitation, mcp::form_params("Who?", R"({"type":"object"})")}},
       "asked"});
}

base::Coroutine<mcp::PromptResult> greet(mcp::PromptCall& call) {
  mcp::PromptResult result;
  result.messages.push_back(
      {mcp::PromptMessage::Role::user, mcp::text_content(std::string(call.argument("name")))});
  co_return result;
}

base::Coroutine<mcp::Completion> complete(mcp::CompletionCall& call) {
  mcp::Completion completion;
  completion.values = {call.value};
  co_return completion;
}

base::Coroutine<mcp::ResourceResult> read(mcp::ResourceCall& call) {
  mcp::ResourceResult result;
  mcp::ResourceContents contents;
  contents.uri = call.uri;
  contents.text = call.variables.find("id")->second;
  result.contents.push_back(contents);
  co_return result;
}

mcp::Catalog one_of_each() {
  mcp::Catalog catalog;
  catalog.tools.add(
      mcp::make_tool({.name = "echo", .description = "Says it back"}, kEchoArgs, &echo));
  mcp::Tool asking;
  asking.name = "ask";
  asking.description = "Asks";
  asking.input_schema =
      R"({"type":"object","properties":{"n":{"type":"integer","x-mcp-header":"N"}}})";
  asking.handler = &ask;
  asking.tasks = mcp::TaskSupport::optional;
  catalog.tools.add(std::move(asking));
  mcp::Prompt prompt{.name = "greet", .description = "Greets", .handler = &greet};
  prompt.arguments.push_back({.name = "name", .required = true, .completer = &complete});
  catalog.prompts.add(std::move(prompt));
  catalog.resources.add(mcp::ResourceTemplate{
      .uri_template = "test://{id}/x", .name = "x", .description = "One of many", .reader = &read});
  return catalog;
}

mcp::EngineOptions everything() {
  mcp::EngineOptions options;
  options.announces_changes = options.watches_resources = options.logs = true;
  options.resumes_answers = true;
  options.page_size = 1;
  return options;
}

mcp::ServerInfo info() {
  mcp::ServerInfo info;
  info.name = "gatehouse";
  info.version = "1";
  return info;
}

std::vector<vault::TokenKeys::Key> one_key() {
  std::vector<vault::TokenKeys::Key> keys;
  keys.push_back({7, base::Secret::copy_of(std::string(32, 'k'))});
  return keys;
}

std::shared_ptr<const mcp::Caller> ann(base::SystemTime expires) {
  auto caller = std::make_shared<mcp::Caller>();
  caller->principal = "ann";
  caller->expires = expires;
  return caller;
}

struct Replica {
  boost::asio::io_context loop;
  base::FixedClock clock{base::from_epoch_seconds(1'800'000'000)};
  base::SeededRandom random{1};
  vault::TokenKeys keys{one_key()};
  vault::SealedState state{keys, clock, random};
  gateway::Sealer sealer{state};
  QuietLog log;
  LonelyRelay relay;
  mcp::Catalog catalog = one_of_each();
  mcp::StreamableHttp http{catalog, info(), everything(), sealer, relay, clock, log};
  mcp::LegacySse sse{http};
  std::shared_ptr<const mcp::Caller> caller = ann(clock.now() + 3600s);
  std::vector<std::shared_ptr<http::EventStream>> streams;

  ~Replica() {
    http.end_streams();
    sse.end_streams();
    for (const auto& stream : streams) http::outgoing(*stream).end();
    run_ready();
  }

  void run_ready() {
    loop.restart();
    loop.poll();
  }

  // No handler of ours waits, and a question opens a stream, so an answer needs no time.
  Response send(const http::Request& request) {
    base::Coroutine<Response> work = request.path == "/sse"        ? sse.open(request, caller)
                                     : request.path == "/messages" ? sse.receive(request, caller)
                                                                   : http.handle(request, caller);
    std::optional<Response> answer;
    boost::asio::co_spawn(loop, std::move(work), [&](std::exception_ptr failure, Response given) {
      if (failure) std::rethrow_exception(failure);
      answer = std::move(given);
    });
    run_ready();
    assert(answer);
    if (answer->stream) streams.push_back(answer->stream);
    return std::move(*answer);
  }

  std::string new_session() {
    mcp::Sessions sessions(sealer, clock, random, 3600s);
    mcp::ClientCapabilities can;
    can.elicitation = true;
    return sessions.issue(*caller, mcp::kNewestLegacy, can);
  }
};

http::Request get_stream() {
  static const http::HeaderView accept{"Accept", "text/event-stream"};
  http::Request request;
  request.method_name = "GET";
  request.target = request.path = "/sse";
  request.headers = {&accept, 1};
  return request;
}

// The id in the stream's first event: "/messages?sessionId=...".
std::string new_stream(Replica& replica) {
  const http::Request request = get_stream();
  const Response response = replica.send(request);
  assert(response.status == 200 && response.stream);
  const std::string text = http::outgoing(*response.stream).take();
  const std::size_t at = text.find("sessionId=");
  assert(at != std::string::npos);
  return text.substr(at + 10, text.find('\n', at) - at - 10);
}

void replace(std::string& text, std::string_view mark, const std::string& value) {
  const std::size_t at = text.find(mark);
  if (at != std::string::npos) text.replace(at, mark.size(), value);
}

// A message or a batch of them.
void check_messages(std::string_view text) {
  base::JsonLimits limits;
  limits.depth_max = 100;
  const auto document = base::JsonDocument::parse(text, limits);
  assert(document);
  const base::JsonValue root = document->root();
  std::vector<base::JsonValue> messages = root.elements();
  if (!root.is_array()) messages.push_back(root);
  for (const base::JsonValue& message : messages) {
    assert(message.find_string("jsonrpc") == "2.0");
    const bool is_refusal = message.find("id") && message.find("id")->is_null();
    assert(is_refusal || mcp::read_message(message).kind != mcp::Message::Kind::malformed);
  }
}

void check_events(std::string text) {
  std::string_view rest = text;
  bool is_message = true;
  while (!rest.empty()) {
    const std::string_view line = take_line(rest);
    if (line.starts_with("event: ")) is_message = line == "event: message";
    if (line.empty()) is_message = true;
    if (line.starts_with("data: {") && is_message) check_messages(line.substr(6));
  }
}

void check_response(const Response& response) {
  assert(response.status >= 200 && response.status < 600 && response.status != 500);
  std::string head;
  http::append_head(head, response, {});
  if (response.stream) return check_events(http::outgoing(*response.stream).take());
  for (const http::ResponseField& header : response.headers) {
    if (base::equal_ignoring_case(header.name, "Content-Type") &&
        std::string_view(header.value).starts_with("application/json")) {
      check_messages(response.body);
    }
  }
}

http::Method method_named(std::string_view name) {
  if (name == "GET") return http::Method::get;
  if (name == "DELETE") return http::Method::del;
  if (name == "PUT") return http::Method::put;
  return http::Method::post;
}

}  // namespace

void run(std::string_view input) {
  Replica replica;
  std::string head(take_part(input));
  replace(head, "{session}", replica.new_session());
  replace(head, "{forged}", replica.state.seal("mcp-sse", "ann", input.substr(0, 1000), 60s));
  if (head.find("{stream}") != std::string::npos) replace(head, "{stream}", new_stream(replica));

  std::string_view rest = head;
  std::string_view line = take_line(rest);
  const std::string_view method = line.substr(0, line.find(' '));
  line.remove_prefix(std::min(method.size() + 1, line.size()));
  const HeaderLines lines(rest);
  std::string body(input);
  body.reserve(body.size() + 64);  // as the parser gives it: readable beyond its end
  http::Request request = lines.request(body);
  request.method = method_named(method);
  request.method_name = method;
  request.target = line;
  request.path = line.substr(0, line.find('?'));
  if (request.path.size() < line.size()) request.query = line.substr(request.path.size() + 1);

  check_response(replica.send(request));
  replica.run_ready();
  for (const auto& stream : replica.streams) check_events(http::outgoing(*stream).take());
}

}  // namespace gatehouse::fuzzing
