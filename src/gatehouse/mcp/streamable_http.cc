// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/mcp/streamable_http.h"

#include <algorithm>
#include <boost/asio/this_coro.hpp>
#include <utility>

#include "gatehouse/http/media_type.h"
#include "gatehouse/mcp/engine.h"
#include "gatehouse/mcp/legacy_era.h"
#include "gatehouse/mcp/modern_era.h"

namespace gatehouse::mcp {
namespace {

using Clock = std::chrono::steady_clock;

// Beyond the call limit, by which every call has been answered.
constexpr std::chrono::seconds kAnswerSlack(5);

RpcError invalid_request(std::string text) {
  return RpcError(RpcCode::invalid_request, std::move(text));
}

// Whether a request speaks, by its header alone, for the stateless revision.
bool names_modern_version(const http::Request& request) {
  const auto version = request.header(kVersionHeader);
  return version && *version == name_of(kModern);
}

http::Response method_not_allowed(std::string allowed) {
  http::Response response = http::empty_response(405);
  response.with("Allow", std::move(allowed));
  return response;
}

std::optional<http::Response> unreadable(const Post& post) {
  if (!http::has_body_of_type(post.request, "application/json")) {
    return rpc_refusal(415, {}, invalid_request("Content-Type must be application/json in UTF-8"));
  }
  if (!post.accepted.json) {
    return rpc_refusal(406, {}, invalid_request("A POST must accept application/json"));
  }
  return std::nullopt;
}

std::string joined(const std::vector<std::string>& answers) {
  std::string text = "[";
  for (const std::string& answer : answers) {
    if (text.size() > 1) text += ',';
    text += answer;
  }
  return text + "]";
}

// The whole answer as JSON. A call that was cancelled has none.
http::Response collected(const Pending& pending) {
  const std::vector<std::string>& answers = pending.exchange->answers();
  if (!answers.empty())
    return rpc_response(pending.exchange->status(),
                        pending.batch ? joined(answers) : answers.front());
  http::Response response = http::empty_response(202);
  response.with("Cache-Control", "no-store");
  return response;
}

}  // namespace

class StreamableHttp::Impl {
 public:
  Impl(const Catalog& catalog, const ServerInfo& info, EngineOptions options, StateSealer& sealer,
       StreamRelay& relay, const base::Clock& clock, telemetry::Log& log)
      : engine_(
            std::make_shared<Engine>(catalog, info, std::move(options), sealer, relay, clock, log)),
        legacy_(*engine_),
        modern_(*engine_) {}

  // The refusal, or nothing when `post` now has its document.
  static std::optional<http::Response> read(Post& post) {
    std::optional<http::Response> refusal = unreadable(post);
    if (refusal) return refusal;
    base::Result<base::JsonDocument> document = base::JsonDocument::parse(post.request.body);
    if (!document) return rpc_refusal(400, {}, RpcError(RpcCode::parse_error, "Parse error"));
    post.take(std::move(*document));
    return std::nullopt;
  }

  // What the host has to judge before the answer.
  std::optional<MissingScope> missing_scope(const Post& post) {
    if (!engine_->options.judge_scope) return std::nullopt;
    std::optional<MissingScope> missing = legacy_.shared().missing_scope_in(post);
    if (!missing) return std::nullopt;
    missing->can_challenge = post.message && (ModernEra::claims(*post.message) ||
                                              legacy_.can_challenge(post.request, *post.caller));
    return missing;
  }

  Outcome answer_post(const Post& post) {
    if (post.message) return answer_message(post, *post.message);
    return answer_array(post, post.document->root().elements());
  }

  http::Response answer_get(const http::Request& request, const Caller& caller,
                            const base::Executor& executor) {
    if (names_modern_version(request)) return method_not_allowed("POST");
    return legacy_.open_stream(request, caller, executor);
  }

  http::Response answer_delete(const http::Request& request, const Caller& caller) {
    if (names_modern_version(request)) return method_not_allowed("POST");
    return legacy_.end_session(request, caller);
  }

  base::Coroutine<http::Response> await_answers(Pending pending, bool events_accepted) {
    const Clock::time_point start = Clock::now();
    const Clock::time_point last = start + engine_->options.call_limit + kAnswerSlack;
    const Clock::time_point patient = start + engine_->options.json_patience;
    const auto patience = events_accepted ? patient : last;
    Exchange& exchange = *pending.exchange;
    co_await exchange.settle(patience);
    if (events_accepted && (exchange.wants_stream() || !exchange.is_settled()))
      co_return stream(pending);
    if (exchange.is_settled()) co_return collected(pending);
    co_return rpc_refusal(500, {}, RpcError(RpcCode::internal, "No answer in time"));
  }

  OpenStreams& streams() { return engine_->streams; }
  const std::shared_ptr<Engine>& engine() const { return engine_; }

 private:
  // The order of the checks is what tells the eras apart (docs/decisions/0003).
  Outcome answer_message(const Post& post, const Message& message) {
    if (ModernEra::claims(message)) return modern_.answer(post, message);
    if (!names_modern_version(post.request)) return legacy_.answer(post, message);
    if (message.kind == Message::Kind::request && message.method == "initialize") {
      return rpc_refusal(400, message.id,
                         RpcError(RpcCode::header_mismatch,
                                  "MCP-Protocol-Version names a revision without initialize"));
    }
    // This revision asks its clients nothing, so there is nothing to respond to either.
    if (message.kind == Message::Kind::malformed || message.kind == Message::Kind::response)
      return rpc_refusal(400, message.id, not_a_message());
    return rpc_refusal(
        400, message.id,
        RpcError(RpcCode::invalid_params, "params._meta must hold " + std::string(kMetaVersion)));
  }

  Outcome answer_array(const Post& post, const std::vector<base::JsonValue>& elements) {
    if (elements.empty()) return rpc_refusal(400, {}, invalid_request("Empty batch"));
    const auto claims = [](const base::JsonValue& element) {
      return ModernEra::claims(read_message(element));
    };
    if (names_modern_version(post.request) ||
        std::any_of(elements.begin(), elements.end(), claims)) {
      return rpc_refusal(400, {}, invalid_request("This revision has no batches"));
    }
    return legacy_.answer_batch(post, elements);
  }

  http::Response stream(const Pending& pending) {
    std::function<void()> on_gone = [] {};
    if (pending.gone_means_cancel) {
      on_gone = [engine = std::weak_ptr<Engine>(engine_),
                 exchange = std::weak_ptr<Exchange>(pending.exchange)] {
        const auto live_engine = engine.lock();
        const auto live_exchange = exchange.lock();
        if (live_engine && live_exchange) live_engine->calls.abandon(*live_exchange);
      };
    }
    if (pending.exchange->can_resume())
      engine_->resumable.add(pending.principal, pending.session_key, pending.exchange);
    http::Response response;
    response.stream = pending.exchange->open_stream(std::move(on_gone));
    return response;
  }

  std::shared_ptr<Engine> engine_;
  LegacyEra legacy_;
  ModernEra modern_;
};

StreamableHttp::StreamableHttp(const Catalog& catalog, const ServerInfo& info,
                               EngineOptions options, StateSealer& sealer, StreamRelay& relay,
                               const base::Clock& clock, telemetry::Log& log)
    : impl_(std::make_unique<Impl>(catalog, info, std::move(options), sealer, relay, clock, log)) {}

StreamableHttp::~StreamableHttp() = default;

base::Coroutine<http::Response> StreamableHttp::handle(const http::Request& request,
                                                       std::shared_ptr<const Caller> caller) {
  const base::Executor executor = co_await boost::asio::this_coro::executor;
  switch (request.method) {
    case http::Method::get:
      co_return impl_->answer_get(request, *caller, executor);
    case http::Method::del:
      co_return impl_->answer_delete(request, *caller);
    case http::Method::post:
      break;
    default:
      co_return method_not_allowed("POST, GET, DELETE");
  }
  Post post(request, caller, executor);
  std::optional<http::Response> unread = Impl::read(post);
  if (unread) co_return std::move(*unread);
  const std::optional<MissingScope> missing = impl_->missing_scope(post);
  if (missing) {
    co_await judge_scope(*impl_->engine(), post, caller, *missing);
  }
  Outcome outcome = impl_->answer_post(post);
  if (auto* response = std::get_if<http::Response>(&outcome)) co_return std::move(*response);
  Pending pending = std::get<Pending>(std::move(outcome));
  const bool events_accepted = post.accepted.events;
  http::Response response = co_await impl_->await_answers(std::move(pending), events_accepted);
  co_return response;
}

void StreamableHttp::announce(const Change& change) { impl_->engine()->announce(change); }

void StreamableHttp::end_streams() { impl_->streams().end_all(); }

std::size_t StreamableHttp::stream_count() const { return impl_->streams().size(); }

std::shared_ptr<Engine> StreamableHttp::engine() const { return impl_->engine(); }

}  // namespace gatehouse::mcp
